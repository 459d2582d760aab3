"""The table of options as click's parameters; an option that is not given is None."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from backend import options
from backend.errors import BadArgument
from backend.options import Option

Function = Callable[..., Any]
SHORT = {"output": "-o"}
SCHEME = "stac:"
PATH = click.Path(path_type=Path)


class Imagery(click.ParamType[Path | str]):
    """A file or folder, or "stac:" and the address or file of a catalogue."""

    name = "imagery"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Path | str:
        return str(value) if str(value).startswith(SCHEME) else PATH.convert(value, param, ctx)


class Number(click.ParamType[float]):
    """A number of an option's kind and range. Raises BadArgument."""

    def __init__(self, row: Option) -> None:
        self.name, self._row = row.kind, row

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        try:
            number = int(value) if self._row.kind == options.WHOLE else float(value)
        except ValueError:
            self.fail(f"expected {self._row.expected}, found {value!r}.", param, ctx)
        if not self._row.accepts(number):
            raise BadArgument(self._row.name, self._row.expected, number)
        return number


def options_of(command: str) -> Callable[[Function], Function]:
    """A decorator that adds the arguments and options of the command, in the table's order."""

    def decorate(function: Function) -> Function:
        for row in reversed(options.options_of(command)):
            function = _parameter(row, command)(function)
        return function

    return decorate


def _parameter(row: Option, command: str) -> Function:
    if row.positional:
        return click.argument(row.name, type=_type(row), required=row.required, nargs=-1 if row.repeated else 1)
    name, text = f"--{row.name.replace('_', '-')}", _help(row, command)
    if row.kind == options.FLAG:
        if row.follows:  # "no" differs from an option that is not given
            name += f"/--no-{name[2:]}"
        return click.option(name, is_flag=True, default=None, help=text)
    names = [SHORT[row.name], name] if row.name in SHORT else [name]
    default = {} if row.required else {"default": None}  # click treats a default of None as a given value
    return click.option(*names, type=_type(row), required=row.required, multiple=row.repeated, help=text, **default)


def _help(row: Option, command: str) -> str:
    holds = options.if_not_given(row, command)
    return f"{row.help}  [default: {holds}]" if holds else row.help


def _type(row: Option) -> Any:
    """Texts, such as dates and lists, are converted in the workflows, which jobs and the Python API call too."""
    if row.choices:
        return click.Choice(row.choices)
    if row.kind in (options.WHOLE, options.NUMBER):
        return Number(row)
    kinds = (options.FILE, options.FOLDER, options.STORE, options.OUTPUT, options.MODEL_FILE)
    return Imagery() if row.kind == options.IMAGERY else PATH if row.kind in kinds else str

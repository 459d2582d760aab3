"""The command line offers the table of options, row by row, and leaves what is not given open."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import click
import pytest

from backend import options
from backend.__main__ import cli

COMMANDS = sorted({command for row in options.OPTIONS for command in row.commands})


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_offers_its_rows_and_no_others(name):
    command = cli.get_command(click.Context(cli), name)
    found = {parameter.name: parameter for parameter in command.params}
    rows = {row.name: row for row in options.options_of(name)}
    assert list(found) == list(rows)
    for row, parameter in ((rows[key], found[key]) for key in rows):
        assert isinstance(parameter, click.Argument) == row.positional and parameter.required == row.required
        if row.choices:
            assert list(parameter.type.choices) == list(row.choices)
        if isinstance(parameter, click.Option):
            assert parameter.help.startswith(row.help) and options.if_not_given(row, name) in parameter.help
            assert bool(parameter.secondary_opts) == bool(row.kind == options.FLAG and row.follows)


def test_what_is_not_given_is_none():
    command = cli.get_command(click.Context(cli), "simulate")
    context = command.make_context("simulate", ["somewhere"])
    assert {name: value for name, value in context.params.items() if name != "output"} == dict.fromkeys(
        ("parcels", "dates", "seed", "year", "years", "crops", "least_parcels", "season_shift_days")
    )

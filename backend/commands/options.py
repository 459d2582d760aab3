"""Options that several commands share, and how their texts become values."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from collections.abc import Callable
from datetime import date
from functools import wraps
from pathlib import Path
from typing import Any

import click

from backend.imagery.acquisition import ImageryOptions
from backend.imagery.names import parse_day
from backend.protocol import DEFAULTS

Function = Callable[..., Any]
PATH = click.Path(path_type=Path)
EXISTING = click.Path(path_type=Path, exists=True)


class Day(click.ParamType[date]):
    name = "date"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> date:
        return value if isinstance(value, date) else parse_day(str(value), param.name if param else "date").date()


class Names(click.ParamType[tuple[str, ...]]):
    name = "names"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, ...]:
        return (
            value if isinstance(value, tuple) else tuple(part.strip() for part in str(value).split(",") if part.strip())
        )


_IMAGERY = (
    click.option("--masks", type=EXISTING, help="Folder with an SCL or 0/1 raster (1 = masked) per date."),
    click.option("--dates-file", type=EXISTING, help="Dates of a single stack, one per line, in its order."),
    click.option("--band-names", type=Names(), default="", help="Bands in file order, B02,B03..., for unnamed layers."),
    click.option("--exclude", type=Day(), multiple=True, help="A date to leave out; may be repeated."),
    click.option("--start", type=Day(), help="First date to use."),
    click.option("--end", type=Day(), help="Last date to use."),
    click.option("--season", type=int, help="Harvest year; else the year with the most acquisitions."),
    click.option("--resolution-m", type=click.FloatRange(min=1), default=DEFAULTS.resolution_m, show_default=True),
    click.option("--resampling", type=click.Choice(["nearest", "bilinear", "cubic"]), default="nearest"),
    click.option("--scale", type=float, help="Reflectance per count; else the file's own, else 1/10,000 for integers."),
    click.option("--offset", type=float, help="Reflectance at count 0; else the file's own."),
    click.option("--skip-unreadable", is_flag=True, help="Leave damaged files out, with their date."),
)  # fmt: skip


def imagery_options(function: Function) -> Function:
    """Adds the imagery options and hands them on as one `options: ImageryOptions`."""
    names = ImageryOptions.__dataclass_fields__

    @wraps(function)
    def with_options(*args: Any, **values: Any) -> Any:
        chosen = {name: values.pop(name) for name in names}
        return function(*args, options=ImageryOptions(**chosen), **values)

    for option in reversed(_IMAGERY):
        with_options = option(with_options)
    return with_options


def parcel_options(function: Function) -> Function:
    """Adds what extracting parcels takes besides imagery."""
    function = click.option(
        "--workers", type=click.IntRange(1, 64), help="Blocks read at once; else one per core, at most 4."
    )(function)
    function = click.option(
        "--few-pixels", type=click.IntRange(min=1), default=DEFAULTS.few_pixels, show_default=True,
        help="Parcels with fewer pixels are flagged.",
    )(function)  # fmt: skip
    function = click.option("--id-field", help="Field that names each parcel; else the feature id.")(function)
    return click.option("--layer", help="Layer of a parcel file that holds several.")(function)


device_option = click.option("--device", default=DEFAULTS.device, show_default=True, help="auto, cpu, cuda or mps.")

"""Options that several commands share, and how their texts become values."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, fields
from datetime import date
from functools import wraps
from pathlib import Path
from typing import Any

import click

from backend.errors import BadArgument
from backend.imagery.acquisition import CLEAR_SCL, ImageryOptions
from backend.imagery.names import band_in, parse_day
from backend.imagery.stac.walking import SCHEME
from backend.parcels.database import Database
from backend.protocol import DEFAULTS, FILLINGS
from backend.series.options import SeriesOptions

Function = Callable[..., Any]
PATH = click.Path(path_type=Path)
EXISTING = click.Path(path_type=Path, exists=True)


@dataclass(frozen=True)
class ParcelOptions:
    """How parcels are read and extracted."""

    layer: str | None
    id_field: str | None
    encoding: str | None
    inner_buffer_m: float
    few_pixels: int
    workers: int


class Day(click.ParamType[date]):
    name = "date"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> date:
        return value if isinstance(value, date) else parse_day(str(value), param.name if param else "date").date()


class Imagery(click.ParamType[Path | str]):
    """A file or folder that is there, or "stac:" and where a catalogue lies."""

    name = "imagery"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Path | str:
        return str(value) if str(value).startswith(SCHEME) else EXISTING.convert(value, param, ctx)


class Parcels(click.ParamType[Path | Database]):
    """A file or folder, or the address of a PostGIS database."""

    name = "parcels"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Path | Database:
        return Database.at(str(value)) or PATH.convert(value, param, ctx)


class BandNames(click.ParamType[tuple[str, ...]]):
    """Names as users write them, "B2" for B02."""

    name = "names"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, ...]:
        if isinstance(value, tuple):
            return value
        return tuple(band_in(part) or part.strip() for part in str(value).split(",") if part.strip())


class Classes(click.ParamType[tuple[int, ...]]):
    """Numbers of classes, separated by commas."""

    name = "numbers"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[int, ...]:
        if isinstance(value, tuple):
            return value
        try:
            return tuple(int(part) for part in str(value).split(",") if part.strip())
        except ValueError as error:
            raise BadArgument(param.name if param else "classes", "numbers such as 4,5,6,7", str(value)) from error


def options_of(kind: type, argument: str, *options: Function) -> Callable[[Function], Function]:
    """A decorator that adds `options` and hands their values on as one frozen `kind` under the name `argument`."""

    def decorate(function: Function) -> Function:
        @wraps(function)
        def with_options(*args: Any, **values: Any) -> Any:
            chosen = kind(**{field.name: values.pop(field.name) for field in fields(kind)})
            return function(*args, **{argument: chosen}, **values)

        for option in reversed(options):
            with_options = option(with_options)
        return with_options

    return decorate


imagery_options = options_of(
    ImageryOptions,
    "options",
    click.option("--masks", type=EXISTING, help="Folder with an SCL or 0/1 raster (1 = masked) per date."),
    click.option("--dates-file", type=EXISTING, help="Dates of a single stack, one per line, in its order."),
    click.option(
        "--band-names", type=BandNames(), default="", help="Bands in file order, B02,B03..., for unnamed layers."
    ),
    click.option("--exclude", type=Day(), multiple=True, help="A date to leave out; may be repeated."),
    click.option("--start", type=Day(), help="First date to use."),
    click.option("--end", type=Day(), help="Last date to use."),
    click.option("--season", type=int, help="Harvest year; else the year with the most acquisitions."),
    click.option("--crs", help="Coordinate system of the grid, EPSG:n; else that of the most images."),
    click.option("--resolution-m", type=float, default=DEFAULTS.resolution_m, show_default=True),
    click.option("--resampling", type=click.Choice(["nearest", "bilinear", "cubic"]), default="nearest"),
    click.option("--scale", type=float, help="Reflectance per count; else the file's own, else 1/10,000 for integers."),
    click.option("--offset", type=float, help="Reflectance at count 0; else the file's own."),
    click.option("--skip-unreadable", is_flag=True, help="Leave damaged files out, with their date."),
    click.option(
        "--scl-classes",
        type=Classes(),
        default=CLEAR_SCL,
        help="Classes of Sen2Cor's scene classification that are clear; else 4,5,6,7.",
    ),
    click.option("--mask-dilation-m", type=float, default=0.0, help="Metres around what is masked that are not clear."),
    click.option("--cloud-probability", type=float, help="Percent from which Sen2Cor's cloud probability masks, too."),
    click.option(
        "--theia-reflectance",
        type=click.Choice(["FRE", "SRE"]),
        default="FRE",
        help="Theia's bands: FRE, corrected for the slope of the ground, or SRE.",
    ),
)

series_options = options_of(
    SeriesOptions,
    "series_options",
    click.option(
        "--filling",
        type=click.Choice(FILLINGS),
        default=DEFAULTS.filling,
        show_default=True,
        help="How clouds are filled in time; the last two smooth the whole course.",
    ),
    click.option(
        "--max-gap-days",
        type=click.IntRange(min=0),
        callback=lambda context, option, days: days or None,
        help="Gaps between clear observations longer than this stay unobserved; 0: no limit.",
    ),
    click.option(
        "--remove-outliers/--no-remove-outliers",
        default=False,
        help="Take out clouds and shadows that the masks missed, by a test in time.",
    ),
)

parcel_options = options_of(
    ParcelOptions,
    "parcel_options",
    click.option("--layer", help="Layer of a parcel file that holds several; TABLE or SCHEMA.TABLE of a database."),
    click.option("--id-field", help="Field that names each parcel; else the feature id."),
    click.option("--encoding", help="A shapefile's text encoding, such as CP1252; else as it says itself."),
    click.option(
        "--inner-buffer-m",
        type=click.FloatRange(min=0, max=1000),
        default=DEFAULTS.inner_buffer_m,
        show_default=True,
        help="Metres by which outlines shrink before pixels are chosen; narrow parcels keep theirs.",
    ),
    click.option(
        "--few-pixels",
        type=click.IntRange(min=1),
        default=DEFAULTS.few_pixels,
        show_default=True,
        help="Parcels with fewer pixels are flagged.",
    ),
    click.option(
        "--workers",
        type=click.IntRange(1, 64),
        default=lambda: min(os.cpu_count() or 1, 4),
        help="Blocks read at once; else one per core, at most 4.",
    ),
)

device_option = click.option("--device", default=DEFAULTS.device, show_default=True, help="auto, cpu, cuda or mps.")

"""One GeoTIFF that holds all dates: layers by date, within a date by band (`time, band, y, x`)."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from backend.errors import BadArgument, DatesDoNotMatchStack, UnreadableDate, UnreadableImage
from backend.imagery.acquisition import ImageryOptions, Scene, Skipped
from backend.imagery.names import band_in, moment_in, parse_day
from backend.imagery.rasters import RasterFacts


def claims(facts: RasterFacts, options: ImageryOptions) -> bool:
    """A stack is announced by a list of dates, or by layers whose descriptions name more than one date."""
    dates = {moment_in(text) for text in facts.descriptions} - {None}
    return options.dates_file is not None or len(dates) > 1


def scenes(rasters: Sequence[RasterFacts], options: ImageryOptions) -> tuple[list[Scene], list[Skipped]]:
    """Raises BadArgument (several files for one list), DatesDoNotMatchStack, UnreadableDate."""
    if options.dates_file is not None and len(rasters) > 1:
        raise BadArgument("dates_file", "one single stack for a list of dates", f"{len(rasters)} rasters")
    return [scene for facts in rasters for scene in _scenes_of(facts, options)], []


def _scenes_of(facts: RasterFacts, options: ImageryOptions) -> list[Scene]:
    moments, bands = _axes(facts, options)
    layers = iter(facts.layers)
    return [
        Scene(
            name=f"{facts.path.stem} {moment:%Y-%m-%d}",
            moment=moment,
            layers={band: next(layers) for band in bands},
            grid=facts.grid,
            product="GeoTIFF stack",
        )
        for moment in moments
    ]


def _axes(facts: RasterFacts, options: ImageryOptions) -> tuple[list[datetime], tuple[str, ...]]:
    """The dates and the bands of a stack, checked to fill it exactly."""
    described = [moment_in(text) for text in facts.descriptions]
    moments = read_dates(options.dates_file) if options.dates_file else [m for m in dict.fromkeys(described) if m]
    names = options.band_names or tuple(band_in(text) or "" for text in facts.descriptions)
    per_date = len(facts.layers) // max(len(moments), 1)
    bands = names if options.band_names else names[:per_date]
    if not bands or len(moments) * len(bands) != len(facts.layers):
        raise DatesDoNotMatchStack(facts.path, len(facts.layers), len(moments), len(bands) or 1)
    if not options.band_names and (not all(bands) or names != bands * len(moments)):
        raise BadArgument(
            "band_names",
            f"the {len(bands)} bands of one date in order, for {facts.path.name} does not name them",
            names[:per_date],
        )
    return moments, bands


def read_dates(path: Path) -> list[datetime]:
    """The dates of a text or CSV file, one per line (the first column that holds one); a header line is passed over."""
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise UnreadableImage(path, error) from error
    moments = []
    for number, line in enumerate(lines, start=1):
        if not line.strip() or (number == 1 and moment_in(line) is None and not any(c.isdigit() for c in line)):
            continue
        moments.append(parse_day(line, f"{path}, line {number}"))
    if not moments:
        raise UnreadableDate(path, "an empty list")
    return moments

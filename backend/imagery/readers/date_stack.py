"""One raster that holds all dates, which a list gives in their order (`--dates-file`).

Where layers name their bands, the n-th layer of a band is of the n-th date, whichever of the two comes first in the
file; where the option names them, layers are by date, within a date by band (`time, band, y, x`).
"""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from backend.errors import BadArgument, DatesDoNotMatchStack, UnreadableDate, UnreadableImage
from backend.imagery.acquisition import ImageryOptions, Mask, Scene, Skipped
from backend.imagery.labels import Label, labels_of
from backend.imagery.names import moment_in, parse_day
from backend.imagery.own_masks import preferred
from backend.imagery.rasters import RasterFacts
from backend.imagery.readers.multi_band import require_agreement
from backend.memory import require_memory


def claims(facts: RasterFacts, options: ImageryOptions) -> bool:
    """A stack is announced by a list of dates."""
    return options.dates_file is not None


def scenes(rasters: Sequence[RasterFacts], options: ImageryOptions) -> tuple[list[Scene], list[Skipped]]:
    """Raises BadArgument (several files for one list, names that are not those of the file), DatesDoNotMatchStack,
    UnreadableDate.
    """
    if len(rasters) > 1:
        raise BadArgument("dates_file", "one single stack for a list of dates", f"{len(rasters)} rasters")
    return [scene for facts in rasters for scene in _scenes_of(facts, options)], []


def _scenes_of(facts: RasterFacts, options: ImageryOptions) -> list[Scene]:
    moments = read_dates(options.dates_file) if options.dates_file else []
    labels = labels_of(facts.descriptions)
    if options.band_names:
        require_agreement(facts, labels, options.band_names * len(moments))
        labels = _given(facts, len(moments), options)
    layers = _by_name(facts, labels, len(moments))
    masks = {label.mask for label in labels} - {""}
    return [
        Scene(
            name=f"{facts.path.stem} {moment:%Y-%m-%d}",
            moment=moment,
            layers={name: facts.layers[at[number]] for name, at in layers.items() if name not in masks},
            grid=facts.grid,
            product="GeoTIFF stack",
            masks=preferred((_mask(facts, name, layers[name][number]) for name in sorted(masks)), options),
        )
        for number, moment in enumerate(moments)
    ]


def _mask(facts: RasterFacts, kind: str, index: int) -> Mask:
    return Mask(facts.layers[index].source, kind, index + 1)


def _given(facts: RasterFacts, dates: int, options: ImageryOptions) -> tuple[Label, ...]:
    """A label per layer from the option's names. Raises DatesDoNotMatchStack."""
    if dates * len(options.band_names) != len(facts.layers):
        raise DatesDoNotMatchStack(facts.path, len(facts.layers), dates, len(options.band_names))
    masks = {name: labels_of([name])[0].mask for name in options.band_names}
    one = [Label(name, band="" if mask else name, mask=mask) for name, mask in masks.items()]
    return tuple(one * dates)


def _by_name(facts: RasterFacts, labels: Sequence[Label], dates: int) -> dict[str, list[int]]:
    """The layers of every band and mask, counted from 0, in the order of the dates. Raises DatesDoNotMatchStack,
    BadArgument.
    """
    found: dict[str, list[int]] = defaultdict(list)
    numbered = [int(label.number) if label.number.isdecimal() else 0 for label in labels]
    for index in sorted(range(len(labels)), key=lambda index: numbered[index]):
        if labels[index]:
            found[labels[index].band or labels[index].mask].append(index)
    if not any(label.band for label in labels):
        per_date = len(facts.layers) // dates
        expected = f"the {per_date} bands of one date in order, for {facts.path.name} does not name them"
        raise BadArgument("band_names", expected, facts.descriptions[:per_date])
    if any(len(at) != dates for at in found.values()):
        raise DatesDoNotMatchStack(facts.path, len(facts.layers), dates, len(found))
    return found


def read_dates(path: Path) -> list[datetime]:
    """The dates of a text or CSV file, one per line (the first column that holds one); a header line is passed over."""
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        require_memory(error)
        raise UnreadableImage(path, error) from error
    moments = []
    for number, line in enumerate(lines, start=1):
        if not line.strip() or (number == 1 and moment_in(line) is None and not any(c.isdigit() for c in line)):
            continue
        moments.append(parse_day(line, f"{path}, line {number}"))
    if not moments:
        raise UnreadableDate(path, "an empty list")
    return moments

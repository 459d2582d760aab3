"""Pictures of a parcel's own pixels, in true or false colour."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Dict, List, Tuple

from qgis.PyQt.QtGui import QImage

from ...engine.protocol import store_pixels

UNOBSERVED = store_pixels.UNOBSERVED
MOST_PX = 96  # of a side: of a larger parcel pixels are left out evenly
BRIGHTEST = {"B02": 0.18, "B03": 0.18, "B04": 0.18, "B08": 0.45}  # reflectances shown as the brightest
COMPOSITES: Dict[str, Tuple[str, str, str]] = {"true": ("B04", "B03", "B02"), "false": ("B08", "B04", "B03")}


@dataclass(frozen=True)
class Picture:
    """A parcel at the position `number` of the series' days, `day` in the season; `image` covers its bounding box."""

    number: int
    day: int
    image: QImage


def available(source: Any) -> List[str]:
    """The composites whose bands the source has."""
    return [name for name, bands in COMPOSITES.items() if set(bands) <= set(source.band_names)]


def chosen_days(pixels: Any, most: int) -> List[int]:
    """At most so many positions of the series' days, evenly spread over those that are clear; where these are fewer,
    the clearest ones are taken, too. On a calendar, which has no clouds of its own, all days count.
    """
    source = pixels.source
    numbers = list(range(len(source.days)))
    if source.days == source.acquisition_days:
        clear = {number: pixels.clear_count(number) for number in numbers}
        whole = [number for number in numbers if clear[number] == len(pixels)]
        if len(whole) < most:
            whole = sorted(sorted(numbers, key=lambda number: -clear[number])[:most])
        numbers = [number for number in whole if clear[number]] or whole
    if len(numbers) <= most or most < 2:
        return numbers[:most]
    return [numbers[round(place * (len(numbers) - 1) / (most - 1))] for place in range(most)]


def picture(pixels: Any, number: int, composite: str, height_px: int, width_px: int) -> Picture:
    """Transparent outside the parcel, and where a pixel has no value."""
    source = pixels.source
    step = 1 + max(height_px, width_px) // MOST_PX
    rows, columns = -(-height_px // step), -(-width_px // step)
    canvas = bytearray(4 * rows * columns)
    bands = COMPOSITES[composite]
    red, green, blue = (_levels(pixels, number, source.band_names.index(band), BRIGHTEST[band]) for band in bands)
    for row, column, *colour in zip(pixels.rows(), pixels.columns(), red, green, blue):
        if row % step or column % step or min(colour) < 0 or row >= height_px or column >= width_px:
            continue
        at = 4 * ((row // step) * columns + column // step)
        canvas[at : at + 4] = (*colour, 255)
    image = QImage(bytes(canvas), columns, rows, 4 * columns, QImage.Format.Format_RGBA8888)
    return Picture(number, source.days[number], image.copy())  # the copy owns its bytes


def _levels(pixels: Any, number: int, band: int, brightest: float) -> List[int]:
    """0 to 255 of each pixel; -1 without a value."""
    factor = 255 * pixels.source.bands[band].scale / brightest
    return [
        -1 if value == UNOBSERVED else min(max(int(value * factor), 0), 255) for value in pixels.numbers(number, band)
    ]

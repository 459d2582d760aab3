"""The figures of a report by name, for its pages and as files of their own."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import matplotlib.image
from matplotlib.figure import Figure

from backend.reports import plots
from backend.reports.document import calibration_error
from backend.reports.drawing import drawn
from backend.reports.tables import numbered, with_numbers

KINDS = ("svg", "png")
DPI = 200  # of a figure as PNG

Draw = Callable[[Any], None]  # fills a figure, or a part of one


@dataclass(frozen=True)
class Drawing:
    """A figure of `size_in` inches (width, height), with what stands above and below it."""

    name: str
    title: str
    caption: str
    size_in: tuple[float, float]
    draw: Draw


def drawings(document: Mapping[str, Any], picture: bytes | None = None) -> list[Drawing]:
    """The figures there is data for, in the order of a report; `picture` is the PNG of a map."""
    scores, bins = document.get("scores") or {}, document.get("reliability") or []
    found = [
        _map(picture) if picture else None,
        _confusion(scores) if scores.get("confusion") else None,
        _breakdown(document) if any(row["parcels"] for row in document.get("breakdown") or []) else None,
        _reliability(bins) if calibration_error(bins) is not None else None,
        _curves(document) if document.get("curves") else None,
        _acquisitions(document["acquisitions"]) if document.get("acquisitions") else None,
    ]
    return [drawing for drawing in found if drawing is not None]


def files(found: list[Drawing]) -> dict[str, bytes]:
    """Each figure as NAME.svg and NAME.png; the map, which is a picture, only as PNG."""
    made = {}
    for drawing in found:
        for kind in KINDS if drawing.name != "map" else KINDS[1:]:
            made[f"{drawing.name}.{kind}"] = drawn(drawing.size_in, drawing.draw, kind, DPI if kind == "png" else 72)
    return made


def _map(picture: bytes) -> Drawing:
    pixels = matplotlib.image.imread(io.BytesIO(picture), format="png")
    height, width = pixels.shape[:2]

    def draw(figure: Figure) -> None:
        axes = figure.subplots()
        axes.imshow(pixels)
        axes.set_axis_off()

    caption = "The parcels in the colour of their class; grey where they were not classified."
    return Drawing("map", "Map", caption, (8.0, 8.0 * height / width), draw)


def _confusion(scores: Mapping[str, Any]) -> Drawing:
    caption = (
        "Each row is a true class, each column a predicted class; the numbers are parcels. The shade is the share of"
        " the row: green on the diagonal is correct, orange elsewhere is wrong."
    )
    classes = with_numbers(scores["classes"])
    if numbered(classes):
        caption += " Columns have the numbers of the rows."
    return Drawing("confusion", "Confusion matrix", caption, *plots.confusion_drawing(scores))


def _breakdown(document: Mapping[str, Any]) -> Drawing:
    declared = document["kind"] == "training"
    caption = f"The number of parcels {'with each declared crop' if declared else 'by predicted class'}."
    return Drawing("breakdown", "Parcels of each class", caption, *plots.breakdown_drawing(document["breakdown"]))


def _reliability(bins: plots.Rows) -> Drawing:
    caption = (
        "Above: the share of correct classes among parcels of about the same confidence; where the confidence is to be"
        " trusted, the points are on the dashed line. Below: the number of parcels. The expected calibration error is"
        f" {100 * (calibration_error(bins) or 0):.1f} points."
    )
    return Drawing("reliability", "Reliability of the confidence", caption, *plots.reliability_drawing(bins))


def _curves(document: Mapping[str, Any]) -> Drawing:
    kept = document.get("epoch_kept") or "best"
    what = "validation parcels" if kept == "best" else "tested parcels"
    caption = f"Loss and scores on the training and the {what} after each epoch, a line for each fold."
    return Drawing("curves", "Training", caption, plots.CURVES_IN, partial(plots.draw_curves, document["curves"], kept))


def _acquisitions(rows: plots.Rows) -> Drawing:
    caption = "The share of the parcels' pixels that was clear at each date; hollow where there is no cloud mask."
    return Drawing("acquisitions", "Acquisitions", caption, *plots.acquisitions_drawing(rows))

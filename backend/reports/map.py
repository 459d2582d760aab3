"""The map picture: the parcels coloured by class, with a legend, a scale bar and a north arrow."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import shapely
from matplotlib.axes import Axes
from matplotlib.collections import PathCollection
from matplotlib.figure import Figure
from matplotlib.patches import Patch
from matplotlib.path import Path as Outline
from matplotlib.transforms import ScaledTranslation, blended_transform_factory
from numpy.typing import NDArray

from backend.reports.document import shown_colour
from backend.reports.drawing import INK, SOFT, drawn
from backend.reports.tables import shortened
from backend.reports.writing import write_all
from backend.vocabulary import CropClass

UNCLASSIFIED = "Not classified"
UNCLASSIFIED_COLOUR, HATCH_COLOUR = "#e3e5e8", "#8b929b"
OUTLINE_COLOUR = "#1f293399"  # dark, so that a sliver does not vanish under its own outline
DPI = 150
LONGEST_SIDE_IN = 9.0
LEGEND_ROWS = 30


def draw_map(
    geometries: Any, codes: Sequence[Any], classes: Sequence[CropClass], path_png: Path, title: str = ""
) -> Path:
    """Writes the PNG of `map_png`, and returns its path. Raises NotWritable."""
    write_all({path_png: map_png(geometries, codes, classes, title)})
    return path_png


def map_png(geometries: Any, codes: Sequence[Any], classes: Sequence[CropClass], title: str = "") -> bytes:
    """A PNG of the parcels, each in the colour of its class.

    `geometries` are a GeoDataFrame, a GeoSeries or an array of shapely geometries; with a CRS they are drawn in their
    UTM zone, without one their coordinates are assumed to be metres. `codes` `(parcels,)` are class codes of `classes`,
    null where a parcel was not classified. Parcels without an outline are not drawn, but counted in the legend.
    """
    position = _positions(codes, classes)
    ground = _in_metres(geometries)
    paths, owner = _outlines(ground)
    counts = np.bincount(position, minlength=len(classes) + 1)

    def draw(figure: Figure) -> None:
        axes = figure.subplots()
        _draw_parcels(axes, paths, position[owner], classes)
        _draw_legend(figure, counts, classes)
        _frame(axes, title)

    return drawn(_size_in(shapely.total_bounds(ground)), draw, "png", DPI)


def _positions(codes: Sequence[Any], classes: Sequence[CropClass]) -> NDArray[np.int64]:
    """The class of each parcel as its position in `classes`; the number of classes means not classified."""
    found = pd.Index([c.code for c in classes], dtype=object).get_indexer(pd.Index(codes, dtype=object))
    return np.where(found < 0, len(classes), found).astype(np.int64)


def _in_metres(geometries: Any) -> NDArray[np.object_]:
    """Shapely geometries in metres on the ground, which those of a web map's projection, for one, are not."""
    series = getattr(geometries, "geometry", geometries)
    crs = getattr(series, "crs", None)
    if crs is not None and crs.utm_zone is None and len(series):
        series = series.to_crs(series.estimate_utm_crs())
    return np.asarray(series, dtype=object)


def _outlines(geometries: NDArray[np.object_]) -> tuple[list[Outline], NDArray[np.int64]]:
    """One outline for each polygon and the parcel it belongs to; holes are rings in the opposite direction."""
    parts, owner = shapely.get_parts(geometries, return_index=True)
    nested, inner = shapely.get_parts(
        parts, return_index=True
    )  # a repaired outline may be a collection of multipolygons
    polygon = (shapely.get_type_id(nested) == shapely.GeometryType.POLYGON) & ~shapely.is_empty(nested)
    nested, owner = shapely.orient_polygons(nested[polygon]), owner[inner][polygon]
    if not len(nested):
        return [], owner
    _, vertices, (rings, polygons) = shapely.to_ragged_array(nested, include_z=False)
    codes = np.full(len(vertices), Outline.LINETO, dtype=Outline.code_type)
    codes[rings[:-1]] = Outline.MOVETO
    codes[rings[1:] - 1] = Outline.CLOSEPOLY
    cuts = rings[polygons[1:-1]]
    return [Outline(*pair) for pair in zip(np.split(vertices, cuts), np.split(codes, cuts), strict=True)], owner


def _size_in(bounds: NDArray[np.float64]) -> tuple[float, float]:
    """The size of the picture of an area `(left, bottom, right, top)`, with room for the legend."""
    width, height = bounds[2:] - bounds[:2]
    ratio = float(np.clip(height / width, 0.45, 1.6)) if width > 0 else 0.45  # width is NaN without any outline
    return LONGEST_SIDE_IN / max(ratio, 1) + 3.0, LONGEST_SIDE_IN * min(ratio, 1) + 1.0


def _look(number: int, classes: Sequence[CropClass]) -> dict[str, Any]:
    """How the parcels of a class are drawn; those that were not classified are hatched."""
    if number == len(classes):
        return {"facecolor": UNCLASSIFIED_COLOUR, "edgecolor": HATCH_COLOUR, "hatch": "/////"}
    return {"facecolor": shown_colour(vars(classes[number])), "edgecolor": OUTLINE_COLOUR}


def _draw_parcels(
    axes: Axes, paths: Sequence[Outline], position: NDArray[np.int64], classes: Sequence[CropClass]
) -> None:
    line = float(np.clip(20 / np.sqrt(max(len(paths), 1)), 0.1, 0.5))  # many parcels: lines must not cover the fill
    for number in np.unique(position):
        own = [paths[i] for i in np.flatnonzero(position == number).tolist()]
        axes.add_collection(PathCollection(own, linewidth=line, **_look(number, classes)), autolim=True)
    axes.margins(0.02)
    axes.autoscale_view()


def _draw_legend(figure: Figure, counts: NDArray[np.int64], classes: Sequence[CropClass]) -> None:
    """The classes present with their parcels, the most frequent first; those not classified come last."""
    order = [*np.argsort(-counts[:-1], kind="stable").tolist(), len(classes)]
    names = [*(c.name for c in classes), UNCLASSIFIED]
    handles = [
        Patch(**_look(n, classes) | {"edgecolor": SOFT}, linewidth=0.4, label=_entry(names[n], counts[n]))
        for n in order
        if counts[n]
    ]
    columns = -(-len(handles) // LEGEND_ROWS) or 1
    figure.legend(
        handles=handles,
        loc="outside right upper",
        ncols=columns,
        fontsize=8,
        title="Class (parcels)",
        alignment="left",
    )


def _entry(name: str, count: int) -> str:
    return f"{shortened(name, 34)} ({count:,})"


def _frame(axes: Axes, title: str) -> None:
    axes.set_aspect("equal")
    axes.set_axis_off()
    if title:
        axes.set_title(title, fontsize=13)
    if axes.collections:
        _draw_scale(axes)


def _draw_scale(axes: Axes) -> None:
    """A scale bar of a round length below the map, and a north arrow on the other side."""
    left, right = axes.get_xlim()
    length_m = round_length(0.22 * (right - left))
    down = ScaledTranslation(0, -8 / 72, axes.figure.dpi_scale_trans)
    below = blended_transform_factory(axes.transData, axes.transAxes) + down
    axes.plot([left, left + length_m], [0, 0], color=INK, lw=3, solid_capstyle="butt", transform=below, clip_on=False)
    axes.set_xlim(left, right)
    label = f"{length_m / 1000:g} km" if length_m >= 1000 else f"{length_m:g} m"
    beside: dict[str, Any] = {"xytext": (0, -13), "textcoords": "offset points", "ha": "center", "va": "top"}
    axes.annotate(label, (left + length_m / 2, 0), xycoords=("data", "axes fraction"), **beside)
    axes.annotate("▲\nN", (0.97, 0), xycoords="axes fraction", fontweight="bold", **beside)


def round_length(most: float) -> float:
    """The largest 1, 2 or 5 times a power of ten that is no more than `most`."""
    power = 10.0 ** np.floor(np.log10(most))
    return float(max(step * power for step in (1, 2, 5) if step * power <= most * (1 + 1e-9)))

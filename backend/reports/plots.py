"""The plots of a report, each from a table of the report document to an inline SVG."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.dates import AutoDateLocator, ConciseDateFormatter
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from backend.reports.document import shown_colour
from backend.reports.drawing import ACCENT, INK, SECOND, SOFT, drawn, inline, percent_axis
from backend.reports.tables import LABEL_LENGTH, labels, numbered, shortened

Rows = Sequence[Mapping[str, Any]]
Drawing = tuple[tuple[float, float], Callable[[Figure], None]]  # a size in inches, and what fills a figure of it

RIGHT = LinearSegmentedColormap.from_list("right", ["#ffffff", "#a9d8c2", ACCENT, "#0d5038"])
WRONG = LinearSegmentedColormap.from_list("wrong", ["#ffffff", "#f7c79f", SECOND, "#8a2f00"])
FOLD_COLOURS = (ACCENT, SECOND, "#3b6fb6", "#8e4aa8", "#7a6a1f")
CURVES_IN = (10, 3.6)
BAR_IN = 0.26  # height of a class's bar with its gap
LUMINANCE = np.array([0.299, 0.587, 0.114])  # ITU-R BT.601, of red, green and blue


# Confusion matrix


def confusion(scores: Mapping[str, Any]) -> str:
    """The confusion matrix `(truth, prediction)`: counts, shaded by their share of the truth's row."""
    return inline(drawn(*confusion_drawing(scores)), "Confusion matrix: truth in rows, prediction in columns")


def confusion_drawing(scores: Mapping[str, Any], title: str = "") -> Drawing:
    """Its size in inches, and the function that draws it into a figure of that size."""
    counts = np.array(scores["confusion"], dtype=np.int64)
    names = labels(scores["classes"])
    across = [str(n) for n in range(1, len(names) + 1)] if numbered(scores["classes"]) else names
    cell_in = float(np.clip(7.6 / len(names), 0.27, 0.62))
    width_in, height_in = (len(names) * cell_in + _margin_in(texts) for texts in (names, across))

    def draw(figure: Figure) -> None:
        axes = figure.subplots()
        _draw_cells(axes, counts, size_pt=min(9.0, 72 * cell_in * 0.34))
        _draw_names(axes, names, across)
        if title:
            figure.suptitle(title, fontsize=10, fontweight="bold")

    return (width_in, height_in + (0.4 if title else 0)), draw


def _margin_in(texts: Sequence[str]) -> float:
    return 0.55 + 0.075 * max(map(len, texts))  # the longest name at nine points, and the axis label


def _draw_cells(axes: Axes, counts: NDArray[np.int64], size_pt: float) -> None:
    share = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    edges = np.arange(len(counts) + 1) - 0.5
    colours = np.where(np.eye(len(counts), dtype=bool)[..., None], RIGHT(share), WRONG(share))
    # Cells, not an image: they stay sharp at any size and in print.
    axes.pcolormesh(edges, edges, colours, edgecolors="#e3e7eb", linewidth=0.6)
    axes.set_aspect("equal")
    axes.invert_yaxis()
    for row, at in np.argwhere(counts > 0):
        ink = "white" if colours[row, at, :3] @ LUMINANCE < 0.55 else INK
        axes.text(at, row, compact(int(counts[row, at])), ha="center", va="center", color=ink, fontsize=size_pt)


def _draw_names(axes: Axes, names: Sequence[str], across: Sequence[str]) -> None:
    ticks = np.arange(len(names))
    axes.set_yticks(ticks, names, color=INK)
    axes.set_xticks(ticks, across, color=INK)
    if across is names:  # names are vertical, numbers horizontal
        for label in axes.get_xticklabels():
            label.set(rotation=90, ha="right", va="center", rotation_mode="anchor")
    axes.grid(visible=False)
    axes.tick_params(length=0)
    axes.set_xlabel("Prediction", fontweight="bold")
    axes.set_ylabel("Truth", fontweight="bold")


def compact(count: int) -> str:
    """A count in at most four characters: 9999, 12k, 3.4M."""
    if count < 10_000:
        return str(count)
    return f"{count / 1000:.0f}k" if count < 999_500 else f"{count / 1e6:.1f}M"


# Classes


def breakdown_drawing(rows: Rows) -> Drawing:
    """The parcels of each class that has some, the largest on top."""
    ranked = sorted((row for row in rows if row["parcels"]), key=lambda row: row["parcels"])

    def draw(figure: Figure) -> None:
        axes = figure.subplots()
        counts = [row["parcels"] for row in ranked]
        places = np.arange(len(ranked))
        axes.barh(places, counts, color=[shown_colour(row) for row in ranked])
        for place, count in enumerate(counts):
            axes.text(count, place, f" {count:,}", va="center", color=INK, fontsize=8)
        axes.set_yticks(places, [shortened(row["name"], LABEL_LENGTH) for row in ranked])
        axes.set_xlim(0, 1.12 * max(counts))
        axes.set_ylim(-0.6, len(ranked) - 0.4)
        axes.xaxis.set_major_formatter(lambda value, _: f"{value:,.0f}")
        axes.set_xlabel("Parcels")
        axes.grid(visible=False, axis="y")
        axes.tick_params(axis="y", length=0, labelcolor=INK)

    return (7.5, 0.9 + BAR_IN * len(ranked)), draw


# Training


def curves(rows: Rows, kept: str = "best") -> str:
    """Loss and scores per epoch, a line for each fold, with a mark at the best epoch (highest mean F-score) where it is
    `kept`; where the last one is, the curves are those of the tested parcels.
    """
    title = f"Training curves: loss and {_judged(kept)} scores per epoch"
    return inline(drawn(CURVES_IN, lambda figure: draw_curves(rows, kept, figure)), title)


def _judged(kept: str) -> str:
    return "validation" if kept == "best" else "test"


def draw_curves(rows: Rows, kept: str, figure: Figure) -> None:
    judged = _judged(kept)
    loss, scores = figure.subplots(1, 2)
    folds = sorted({row["fold"] for row in rows})
    _legend_of_lines(loss, solid=judged, dotted="training")
    _legend_of_lines(scores, solid="mean F-score", dotted="overall accuracy")
    for position, fold in enumerate(folds):
        colour = FOLD_COLOURS[position % len(FOLD_COLOURS)]
        own = [row for row in rows if row["fold"] == fold]
        name = f"fold {position + 1}" if len(folds) > 1 else ""
        _draw_fold(own, loss, scores, colour, name, mark=judged == "validation")
    titles = (loss, "Loss (nats)", "upper right"), (scores, f"{judged.capitalize()} scores", "lower right")
    for axes, title, place in titles:
        axes.set_title(title)
        axes.set_xlabel("Epoch")
        axes.xaxis.set_major_locator(MaxNLocator(integer=True, steps=[1, 2, 5, 10]))
        axes.legend(loc=place, fontsize=8)
    loss.set_ylim(bottom=0)
    percent_axis(scores)


def _legend_of_lines(axes: Axes, solid: str, dotted: str) -> None:
    axes.plot([], [], color=SOFT, label=solid)
    axes.plot([], [], color=SOFT, ls=":", label=dotted)


def _draw_fold(rows: Rows, loss: Axes, scores: Axes, colour: str, name: str, mark: bool) -> None:
    epochs, mean_f = column(rows, "epoch"), column(rows, "validation_mean_f")
    look: dict[str, Any] = {"color": colour, "marker": "o" if len(rows) == 1 else ""}
    loss.plot(epochs, column(rows, "train_loss"), ls=":", **look)
    loss.plot(epochs, column(rows, "validation_loss"), label=name, **look)
    scores.plot(epochs, column(rows, "validation_oa"), ls=":", **look)
    scores.plot(epochs, mean_f, **look)
    if mark and not np.isnan(mean_f).all():
        best = int(np.nanargmax(mean_f))
        label = f"{name}{', ' if name else ''}best epoch {epochs[best]:.0f}"
        scores.plot(epochs[best], mean_f[best], "o", ms=8, mfc="none", mec=colour, mew=1.8, label=label)


def column(rows: Rows, name: str) -> NDArray[np.float64]:
    """A column of a table as `(rows,)` float64, NaN where there is no value."""
    return np.array([np.nan if row.get(name) is None else row[name] for row in rows], dtype=np.float64)


# Confidence


def reliability(bins: Rows) -> str:
    """The share of correct classes against the model's confidence, and the number of parcels by confidence."""
    svg = drawn(*reliability_drawing(bins))
    return inline(svg, "Reliability diagram: accuracy against confidence, with the number of parcels")


def reliability_drawing(bins: Rows) -> Drawing:
    filled = [row for row in bins if row["parcels"] and row["accuracy"] is not None]
    return (5.2, 4.6), lambda figure: _draw_reliability(figure, filled)


def _draw_reliability(figure: Figure, filled: Rows) -> None:
    upper, lower = figure.subplots(2, 1, sharex=True, height_ratios=[3, 1])
    confidence, accuracy = column(filled, "confidence"), column(filled, "accuracy")
    upper.plot([0, 1], [0, 1], color=SOFT, ls="--", lw=1, label="perfectly calibrated")
    upper.vlines(
        confidence, np.minimum(confidence, accuracy), np.maximum(confidence, accuracy), color=SECOND, lw=3, alpha=0.6
    )
    upper.plot(confidence, accuracy, "o-", color=ACCENT, label="this model")
    upper.set_ylabel("Share correct")
    upper.legend(loc="upper left", fontsize=8)
    percent_axis(upper, most=1.02)
    lower.bar(confidence, column(filled, "parcels"), width=0.05, color=ACCENT, alpha=0.75)
    lower.set_ylabel("Parcels")
    lower.set_xlabel("Confidence")
    lower.yaxis.set_major_formatter(lambda value, _: compact(int(value)))
    percent_axis(lower, "x", most=1.02)


# Acquisitions


def acquisitions(rows: Rows) -> str:
    """The clear share of each acquisition on its day; a hollow mark where it is not known."""
    return inline(drawn(*acquisitions_drawing(rows)), "Acquisitions: clear share by date")


def acquisitions_drawing(rows: Rows) -> Drawing:
    return (10, 2.4), lambda figure: _draw_acquisitions(figure.subplots(), rows)


def _draw_acquisitions(axes: Axes, rows: Rows) -> None:
    days = np.array([date.fromisoformat(row["date"]) for row in rows], dtype="datetime64[D]")
    share = column(rows, "clear_share")
    known = ~np.isnan(share)
    axes.vlines(days[known], 0, share[known], color=ACCENT, lw=2)
    axes.plot(days[known], share[known], "o", color=ACCENT, ms=5)
    if not known.all():  # an empty line would still claim room in the layout
        axes.plot(days[~known], np.zeros((~known).sum()), "o", mfc="white", mec=SOFT, ms=6, clip_on=False)
    locator = AutoDateLocator(maxticks=14)
    axes.xaxis.set_major_locator(locator)
    axes.xaxis.set_major_formatter(ConciseDateFormatter(locator))
    axes.set_ylabel("Clear share")
    margin = np.timedelta64(4, "D")
    axes.set_xlim(days.min() - margin, days.max() + margin)
    percent_axis(axes, most=1.05)

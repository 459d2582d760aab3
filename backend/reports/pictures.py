"""The pictures of an experiment as PNG: class breakdown, models compared, dates shuffled, confusion matrices."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from backend.reports.document import shown_colour
from backend.reports.drawing import ACCENT, INK, SECOND, SOFT, drawn, percent_axis
from backend.reports.plots import column, confusion_drawing

Rows = Sequence[Mapping[str, Any]]
DPI = 130
ROW_IN = 0.28  # height of a bar with its gap
Bars = Sequence[tuple[str, str, str]]  # key, what the legend calls it, colour


def breakdown(rows: Rows) -> bytes:
    """Parcels of each class on a logarithmic axis, the largest on top."""
    ranked = sorted((row for row in rows if row["parcels"]), key=lambda row: row["parcels"])

    def draw(figure: Figure) -> None:
        axes = figure.subplots()
        counts = [row["parcels"] for row in ranked]
        axes.barh([row["class"] for row in ranked], counts, color=[shown_colour(row) for row in ranked], log=True)
        for place, count in enumerate(counts):
            axes.text(count, place, f" {count:,}", va="center", color=INK, fontsize=8)
        axes.set_xlim(0.8, 3 * max(counts, default=1))
        axes.xaxis.set_major_formatter(lambda value, _: f"{value:,.0f}")
        axes.set_xlabel("Parcels (logarithmic)")
        axes.set_title("Class breakdown")
        _plain_names(axes)

    return drawn((7.5, 1.1 + ROW_IN * len(ranked)), draw, "png", DPI)


def models(rows: Rows) -> bytes:
    """Mean F and overall accuracy of each model, with the deviation over folds and the paper's figure as a mark."""
    bars = (("oa", "overall accuracy", SOFT), ("mean_f", "mean F-score", ACCENT))
    return _compared(rows, bars, "Scores of each model: mean over folds, line: ± standard deviation")


def shuffling(rows: Rows) -> bytes:
    """Mean F of each model with the dates in order and shuffled."""
    bars = (
        ("per_parcel", "one order for each parcel", SOFT),
        ("shuffled", "shuffled, one order for all", SECOND),
        ("ordered", "in order", ACCENT),
    )
    return _compared(rows, bars, "Mean F-score with dates in order and shuffled")


def confusion(scores: Mapping[str, Any], title: str) -> bytes:
    """The confusion matrix, truth in rows."""
    return drawn(*confusion_drawing(scores, title), "png", DPI)


def _compared(rows: Rows, bars: Bars, title: str) -> bytes:
    shown = [row for row in rows if any(row[f"{key}_mean"] is not None for key, *_ in bars)]

    def draw(figure: Figure) -> None:
        axes = figure.subplots()
        positions = np.arange(len(shown))[::-1]
        height = 0.8 / len(bars)
        for number, (key, name, colour) in enumerate(bars):
            at = positions + (number - (len(bars) - 1) / 2) * height
            _draw_bars(axes, shown, at, height, (key, name, colour))
        axes.plot([], [], "D", mfc="white", mec=INK, ms=5, label="the paper's, on its own data")
        axes.set_yticks(positions, [row["model"] for row in shown])
        axes.set_title(title)
        percent_axis(axes, "x")
        handles, names = axes.get_legend_handles_labels()
        figure.legend(handles[::-1], names[::-1], loc="outside lower center", ncols=2, fontsize=8)
        _plain_names(axes)

    return drawn((7.5, 1.5 + ROW_IN * len(bars) * max(1, len(shown))), draw, "png", DPI)


def _draw_bars(axes: Axes, rows: Rows, at: Any, height: float, bar: tuple[str, str, str]) -> None:
    key, name, colour = bar
    mean, std, paper = (column(rows, f"{key}_{part}") for part in ("mean", "std", "paper"))
    axes.barh(at, np.nan_to_num(mean), height, color=colour, label=name)
    axes.errorbar(mean, at, xerr=np.nan_to_num(std), fmt="none", ecolor=INK, elinewidth=1)
    axes.plot(paper, at, "D", mfc="white", mec=INK, ms=5)


def _plain_names(axes: Axes) -> None:
    axes.grid(visible=False, axis="y")
    axes.tick_params(axis="y", length=0, labelcolor=INK)

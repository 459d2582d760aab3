"""Figures without a window or shared state: the style, and figures as SVG or PNG."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import io
import re
import warnings
from collections.abc import Callable
from typing import Any

import matplotlib
from matplotlib.axes import Axes
from matplotlib.figure import Figure

INK, SOFT, RULE = "#1f2933", "#5f6c7b", "#d5dbe1"
ACCENT, SECOND = "#1b7f5c", "#c2571a"
STYLE: Any = {
    "font.size": 9,
    "font.sans-serif": ["DejaVu Sans", "Verdana", "Arial", "Helvetica"],
    "axes.titlesize": 10,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.edgecolor": RULE,
    "axes.labelcolor": INK,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": "#e8ecef",
    "grid.linewidth": 0.8,
    "legend.frameon": False,
    "text.color": INK,
    "text.parse_math": False,  # a class may be called "$x$"
    "xtick.color": SOFT,
    "ytick.color": SOFT,
    "svg.fonttype": "none",  # text stays text: it can be searched, and the page stays small
    "svg.hashsalt": "report",  # the same figure is the same bytes
}


def drawn(size_in: tuple[float, float], draw: Callable[[Figure], None], kind: str = "svg", dpi: float = 72) -> bytes:
    """A figure of this size in inches as the bytes of an SVG or PNG; `draw` fills it."""
    with matplotlib.rc_context(STYLE), warnings.catch_warnings():
        # A class name in a script that the font lacks is drawn as boxes in a PNG; the browser's font has it.
        warnings.filterwarnings("ignore", message="Glyph .* missing from")
        figure = Figure(figsize=size_in, layout="constrained", facecolor="white")
        draw(figure)
        output = io.BytesIO()
        figure.savefig(output, format=kind, dpi=dpi, metadata={"Date": None} if kind == "svg" else None)
        return output.getvalue()


def inline(svg: bytes, title: str) -> str:
    """An SVG as an element of a page: without prologue, with a name for screen readers."""
    element = svg.decode()[svg.index(b"<svg") :]
    element = re.sub(r"<metadata>.*?</metadata>", "", element, flags=re.DOTALL)
    return element.replace("<svg ", f'<svg role="img" aria-label="{title}" ', 1)


def percent_axis(axes: Axes, which: str = "y", most: float = 1.0) -> None:
    """An axis of shares 0..`most`, labelled in per cent."""
    axis = axes.yaxis if which == "y" else axes.xaxis
    axis.set_major_formatter(lambda value, _: f"{100 * value:.0f} %")
    (axes.set_ylim if which == "y" else axes.set_xlim)(0, most)

"""The pictures of an experiment: they show what the table holds, and odd tables draw."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import io

import numpy as np
import report_documents as documents
from matplotlib.image import imread

from backend.reports import pictures

GREEN = np.array([27, 127, 92]) / 255  # the accent, of mean F


def row(model: str, mean_f: float | None, std: float | None = None, paper: float | None = None) -> dict[str, object]:
    figures = {"mean": mean_f, "std": std, "paper": paper}
    return {"model": model, **{f"{key}_{name}": value for key in ("mean_f", "oa") for name, value in figures.items()}}


def runs_of(png: bytes, colour: np.ndarray) -> list[int]:
    """The length in pixels of the longest stretch of a colour in each picture row that has it."""
    own = np.abs(imread(io.BytesIO(png))[..., :3] - colour).max(axis=2) < 0.01
    return [int(line.sum()) for line in own if line.sum() > 30]  # the legend's patch is shorter


def test_bars_are_as_long_as_the_scores():
    lengths = runs_of(pictures.models([row("gru", 0.8), row("cnn", 0.2)]), GREEN)
    assert 3.9 < max(lengths) / min(lengths) < 4.1


def test_models_without_a_score_have_no_bar():
    both, one = (runs_of(pictures.models([row("gru", 0.8), row("cnn", mean)]), GREEN) for mean in (0.4, None))
    assert min(both) < 0.6 * max(both)
    assert min(one) > 0.9 * max(one)
    assert pictures.models([row("cnn", None)]).startswith(b"\x89PNG")


def test_class_breakdown_takes_one_class_and_none():
    of_class = {"class": "Wheat", "colour": "#c2571a", "parcels": 1}
    bar = np.array([0xC2, 0x57, 0x1A]) / 255
    assert runs_of(pictures.breakdown([of_class, {**of_class, "class": "Rice", "parcels": 0}]), bar)
    assert pictures.breakdown([]).startswith(b"\x89PNG")


def test_shuffling_and_confusion_draw():
    keys = ("ordered", "shuffled", "per_parcel")
    rows = [{"model": "gru", **{f"{key}_{part}": 0.4 for key in keys for part in ("mean", "std", "paper")}}]
    assert pictures.shuffling(rows).startswith(b"\x89PNG")
    scores = documents.scored(["Wheat", "Vines"], np.array([0, 0, 1]), np.array([0, 1, 1]))
    assert pictures.confusion(scores, "gru").startswith(b"\x89PNG")

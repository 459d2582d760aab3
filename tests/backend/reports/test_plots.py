"""The plots: they say what the tables say, and stand any name and any gap in the data."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import re
from xml.etree import ElementTree

import numpy as np
import pytest
import report_documents as documents

from backend.reports import plots

SVG = "{http://www.w3.org/2000/svg}"


def texts(svg: str) -> list[str]:
    """The texts of a plot; parsing fails unless it is well-formed."""
    return ["".join(node.itertext()).strip() for node in ElementTree.fromstring(svg).iter(f"{SVG}text")]


def test_confusion_shows_every_count_and_both_axes() -> None:
    scores = documents.scored(["Wheat", "Vines"], np.repeat([0, 1], [40, 25]), np.repeat([0, 1, 0], [33, 7, 25]))
    found = texts(plots.confusion(scores))
    assert sorted(t for t in found if t.isdigit()) == ["25", "33", "7"]  # the empty cell stays empty
    assert found.count("Wheat") == found.count("Vines") == 2
    assert {"Truth", "Prediction"} <= set(found)


def test_confusion_has_the_truth_in_rows() -> None:
    scores = documents.scored(["Wheat", "Vines"], np.repeat([0, 1], [40, 25]), np.repeat([0, 1, 0], [33, 7, 25]))
    svg = ElementTree.fromstring(plots.confusion(scores))
    at = {}
    for node in svg.iter(f"{SVG}text"):
        place = re.search(r"translate\(([\d.]+) ([\d.]+)\)", node.get("transform", "")) or node
        x, y = place.groups() if isinstance(place, re.Match) else (node.get("x"), node.get("y"))
        at["".join(node.itertext()).strip()] = float(x or 0), float(y or 0)
    assert at["7"][1] == pytest.approx(at["33"][1])  # wheat taken for vines: wheat's row, one column on
    assert at["7"][0] > at["33"][0]
    assert at["25"][0] == pytest.approx(at["33"][0], abs=3)
    assert at["25"][1] > at["33"][1]


@pytest.mark.parametrize("name", ["$\\frac{$", "<b>&amp;", "小麦", "x" * 200])
def test_any_name_can_be_drawn(name: str) -> None:
    found = texts(plots.confusion(documents.scores([name, "Other"])))
    assert any(name[:20] in text for text in found)


@pytest.mark.parametrize("count", [2, 17, 30])
def test_confusion_fits_a_page(count: int) -> None:
    svg = plots.confusion(documents.scores([f"A class with a long name, {i}" for i in range(count)]))
    width_pt = float(re.search(r'width="([\d.]+)pt"', svg)[1])
    assert width_pt * 96 / 72 <= 1100
    sizes = {float(size) for size in re.findall(r"font(?:-size)?: (?:bold )?([\d.]+)px", svg)}
    assert min(sizes) >= 6


@pytest.mark.parametrize(
    ("count", "expected"), [(0, "0"), (9999, "9999"), (12_400, "12k"), (999_499, "999k"), (3_400_000, "3.4M")]
)
def test_compact_counts(count: int, expected: str) -> None:
    assert plots.compact(count) == expected
    assert len(plots.compact(count)) <= 4


def test_curves_mark_the_best_epoch_of_each_fold() -> None:
    rows = [
        {
            "fold": fold,
            "epoch": epoch,
            "train_loss": 1.0,
            "validation_loss": 1.0,
            "validation_oa": 0.5,
            "validation_mean_f": f,
        }
        for fold, scores in enumerate([(0.1, 0.7, 0.4), (0.3, 0.2, 0.6)])
        for epoch, f in enumerate(scores, 1)
    ]
    found = texts(plots.curves(rows))
    assert "fold 1, best epoch 2" in found
    assert "fold 2, best epoch 3" in found


def test_curves_without_losses_or_scores_are_drawn() -> None:
    rows = [{"fold": 0, "epoch": 1, "train_loss": None, "validation_loss": None, "validation_mean_f": 0.4}]
    assert "best epoch 1" in texts(plots.curves(rows))
    assert not [t for t in texts(plots.curves([{"fold": 0, "epoch": 1}])) if "best" in t]


def test_reliability_leaves_out_empty_bins() -> None:
    bins = [{"confidence": 0.9, "accuracy": 0.8, "parcels": 30}, {"confidence": 0.1, "accuracy": None, "parcels": 0}]
    assert plots.reliability(bins) == plots.reliability(bins[:1])


def test_acquisitions_with_one_date_or_no_mask_are_drawn() -> None:
    assert "Clear share" in texts(plots.acquisitions([{"date": "2017-05-01", "clear_share": None}]))
    full = plots.acquisitions(documents.acquisitions())
    assert any("May" in text for text in texts(full))

"""The paper's figures, against its tables as printed."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from backend.experiments import paper
from backend.experiments.findings import FINDINGS
from backend.models.build import describe

NAMES = {
    "CNN": "cnn",
    "CNN+GRU7": "cnn-gru-0.7",
    "CNN+GRU8": "cnn-gru-0.8",
    "CNN+GRU9": "cnn-gru-0.9",
    "GRU": "gru",
    "ConvLSTM": "conv-lstm",
}
TABLE1 = """CNN 16 : 32 : 96 - 0 92 899
CNN+GRU7 16 : 32 : 64 64 0.7 92 035
CNN+GRU8 16 : 32 : 36 96 0.8 93 807
CNN+GRU9 16 : 16 : 16 128 0.9 90 179
GRU - 156 1 94 587
ConvLSTM 30 : 64 64 - 95 353"""
TABLE2 = """CNN 89.5 34.9 53.0 31.4
CNN+GRU7 93.4 53.2 59.7 49.9
CNN+GRU8 93.7 55.1 63.3 51.6
CNN+GRU9 93.7 55.1 65.1 51.8
GRU 93.5 53.8 63.0 50.0
ConvLSTM 93.1 49.2 64.0 44.5"""
TABLE3 = """Undefined 0.0 45.1 35.4 38.2
Meadows 92.9 95.8 96.0 96.0
Cereal 93.3 97.1 97.5 97.5
Hemp 21.6 60.5 64.4 72.7
Leguminous Fodder 15.6 42.9 43.8 34.8
Other Fodder 0.0 25.5 32.9 14.8
Oilseed 93.1 95.9 96.0 95.1
Protein Crop 79.2 87.9 89.1 87.6
Industrial Crop 19.6 40.3 47.3 23.9
Fruit, Vegetable, Flower 42.5 60.3 63.1 55.1
Aromatic/Medicinal Plant 0.0 32.8 28.9 8.3
Ligneous 5.5 39.8 38.6 32.1
Orchard 0.0 8.0 6.0 2.5
Grapevine 81.8 95.1 94.3 92.4
Short Rotation Coppice 0.0 8.3 18.2 17.4
Non Agricultural Area 46.7 54.9 59.1 55.2
Other 1.2 24.0 27.0 14.1"""
TABLE4 = """ConvLSTM 49.2 47.9 -1.3
CNN+GRU7 53.2 52.0 -1.2
CNN+GRU9 55.1 48.8 -6.3
GRU 53.8 45.3 -8.5"""


def figures(table: str, count: int) -> dict[str, list[float]]:
    """Name and the last `count` figures of each printed row."""
    rows = [line.rsplit(" ", count) for line in table.splitlines()]
    return {name: [float(figure) for figure in found] for name, *found in rows}


def test_table1():
    for line in TABLE1.splitlines():
        name, kernels, hidden, ratio, total = re.fullmatch(
            r"(\S+) (-|\d+(?: : \d+)+) (-|\d+) (-|[\d.]+) (\d+ \d+)", line
        ).groups()
        assert paper.TABLE1[NAMES[name]] == (kernels, hidden, ratio, int(total.replace(" ", "")))


def test_table2_and_the_forest_of_section_4():
    for name, row in figures(TABLE2, 4).items():
        assert [paper.table2(NAMES[name], metric) for metric in paper.METRICS] == pytest.approx(np.array(row) / 100)
    assert [paper.table2("random-forest", metric) for metric in paper.METRICS] == [None, 0.369, None, None]
    assert paper.table2("temp-cnn", "oa") is None


def test_table3():
    printed = figures(TABLE3, 4)
    assert list(paper.TABLE3) == list(printed)
    for class_name, row in printed.items():
        own = [paper.table3(class_name, model) for model in ("cnn", "gru", "cnn-gru-0.9", "conv-lstm")]
        assert own == pytest.approx(np.array(row) / 100)
    assert paper.table3("Rice", "gru") is None
    assert paper.table3("Cereal", "cnn-gru-0.7") is None


def test_the_paper_leaves_absent_classes_out_of_its_means():
    """What the notes of our tables say: the means of table 3 over 17 classes are table 2's F."""
    means = np.mean(list(paper.TABLE3.values()), axis=0)
    assert means == pytest.approx([paper.TABLE2[model][1] for model in paper.TABLE3_MODELS], abs=0.1)
    assert np.all(means * 17 / 18 < means - 1)  # with rice as a zero they would be far off


def test_table4():
    for name, (ordered, shuffled, change) in figures(TABLE4, 3).items():
        own = paper.table4(NAMES[name], False), paper.table4(NAMES[name], True)
        assert own == pytest.approx((ordered / 100, shuffled / 100))
        assert own[1] - own[0] == pytest.approx(change / 100)


def test_our_networks_have_the_papers_sizes():
    ours = {row["name"]: row["parameters"] for row in describe()}
    for model, (_, _, _, parameters) in paper.TABLE1.items():
        assert ours[model] == parameters or model == "conv-lstm"


def test_every_finding_holds_in_the_paper():
    differences = {finding.text: finding.of_paper() for finding in FINDINGS}
    assert min(differences.values()) > 0
    assert differences["The recurrent network is above the convolutional one"] == pytest.approx(0.189)  # "by 19 points"
    assert differences["They hurt more, the more is in time: 0.9 loses more than 0.7"] == pytest.approx(0.063 - 0.012)


def test_the_text_of_the_paper_has_these_tables():
    path = Path(__file__).parents[4] / "shared" / "paper.txt"
    if not path.exists():
        pytest.skip("the paper's text does not lie beside the repository")
    text = path.read_text(encoding="utf-8").replace("\u2212", "-")
    assert [row for table in (TABLE1, TABLE2, TABLE3, TABLE4) for row in table.splitlines() if row not in text] == []
    assert "F-score of 36.9" in text

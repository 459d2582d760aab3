"""The description in a .cropmodel file, and how other files are refused."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import pytest
from sample_layers import CLASSES, DOCUMENT, model_file

from crop_classifier_plugin.model_file import NotAModelFile, describe

WITHOUT_BANDS = {name: value for name, value in DOCUMENT.items() if name != "bands"}


def test_a_model_is_described(tmp_path) -> None:
    found = describe(model_file(tmp_path / "é x.cropmodel"))
    assert [member.architecture for member in found.members] == ["gru"]
    assert (found.bands, found.calendar, found.season) == (("B02", "B03"), (3, 13, 43), 2017)
    assert found.classes == CLASSES
    assert found.scores == {"oa": 0.9} and found.provenance == {"parcels": 500}


def test_scores_and_season_may_be_unknown(tmp_path) -> None:
    found = describe(model_file(tmp_path / "x.cropmodel", {**DOCUMENT, "scores": None, "season": None}))
    assert found.scores is None and found.season is None


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ({"document": {**DOCUMENT, "schema": 4}}, "schema 4.*update the plugin"),
        ({"document": {**DOCUMENT, "schema": "one"}}, 'schema: expected a whole number.*found "one"'),
        ({"document": WITHOUT_BANDS}, "lacks 'bands'"),
        ({"document": {**DOCUMENT, "classes": [{"code": "x"}] * 2}}, "lacks 'name'"),
        ({"document": {**DOCUMENT, "calendar": ["May"]}}, 'calendar: expected a whole number.*found "May"'),
        ({"document": {**DOCUMENT, "bands": 3}}, "bands: expected a list.*found 3"),
        ({"document": [1]}, "expected an object"),
        ({"text": b"{"}, "damaged"),
        ({"text": b"\xff\xfe"}, "damaged"),
        ({"members": ("other.json",)}, "lacks weights.safetensors, report.json"),
    ],
)
def test_the_problem_is_named(tmp_path, content, message) -> None:
    with pytest.raises(NotAModelFile, match=message):
        describe(model_file(tmp_path / "x.cropmodel", **content))


def test_a_truncated_file(tmp_path) -> None:
    path = model_file(tmp_path / "x.cropmodel")
    path.write_bytes(path.read_bytes()[:-40])
    with pytest.raises(NotAModelFile, match="damaged or of another kind"):
        describe(path)


def test_a_flipped_byte_in_the_description(tmp_path) -> None:
    path = model_file(tmp_path / "x.cropmodel")
    content = bytearray(path.read_bytes())
    content[content.index(b"architecture")] ^= 1
    path.write_bytes(content)
    with pytest.raises(NotAModelFile, match="damaged"):
        describe(path)


def test_a_missing_file_and_a_folder(tmp_path) -> None:
    with pytest.raises(NotAModelFile, match="No such file"):
        describe(tmp_path / "none.cropmodel")
    with pytest.raises(NotAModelFile, match="directory"):
        describe(tmp_path)

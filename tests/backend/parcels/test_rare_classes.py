"""Rare classes in their parents: which move, where to, and which stay."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from pathlib import Path

import pytest

from backend.errors import BadClassTable
from backend.parcels import nomenclature
from backend.parcels.nomenclature import Nomenclature

ROWS = """code,name,class,colour,parent
BTH,wheat,Wheat,#aa8800,Cereals
RYE,rye,Rye,#998800,Cereals
OAT,oats,Oats,#887700,Cereals
POP,popcorn,Popcorn,,Maize
MIS,maize,Maize,#008800,Cereals
PPH,grass,Grass,#00aa00,
HEM,hemp,Hemp,,
"""


def table(folder: Path, text: str = ROWS) -> Nomenclature:
    path = folder / "table.csv"
    path.write_text(text)
    return nomenclature.read(path)


def grouped(crops: Nomenclature, needed: int, **parcels: int) -> tuple[dict[str, str], dict[str, tuple[int, dict]]]:
    """The class of each code, and of each group its parcels and its members."""
    counts = [parcels.get(crop.name, 0) for crop in crops.classes]
    found, groups = crops.grouped(counts, needed)
    members = {group.of.name: (group.parcels, {c.name: n for c, n in group.members}) for group in groups}
    return {code: crop.name for code, crop in found.mapping.items()}, members


def test_rare_siblings_are_a_new_class_and_the_others_stay(tmp_path):
    classes, groups = grouped(table(tmp_path), 5, Wheat=9, Rye=3, Oats=4, Maize=6, Grass=2)
    assert groups == {"Cereals": (7, {"Rye": 3, "Oats": 4})}
    assert (classes["RYE"], classes["OAT"]) == ("Cereals", "Cereals")
    assert {code: classes[code] for code in ("BTH", "MIS", "POP", "PPH")} == {
        "BTH": "Wheat", "MIS": "Maize", "POP": "Popcorn", "PPH": "Grass",
    }  # fmt: skip


def test_a_class_of_the_table_takes_its_rare_ones(tmp_path):
    crops = table(tmp_path)
    classes, groups = grouped(crops, 5, Maize=6, Popcorn=1, Grass=8)
    assert groups == {"Maize": (7, {"Popcorn": 1})} and classes["POP"] == classes["MIS"] == "Maize"
    found, _ = crops.grouped([0, 0, 0, 1, 6, 8, 0], 5)
    assert {crop.name: crop.colour for crop in found.classes}["Maize"] == "#008800"


def test_a_group_that_is_still_rare_goes_on_to_its_own_parent(tmp_path):
    classes, groups = grouped(table(tmp_path), 5, Maize=2, Popcorn=1, Rye=1, Grass=8)
    assert groups == {"Cereals": (4, {"Rye": 1, "Popcorn": 1, "Maize": 2})}
    assert classes["POP"] == classes["MIS"] == classes["RYE"] == "Cereals" and classes["BTH"] == "Wheat"


@pytest.mark.parametrize("parcels", [{"A": 2}, {"A": 2, "B": 1}, {"B": 4}])
def test_parents_that_lead_back_end(tmp_path, parcels):
    crops = table(tmp_path, "code,name,class,colour,parent\n1,a,A,,B\n2,b,B,,A\n3,c,C,,\n")
    _, groups = grouped(crops, 5, C=9, **parcels)
    assert sum(count for count, _ in groups.values()) in (0, sum(parcels.values()))


def test_enough_parcels_change_nothing(tmp_path):
    crops = table(tmp_path)
    found, groups = crops.grouped([5] * len(crops.classes), 5)
    assert groups == () and found.table() == crops.table()


def test_the_grouped_table_survives_the_way_through_a_model_file(tmp_path):
    crops, _ = table(tmp_path).grouped([9, 3, 4, 0, 6, 0, 0], 5)
    rows = crops.table()
    assert all("parent" not in row for row in rows)
    again = nomenclature.from_table(rows)
    assert again.classes == crops.classes
    labels, unknown = again.labels(["RYE", "oat", "wheat", "XXX"])
    assert [again.classes[label].name for label in labels[:3]] == ["Cereals", "Cereals", "Wheat"]
    assert unknown == {"XXX": 1}


def test_parents_survive_a_class_for_unknown_codes(tmp_path):
    crops = table(tmp_path).with_fallback_class("Other")
    classes, groups = grouped(crops, 5, Rye=3, Grass=8)
    assert groups == {"Cereals": (3, {"Rye": 3})} and classes["*"] == "Other"


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("1,a,A,,P\n2,b,A,,Q", 3, "the class 'A' has the parent 'P' already, here 'Q'"),
        ("1,a,A,,?", 2, "the parent needs a name with a letter or digit, found '?'"),
    ],
)
def test_what_is_wrong_with_a_parent(tmp_path, text, line, words):
    with pytest.raises(BadClassTable) as caught:
        table(tmp_path, f"code,name,class,colour,parent\n{text}\n")
    assert words in caught.value.message and f"line {line}" in caught.value.message


def test_a_class_that_is_its_own_parent_has_none(tmp_path):
    crops = table(tmp_path, "code,name,class,colour,parent\n1,a,Arable crops,,arable  crops\n2,b,B,,\n")
    assert [cls.parent for cls in crops.matcher.classes] == ["", ""]


@pytest.mark.parametrize(("level", "top"), [(4, "Arable crops"), (5, "Cereal"), (6, "Common soft wheat")])
def test_the_levels_of_hcat3_have_the_level_above_as_parents(level, top):
    """And each chain of parents ends in one of the nine classes of level 3."""
    classes = {cls.name: cls for cls in nomenclature.read(f"hcat3_level{level}").matcher.classes}
    lowest = {4: "Cereal", 5: "Common soft wheat", 6: "Winter common soft wheat"}[level]
    assert classes[lowest].parent == top
    ends = set()
    for name in classes:
        while classes[name].parent:
            name = classes[name].parent
        ends.add(name)
    assert ends == {crop.name for crop in nomenclature.read("hcat3_level3").classes}

"""The tables that come with the product, against the published lists that they were made of."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import subprocess
import sys
from collections import Counter
from pathlib import Path

import geopandas
import numpy as np
import pandas
import pandas as pd
import pytest

from backend.parcels import nomenclature

ROOT = Path(__file__).resolve().parents[3]
SHARED = ROOT / "../shared/data"
REAL_CODES = SHARED / "nomenclature"
with_lists = pytest.mark.skipif(not REAL_CODES.is_dir(), reason="the published code lists are not beside this checkout")
MAIN_CROPS = ("hcat3_crops", "austria", "flanders", "netherlands", "switzerland")

# Table 3 of the paper, in its order; Rice is the class its region lacks (section 3.1).
PAPER_CLASSES = [
    "undefined",
    "meadows",
    "cereal",
    "hemp",
    "leguminous_fodder",
    "other_fodder",
    "oilseed",
    "protein_crop",
    "industrial_crop",
    "fruit_vegetable_flower",
    "aromatic_medicinal_plant",
    "ligneous",
    "orchard",
    "grapevine",
    "short_rotation_coppice",
    "non_agricultural_area",
    "other",
    "rice",
]


def test_built_in_tables_go_by_name() -> None:
    assert nomenclature.built_in() == (
        *("austria", "flanders", "hcat3_crops", "hcat3_level3", "hcat3_level4", "hcat3_level5", "hcat3_level6"),
        *("netherlands", "paper", "rpg_groups", "switzerland", "worldcereal", "worldcereal_ewoc"),
    )


def test_the_papers_classes_in_its_order() -> None:
    assert [c.code for c in nomenclature.read("paper").classes] == PAPER_CLASSES


@pytest.mark.parametrize(
    ("codes", "expected"),
    [
        ("BTH MIS MIE ORH TTH SOG", "cereal"),
        ("CZH TRN SOJ CML LIH", "oilseed"),
        ("VRC VRT RVI VRN", "grapevine"),
        ("PPH PTR RGA DTY PRL MLG", "meadows"),
        ("LUZ TRE SAI LU8 VES LEF FF7 ML6 MH5 MC8", "leguminous_fodder"),
        ("BVF CPL MOH", "other_fodder"),
        ("CHV CSE", "hemp"),
        ("PPR FVL LDH LEC", "protein_crop"),
        ("BTN LIF CSA", "industrial_crop"),
        ("PTC FRA TOM HPC", "fruit_vegetable_flower"),
        ("LAV THY PMD", "aromatic_medicinal_plant"),
        ("BOP SPL", "ligneous"),
        ("VRG OLI NOX", "orchard"),
        ("TCR", "short_rotation_coppice"),
        ("SNE", "non_agricultural_area"),
        ("J5M BTA", "other"),
        ("ZZZ", "undefined"),
        ("RIZ", "rice"),
    ],
)
def test_known_crops_of_the_paper_table(codes: str, expected: str) -> None:
    mapping = nomenclature.read("paper").mapping
    assert {code: mapping[code].code for code in codes.split()} == dict.fromkeys(codes.split(), expected)


def test_both_tables_hold_the_same_crops() -> None:
    paper, groups = nomenclature.read("paper"), nomenclature.read("rpg_groups")
    assert {(c.code, c.name) for c in paper.crops} == {(c.code, c.name) for c in groups.crops}
    assert groups.mapping["BTH"].name == "Blé tendre"
    assert len(groups.classes) == 24


@pytest.mark.parametrize("name", nomenclature.built_in())
def test_every_colour_is_a_colour_of_its_own(name: str) -> None:
    classes = nomenclature.read(name).classes
    assert len({c.colour for c in classes}) == len(classes)


@with_lists
@pytest.mark.parametrize("name", ["paper", "rpg_groups"])
def test_every_rpg_code_is_mapped(name: str) -> None:
    rpg = pd.read_csv(REAL_CODES / "rpg_codes_groups_breizhcrops.csv", sep=";", keep_default_na=False)
    year = pd.read_csv(REAL_CODES / "csvs/country_mappings/fr_2018.csv", keep_default_na=False)
    codes = {*rpg["Code Culture"], *year["original_code"]}
    assert len(codes) > 340
    labels, unknown = nomenclature.read(name).labels(sorted(codes))
    assert unknown == {}
    assert (labels >= 0).all()


@with_lists
def test_rpg_groups_are_those_published() -> None:
    rpg = pd.read_csv(REAL_CODES / "rpg_codes_groups_breizhcrops.csv", sep=";", keep_default_na=False)
    mapping = nomenclature.read("rpg_groups").mapping
    published = dict(zip(rpg["Code Culture"], rpg["Libellé Groupe Culture"].str.strip(), strict=True))
    assert {code: mapping[code].name for code in published} == published


# HCAT3 and the layers of agencies


def lab(colour: str) -> np.ndarray:
    """CIE L*a*b* of `#rrggbb` under D65, by the formulas of CIE 15 and IEC 61966-2-1."""
    rgb = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    matrix = [[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]
    x, y, z = np.cbrt(matrix @ linear / [0.9505, 1.0, 1.089])
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


def hcat3() -> dict[str, str]:
    table = pd.read_csv(REAL_CODES / "hcat_core/HCAT3.csv", dtype=str)
    return dict(zip(table["HCAT3_code"], table["HCAT3_name"], strict=True))


@pytest.mark.parametrize("name", MAIN_CROPS)
def test_main_crops_look_and_are_called_the_same_in_every_table(name: str) -> None:
    reference = {c.name: c.colour for c in nomenclature.read("hcat3_crops").classes}
    classes = nomenclature.read(name).classes
    assert {c.name: c.colour for c in classes}.items() <= reference.items()
    assert [c.name for c in classes] == [c for c in reference if c in {own.name for own in classes}]
    points = np.array([lab(c.colour) for c in classes])
    apart = np.linalg.norm(points[:, None] - points[None], axis=2) + 1000 * np.eye(len(points))
    assert apart.min() > 7  # three times what a careful eye can just tell


@with_lists
@pytest.mark.parametrize(("level", "digits"), [(3, 4), (4, 6), (5, 8), (6, 10)])
def test_levels_of_hcat3_group_by_the_first_digits(level: int, digits: int) -> None:
    table, names = nomenclature.read(f"hcat3_level{level}"), hcat3()
    crops = {code: name for code, name in names.items() if name not in ("characteristics", "crop_type")}
    assert {crop.code for crop in table.crops} == set(crops)
    groups = {code: table.mapping[code].code for code in crops}
    assert len(set(groups.values())) == len({code[:digits] for code in crops})
    assert all(groups[code] == names[code[:digits].ljust(10, "0")] for code in crops)


@with_lists
def test_eurocrops_layers_match_by_code_name_or_float() -> None:
    """As its columns EC_hcat_c and EC_hcat_n hold them, and as a shapefile's floating point field does."""
    names = hcat3()
    table = nomenclature.read("hcat3_level6")
    codes = [code for code in names if code in table.mapping]
    expected, _ = table.labels(codes)
    for values in ([names[code] for code in codes], np.array(codes, dtype=np.float64), np.array(codes, dtype=np.int64)):
        labels, unknown = table.labels(values)
        assert unknown == {}
        assert labels.tolist() == expected.tolist()


@with_lists
@pytest.mark.parametrize(
    ("table", "lists"),
    [("austria", ["at_2021"]), ("flanders", ["be_vlg_2021"]), ("netherlands", ["nl_2020", "nl_other_years"])],
)
def test_every_code_of_an_agency_is_mapped(table: str, lists: list[str]) -> None:
    paths = [REAL_CODES / f"csvs/country_mappings/{name}.csv" for name in lists]
    published = pd.concat(pd.read_csv(path, dtype=str, keep_default_na=False) for path in paths)
    codes = published.loc[published["original_code"] != "", "original_code"]
    for values in (codes, codes.astype(int), codes.astype(float)):
        labels, unknown = nomenclature.read(table).labels(values)
        assert unknown == {} and (labels >= 0).all()
    assert len(nomenclature.read(table).crops) == codes.nunique()


@pytest.mark.parametrize(
    ("table", "codes", "expected"),
    [
        ("flanders", "311 541", "winter_wheat"),
        ("flanders", "312", "spring_wheat"),
        ("flanders", "201 202", "maize"),
        ("flanders", "901 902 904", "potatoes"),
        ("flanders", "60 9828", "permanent_grassland"),
        ("flanders", "91 71", "sugar_and_fodder_beet"),
        ("flanders", "963", "trees_and_forest"),
        ("austria", "110 153", "winter_barley"),
        ("austria", "105 109 135", "maize"),
        ("austria", "301 302 303", "rapeseed"),
        ("austria", "686", "miscanthus_and_other_energy_crops"),
        ("austria", "901", "vineyards"),
        ("austria", "771", "fallow"),
        ("netherlands", "259 316 317", "maize"),
        ("netherlands", "265 331", "permanent_grassland"),
        ("netherlands", "266 383", "temporary_grass"),
        ("netherlands", "1949", "vegetables"),
        ("netherlands", "656", "miscanthus_and_other_energy_crops"),
        ("switzerland", "513 516", "winter_wheat"),
        ("switzerland", "508 519 521", "maize"),
        ("switzerland", "526 527 590 591", "rapeseed"),
        ("switzerland", "611 612 613 616 617", "permanent_grassland"),
        ("switzerland", "601 602", "temporary_grass"),
        ("hcat3_crops", "3301010101 3301011000", "winter_wheat"),
        ("hcat3_crops", "3301090400 3301010600", "maize"),
        ("hcat3_crops", "3301210100", "other_oilseeds"),
        ("hcat3_crops", "3301210202 3301290300", "vegetables"),
        ("worldcereal", "4350 4351 4352", "rapeseed"),
        ("worldcereal", "1100 1110 1120", "wheat"),
        ("worldcereal_ewoc", "1101010001 11-01-01-000-1", "wheat"),
        ("worldcereal_ewoc", "1101010002 11-01-01-000-2", "spring_wheat"),
        ("worldcereal_ewoc", "1101060000 11-01-06-000-0", "maize"),
    ],
)
def test_known_crops_of_agencies(table: str, codes: str, expected: str) -> None:
    mapping = nomenclature.read(table).mapping
    assert {code: mapping[code].code for code in codes.split()} == dict.fromkeys(codes.split(), expected)


@pytest.mark.parametrize(
    ("table", "chain"),
    [
        ("hcat3_crops", "Winter barley > Barley, season not stated > Other cereals > Other arable crops"),
        ("austria", "Winter barley > Other cereals > Other arable crops"),  # whose codes all state the season
        ("netherlands", "Flax and hemp > Tobacco, hops and other industrial crops > Other arable crops"),
        ("switzerland", "Vineyards > Other permanent crops"),
        ("flanders", "Permanent grassland"),
        ("worldcereal_ewoc", "Spring barley > Barley > Cereals > Temporary crops"),
        ("worldcereal_ewoc", "Olive > Permanent crops"),
        ("rpg_groups", "Orge > Autres céréales"),
        ("paper", "Leguminous Fodder > Other Fodder"),
        ("paper", "Cereal"),
    ],
)
def test_parents_of_classes(table: str, chain: str) -> None:
    parents = {c.name: c.parent for c in nomenclature.read(table).matcher.classes}
    name, *others = chain.split(" > ")
    for above in [*others, ""]:
        assert parents[name] == above
        name = above


@pytest.mark.parametrize("table", nomenclature.built_in())
def test_a_parent_is_a_class_of_the_table_and_leads_to_an_end(table: str) -> None:
    """But in HCAT3 at a level, where the classes above are new ones."""
    parents = {c.name: c.parent for c in nomenclature.read(table).matcher.classes}
    assert all(parent in parents for parent in parents.values() if parent) or table.startswith("hcat3_level")
    for name in parents:
        above = [name]
        while parents.get(above[-1]):
            above.append(parents[above[-1]])
        assert len(set(above)) == len(above)


def test_the_paper_s_parents_are_of_the_same_group_of_the_rpg() -> None:
    """A class and its parent share the group that most of its codes belong to."""
    groups = {code: crop.name for code, crop in nomenclature.read("rpg_groups").mapping.items()}
    paper = nomenclature.read("paper")
    of: dict[str, Counter[str]] = {}
    for code, crop in paper.mapping.items():
        of.setdefault(crop.name, Counter())[groups[code]] += 1
    pairs = [(c.name, c.parent) for c in paper.matcher.classes if c.parent]
    assert len(pairs) == 3
    assert all(of[name].most_common(1)[0][0] in of[parent] for name, parent in pairs)


def test_the_swiss_catalogue_is_whole() -> None:
    """The federal catalogue of uses of farmland (minimal geodata model 153.1) has 174 codes."""
    numbered = [crop for crop in nomenclature.read("switzerland").crops if crop.code.isdigit()]
    assert len(numbered) == 174
    assert all(500 < int(crop.code) < 1000 for crop in numbered)


@with_lists
def test_the_script_writes_the_same_tables_again(tmp_path: Path) -> None:
    script = ROOT / "scripts/class_tables.py"
    subprocess.run([sys.executable, script, REAL_CODES, "--output", tmp_path], check=True, capture_output=True)
    made = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    assert len(made) == 11
    assert made == {name: (nomenclature.BUILT_IN / name).read_bytes() for name in made}


@with_lists
def test_every_code_of_worldcereal_s_legend_is_known_as_a_number_and_as_text() -> None:
    """Its published samples hold `ewoc_code` as 64-bit numbers, in which 0 is unknown."""
    legend = pandas.read_csv(REAL_CODES / "ewoc_legend.csv", dtype=str)
    table = nomenclature.read("worldcereal_ewoc")
    as_numbers, left = table.labels(legend["ewoc_code"].str.replace("-", "").astype("int64"))
    as_text, unknown = table.labels(legend["ewoc_code"])
    assert left == unknown == {} and as_numbers.tolist() == as_text.tolist()
    classes = pandas.Series([table.classes[label].name for label in as_text])
    assert (classes.groupby(legend["sampling_label"]).nunique() == 1).all()
    assert classes.nunique() == legend["sampling_label"].nunique() == 57
    assert table.classes[table.labels(pandas.Series([0]))[0][0]].name == "Unknown"


# Real layers

ZURICH = SHARED / "lpis_zurich2019/ZH_Polygons_2019_EPSG32632_selected-crops.shp"
FLANDERS = SHARED / "flanders2018/parcels.gpkg"


@pytest.mark.skipif(not ZURICH.exists(), reason="the parcels of Zurich are not beside this checkout")
def test_zurich_s_names_of_crops_are_all_known() -> None:
    """Its 4,781 parcels hold German names and no codes; classes against the English names of those who published it."""
    layer = geopandas.read_file(ZURICH, ignore_geometry=True)
    table = nomenclature.read("switzerland")
    labels, unknown = table.labels(layer["NUTZUNG"])
    assert unknown == {} and len(labels) == 4781
    english = layer["crop_type"].replace(
        {"Corn": "Maize", "Silage Maize": "Maize", "Canola": "Rapeseed", "Winter Wheat": "Winter wheat",
         "Winter Barley": "Winter barley", "Sugar Beet": "Sugar and fodder beet", "Potato": "Potatoes",
         "Soybean": "Soya", "Extensively Used Grasland": "Permanent grassland",
         "Permament Grasland": "Permanent grassland"}
    )  # fmt: skip
    assert [table.classes[label].name for label in labels] == english.tolist()


@pytest.mark.skipif(not FLANDERS.exists(), reason="the parcels of Flanders are not beside this checkout")
def test_the_flemish_sample_holds_codes_of_worldcereal() -> None:
    """Its publisher recoded the Flemish declarations: the Flemish table knows none of them, WorldCereal's all."""
    layer = geopandas.read_file(FLANDERS, ignore_geometry=True)
    expected = {"9120": 9, "1200": 4, "7900": 4, "2130": 1, "5100": 1}
    assert nomenclature.read("flanders").labels(layer["ct_code"])[1] == expected
    table = nomenclature.read("worldcereal")
    for field in ("ct_code", "ct_name"):
        labels, unknown = table.labels(layer[field])
        assert unknown == {}
        assert Counter(table.classes[label].name for label in labels) == {
            "Permanent grass crops": 9, "Maize": 4, "Other Leguminous crops": 4, "Leafy or stem vegetables": 1,
            "Potatoes": 1,
        }  # fmt: skip

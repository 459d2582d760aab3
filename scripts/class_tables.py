"""Writes the class tables made of published code lists again: `python scripts/class_tables.py FACTS [--output FOLDER]`.

FACTS is a folder with EuroCrops' `hcat_core/HCAT3.csv` and `csvs/country_mappings/`, and WorldCereal's
`wc2eurocrops_map.csv` and `ewoc_legend.csv`. `resources/nomenclatures/README.md` names the sources and says what was
decided here.
"""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import argparse
import csv
import sys
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))
from backend.parcels.nomenclature import BUILT_IN  # noqa: E402
from backend.parcels.palette import palette  # noqa: E402
from backend.spreadsheet import write_rows  # noqa: E402

LEVELS = (3, 4, 5, 6)  # of HCAT3, whose codes have two digits for each level from the second on
NO_CROPS = ("3000000000", "3300000000")  # the roots of HCAT3: "characteristics", "crop_type"

# Main crops by HCAT3 code: the class whose prefix is the longest. The order is that of reports and legends.
MAIN_CROPS = (
    ("Winter wheat", "#e3a81c", "3301010101 3301010201 33010110 3301011201 3301011301"),
    ("Spring wheat", "#ffd66b", "3301010102 3301010202 3301011002 3301011202 3301011302"),
    ("Wheat, season not stated", "#b5831b", "33010101 33010102 33010112 33010113"),
    ("Winter barley", "#d9b382", "3301010401"),
    ("Spring barley", "#f6dfae", "3301010402"),
    ("Barley, season not stated", "#a58a5f", "33010104"),
    ("Rye and triticale", "#9c6b1f", "33010103 33010108"),
    ("Oats", "#e6d9ff", "33010105"),
    ("Maize", "#e8743b", "33010106 33010904"),
    ("Sorghum and millet", "#c25a4a", "33010109"),
    ("Rice", "#5fd6d6", "33010107"),
    ("Other cereals", "#7a5c2e", "330101 330115"),
    ("Rapeseed", "#fff04d", "33010604"),
    ("Sunflower", "#ffbf00", "33010605"),
    ("Other oilseeds", "#bdb60a", "33010606 33010608 33010609 33010615 33010839 33012101"),
    ("Soya", "#00a37a", "330116"),
    ("Peas, beans and other pulses", "#f7a58b", "330102"),
    ("Potatoes", "#8c3f8f", "330103"),
    ("Sugar and fodder beet", "#d42a7c", "33012904 33012907 330105"),
    ("Flax and hemp", "#0c6f8f", "33010607 33010610 33010611"),
    ("Tobacco, hops and other industrial crops", "#4b2f1a", "330106"),
    ("Aromatic and medicinal plants", "#b7a0ee", "33010204 33010612 33010613 330119"),
    (
        "Vegetables",
        "#f0468c",
        "330104 330107 330112 330114 330117 330118 33012 330130 330131",
    ),
    ("Strawberries and berries", "#ff8fc7", "330113 330302"),
    ("Flowers and ornamental plants", "#e07bff", "330108"),
    ("Temporary grass", "#8fd45f", "33010901 33010902"),
    ("Clover, lucerne and other fodder legumes", "#c3e59b", "33010203 33010616 33010842 33010903"),
    ("Other green fodder and cover crops", "#8a8a1f", "33010614 330109"),
    ("Permanent grassland", "#3f9b46", "3302"),
    ("Fallow", "#cfc8c0", "330111 3308"),
    ("Orchards and nuts", "#c8202f", "330301 330303"),
    ("Citrus", "#ff4d00", "330304"),
    ("Olives", "#5c7a5c", "330305"),
    ("Vineyards", "#5a1a8c", "330306"),
    ("Nurseries and shrubs", "#2fd18b", "330307 330308"),
    ("Miscanthus and other energy crops", "#3f8fd0", "33010830 33010844 330401 330402 330403"),
    ("Other permanent crops", "#7a1030", "3303 3304"),
    ("Greenhouses", "#9fc9f0", "3305"),
    ("Trees and forest", "#1f4a2a", "3306"),
    ("Other arable crops", "#8f8f99", "3301"),
    ("Not known and other", "#55585f", "3307 3399"),
)

# Layers of national agencies, and the lists of EuroCrops that hold their codes; the first to name a code counts.
LAYERS = {
    "austria": ("at_2021",),
    "flanders": ("be_vlg_2021",),
    "netherlands": ("nl_2020", "nl_other_years"),
}
# Where EuroCrops' lists mistake a crop: layer and code, and the HCAT3 code that fits its name.
CORRECTED = {
    ("austria", "303"): "3301060401",  # Winterrübsen is turnip rape, not beetroot
    ("austria", "686"): "3301083000",  # Elefantengras is miscanthus, not a fodder grass
    ("flanders", "963"): "3306080000",  # Wijmen are osiers, not vines
    ("netherlands", "656"): "3301084400",  # Zonnekroon is silphium, not sunflower
    ("netherlands", "1949"): "3301180000",  # Aardperen are Jerusalem artichokes; the list's code does not exist
}

EWOC_LEVELS = ("level_1", "level_2", "level_3", "level_4", "level_5")
# Labels of WorldCereal's legend that are not names of crops as they stand.
EWOC_CLASSES = {
    "soy_soybeans": "Soya",
    "rapeseed_rape": "Rapeseed",
    "spring_rapeseed_rape": "Spring rapeseed",
    "not_cultivated_fallow": "Fallow",
    "greenhouse_foil_film_indoor": "Greenhouses and foil",
    "non_cropland_incl_perennial": "No cropland",
    "non_cropland_excl_perennial": "No temporary crops",
    "non_cropland_mixed": "Mixed land without crops",
    "vegetables_fruits": "Vegetables and fruits",
    "mushrooms_truffles": "Mushrooms and truffles",
    "dry_pulses_legumes": "Dry pulses",
    "root_tuber_crops": "Root and tuber crops",
    "herb_spice_medicinal_crops": "Herbs, spices and medicinal plants",
    "grass_fodder_crops": "Grass and other fodder",
    "bare_sparsely_vegetated": "Bare or sparsely vegetated land",
}


class Row(NamedTuple):
    """As it stands in the file; the columns' names are those of class tables."""

    code: str
    name: str
    crop_class: str
    colour: str
    parent: str = ""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("facts", type=Path)
    parser.add_argument("--output", type=Path, default=BUILT_IN)
    chosen = parser.parse_args()
    for name, rows in tables(chosen.facts):
        write(chosen.output / f"{name}.csv", rows)


def tables(facts: Path) -> Iterator[tuple[str, list[Row]]]:
    """Each table's name and rows. Raises OSError, KeyError where a list lacks what is looked for."""
    names = {row["HCAT3_code"]: readable(row["HCAT3_name"]) for row in read(facts / "hcat_core" / "HCAT3.csv")}
    crops = {code: name for code, name in names.items() if code not in NO_CROPS}
    yield "hcat3_crops", by_main_crop((code, name, code) for code, name in sorted(crops.items()))
    for level in LEVELS:
        rows = by_class((code, name, names[parent(code, level)]) for code, name in crops.items())
        yield f"hcat3_level{level}", with_parents(rows, names, level)
    for layer, lists in LAYERS.items():
        yield layer, by_main_crop(national(layer, [facts / "csvs/country_mappings" / f"{n}.csv" for n in lists], names))
    yield "switzerland", swiss(read(BUILT_IN / "switzerland.csv"))
    yield "worldcereal", worldcereal(read(facts / "wc2eurocrops_map.csv"))
    yield "worldcereal_ewoc", worldcereal_ewoc(read(facts / "ewoc_legend.csv"))


def parent(code: str, level: int) -> str:
    """The HCAT3 code of that level which holds this one: level 5 of 3301010101 is 3301010100."""
    return code[: 2 * (level - 1)].ljust(len(code), "0")


def swiss(rows: Iterable[Mapping[str, str]]) -> list[Row]:
    """The table as it is, with the parents of its classes, which are main crops."""
    given = list(rows)
    parents = main_parents({row["class"] for row in given})
    return [Row(*(row[name] for name in ("code", "name", "class", "colour")), parents[row["class"]]) for row in given]


def national(layer: str, lists: Iterable[Path], names: Mapping[str, str]) -> Iterator[tuple[str, str, str]]:
    """Each code with the agency's name for it and its HCAT3 code, by number. Rows without a code are no codes."""
    found: dict[str, tuple[str, str]] = {}
    for row in (row for path in lists for row in read(path)):
        code = row["original_code"].strip()
        hcat = CORRECTED.get((layer, code), row["HCAT3_code"])
        if code and hcat not in names:
            raise KeyError(f"{layer} {code}: {hcat} is no code of HCAT3")
        if code:
            found.setdefault(code, (_repaired(row["original_name"]), hcat))
    return ((code, *found[code]) for code in sorted(found, key=int))


def by_main_crop(crops: Iterable[tuple[str, str, str]]) -> list[Row]:
    """Rows of `(code, name, HCAT3 code)`, in the order of MAIN_CROPS."""
    by_prefix = {prefix: place for place, (_, _, prefixes) in enumerate(MAIN_CROPS) for prefix in prefixes.split()}
    placed = []
    for code, name, hcat in crops:
        longest = max((prefix for prefix in by_prefix if hcat.startswith(prefix)), key=len)
        placed.append((by_prefix[longest], Row(code, name, *MAIN_CROPS[by_prefix[longest]][:2])))
    rows = [row for _, row in sorted(placed, key=lambda pair: pair[0])]
    parents = main_parents({row.crop_class for row in rows})
    return [row._replace(parent=parents[row.crop_class]) for row in rows]


def main_parents(classes: Collection[str]) -> dict[str, str]:
    """Of each of these main crops the one above it in HCAT3, by its prefixes: of those in `classes` that all of its own
    prefixes are under, the lowest; "" where there is none.
    """
    prefixes = {name: prefixes.split() for name, _, prefixes in MAIN_CROPS}
    parents = {}
    for name in classes:
        first, *others = [_higher(prefix, name, prefixes) for prefix in prefixes[name]]
        parents[name] = next((one for one in first if one in classes and all(one in o for o in others)), "")
    return parents


def _higher(prefix: str, own: str, prefixes: Mapping[str, Sequence[str]]) -> list[str]:
    """The other main crops with a shorter beginning of this prefix, the longest first."""
    found = [(len(one), name) for name, ones in prefixes.items() for one in ones if prefix.startswith(one)]
    return [name for length, name in sorted(found, reverse=True) if name != own and length < len(prefix)]


def by_class(crops: Iterable[tuple[str, str, str]]) -> list[Row]:
    """Rows of `(code, name, class)`, classes in their order, each with a colour of its own."""
    given = list(crops)
    classes = list(dict.fromkeys(crop_class for _, _, crop_class in given))
    colours = dict(zip(classes, palette(len(classes)), strict=True))
    return [Row(code, name, crop_class, colours[crop_class]) for code, name, crop_class in given]


def with_parents(rows: Iterable[Row], names: Mapping[str, str], level: int) -> list[Row]:
    """Each class of that level with the next class above it in HCAT3, which takes it where it is rare."""
    return [row._replace(parent=_above(row, names, level)) for row in rows]


def _above(row: Row, names: Mapping[str, str], level: int) -> str:
    higher = (names[parent(row.code, above)] for above in range(level - 1, LEVELS[0] - 1, -1))
    return next((name for name in higher if name != row.crop_class), "")


def worldcereal(rows: Iterable[Mapping[str, str]]) -> list[Row]:
    """The codes of WorldCereal's first phase; crops in the group of their first digits, land cover as it is."""
    names = {row["croptype"]: row["name"].rstrip(" *") for row in rows}
    return by_class((code, name, names[_group(code)]) for code, name in names.items())


def worldcereal_ewoc(rows: Iterable[Mapping[str, str]]) -> list[Row]:
    """The ten-digit codes of WorldCereal's second phase, as numbers and as `11-01-01-000-0`; the project's classes."""
    given = list(rows)
    crops = [(row["ewoc_code"], readable(row["label_full"]), row["sampling_label"]) for row in given]
    made = by_class(
        (code, name, _ewoc_class(label)) for dashed, name, label in crops for code in (dashed.replace("-", ""), dashed)
    )
    parents = {_ewoc_class(label): _ewoc_parent(label, given) for _, _, label in crops}
    return [row._replace(parent=parents[row.crop_class]) for row in made]


def _ewoc_class(label: str) -> str:
    return EWOC_CLASSES.get(label) or readable(label)


def _ewoc_parent(label: str, rows: Iterable[Mapping[str, str]]) -> str:
    """The lowest level of the legend that all codes of the class share, above the class itself where that is a level;
    only where it is another class.
    """
    own = [row for row in rows if row["sampling_label"] == label]
    shared = [found.pop() for level in EWOC_LEVELS if len(found := {row[level] for row in own}) == 1]
    higher = shared[: shared.index(label)] if label in shared else shared
    classes = {row["sampling_label"] for row in rows}
    return next((_ewoc_class(name) for name in reversed(higher) if name in classes), "")


def _group(code: str) -> str:
    """The code of a WorldCereal crop's group: two digits, three for oilseeds (43) and grasses (91)."""
    digits = 3 if code.startswith(("43", "91")) else 2
    return code[:digits].ljust(4, "0") if len(code) == 4 else code


def readable(name: str) -> str:
    """`winter_common_soft_wheat` as `Winter common soft wheat`."""
    return name.replace("_", " ").capitalize()


def _repaired(name: str) -> str:
    """A name that was UTF-8 and read as Windows-1252 on its way (`kalanchoÃ«`), without blanks around it."""
    broken = "Ã" in name or "â€" in name
    return (name.encode("cp1252").decode("utf-8") if broken else name).strip()


def read(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def write(path: Path, rows: Iterable[Row]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        head, given = ("code", "name", "class", "colour", "parent"), list(rows)
        columns = len(head) if any(row.parent for row in given) else len(head) - 1
        write_rows(file, [row[:columns] for row in (head, *given)], line_end="\n")


if __name__ == "__main__":
    main()

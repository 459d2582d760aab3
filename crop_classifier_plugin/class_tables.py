"""Sources of the classes of a training: the field's own values, a built-in table, or a file."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from typing import Dict

from .engine.protocol import ROOT
from .translation import tr

FOLDER = ROOT / "resources" / "nomenclatures"  # of the built-in ones
OWN_VALUES, FROM_FILE = "own", "file"
# The values of the algorithm's parameter CLASS_TABLE by position, which saved models hold: new ones go to the end.
CLASS_TABLES = (
    OWN_VALUES,
    *("paper", "rpg_groups", FROM_FILE),
    *("hcat3_crops", "hcat3_level3", "hcat3_level4", "hcat3_level5", "hcat3_level6"),
    *("austria", "flanders", "netherlands", "switzerland", "worldcereal", "worldcereal_ewoc"),
)


def titles() -> Dict[str, str]:
    """The title of each, in the order of the list: the most used first, the file last."""
    return {
        OWN_VALUES: tr("Each value is a class"),
        "paper": tr("France: classes of the paper (RPG codes)"),
        "rpg_groups": tr("France: RPG crop groups"),
        "austria": tr("Austria: main crops (INVEKOS codes)"),
        "flanders": tr("Flanders: main crops (declaration codes)"),
        "netherlands": tr("Netherlands: main crops (BRP codes)"),
        "switzerland": tr("Switzerland: main crops (land use codes)"),
        "hcat3_crops": tr("EuroCrops: main crops (HCAT3)"),
        "hcat3_level3": tr("EuroCrops: HCAT3 level 3, land cover types"),
        "hcat3_level4": tr("EuroCrops: HCAT3 level 4, crop groups"),
        "hcat3_level5": tr("EuroCrops: HCAT3 level 5, crops"),
        "hcat3_level6": tr("EuroCrops: HCAT3 level 6, crops by season"),
        "worldcereal_ewoc": tr("WorldCereal: crops (ten-digit ewoc_code)"),
        "worldcereal": tr("WorldCereal: crop groups of its first phase (four digits)"),
        FROM_FILE: tr("From a file"),
    }

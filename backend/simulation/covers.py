"""The compact table of what grows in the region: crops with their RPG codes, and the land between the fields.

Days of year are those of a mid-latitude French lowland (Burgundy and the Saone plain). They are rounded from common
agronomic knowledge (sowing, heading, flowering and harvest calendars) and checked against two real series: monthly
medians per crop of Canadian fields in 2017 and the 2018 course of maize, potatoes and grassland in Flanders.
Shares follow the paper's figure 2: meadows, cereals and grapevine dominate, the rest tails off to a few parcels.
"""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from dataclasses import dataclass

NEVER = 500  # a day of year that does not come


@dataclass(frozen=True)
class Cover:
    """One kind of ground cover. LAI is green leaf area index, days are days of year, spreads are between fields.

    The green canopy rises from `start` to `peak` around `up` and falls around `down`, `rise` and `fall` being the
    logistic scales; `harvest` takes it away and leaves `dry` cover until the stubble is tilled `till` days later.
    """

    code: str
    group: str = ""
    share: float = 0.0  # of the parcels; 0 for what is never declared
    leaf: str = "grass"
    start: float = 0.0
    up: float = 100
    rise: float = 12
    peak: float = 4.0
    down: float = 320
    fall: float = 10
    harvest: float = NEVER
    dry: float = 0.5
    till: float = 45
    regrow: float = 0.0  # chance of volunteers or a catch crop after the harvest
    winter: float = 0.0  # chance of a green cover before a summer crop, or between perennial rows
    cuts: tuple[float, ...] = ()  # mowing days; each field takes each with the chance `mown`
    mown: float = 0.9
    summer: float = 0.0  # how much of the canopy a dry July and August take
    rows: float = 1.0  # share of the ground that the canopy can ever cover
    ground: str = "soil"
    flower: str = ""
    flower_day: float = NEVER
    flower_days: float = 8
    flower_cover: float = 0.0
    spread_days: float = 6
    spread_vigour: float = 0.18
    patchy: float = 0.18  # variation within a field
    size: float = 0.0  # liking for large parcels (negative: small ones)
    wet: float = 0.0  # liking for low ground (negative: slopes)


CROPS = (
    Cover("PPH", "18", 0.27, "grass", 1.3, 92, 12, 3.4, 318, 12, dry=0.45, cuts=(165, 255), mown=0.45, summer=0.55,
          spread_days=8, spread_vigour=0.30, patchy=0.28, wet=0.5),
    Cover("BTH", "1", 0.165, "cereal", 0.55, 94, 13, 4.8, 172, 6.5, 197, 0.85, regrow=0.3, spread_days=6, size=0.5),
    Cover("PTR", "19", 0.09, "grass", 1.4, 84, 11, 4.2, 318, 12, dry=0.4, cuts=(138, 188, 252), mown=0.75, summer=0.45,
          spread_days=8, spread_vigour=0.28, patchy=0.22),
    Cover("ORH", "3", 0.07, "cereal", 0.75, 87, 13, 4.4, 158, 6.5, 180, 0.85, regrow=0.4, spread_days=6, size=0.4),
    Cover("MIS", "2", 0.075, "maize", 0.0, 166, 8, 4.4, 260, 9, 286, 0.7, 35, winter=0.2, spread_days=6.5,
          size=0.5, wet=0.5),
    Cover("VRC", "21", 0.065, "woody", 0.15, 142, 11, 2.6, 292, 9, dry=0.15, winter=0.3, rows=0.5, spread_days=6,
          spread_vigour=0.3, patchy=0.25, size=-0.3, wet=-1.2),
    Cover("TTH", "4", 0.045, "cereal", 0.8, 86, 13, 4.8, 172, 7.5, 200, 0.85, regrow=0.3, spread_days=6.5),
    Cover("CZH", "5", 0.045, "brassica", 1.1, 76, 12, 4.4, 168, 8, 191, 0.75, 40, regrow=0.8, flower="yellow",
          flower_day=109, flower_days=11, flower_cover=0.75, size=0.5),
    Cover("LUZ", "16", 0.035, "legume", 0.8, 88, 10, 4.4, 318, 12, dry=0.3, cuts=(136, 176, 214, 256), mown=0.8,
          summer=0.2, spread_days=8, spread_vigour=0.25),
    Cover("TRN", "6", 0.035, "broadleaf", 0.0, 157, 8, 3.4, 229, 9, 259, 0.6, 40, winter=0.15, flower="yellow",
          flower_day=196, flower_days=7, flower_cover=0.18, spread_days=6.5, size=0.3),
    Cover("J5M", "11", 0.03, "grass", 0.7, 110, 14, 1.8, 315, 14, dry=0.8, cuts=(195,), mown=0.5, summer=0.5,
          spread_days=12, spread_vigour=0.35, patchy=0.4, size=-0.3),
    Cover("SOJ", "7", 0.02, "legume", 0.0, 171, 9, 4.4, 254, 6.5, 273, 0.6, 40, winter=0.2, spread_days=6.5, wet=0.4),
    Cover("MIE", "2", 0.018, "maize", 0.0, 166, 8, 4.2, 268, 10, 254, 0.5, 30, winter=0.45, spread_days=6.5),
    Cover("PHI", "8", 0.013, "legume", 0.2, 108, 9, 4.0, 163, 6, 182, 0.7, 35, regrow=0.4, spread_days=6),
    Cover("SPH", "17", 0.007, "grass", 1.0, 108, 13, 2.3, 312, 13, dry=0.55, summer=0.5, spread_days=9,
          spread_vigour=0.4, patchy=0.5, wet=-0.8),
    Cover("VRG", "20", 0.007, "woody", 0.7, 112, 10, 2.8, 302, 10, dry=0.3, winter=0.7, rows=0.8, spread_days=8,
          spread_vigour=0.3, patchy=0.3, flower="white", flower_day=100, flower_days=5, flower_cover=0.15, size=-0.6),
    Cover("PTC", "25", 0.006, "broadleaf", 0.0, 152, 7, 3.8, 226, 9, 252, 0.3, 5, winter=0.2, spread_days=6.5),
    Cover("BTN", "24", 0.006, "broadleaf", 0.0, 156, 9, 4.4, NEVER, 10, 288, 0.1, 3, winter=0.2, spread_days=6.5,
          size=0.4),
    Cover("CHV", "9", 0.005, "broadleaf", 0.0, 150, 8, 5.0, 242, 10, 258, 0.5, 30, spread_days=6.5),
    Cover("LAV", "24", 0.004, "silvery", 0.8, 122, 12, 2.0, NEVER, 10, dry=0.15, cuts=(206,), mown=1.0, rows=0.55,
          flower="violet", flower_day=184, flower_days=11, flower_cover=0.5, wet=-0.6),
    Cover("TCR", "28", 0.003, "woody", 0.5, 120, 7, 4.2, 297, 9, dry=0.3, spread_days=6, spread_vigour=0.3, wet=0.6),
)  # fmt: skip

LAND = (
    Cover(
        "wood",
        leaf="woody",
        start=0.5,
        up=113,
        rise=6,
        peak=5.5,
        down=297,
        fall=9,
        dry=0.0,
        ground="litter",
        patchy=0.2,
    ),
    Cover("conifer", leaf="needle", start=4.2, peak=4.6, dry=0.0, ground="litter", patchy=0.2),
    Cover(
        "hedge",
        leaf="woody",
        start=0.7,
        up=112,
        rise=7,
        peak=3.6,
        down=297,
        fall=10,
        dry=0.1,
        ground="litter",
        patchy=0.5,
    ),
    Cover("verge", leaf="grass", start=1.0, up=98, peak=2.6, dry=0.5, summer=0.5, spread_vigour=0.4, patchy=0.5),
    Cover("track", leaf="grass", start=0.5, up=100, peak=1.1, dry=0.2, summer=0.5, spread_vigour=0.4, patchy=0.6),
    Cover(
        "scrub", leaf="woody", start=1.0, up=110, rise=10, peak=2.8, dry=0.4, summer=0.3, spread_vigour=0.4, patchy=0.6
    ),
    Cover(
        "garden",
        leaf="grass",
        start=1.1,
        up=100,
        peak=2.4,
        dry=0.2,
        rows=0.75,
        ground="roof",
        spread_vigour=0.5,
        patchy=0.7,
    ),
    Cover("built", leaf="grass", start=0.1, peak=0.2, dry=0.0, ground="roof", spread_vigour=0.5, patchy=0.7),
    Cover("road", leaf="grass", peak=0.05, dry=0.0, ground="asphalt", patchy=0.1),
    Cover("water", leaf="grass", peak=0.0, dry=0.0, ground="water", patchy=0.0),
)

COVERS = CROPS + LAND
INDEX = {cover.code: index for index, cover in enumerate(COVERS)}

"""Which crop follows which on a field: a crop rotation whose shares stay from year to year.

The preferences are common agronomic rules of a mid-latitude lowland, not measurements: cereals after break crops, rape,
peas, beet and potatoes never twice, maize often after maize, temporary meadows kept for some years, permanent crops
for good. Published rotations differ in numbers, not in these rules (Giordano et al. 2020, Photogrammetric Engineering
& Remote Sensing 86; Quinton and Landrieu 2021, Remote Sensing 13, 4599).
"""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

from backend.simulation.allotment import Codes
from backend.simulation.covers import CROPS

PERMANENT = ("PPH", "SPH", "VRC", "VRG", "LAV", "TCR")  # follow themselves, always
ROLES = {
    "cereal": ("BTH", "ORH", "TTH"),
    "rape": ("CZH",),
    "maize": ("MIS", "MIE"),
    "spring": ("TRN", "SOJ", "CHV"),
    "peas": ("PHI",),
    "roots": ("PTC", "BTN"),
    "sward": ("PTR", "LUZ", "J5M"),
}
# how much liked, relative to its share, each role (columns, as above) is after each other (rows)
LIKING = np.array(
    [
        # cereal rape maize spring peas roots sward
        [0.6, 1.6, 1.0, 1.3, 1.5, 1.5, 0.7],
        [2.0, 0.0, 0.4, 0.3, 0.2, 0.3, 0.2],
        [1.2, 0.2, 0.6, 1.2, 0.8, 0.8, 0.8],
        [1.8, 0.2, 0.7, 0.3, 0.2, 0.3, 0.2],
        [1.8, 1.2, 0.4, 0.3, 0.0, 0.3, 0.2],
        [1.8, 0.1, 1.0, 0.4, 0.4, 0.0, 0.2],
        [1.3, 0.5, 1.4, 0.6, 0.3, 0.3, 0.1],
    ]
)
# share of a crop's fields that keep it another year, before the shares are balanced; 0 where it is not named
KEPT = {"BTH": 0.15, "ORH": 0.08, "TTH": 0.08, "MIS": 0.35, "MIE": 0.35, "SOJ": 0.15, "TRN": 0.02, "CHV": 0.05,
        "PTR": 0.75, "LUZ": 0.65, "J5M": 0.60}  # fmt: skip
BALANCINGS = 500


@cache
def transitions() -> NDArray[np.float64]:
    """P(crop | last year's crop) `(CROPS, CROPS)`: rows add up to 1, and the shares of CROPS stay what they are.

    The likings are balanced by iterative proportional fitting (Deming and Stephan 1940): rows and columns are scaled in
    turn until as many fields come to each crop as leave it.
    """
    share = np.array([crop.share for crop in CROPS])
    share /= share.sum()
    flow = share[:, None] * _wanted(share)
    for _ in range(BALANCINGS):
        flow *= (share / flow.sum(axis=0))[None, :]
        flow *= (share / flow.sum(axis=1))[:, None]
    return np.asarray(flow / flow.sum(axis=1, keepdims=True))


def follow(last: Codes, rng: np.random.Generator) -> Codes:
    """The crop declared on each parcel the year after `last` `(parcels,)`, both as positions in CROPS."""
    reached = transitions().cumsum(axis=1)[last]
    return np.asarray((rng.random(len(last))[:, None] >= reached[:, :-1]).sum(axis=1))


def _wanted(share: NDArray[np.float64]) -> NDArray[np.float64]:
    """The rules as probabilities, before their shares are balanced."""
    position = {crop.code: number for number, crop in enumerate(CROPS)}
    role = {position[code]: number for number, codes in enumerate(ROLES.values()) for code in codes}
    wanted = np.zeros((len(CROPS), len(CROPS)))
    for one, of_one in role.items():
        for other, of_other in role.items():
            wanted[one, other] = LIKING[of_one, of_other] * share[other] * (one != other)
    kept = np.array([1.0 if crop.code in PERMANENT else KEPT.get(crop.code, 0.0) for crop in CROPS])
    changed = wanted.sum(axis=1)
    wanted *= ((1 - kept) / np.where(changed > 0, changed, 1))[:, None]
    return wanted + np.diag(kept)

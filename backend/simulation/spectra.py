"""End members: reflectance in the ten bands of what the ground is made of.

The numbers are rounded from general knowledge of leaf and soil optics (PROSPECT-like canopies, soil libraries)
and adjusted to the levels that real Sentinel-2 L2A series over fields in Flanders (2018) and Canada (2017) show: bare
loam at NIR 0.20-0.25 and SWIR 0.25-0.30, closed grass at NIR 0.45-0.60 and SWIR 0.20, maize at NIR 0.40 and SWIR 0.18.
"""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

# Reflectance of   B02    B03    B04    B05    B06    B07    B08    B8A    B11    B12
_TABLE = {
    # dense green canopies
    "cereal": (0.027, 0.053, 0.030, 0.088, 0.330, 0.440, 0.470, 0.485, 0.185, 0.088),
    "grass": (0.028, 0.060, 0.033, 0.107, 0.350, 0.450, 0.480, 0.495, 0.205, 0.100),
    "legume": (0.027, 0.060, 0.029, 0.104, 0.370, 0.490, 0.525, 0.535, 0.200, 0.098),
    "broadleaf": (0.030, 0.064, 0.034, 0.105, 0.380, 0.490, 0.525, 0.535, 0.215, 0.110),
    "brassica": (0.033, 0.078, 0.042, 0.130, 0.390, 0.490, 0.520, 0.530, 0.235, 0.118),
    "maize": (0.032, 0.060, 0.039, 0.090, 0.295, 0.395, 0.415, 0.420, 0.185, 0.102),
    "woody": (0.026, 0.052, 0.030, 0.085, 0.270, 0.345, 0.370, 0.385, 0.165, 0.080),
    "needle": (0.018, 0.034, 0.021, 0.053, 0.160, 0.200, 0.215, 0.225, 0.100, 0.048),
    "silvery": (0.040, 0.065, 0.055, 0.105, 0.240, 0.290, 0.310, 0.325, 0.205, 0.125),
    # the same canopies short of nitrogen or chlorophyll tend towards this
    "pale": (0.045, 0.095, 0.065, 0.165, 0.340, 0.420, 0.450, 0.465, 0.245, 0.130),
    # dead matter, flowers
    "straw": (0.090, 0.128, 0.168, 0.205, 0.255, 0.285, 0.310, 0.325, 0.385, 0.275),
    "thatch": (0.062, 0.092, 0.122, 0.160, 0.215, 0.250, 0.272, 0.292, 0.345, 0.230),
    "yellow": (0.060, 0.165, 0.150, 0.225, 0.390, 0.450, 0.480, 0.490, 0.225, 0.125),
    "violet": (0.080, 0.085, 0.105, 0.150, 0.250, 0.300, 0.320, 0.335, 0.220, 0.140),
    "white": (0.085, 0.120, 0.100, 0.160, 0.370, 0.450, 0.480, 0.490, 0.215, 0.110),
    # dry grounds
    "loam": (0.100, 0.132, 0.165, 0.190, 0.222, 0.240, 0.248, 0.260, 0.305, 0.285),
    "chalk": (0.140, 0.188, 0.232, 0.258, 0.286, 0.302, 0.315, 0.325, 0.385, 0.350),
    "clay": (0.072, 0.104, 0.152, 0.178, 0.202, 0.218, 0.230, 0.242, 0.312, 0.280),
    "litter": (0.040, 0.058, 0.070, 0.090, 0.130, 0.152, 0.170, 0.182, 0.195, 0.125),
    "asphalt": (0.095, 0.110, 0.120, 0.126, 0.136, 0.142, 0.150, 0.154, 0.168, 0.155),
    "roof": (0.120, 0.140, 0.168, 0.182, 0.200, 0.212, 0.225, 0.232, 0.262, 0.240),
    "water": (0.040, 0.046, 0.034, 0.028, 0.024, 0.022, 0.020, 0.018, 0.010, 0.007),
}

SOILS = ("loam", "chalk", "clay")
WET = np.array(
    [0.62, 0.62, 0.63, 0.64, 0.65, 0.65, 0.65, 0.66, 0.56, 0.50]
)  # a wet soil's share of the dry one's reflectance
CLOUD = np.array([0.70, 0.69, 0.70, 0.71, 0.72, 0.72, 0.72, 0.72, 0.50, 0.40])  # ice and droplets absorb in the SWIR
SHADE = np.array(
    [0.55, 0.50, 0.45, 0.42, 0.39, 0.38, 0.37, 0.37, 0.33, 0.31]
)  # light left under a thick cloud: the sky's, so bluer
HAZE = np.array([1.00, 0.72, 0.52, 0.44, 0.37, 0.32, 0.28, 0.26, 0.08, 0.04])  # path radiance relative to B02


def spectrum(name: str) -> NDArray[np.float64]:
    """Reflectance (10,) of an end member, in the order of the vocabulary's bands."""
    return np.array(_TABLE[name])

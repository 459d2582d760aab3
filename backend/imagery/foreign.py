"""Rasters of another satellite or of another product level: by what their names and tags say of themselves."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import re
from pathlib import Path

from backend.errors import UnsupportedProduct
from backend.imagery.acquisition import Skipped
from backend.imagery.names import platform_in
from backend.imagery.processing import LEVEL_1C
from backend.imagery.rasters import RasterFacts

_EDGE, _END = r"(?<![A-Za-z0-9])", r"(?![A-Za-z0-9])"
_PRODUCTS = (  # how products of others are called; safe to look for in the names of folders, too
    ("Landsat", rf"{_EDGE}L[CETMO]0?[4-9]_?(?:L[12][A-Z]{{2}}_|_?\d{{6,}})|{_EDGE}(?:LND0[4-9]){_END}|HLS\.L30"),
    ("Sentinel-1", rf"{_EDGE}S1[A-D]_(?:IW|EW|SM|S\d)_"),
    ("Sentinel-3", rf"{_EDGE}S3[A-D]_(?:OL|SL|SY|SR)_"),
    ("MODIS", rf"{_EDGE}M(?:OD|YD|CD)\d{{2}}[A-Z0-9]*{_END}"),
    ("VIIRS", rf"{_EDGE}V(?:NP|J1)\d{{2}}[A-Z0-9]*{_END}"),
    ("PlanetScope", r"AnalyticMS|PSScene|PlanetScope"),
)
_WORDS = (
    ("Landsat", rf"{_EDGE}(?:landsat[ _-]?\d?|lc0[89]|le07|lt0[45]|oli|etm\+?|sen2lnd){_END}"),
    ("Sentinel-1", rf"{_EDGE}(?:sentinel[ _-]?1[a-d]?|s1[a-d]|sen1[a-d]?){_END}"),
    ("Sentinel-3", rf"{_EDGE}(?:sentinel[ _-]?3[a-d]?|s3[a-d]|olci|slstr){_END}"),
    ("MODIS", rf"{_EDGE}(?:modis){_END}"),
    ("VIIRS", rf"{_EDGE}(?:viirs){_END}"),
    ("PlanetScope", rf"{_EDGE}(?:planet|superdove|rapideye){_END}"),
    ("SPOT", rf"{_EDGE}spot[ _-]?[1-7]{_END}"),
)
_ABOVE = re.compile(rf"{_EDGE}(?:S2[A-D]1C|TOA){_END}", re.IGNORECASE)  # of sen2r and FORCE, top of the atmosphere
_PLATFORM_TAGS = (
    "SPACECRAFT_ID", "SPACECRAFT_NAME", "SPACECRAFT", "PLATFORM", "SATELLITE", "SATELLITE_ID", "MISSION", "SENSOR",
    "SENSOR_ID", "INSTRUMENT", "DATATAKE_1_SPACECRAFT_NAME",
)  # fmt: skip


def unsupported(facts: RasterFacts) -> Skipped | None:
    """Why a raster has nothing of Sentinel-2's Level-2A reflectance; None where it may have."""
    upper = {key.upper(): value for key, value in facts.tags.items()}
    satellite = _satellite(facts.path, [upper[tag] for tag in _PLATFORM_TAGS if tag in upper])
    if satellite:
        error = UnsupportedProduct(facts.path, f"an image of {satellite}", "Sentinel-2 L2A")
    elif facts.processing.level == "1C" or _ABOVE.search(facts.path.stem.replace("_", " ")):
        error = UnsupportedProduct(facts.path, LEVEL_1C, "Level-2A")
    else:
        return None
    return Skipped(facts.path, error.code, error.message)


def _satellite(path: Path, tags: list[str]) -> str:
    for name, pattern in _PRODUCTS:
        if re.search(pattern, path.stem, re.IGNORECASE) or re.search(pattern, path.parent.name, re.IGNORECASE):
            return name
    if platform_in(path.stem):
        return ""
    spaced = [path.stem.replace("_", " "), *tags]
    return next((name for name, pattern in _WORDS if any(re.search(pattern, t, re.IGNORECASE) for t in spaced)), "")

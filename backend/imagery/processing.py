"""How a GeoTIFF was processed, from evidence: its level, its baseline, and the scale and offset that follow.

Tags are those of ESA's metadata, as GDAL's SENTINEL2 driver and gdal_translate keep them; a product's name holds the
level (MSIL2A) and the processing baseline (N0509).
"""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from math import isfinite
from pathlib import Path

from backend.errors import BadMetadata
from backend.imagery.names import band_in

_LEVEL = re.compile(r"(?<![A-Za-z0-9])(?:S2)?(?:MSI)?_?L(?:evel)?[-_ ]?(1C|2A)(?![A-Za-z0-9])", re.IGNORECASE)
_TYPE = re.compile(r"S2MSI(1C|2A)", re.IGNORECASE)
_BASELINE = re.compile(r"(?<![A-Za-z0-9])N(\d{2})\.?(\d{2})(?![A-Za-z0-9])")
_VERSION = re.compile(r"\s*(\d{1,2})\.(\d{2})\s*")
_NUMBERS = re.compile(r"[^\s,;\[\](){}]+")
BAND_IDS = ("B01", "B02", "B03", "B04", "B05", "B06", "B07", "B08", "B8A", "B09", "B10", "B11", "B12")  # of the PSD
_QUANTIFICATION = ("BOA_QUANTIFICATION_VALUE", "L2A_BOA_QUANTIFICATION_VALUE", "QUANTIFICATION_VALUE")
_OFFSET, _OFFSETS = "BOA_ADD_OFFSET", "BOA_ADD_OFFSET_VALUES_LIST"
FIRST_WITH_OFFSET, SEN2COR = 4.0, 90.0  # baselines; Sen2Cor on a user's machine writes 99.99
ESA_OFFSET, ESA_QUANTIFICATION = -1000.0, 10_000.0  # counts

LEVEL_1C = "a Level-1C product, of reflectance above the atmosphere"  # in the words of an error

Tags = Mapping[str, str]


@dataclass(frozen=True)
class Processing:
    """What a raster's name and tags say. `level` is "1C", "2A" or "", `baseline` "05.09" or ""; numbers are in counts:
    reflectance = (count + offset) / quantification. None where nothing says.
    """

    level: str = ""
    baseline: str = ""
    quantification: float | None = None
    offsets: Mapping[str, float] | float | None = None  # of all bands, or by band
    saturated: float | None = None

    @property
    def scale(self) -> float:
        """Reflectance per count."""
        return 1 / (self.quantification or ESA_QUANTIFICATION)

    def offset(self, band: str | None) -> float:
        """Reflectance at count 0: declared, else as ESA's baselines from 04.00 on have it."""
        if isinstance(self.offsets, Mapping):
            known = self.offsets.get(band or "")
            counts = known if known is not None else next(iter(self.offsets.values()))
        elif self.offsets is not None:
            counts = self.offsets
        else:
            due = bool(self.baseline) and FIRST_WITH_OFFSET <= float(self.baseline) < SEN2COR
            counts = ESA_OFFSET if due else 0.0
        return counts * self.scale

    def with_band(self, tags: Tags, where: object) -> Processing:
        """The same for one band whose own tags may say more."""
        quantification, offsets = _quantification(tags, where), _offsets(tags, where)
        return replace(
            self,
            quantification=self.quantification if quantification is None else quantification,
            offsets=self.offsets if offsets is None else offsets,
        )


def processing_of(path: Path, tags: Tags) -> Processing:
    """Raises BadMetadata for a tag that holds no number."""
    upper = {key.upper(): value for key, value in tags.items()}
    return Processing(
        level=level_of(path, upper),
        baseline=_baseline(path, upper),
        quantification=_quantification(upper, path),
        offsets=_offsets(upper, path),
        saturated=_number(upper, "SPECIAL_VALUE_SATURATED", path),
    )


def level_of(path: Path, tags: Tags) -> str:
    """ "1C" or "2A", by the file's name, its tags, else the name of its folder; "" where none says."""
    level = " ".join(tags.get(name, "") for name in ("PROCESSING_LEVEL", "PRODUCT_TYPE", "PRODUCT_URI"))
    for text in (path.stem, level, path.parent.name):
        match = _TYPE.search(text) or _LEVEL.search(text.replace("_", " "))
        if match:
            return match[1].upper()
    return ""


def _baseline(path: Path, tags: Tags) -> str:
    version = _VERSION.fullmatch(tags.get("PROCESSING_BASELINE", ""))
    texts = (path.stem, tags.get("PRODUCT_URI", ""), path.parent.name)
    found = version or next((match for text in texts if (match := _BASELINE.search(text.replace("_", " ")))), None)
    return f"{int(found[1]):02d}.{found[2]}" if found else ""


def _quantification(tags: Tags, where: object) -> float | None:
    values = (_number(tags, name, where) for name in _QUANTIFICATION)
    value = next((value for value in values if value is not None), None)
    if value is not None and value <= 0:
        raise BadMetadata(where, f"expected a number above 0 in {_QUANTIFICATION[0]}, found {value:g}")
    return value


def _offsets(tags: Tags, where: object) -> Mapping[str, float] | float | None:
    """By band where the tags say it by band (BOA_ADD_OFFSET_B2, or a list of the thirteen bands), else one number."""
    one = _number(tags, _OFFSET, where)
    if one is not None:
        return one
    listed = _NUMBERS.findall(tags.get(_OFFSETS, ""))
    values = [_number({_OFFSETS: text}, _OFFSETS, where) or 0.0 for text in listed]
    if len(values) == len(BAND_IDS):
        return dict(zip(BAND_IDS, values))
    if values and len(set(values)) > 1:
        raise BadMetadata(where, f"expected {_OFFSETS} of {len(BAND_IDS)} bands, found {len(values)}")
    named = {name.removeprefix(f"{_OFFSET}_"): name for name in tags if name.startswith(f"{_OFFSET}_B")}
    by_band = {band: _number(tags, name, where) for text, name in named.items() if (band := band_in(text))}
    return {band: value for band, value in by_band.items() if value is not None} or (values[0] if values else None)


def _number(tags: Tags, name: str, where: object) -> float | None:
    text = tags.get(name, "").strip()
    if not text:
        return None
    try:
        value = float(text)
    except ValueError:
        value = float("nan")
    if not isfinite(value):
        raise BadMetadata(where, f"expected a number in the tag {name}, found {text[:40]!r}")
    return value

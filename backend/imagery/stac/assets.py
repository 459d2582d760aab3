"""An item's assets: which of them holds which band, the finest and the cheapest to read of each, and its scale."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import inf, isfinite
from typing import Any

from backend.errors import BadMetadata
from backend.imagery.names import band_called

MASK = "SCL"
_PICTURES = {"visual", "overview", "thumbnail", "metadata"}  # roles of what is made to be looked at
_RASTER = re.compile(r"tif|jp2|jpeg2000|jpx", re.IGNORECASE)
_PIXEL = re.compile(r"_(\d+)m$")
_WAVELENGTHS = {704: "B05", 741: "B06", 783: "B07"}  # nm; distinguishes the three bands that are all called rededge

Json = Mapping[str, Any]


@dataclass(frozen=True)
class BandAsset:
    """One layer of an asset. `scale`, `offset` and `nodata` are None where the catalogue does not tell."""

    band: str
    key: str
    asset: Json
    index: int  # 1-based
    layers: int  # of the asset
    whole_numbers: bool
    scale: float | None
    offset: float | None
    nodata: float | None
    resolution_m: float  # inf where it is not given

    @property
    def rank(self) -> tuple[bool, bool, float, str]:
        """The least is best: bands of their own before pictures of three, TIFF before JPEG 2000, fine before coarse."""
        return self.layers > 1, "tif" not in _kind(self.asset), self.resolution_m, self.key


def best(assets: Json, where: str) -> dict[str, BandAsset]:
    """For every band, and for SCL, the asset to read it from. Raises BadMetadata."""
    found = [band for key, asset in assets.items() for band in _bands(str(key), asset, where)]
    chosen: dict[str, BandAsset] = {}
    for band in sorted(found, key=lambda band: band.rank):
        chosen.setdefault(band.band, band)
    return dict(sorted(chosen.items()))


def _bands(key: str, asset: object, where: str) -> Iterator[BandAsset]:
    if not isinstance(asset, Mapping) or not _RASTER.search(_kind(asset)) or _is_picture(asset):
        return
    bands = _entries(asset, "bands") or _entries(asset, "eo:bands") or [{}]
    rasters = _entries(asset, "raster:bands")
    for position, entry in enumerate(bands):
        band = _named(entry, key if len(bands) == 1 else "")
        if band:
            facts = {**asset, **entry, **(rasters[position] if position < len(rasters) else {})}
            yield BandAsset(
                band=band,
                key=key,
                asset=asset,
                index=position + 1,
                layers=len(bands),
                whole_numbers="float" not in str(facts.get("data_type", "")),
                scale=_number(facts, ("raster:scale", "scale"), where),
                offset=_number(facts, ("raster:offset", "offset"), where),
                nodata=_number(facts, ("nodata",), where, special=True),
                resolution_m=_resolution(key, facts),
            )


def _named(entry: Json, key: str) -> str | None:
    """By the band's own name, the asset's key, then the common name, which three bands share as "rededge"."""
    key = re.sub(r"[-_]jp2$", "", key)
    if re.sub(_PIXEL, "", key).upper() == MASK:
        return MASK
    common = str(entry.get("eo:common_name") or entry.get("common_name") or "")
    for name in (str(entry.get("name") or ""), key, common):
        if band := band_called(name):
            return band
    length = entry.get("eo:center_wavelength") or entry.get("center_wavelength")
    if common != "rededge" or not isinstance(length, (int, float)):
        return None
    return next((band for nm, band in _WAVELENGTHS.items() if abs(length * 1000 - nm) < 10), None)


def _kind(asset: Json) -> str:
    """The media type, else the file's ending, in lower case."""
    href = str(asset.get("href", "")).partition("?")[0]
    return (str(asset.get("type") or "") or href.rpartition(".")[2]).lower()


def _is_picture(asset: Json) -> bool:
    roles = asset.get("roles")
    return isinstance(roles, list) and not _PICTURES.isdisjoint(map(str, roles))


def _resolution(key: str, facts: Json) -> float:
    """Metres, from the first of the fields that catalogues use; it only ranks what holds the same band."""
    transform = facts.get("proj:transform")
    given = [transform[0] if isinstance(transform, list) and transform else None]
    given += [facts.get(name) for name in ("raster:spatial_resolution", "spatial_resolution", "gsd", "eo:gsd")]
    sizes = [float(value) for value in given if isinstance(value, (int, float)) and value > 0]
    named = _PIXEL.search(key)
    return sizes[0] if sizes else float(named[1]) if named else inf


def _entries(asset: Json, name: str) -> list[Json]:
    entries = asset.get(name)
    return [entry if isinstance(entry, Mapping) else {} for entry in entries] if isinstance(entries, list) else []


def _number(facts: Json, names: tuple[str, ...], where: str, special: bool = False) -> float | None:
    """The first of these fields that is there; `special`: "nan" and "inf" are numbers, too. Raises BadMetadata."""
    name = next((name for name in names if facts.get(name) is not None), None)
    if name is None:
        return None
    try:
        value = float(facts[name])
    except (TypeError, ValueError, OverflowError) as error:
        raise BadMetadata(where, f"{name}: expected a number, found {facts[name]!r}") from error
    if not (special or isfinite(value)) or (name.endswith("scale") and value <= 0):
        raise BadMetadata(where, f"{name}: expected a finite number{' above 0' * ('scale' in name)}, found {value}")
    return value

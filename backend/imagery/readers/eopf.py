"""ESA's Sentinel-2 L2A products in the EOPF Zarr format: folders, and their zips.

Layout: EOPF Product Structure Format, Sentinel-2 MSI. Bands lie in measurements/reflectance/r10m and r20m; scale,
offset and nodata are attributes of each array, the image's own facts are in stac_discovery.
"""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from backend.errors import BadMetadata, IncompleteProduct
from backend.imagery.acquisition import ImageryOptions, Layer, Mask, Scene
from backend.imagery.grid import Grid
from backend.imagery.locations import in_zarr
from backend.imagery.metadata import as_number
from backend.imagery.names import moment_in, platform_in, tile_in
from backend.imagery.packages import Package, open_package
from backend.imagery.rasters import ground, opened
from backend.vocabulary import BANDS

_ZIP_NAME = re.compile(r"S0?2[A-D_]?_?MSIL2A.*\.zarr\.zip", re.IGNORECASE)
_REFLECTANCE = "measurements/reflectance"
_FINE = ("B02", "B03", "B04", "B08")  # at 10 m; the others that are used at 20 m
_CLASSIFICATION = "conditions/mask/l2a_classification/r20m/scl"
_CLOUD_PROBABILITY = "quality/probability/r20m/cld"
_ATTRIBUTES = (".zattrs", "zarr.json")  # of Zarr 2 and 3


@dataclass(frozen=True)
class _Store:
    """A Zarr store in a package: `root` is its folder inside, with its "/", or ""."""

    package: Package
    root: str

    def holds(self, array: str) -> bool:
        return any(self.root + f"{array}/{name}" in self.package.members for name in (".zarray", "zarr.json"))

    def array(self, path: str) -> str:
        """How GDAL opens an array."""
        whole = (
            self.package.source(self.root).rstrip("/") if self.root or self.package.zipped else str(self.package.path)
        )
        return in_zarr(whole, path)

    def attributes(self, node: str = "") -> dict[str, Any]:
        """Of the store itself, or of an array. Raises BadMetadata, UnreadableImage."""
        folder = self.root + (f"{node}/" if node else "")
        for name in _ATTRIBUTES:
            if folder + name in self.package.members:
                found = _parsed(self.package.source(folder + name), self.package.text(folder + name))
                return _mapping(found.get("attributes") if name == "zarr.json" else found)
        return {}


@dataclass(frozen=True)
class _Product:
    """What the store's own attributes say."""

    name: str
    moment: datetime
    platform: str
    tile: str
    baseline: str
    crs: str

    def __str__(self) -> str:
        return f"{self.platform}, tile {self.tile}, {self.moment:%Y-%m-%d}, baseline {self.baseline}"


def claims(path: Path) -> bool:
    if path.suffix.lower() == ".zip":
        return _ZIP_NAME.fullmatch(path.name) is not None
    return (path / _REFLECTANCE).is_dir()


def scenes(path: Path, options: ImageryOptions) -> list[Scene]:
    """Its one scene. Raises UnreadableImage, BadMetadata, IncompleteProduct."""
    package = open_package(path)
    store = _Store(package, _root(package))
    product = _read_product(store)
    arrays = {band: f"{_REFLECTANCE}/{'r10m' if band in _FINE else 'r20m'}/{band.lower()}" for band in BANDS}
    axes = [f"{_REFLECTANCE}/{resolution}/{axis}" for resolution in ("r10m", "r20m") for axis in "xy"]
    needed = [*axes, *arrays.values(), *([] if options.masks else [_CLASSIFICATION])]
    needed += [] if options.cloud_probability is None else [_CLOUD_PROBABILITY]
    missing = [array for array in needed if not store.holds(array)]
    if missing:
        raise IncompleteProduct(path, f"{product}; it lacks {', '.join(missing)}")
    layers = {band: _layer(store, array, options) for band, array in arrays.items()}
    scene = Scene(
        name=product.name,
        moment=product.moment,
        layers=layers,
        grid=_grid(layers["B02"].source, product),
        product="Sentinel-2 L2A EOPF Zarr",
        platform=product.platform,
        tile=product.tile,
        baseline=product.baseline,
        masks=_masks(store, options),
    )
    return [scene]


def _root(package: Package) -> str:
    found = package.find(rf"{_REFLECTANCE}/r10m/b02/(?:\.zarray|zarr\.json)")
    return found[0].rpartition(_REFLECTANCE)[0] if found else ""


def _read_product(store: _Store) -> _Product:
    attributes = store.attributes()
    where = str(store.package.path)
    discovery = _mapping(attributes.get("stac_discovery"))
    facts = _mapping(discovery.get("properties"))
    name = str(discovery.get("id") or store.package.path.name).removesuffix(".zip").removesuffix(".zarr")
    name = name.removesuffix(".SAFE")
    moment = moment_in(name) or moment_in(str(facts.get("start_datetime") or facts.get("datetime") or ""))
    if moment is None:
        raise BadMetadata(where, "expected a date in stac_discovery's id, start_datetime or datetime, found none")
    return _Product(
        name=name,
        moment=moment,
        platform=platform_in(str(facts.get("platform", ""))) or platform_in(name),
        tile=tile_in(name) or str(facts.get("grid:code", "")).removeprefix("MGRS-"),
        baseline=_baseline(name, facts),
        crs=_crs(attributes, facts, where),
    )


def _baseline(name: str, facts: Mapping[str, Any]) -> str:
    """The name's N0511, else what the processor wrote."""
    named = re.search(r"_N(\d{2})(\d{2})_", name)
    return f"{named[1]}.{named[2]}" if named else str(facts.get("processing:version", ""))


def _crs(attributes: Mapping[str, Any], facts: Mapping[str, Any], where: str) -> str:
    """ "EPSG:n", which products write in one of three places. Raises BadMetadata."""
    other = _mapping(attributes.get("other_metadata")).get("horizontal_CRS_code")
    for code in (facts.get("proj:code"), facts.get("proj:epsg"), other):
        number = re.fullmatch(r"(?:EPSG:)?(\d{4,6})", str(code))
        if number:
            return f"EPSG:{number[1]}"
    raise BadMetadata(where, "expected proj:code, proj:epsg or horizontal_CRS_code as EPSG:n, found none")


def _layer(store: _Store, array: str, options: ImageryOptions) -> Layer:
    """Raises BadMetadata where scale or offset are missing: ESA has changed the offset, so it cannot be assumed."""
    source, attributes = store.array(array), store.attributes(array)
    with opened(source) as dataset:
        nodata = dataset.nodata
    wanted = {"scale_factor": options.scale, "add_offset": options.offset}
    found = {
        name: as_number(str(attributes.get(name, "")), name, source) if given is None else given
        for name, given in wanted.items()
    }
    if found["scale_factor"] <= 0:
        raise BadMetadata(source, f"expected a scale_factor above 0, found {found['scale_factor']:g}")
    return Layer(source, 1, found["scale_factor"], found["add_offset"], nodata)


def _grid(source: str, product: _Product) -> Grid:
    """Of the x and y that lie beside the array; GDAL does not look for the product's coordinate system."""
    with opened(source) as dataset:
        if dataset.transform.is_identity:
            raise BadMetadata(source, "expected x and y beside it at equal distances, found others")
        return replace(ground(dataset, Path(source)), crs=product.crs)


def _masks(store: _Store, options: ImageryOptions) -> tuple[Mask, ...]:
    masks = [Mask(store.array(_CLASSIFICATION), "scl")] if store.holds(_CLASSIFICATION) else []
    if options.cloud_probability is not None:
        masks.append(Mask(store.array(_CLOUD_PROBABILITY), "cloud probability", limit=options.cloud_probability))
    return tuple(masks)


def _parsed(where: str, data: bytes) -> dict[str, Any]:
    try:
        return _mapping(json.loads(data))
    except (ValueError, RecursionError) as error:
        raise BadMetadata(where, f"expected JSON, found what is none ({error})") from error


def _mapping(value: Any) -> dict[str, Any]:
    """`value` where it is a JSON object, else an empty one: what is looked up in it is then missing."""
    return value if isinstance(value, dict) else {}

"""Theia's Sentinel-2 L2A products in the MUSCATE format, which MAJA writes, too: folders and zips, of PEPS as well.

Layout, masks and their bits: "Sentinel-2 output format" of MAJA's documentation (CNES and CESBIO).
"""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from backend.errors import IncompleteProduct, UnsupportedProduct
from backend.imagery.acquisition import ImageryOptions, Layer, Mask, Scene
from backend.imagery.metadata import Metadata, as_number, parse
from backend.imagery.names import band_in, platform_in, tile_in
from backend.imagery.packages import Package, names_in, open_package, top_names
from backend.imagery.rasters import read_facts
from backend.vocabulary import BANDS

_NAME = re.compile(r"SENTINEL2[A-DX]_\d{8}-\d{6}-\d{3}_L(?:1C|2A|2B|3A)_T\d{2}[A-Z]{3}", re.IGNORECASE)
_METADATA = r"MTD_ALL\.xml"
_MASKS = (  # kind, file, whether a product without it is damaged
    ("clm", r"CLM_R1\.tif", True),
    ("edg", r"EDG_R1\.tif", True),
    ("edg", r"EDG_R2\.tif", True),
    ("sat", r"SAT_R1\.tif", True),
    ("sat", r"SAT_R2\.tif", True),
    ("mg2 snow", r"MG2_R1\.tif", False),
)


@dataclass(frozen=True)
class _Product:
    """What MTD_ALL.xml says."""

    name: str
    moment: datetime
    platform: str
    tile: str
    version: str
    quantification: float
    nodata: float
    bands: tuple[str, ...]

    def __str__(self) -> str:
        return (
            f"{self.platform}, tile {self.tile}, {self.moment:%Y-%m-%d}, version {self.version}, "
            f"scale {1 / self.quantification:g}, offset 0, nodata {self.nodata:g}"
        )


def claims(path: Path) -> bool:
    if path.suffix.lower() == ".zip":
        return any(_NAME.search(name) for name in (path.name, *top_names(path)))
    return any(name.upper().endswith("_MTD_ALL.XML") for name in names_in(path))


def scenes(path: Path, options: ImageryOptions) -> list[Scene]:
    """Its one scene. Raises UnreadableImage, BadMetadata, IncompleteProduct, UnsupportedProduct."""
    package = open_package(path)
    product = _read_metadata(package)
    layers = _layers(package, product, options)
    masks = _masks(package, product, options)
    scene = Scene(
        name=product.name,
        moment=product.moment,
        layers=layers,
        grid=read_facts(layers["B02"].source, options).grid,
        product=f"Theia L2A {options.theia_reflectance}",
        platform=product.platform,
        tile=product.tile,
        baseline=product.version,
        masks=masks,
    )
    return [scene]


def _read_metadata(package: Package) -> _Product:
    found = package.find(_METADATA)
    if not found:
        raise IncompleteProduct(package.path, "expected the metadata *_MTD_ALL.xml, found none")
    document = parse(package.source(found[0]), package.text(found[0]))
    _require_level_2a(document, package)
    return _Product(
        name=document.text("PRODUCT_ID"),
        moment=document.moment("ACQUISITION_DATE"),
        platform=platform_in(document.text("PLATFORM")),
        tile=tile_in(document.text("GEOGRAPHICAL_ZONE")),
        version=document.text("PRODUCT_VERSION"),
        quantification=document.positive("REFLECTANCE_QUANTIFICATION_VALUE"),
        nodata=_nodata(document),
        bands=tuple(
            band_in(element.text or "") or "" for element in document.root.findall(".//Band_Global_List/BAND_ID")
        ),
    )


def _require_level_2a(document: Metadata, package: Package) -> None:
    """Raises UnsupportedProduct. Level-3A is a mean over a month, which has no date."""
    level = next((element.text for element in document.all("PRODUCT_LEVEL") if element.text), "L2A").strip().upper()
    if level != "L2A":
        kind = "a monthly synthesis" if level == "L3A" else "reflectance of another kind"
        raise UnsupportedProduct(package.path, f"of Theia's level {level}, {kind}", "Theia L2A")


def _nodata(document: Metadata) -> float:
    special = {element.get("name"): element.text for element in document.all("SPECIAL_VALUE")}
    return as_number(special.get("nodata"), "the SPECIAL_VALUE nodata", document.where)


def _layers(package: Package, product: _Product, options: ImageryOptions) -> dict[str, Layer]:
    """The ten bands, a file each; else the one file in which iota2 stacks them, in the metadata's order."""
    kind = options.theia_reflectance
    files = {band: package.find(rf"{kind}_{band.replace('B0', 'B')}\.tif") for band in BANDS}
    missing = [band for band in BANDS if not files[band]]
    if not missing:
        return {band: _layer(package.source(found[0]), 1, product, options) for band, found in files.items()}
    stack = package.find(rf"{kind}_STACK\.tif")
    if not stack or len(missing) < len(BANDS) or not set(BANDS) <= set(product.bands):
        raise IncompleteProduct(package.path, f"{product}; it lacks {', '.join(missing)} of {kind}")
    source = package.source(stack[0])
    held = len(read_facts(source, options).layers)
    if held != len(product.bands):
        raise IncompleteProduct(source, f"expected the {len(product.bands)} bands of the metadata, found {held}")
    return {band: _layer(source, product.bands.index(band) + 1, product, options) for band in BANDS}


def _layer(source: str, index: int, product: _Product, options: ImageryOptions) -> Layer:
    """Nodata is the metadata's where the file itself declares none."""
    own = read_facts(source, options).layers[index - 1].nodata
    scale = 1 / product.quantification if options.scale is None else options.scale
    return Layer(source, index, scale, options.offset or 0.0, product.nodata if own is None else own)


def _masks(package: Package, product: _Product, options: ImageryOptions) -> tuple[Mask, ...]:
    """Clouds, edges, saturation and snow. iota2 keeps the masks elsewhere: beside its stack none are asked for."""
    found = {(kind, name): package.find(name) for kind, name, _ in _MASKS}
    missing = [name.replace("\\.", ".") for kind, name, needed in _MASKS if needed and not found[kind, name]]
    stacked = bool(package.find(rf"{options.theia_reflectance}_STACK\.tif"))
    if missing and not (options.masks or stacked):
        raise IncompleteProduct(package.path, f"{product}; it lacks the masks {', '.join(missing)}")
    return tuple(Mask(package.source(members[0]), kind) for (kind, _), members in found.items() if members)

"""ESA's Sentinel-2 L2A products: .SAFE folders, and the archives they are downloaded as, which are not unpacked.

Layout and meaning: Sentinel-2 Products Specification Document (S2-PDGS-TAS-DI-PSD), User Product Level-2A.
"""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from backend.errors import BadMetadata, IncompleteProduct, UnsupportedProduct
from backend.imagery.acquisition import ImageryOptions, Layer, Mask, Scene
from backend.imagery.manifest import require_whole
from backend.imagery.metadata import Metadata, as_number, parse
from backend.imagery.names import platform_in, tile_in
from backend.imagery.packages import Package, names_in, open_package, top_names
from backend.imagery.processing import BAND_IDS, FIRST_WITH_OFFSET, LEVEL_1C, SEN2COR
from backend.imagery.rasters import read_facts
from backend.vocabulary import BANDS

_NAME = re.compile(r"S2[A-D]_(?:(?:OPER|USER)_PRD_)?MSIL(1C|2A)_(?:\d{8}T\d{6}|PDMC_\d{8}T\d{6})", re.IGNORECASE)
_METADATA = r"MTD_(?:MSIL2A|SAFL2A_PDMC_[^/]*)\.xml"  # the latter of products from before December 2016
_CLASSIFICATION = r"SCL(?:_L2A_[^/]*)?_20m\.jp2"
_FINE = ("B02", "B03", "B04", "B08")  # measured at 10 m; the others that are used at 20 m
_SATURATED = "SATURATED"


@dataclass(frozen=True)
class _Product:
    """What MTD_MSIL2A.xml says."""

    name: str
    moment: datetime
    platform: str
    tile: str
    baseline: str
    quantification: float
    offsets: dict[str, float]  # in counts, by band
    nodata: float | None
    saturated: float | None

    def __str__(self) -> str:
        offsets = sorted({self.offsets[band] / self.quantification for band in BANDS})
        return (
            f"{self.platform}, tile {self.tile}, {self.moment:%Y-%m-%d}, baseline {self.baseline}, "
            f"scale {1 / self.quantification:g}, offset {' to '.join(f'{value:g}' for value in offsets)}"
        )


def claims(path: Path) -> bool:
    kind = path.suffix.lower()
    if kind in (".zip", ".safe") and _NAME.search(path.name):
        return True
    if kind == ".zip":  # such as one that is named by the identifier of its download
        return any(_NAME.search(name) for name in top_names(path))
    return any(re.fullmatch(rf"(?:.*_)?{_METADATA}", name, re.IGNORECASE) for name in names_in(path))


def scenes(path: Path, options: ImageryOptions) -> list[Scene]:
    """One scene per granule; the products of today hold one.

    Raises UnreadableImage, BadMetadata, IncompleteProduct, UnsupportedProduct (Level-1C).
    """
    package = open_package(path)
    product = _read_metadata(package)
    granules = sorted({member.rpartition("IMG_DATA/")[0] for member in package.members if "/IMG_DATA/" in member})
    return [_scene(package, granule, product, options) for granule in granules or ["GRANULE/"]]


def _read_metadata(package: Package) -> _Product:
    found = package.find(_METADATA)
    if not found:
        names = [package.path.name, *package.members]
        if any((level := _NAME.search(name)) and level[1].upper() == "1C" for name in names):
            raise UnsupportedProduct(package.path, LEVEL_1C, "Level-2A")
        raise IncompleteProduct(package.path, "expected the metadata MTD_MSIL2A.xml, found none")
    document = parse(package.source(found[0]), package.text(found[0]))
    name = document.text("PRODUCT_URI", "PRODUCT_URI_2A").removesuffix(".SAFE")
    quantification = document.positive("BOA_QUANTIFICATION_VALUE", "L2A_BOA_QUANTIFICATION_VALUE")
    baseline = document.text("PROCESSING_BASELINE")
    special = _special_values(document)
    return _Product(
        name=name,
        moment=document.moment("DATATAKE_SENSING_START", "PRODUCT_START_TIME"),
        platform=platform_in(document.text("SPACECRAFT_NAME")),
        tile=tile_in(name),
        baseline=baseline,
        quantification=quantification,
        offsets=_offsets(document, as_number(baseline, "PROCESSING_BASELINE", document.where)),
        nodata=special.get("NODATA"),
        saturated=special.get(_SATURATED),
    )


def _special_values(document: Metadata) -> dict[str, float]:
    """Counts that are no reflectance, by their name."""
    return {
        (value.findtext("{*}SPECIAL_VALUE_TEXT") or "").strip().upper(): as_number(
            value.findtext("{*}SPECIAL_VALUE_INDEX"), "SPECIAL_VALUE_INDEX", document.where
        )
        for value in document.all("Special_Values")
    }


def _offsets(document: Metadata, baseline: float) -> dict[str, float]:
    """BOA_ADD_OFFSET of each band, which baselines from 04.00 on have: reflectance = (count + offset) / quantification.

    Raises BadMetadata where they are due and missing: without them all reflectance would be 0.1 too high.
    """
    offsets = {}
    for element in document.all("BOA_ADD_OFFSET"):
        number = as_number(element.get("band_id"), "band_id of BOA_ADD_OFFSET", document.where)
        if number in range(len(BAND_IDS)):
            offsets[BAND_IDS[int(number)]] = as_number(element.text, "BOA_ADD_OFFSET", document.where)
    missing = [band for band in BANDS if band not in offsets]
    if missing and (offsets or FIRST_WITH_OFFSET <= baseline < SEN2COR):
        raise BadMetadata(document.where, f"expected BOA_ADD_OFFSET for {' '.join(missing)}, found none")
    return offsets or dict.fromkeys(BANDS, 0.0)


def _scene(package: Package, granule: str, product: _Product, options: ImageryOptions) -> Scene:
    inside = Package(package.path, tuple(member for member in package.members if member.startswith(granule)))
    images = {band: inside.find(rf"{band}_{_resolution(band)}m\.jp2") for band in BANDS}
    classification = inside.find(_CLASSIFICATION)
    missing = [f"{band} ({_resolution(band)} m)" for band, found in images.items() if not found]
    missing = ["the bands at 10 and 20 m"] if len(missing) == len(BANDS) else missing
    missing += [] if classification or options.masks else ["SCL (20 m)"]
    if missing:
        raise IncompleteProduct(package.path, f"{product}, {_masks_of(inside)}; it lacks {', '.join(missing)}")
    probability = [] if options.cloud_probability is None else _cloud_probability(inside)[:1]
    require_whole(package, [*(found[0] for found in images.values()), *classification[:1], *probability])
    layers = {band: _layer(inside.source(found[0]), band, product, options) for band, found in images.items()}
    return Scene(
        name=product.name,
        moment=product.moment,
        layers=layers,
        grid=read_facts(layers[_FINE[0]].source, options).grid,
        product="Sentinel-2 L2A SAFE",
        platform=product.platform,
        tile=tile_in(granule) or product.tile,
        baseline=product.baseline,
        masks=_masks(inside, classification, probability, options),
    )


def _resolution(band: str) -> int:
    return 10 if band in _FINE else 20


def _layer(source: str, band: str, product: _Product, options: ImageryOptions) -> Layer:
    read_facts(source, options)  # raises where its header is damaged
    scale = 1 / product.quantification if options.scale is None else options.scale
    offset = product.offsets[band] / product.quantification if options.offset is None else options.offset
    return Layer(source, 1, scale, offset, product.nodata, product.saturated)


def _masks(
    package: Package, classification: list[str], probability: list[str], options: ImageryOptions
) -> tuple[Mask, ...]:
    masks = [Mask(package.source(member), "scl") for member in classification[:1]]
    if options.cloud_probability is not None:
        if not probability:
            raise IncompleteProduct(package.path, "expected the cloud probability MSK_CLDPRB, found none")
        masks.append(Mask(package.source(probability[0]), "cloud probability", limit=options.cloud_probability))
    return tuple(masks)


def _cloud_probability(package: Package) -> list[str]:
    """The finest first; until baseline 02.07 it was called CLD."""
    return [member for metres in (20, 60) for member in package.find(rf"(?:MSK_CLDPRB|CLD)_{metres}m\.jp2")]


def _masks_of(package: Package) -> str:
    """The masks it holds, in words."""
    found = {"SCL": package.find(_CLASSIFICATION), "cloud probability": _cloud_probability(package)}
    return f"masks {' and '.join(name for name in found if found[name]) or 'none'}"

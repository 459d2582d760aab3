"""STAC items of the small made-up images, as catalogues write them, and a way to read them."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from backend.imagery.acquisition import Catalogue, ImageryOptions
from backend.imagery.catalogue import find
from backend.vocabulary import BANDS
from tests.backend.ground import CRS, DATES, SIZE_PX, X0, Y0, counts, write_raster
from tests.backend.recorder import Recorder

SCALED = {"data_type": "uint16", "nodata": 0, "scale": 1e-4, "offset": 0}
ES_NAMES = ("blue", "green", "red", "rededge1", "rededge2", "rededge3", "nir", "nir08", "swir16", "swir22")
BBOX = [3.0, 45.1, 3.01, 45.2]


def scl(number: int) -> np.ndarray:
    return np.random.default_rng(number).integers(0, 12, (1, SIZE_PX // 2, SIZE_PX // 2)).astype(np.uint8)


def item(stamp: str, assets: dict[str, Any], **properties: object) -> dict[str, Any]:
    moment = f"{stamp[:4]}-{stamp[4:6]}-{stamp[6:]}T10:56:21.024Z"
    place = {"proj:code": CRS, "platform": "sentinel-2a", "grid:code": "MGRS-31TFM"}
    return {
        "type": "Feature", "stac_version": "1.1.0", "id": f"S2A_31TFM_{stamp}_0_L2A", "bbox": BBOX, "links": [],
        "properties": {"datetime": moment, **place, **properties}, "assets": assets,
    }  # fmt: skip


def asset(href: str, resolution_m: int = 10, size_px: int = SIZE_PX, **more: object) -> dict[str, Any]:
    lies = {"proj:transform": [resolution_m, 0, X0, 0, -resolution_m, Y0], "proj:shape": [size_px, size_px]}
    return {
        "href": href,
        "type": "image/tiff; application=geotiff; profile=cloud-optimized",
        "roles": ["data"],
        **lies,
        **more,
    }


def season(folder: Path, root: str = "", **properties: object) -> list[dict[str, Any]]:
    """Single-band files and a 20 m SCL for every date, and their items; hrefs begin with `root`."""
    made = []
    for number, stamp in enumerate(DATES):
        assets = {}
        for key, band, plane in zip(ES_NAMES, BANDS, counts(number)):
            write_raster(folder / stamp / f"{band}.tif", plane[None])
            assets[key] = asset(f"{root}{stamp}/{band}.tif", **{"raster:bands": [SCALED], "eo:bands": [{"name": key}]})
        write_raster(folder / stamp / "SCL.tif", scl(number), resolution_m=20, nodata=None)
        assets["scl"] = asset(f"{root}{stamp}/SCL.tif", 20, SIZE_PX // 2)
        made.append(item(stamp, assets, **properties))
    return made


def save(path: Path, document: object) -> str:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(document))
    return f"stac:{path}"


def collection_of(items: list[dict[str, Any]]) -> dict[str, Any]:
    return {"type": "FeatureCollection", "features": items}


def found(source: str, recorder: Recorder | None = None, bounds=None, **options) -> Catalogue:
    return find(source, ImageryOptions(**options), recorder or Recorder(), bounds)

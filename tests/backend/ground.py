"""Small made-up images, masks and parcel layers for tests, written to disk as users have them."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

import geopandas
import numpy as np
import rasterio
import shapely
from rasterio.transform import from_origin

from backend.vocabulary import BANDS

CRS, X0, Y0 = "EPSG:32631", 500_000.0, 5_000_000.0
DATES = ("20170103", "20170122", "20170310", "20170415", "20170601")
SIZE_PX = 60
FLANDERS = Path(__file__).resolve().parents[2] / "../shared/data/flanders2018"
ZURICH = Path(__file__).resolve().parents[2] / "../shared/data/lpis_zurich2019"


def write_raster(
    path: Path, values: np.ndarray, names: Sequence[str] = (), resolution_m: float = 10, tags: dict | None = None,
    crs: str | None = CRS, nodata: float | None = 0, corner: tuple[float, float] = (X0, Y0), **profile: object,
) -> Path:  # fmt: skip
    """A GeoTIFF of `values` `(layers, rows, columns)` whose upper left corner is `corner`."""
    path.parent.mkdir(parents=True, exist_ok=True)
    facts = {
        "driver": "GTiff", "width": values.shape[2], "height": values.shape[1], "count": len(values), "nodata": nodata,
        "dtype": values.dtype, "crs": crs, "transform": from_origin(*corner, resolution_m, resolution_m), **profile,
    }  # fmt: skip
    with rasterio.open(path, "w", **facts) as dataset:
        dataset.write(values)
        if names:
            dataset.descriptions = tuple(names)
        dataset.update_tags(**(tags or {}))
    return path


def counts(date: int, seed: int = 0, size_px: int = SIZE_PX) -> np.ndarray:
    """Counts `(10, size, size)` uint16 that differ everywhere, none of them 0."""
    random = np.random.default_rng([seed, date])
    return random.integers(1, 6000, (len(BANDS), size_px, size_px)).astype(np.uint16)


def write_season(folder: Path, dates: Iterable[str] = DATES, **profile: object) -> Path:
    """One ten-band GeoTIFF per date."""
    for number, date in enumerate(dates):
        write_raster(folder / f"S2_{date}.tif", counts(number), BANDS, **profile)  # type: ignore[arg-type]
    return folder


def clouds(date: int, share: float = 0.4, seed: int = 1) -> np.ndarray:
    """A binary mask `(1, size, size)` uint8, 1 = masked."""
    random = np.random.default_rng([seed, date])
    return (random.random((1, SIZE_PX, SIZE_PX)) < share).astype(np.uint8)


def write_masks(folder: Path, dates: Iterable[str] = DATES, share: float = 0.4) -> Path:
    for number, date in enumerate(dates):
        write_raster(folder / f"cloud_{date}.tif", clouds(number, share), nodata=None)
    return folder


def outlines(count: int = 12, seed: int = 3) -> list[shapely.Geometry]:
    """Irregular fields inside the images, some with a hole, some overlapping their neighbours."""
    random = np.random.default_rng(seed)
    fields = []
    for _ in range(count):
        x, y = X0 + random.uniform(80, 500), Y0 - random.uniform(80, 500)
        field = shapely.Point(x, y).buffer(random.uniform(25, 75), quad_segs=3)
        field = shapely.affinity.scale(field, random.uniform(0.5, 1.2), random.uniform(0.5, 1.2))
        field = shapely.affinity.rotate(field, random.uniform(0, 90))
        fields.append(field.difference(shapely.Point(x, y).buffer(12)) if random.random() < 0.3 else field)
    return fields


def write_parcels(path: Path, geometries: Sequence[object], crs: str | None = CRS, **fields: object) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    columns = fields or {"crop": [f"C{i % 3}" for i in range(len(geometries))]}
    table = geopandas.GeoDataFrame(columns, geometry=list(geometries), crs=crs)
    table.to_parquet(path) if path.suffix == ".parquet" else table.to_file(path)
    return path

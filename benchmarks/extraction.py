"""Extraction of 22,500 parcels from dated images, in turn with the usual tools on the same files.

    python benchmarks/extraction.py [--dates 24] [--size 2745] [--peer-dates 2] [--folder DIR]

Makes one 10-band, deflate, 512-tiled GeoTIFF per date (random fields with clouds, so that it compresses as images do)
and an SCL mask, then measures: this engine's extract command in a process of its own (reading, masking, filling and
storing included; peak memory as the operating system counts it) and, on a few dates, exactextract (mean and standard
deviation) and rasterio.mask per parcel. Figures are parcel-dates per second.
"""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import argparse
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import geopandas
import numpy as np
import rasterio
import shapely
from rasterio.transform import from_origin

ROOT = Path(__file__).resolve().parents[1]
BANDS = ("B02", "B03", "B04", "B05", "B06", "B07", "B08", "B8A", "B11", "B12")
CRS, X0, Y0 = "EPSG:32631", 500_000.0, 5_000_000.0


def make_images(folder: Path, dates: int, size: int) -> None:
    """Images whose neighbours resemble each other, and 20 m masks with about 35 % cloud."""
    random = np.random.default_rng(0)
    smooth = np.kron(random.integers(400, 4000, (10, size // 9 + 1, size // 9 + 1)), np.ones((1, 9, 9), int))[
        :, :size, :size
    ]
    profile = {
        "driver": "GTiff", "width": size, "height": size, "count": 10, "dtype": "uint16", "nodata": 0, "crs": CRS,
        "transform": from_origin(X0, Y0, 10, 10), "compress": "deflate", "tiled": True,
        "blockxsize": 512, "blockysize": 512,
    }  # fmt: skip
    half = -(-size // 2)  # the last pixel of a mask may reach past the image, by less than its own size
    mask_profile = profile | {
        "width": half,
        "height": half,
        "count": 1,
        "dtype": "uint8",
        "transform": from_origin(X0, Y0, 20, 20),
    }
    (folder / "imagery").mkdir(parents=True)
    (folder / "masks").mkdir()
    for date in range(dates):
        name = f"2017{1 + date // 3:02d}{1 + date % 3 * 10:02d}"
        with rasterio.open(folder / "imagery" / f"S2_{name}.tif", "w", **profile) as image:
            image.write((smooth + random.integers(0, 60, smooth.shape)).astype(np.uint16))
            image.descriptions = BANDS
        cloud = np.kron(random.random((half // 40 + 1, half // 40 + 1)) < 0.35, np.ones((40, 40), bool))[:half, :half]
        with rasterio.open(folder / "masks" / f"SCL_{name}.tif", "w", **mask_profile) as mask:
            mask.write(np.where(cloud, 9, 4).astype(np.uint8), 1)


def make_parcels(path: Path, size: int) -> int:
    """A grid of slightly turned fields of 1.33 ha, 22,500 of them on a grid of 2745 pixels."""
    side = round(size / 2745 * 150)
    step = size * 10 / side
    i, j = (axis.ravel() for axis in np.meshgrid(np.arange(side), np.arange(side)))
    centre = np.stack([X0 + (i + 0.5) * step, Y0 - (j + 0.5) * step], axis=1)
    width, height = 57.7, 57.7
    angle = np.random.default_rng(1).uniform(0, 0.4, len(centre))
    corners = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]]) * [width, height]
    turn = np.stack([np.cos(angle), -np.sin(angle), np.sin(angle), np.cos(angle)], axis=1).reshape(-1, 2, 2)
    outlines = shapely.polygons(np.einsum("nij,kj->nki", turn, corners) + centre[:, None])
    geopandas.GeoDataFrame({"id": np.arange(len(outlines))}, geometry=outlines, crs=CRS).to_file(path)
    return len(outlines)


def run_engine(folder: Path) -> float:
    store = folder / "bench.parcels"
    shutil.rmtree(store, ignore_errors=True)
    began = time.perf_counter()
    subprocess.run(
        [
            *(sys.executable, "-m", "backend", "extract", folder / "imagery", folder / "parcels.gpkg"),
            *("--masks", folder / "masks", "-o", store),
        ],
        check=True, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    return time.perf_counter() - began


def run_exactextract(folder: Path, dates: int) -> float:
    from exactextract import exact_extract

    parcels = geopandas.read_file(folder / "parcels.gpkg")
    began = time.perf_counter()
    for image in sorted((folder / "imagery").glob("*.tif"))[:dates]:
        exact_extract(str(image), parcels, ["mean", "stdev"], strategy="raster-sequential", output="pandas")
    return time.perf_counter() - began


def run_rasterio_mask(folder: Path, parcels: int) -> float:
    from rasterio.mask import mask

    shapes = geopandas.read_file(folder / "parcels.gpkg", rows=parcels).geometry
    began = time.perf_counter()
    with rasterio.open(sorted((folder / "imagery").glob("*.tif"))[0]) as image:
        for shape in shapes:
            values, _ = mask(image, [shape], crop=True)
            values.mean(axis=(1, 2))
    return time.perf_counter() - began


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--dates", type=int, default=24)
    parser.add_argument("--size", type=int, default=2745)
    parser.add_argument("--peer-dates", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--folder", type=Path)
    chosen = parser.parse_args()
    folder = chosen.folder or Path(tempfile.mkdtemp(prefix="extraction-"))
    if not (folder / "parcels.gpkg").exists():
        make_images(folder, chosen.dates, chosen.size)
        make_parcels(folder / "parcels.gpkg", chosen.size)
    count = len(geopandas.read_file(folder / "parcels.gpkg", ignore_geometry=True))
    few = min(count, 2000)
    print(f"{count} parcels, {chosen.dates} dates, 10 bands, {chosen.size} x {chosen.size} pixels, in {folder}")
    print(f"{'round':>5} {'engine':>10} {'exactextract':>13} {'rasterio.mask':>14}   parcel-dates/s")
    rates = []
    for round_number in range(1, chosen.rounds + 1):
        engine = count * chosen.dates / run_engine(folder)
        exact = count * chosen.peer_dates / run_exactextract(folder, chosen.peer_dates)
        masked = few / run_rasterio_mask(folder, few)
        rates.append((engine, exact, masked))
        print(f"{round_number:>5} {engine:>10,.0f} {exact:>13,.0f} {masked:>14,.0f}")
    engine, exact, masked = np.median(rates, axis=0)
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1e6
    print(f"median {engine:>9,.0f} {exact:>13,.0f} {masked:>14,.0f}")
    print(f"{engine / exact:.1f} x exactextract, {engine / masked:.0f} x rasterio.mask")
    print(f"engine's peak memory {peak:.2f} GB")


if __name__ == "__main__":
    main()

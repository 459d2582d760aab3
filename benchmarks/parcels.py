"""Memory and time of a layer of very many parcels: looking through it, finding its pixels, writing it again.

    python benchmarks/parcels.py [--parcels 1000000] [--folder DIR]

The parcels are polygons of 30 corners and 0.8 ha, drawn at random over 90 x 90 km, in a GeoPackage.
"""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import argparse
import multiprocessing
import resource
import sys
import tempfile
import time
from pathlib import Path

import geopandas
import numpy as np
import pyogrio
import shapely

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))
CRS, CORNER, SIDE_M, RADIUS_M = "EPSG:32631", (500_000, 5_000_000), 90_000, 50


def write(path: Path, parcels: int) -> None:
    random = np.random.default_rng(0)
    centre = np.array(CORNER) + random.random((parcels, 1, 2)) * SIDE_M
    angle = np.linspace(0, 2 * np.pi, 30, endpoint=False)
    outlines = shapely.polygons(centre + RADIUS_M * np.stack([np.cos(angle), np.sin(angle)], axis=1))
    fields = {"crop": random.choice(["BTH", "MIS", "PPH"], parcels), "number": np.arange(parcels)}
    pyogrio.write_dataframe(geopandas.GeoDataFrame(fields, geometry=outlines, crs=CRS), path, use_arrow=True)


def measure(path: Path) -> None:
    from backend.imagery.grid import Grid
    from backend.parcels.reading import read
    from backend.parcels.writing import write
    from backend.series import store
    from backend.series.layout import Edges
    from backend.series.store_layout import laid_out

    margin = 2 * RADIUS_M
    x0, y0 = CORNER[0] - margin, CORNER[1] - margin
    grid = Grid.covering(CRS, (x0, y0, x0 + SIDE_M + 2 * margin, y0 + SIDE_M + 2 * margin), 10.0)
    start = time.process_time()

    def said(what: str) -> None:
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
        print(
            f"{what:10} {time.process_time() - start:6.1f} processor's seconds so far, {peak:.2f} GB at most",
            flush=True,
        )

    said("start")
    layer = read(path)
    said("read")
    with tempfile.TemporaryDirectory(dir=path.parent) as folder:
        draft = Path(folder) / "layer.parcels"
        with store.staging(draft), laid_out(layer, grid, Edges(), draft) as layout:
            said("laid out")
            print(f"{len(layout.index)} parcels, {len(layout.position)} pixels")
            for ending in ("gpkg", "parquet"):
                write(Layer(draft / "parcels.parquet"), Path(folder) / f"out.{ending}", "out")
                said(ending)


class Layer:
    """A store's parcels, some at a time, as often as asked for."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __iter__(self):
        from backend.parcels.sources.geoparquet import tables

        return tables(self.path)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--parcels", type=int, default=1_000_000)
    parser.add_argument("--folder", type=Path)
    chosen = parser.parse_args()
    path = (chosen.folder or Path(tempfile.mkdtemp(prefix="parcels-"))) / f"parcels-{chosen.parcels}.gpkg"
    apart = multiprocessing.get_context("spawn")  # memory is counted from a process's first moment
    steps = [] if path.exists() else [apart.Process(target=write, args=(path, chosen.parcels))]
    for step in [*steps, apart.Process(target=measure, args=(path,))]:
        step.start()
        step.join()


if __name__ == "__main__":
    main()

"""What a simulated region's files hold, that they say they are made up, and that nothing half-made is left."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pyogrio
import pytest
import rasterio

from backend.errors import Cancelled, DiskFull, NotWritable
from backend.protocol import Silent
from backend.simulation import SimulatedRegion, SimulationSpec, files, simulate
from backend.vocabulary import BANDS

SMALL = SimulationSpec(parcels=20, dates=2, seed=1)


def pixels(folder: Path) -> dict[str, np.ndarray]:
    return {path.name: rasterio.open(path).read() for path in sorted(folder.rglob("*.tif"))}


def test_images_are_ten_named_bands_on_one_grid(region: SimulatedRegion) -> None:
    images = sorted(region.imagery.glob("S2_L2A_*.tif"))
    assert [path.stem[-8:] for path in images] == [day.replace("-", "") for day in region.dates]
    grids = set()
    for path in images:
        with rasterio.open(path) as image:
            assert (image.count, image.dtypes[0], image.nodata) == (10, "uint16", 0)
            assert image.descriptions == BANDS
            assert image.profile["compress"] == "deflate" and image.profile["tiled"]
            assert image.read().min() > 0
            grids.add((image.crs.to_epsg(), image.transform, image.shape))
    assert len(grids) == 1 and grids.pop()[0] == 32631


def test_masks_cover_the_same_ground_at_20_m(region: SimulatedRegion) -> None:
    for path in region.imagery.glob("*.tif"):
        mask_path = region.masks / path.name.replace("S2_L2A", "SCL")
        with rasterio.open(path) as image, rasterio.open(mask_path) as mask:
            assert mask.bounds == image.bounds
            assert mask.res == (20, 20)
            assert set(np.unique(mask.read(1))) <= {2, 3, 4, 5, 6, 7, 8, 9, 10}


def test_every_output_says_that_the_region_is_simulated(region: SimulatedRegion) -> None:
    for path in [*region.imagery.iterdir(), *region.masks.iterdir()]:
        with rasterio.open(path) as raster:
            assert "is simulated" in raster.tags()["SIMULATED"]
            assert raster.tags()["ACQUISITION"].startswith(path.stem[-8:-4])
            assert raster.tags()["PLATFORM"].startswith("Sentinel-2")
    assert "is simulated" in str(pyogrio.read_info(region.parcels)["layer_metadata"])
    assert "is simulated" in (region.parcels.parent / "README.txt").read_text(encoding="utf-8")


def test_twenty_metre_bands_are_replicated_and_ten_metre_bands_are_not(region: SimulatedRegion) -> None:
    with rasterio.open(next(region.imagery.glob("*.tif"))) as image:
        for name, band in zip(BANDS, image.read()):
            corners = [band[down::2, right::2] for down in (0, 1) for right in (0, 1)]
            same = all((corner == corners[0]).all() for corner in corners[1:])
            assert same == (name in ("B05", "B06", "B07", "B8A", "B11", "B12")), name


def test_the_same_spec_gives_the_same_pixels_and_another_seed_others(tmp_path: Path) -> None:
    first, again, other = tmp_path / "first", tmp_path / "again", tmp_path / "other"
    simulate(SMALL, first, Silent())
    simulate(SMALL, again, Silent())
    simulate(SimulationSpec(parcels=20, dates=2, seed=2), other, Silent())
    one, two, three = pixels(first), pixels(again), pixels(other)
    assert one.keys() == two.keys() and all(np.array_equal(one[name], two[name]) for name in one)
    assert not all(np.array_equal(one[name], three[name]) for name in one)
    geometry = [pyogrio.read_dataframe(folder / "parcels.gpkg").to_wkt() for folder in (first, again)]
    assert geometry[0].equals(geometry[1])


def test_an_own_region_is_replaced_and_anything_else_is_left_alone(tmp_path: Path) -> None:
    own, foreign = tmp_path / "own", tmp_path / "foreign"
    simulate(SimulationSpec(parcels=20, dates=3, seed=1), own, Silent())
    simulate(SMALL, own, Silent())
    assert len(list((own / "imagery").iterdir())) == SMALL.dates
    foreign.mkdir()
    (foreign / "thesis.txt").write_text("years of work")
    with pytest.raises(NotWritable, match="other files"):
        simulate(SMALL, foreign, Silent())
    with pytest.raises(NotWritable, match="in the way"):
        simulate(SMALL, foreign / "thesis.txt", Silent())
    assert [path.name for path in foreign.iterdir()] == ["thesis.txt"]


class _StopsLater(Silent):
    def progress(self, fraction: float, stage: str, message: str = "") -> None:
        if fraction > 0.5:
            raise Cancelled


def test_a_cancelled_run_leaves_what_was_there(tmp_path: Path) -> None:
    simulate(SMALL, tmp_path / "region", Silent())
    before = pixels(tmp_path)
    with pytest.raises(Cancelled):
        simulate(SimulationSpec(parcels=25, dates=3, seed=9), tmp_path / "region", _StopsLater())
    after = pixels(tmp_path)
    assert before.keys() == after.keys() and all(np.array_equal(before[name], after[name]) for name in before)
    assert [path.name for path in tmp_path.iterdir()] == ["region"]


def test_a_run_that_was_killed_between_its_last_two_moves_loses_nothing(tmp_path: Path) -> None:
    simulate(SMALL, tmp_path / "region", Silent())
    before = pixels(tmp_path / "region")
    (tmp_path / "region").rename(tmp_path / ".region.replaced")
    with pytest.raises(Cancelled):
        simulate(SimulationSpec(parcels=25, dates=3, seed=9), tmp_path / "region", _StopsLater())
    after = pixels(tmp_path / "region")
    assert before.keys() == after.keys() and all(np.array_equal(before[name], after[name]) for name in before)
    assert [path.name for path in tmp_path.iterdir()] == ["region"]


def test_a_disk_that_fills_up_while_images_are_written_is_called_so(tmp_path: Path) -> None:
    with pytest.raises(DiskFull), files.replacing(tmp_path / "region", 0.1):
        raise OSError(28, "No space left on device")
    assert not list(tmp_path.iterdir())


def test_a_full_disk_is_reported_before_the_work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files.shutil, "disk_usage", lambda path: SimpleNamespace(free=1_000))
    with pytest.raises(DiskFull):
        simulate(SMALL, tmp_path / "region", Silent())
    assert not list(tmp_path.iterdir())


def test_the_result_gives_the_paths(tmp_path: Path) -> None:
    output = tmp_path / "region"
    assert simulate(SMALL, output, Silent()) == SimulatedRegion(
        imagery=output / "imagery",
        masks=output / "masks",
        parcels=output / "parcels.gpkg",
        class_field="CODE_CULTU",
        parcel_count=20,
        dates=("2017-01-03", "2017-10-30"),
    )

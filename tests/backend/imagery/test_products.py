"""The same ground, written in each product's own layout, is read as the same reflectance; zipped or not."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import json
import shutil
from datetime import datetime
from pathlib import Path

import numpy as np
import pytest
import shapely
import zarr
from numcodecs import Blosc
from rasterio.windows import Window

from backend.errors import BadArgument, BadMetadata, IncompleteProduct, StoreOfOtherInputs
from backend.imagery.acquisition import ImageryOptions
from backend.imagery.blocks import read_acquisition
from backend.imagery.catalogue import find, require_readable
from backend.imagery.locations import on_disk
from backend.protocol import Silent
from backend.series.store import open_store
from backend.vocabulary import BANDS
from tests.backend.commands.conftest import run
from tests.backend.ground import SIZE_PX, X0, Y0, write_parcels, write_raster
from tests.backend.imagery.products import (
    SAFE_NAME,
    THEIA_NAME,
    made_up_ground,
    planes,
    resolution_of,
    safe_metadata,
    write_eopf,
    write_safe,
    write_theia,
    zipped,
)
from tests.backend.recorder import Recorder

WHOLE = Window(0, 0, SIZE_PX, SIZE_PX)
CLEAR_CLASSES = (4, 5, 6, 7)


def season(source, **options):
    return find(source, ImageryOptions(**options), Silent())


def read(source, window=WHOLE, **options):
    """The values, the clear pixels and the only scene."""
    catalogue = season(source, **options)
    (acquisition,) = catalogue.acquisitions
    values, clear = read_acquisition(acquisition, BANDS, catalogue.grid, window)
    return values, clear, acquisition.scenes[0]


def check(ground, values, clear, expected_clear):
    np.testing.assert_array_equal(clear, expected_clear)
    for position, band in enumerate(BANDS):
        np.testing.assert_array_equal(values[position][ground.held], ground.values[position][ground.held], band)


@pytest.mark.parametrize("kind", ["folder", "zip"])
def test_safe(tmp_path, kind):
    ground = made_up_ground()
    folder = write_safe(tmp_path / "made", ground)
    source = (
        folder.parent if kind == "folder" else zipped(folder, tmp_path / f"z/{SAFE_NAME}.zip", f"{SAFE_NAME}/").parent
    )
    values, clear, scene = read(source)
    check(ground, values, clear, ground.held & np.isin(ground.scl, CLEAR_CLASSES))
    assert (scene.name, scene.platform, scene.tile) == (SAFE_NAME.removesuffix(".SAFE"), "Sentinel-2A", "31UFS")
    assert (scene.baseline, scene.moment) == ("05.09", datetime(2023, 6, 25, 10, 56, 21))
    assert {on_disk(image).exists() for image in scene.images} == {True}


@pytest.mark.parametrize("write", [write_safe, write_theia])
def test_an_archive_that_is_called_by_the_identifier_of_its_download(tmp_path, write):
    folder = write(tmp_path / "whole", made_up_ground())
    zipped(folder, tmp_path / "z/4b1d7a52-6a0c-4c0e-9d8f-0f1a2b3c4d5e.zip", f"{folder.name}/")
    (whole,), (unnamed,) = (season(path).acquisitions for path in (folder.parent, tmp_path / "z"))
    assert (unnamed.day, unnamed.scenes[0].name) == (whole.day, whole.scenes[0].name)


def test_a_product_in_the_format_of_before_december_2016(tmp_path):
    ground = made_up_ground()
    modern = write_safe(tmp_path / "modern", ground, offset=None, name=SAFE_NAME.replace("N0509", "N0204"))
    old = tmp_path / "old" / "S2A_USER_PRD_MSIL2A_PDMC_20160803T180000_R051_V20160802T105031_20160802T105031.SAFE"
    granule = old / "GRANULE" / "S2A_USER_MSI_L2A_TL_SGS__20160802T163000_A005800_T31UFS_N02.04"
    for image in modern.rglob("*.jp2"):
        band, resolution = image.stem.split("_")[-2:]
        kind = (
            f"SCL_L2A_TL_SGS__T31UFS_{resolution}" if band == "SCL" else f"MSI_L2A_TL_SGS__T31UFS_{band}_{resolution}"
        )
        path = granule / "IMG_DATA" / f"R{resolution}" / f"S2A_USER_{kind}.jp2"
        path.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(image, path)
    shutil.copy(modern / "MTD_MSIL2A.xml", old / "S2A_USER_MTD_SAFL2A_PDMC_20160803T180000_R051.xml")
    (scene,) = season(old.parent).acquisitions[0].scenes
    (expected,) = season(modern.parent).acquisitions[0].scenes
    assert scene.product == "Sentinel-2 L2A SAFE"
    assert sorted(scene.layers) == sorted(expected.layers)
    assert [mask.kind for mask in scene.masks] == ["scl"]
    assert scene.tile == "31UFS"


@pytest.mark.parametrize("kind", ["folder", "zip", "zip with a folder"])
def test_eopf(tmp_path, kind):
    ground = made_up_ground()
    folder = write_eopf(tmp_path / "made", ground)
    inner = f"{folder.name}/" if "with" in kind else ""
    source = folder if kind == "folder" else zipped(folder, tmp_path / f"z/{folder.name}.zip", inner)
    values, clear, scene = read(source)
    check(ground, values, clear, ground.held & np.isin(ground.scl, CLEAR_CLASSES))
    assert (scene.platform, scene.tile, scene.baseline) == ("Sentinel-2A", "31UFS", "05.09")
    assert scene.moment == datetime(2023, 6, 25, 10, 56, 21)
    assert scene.grid.crs == "EPSG:32631"
    assert {on_disk(image) for image in scene.images} == {source}


def test_eopf_in_the_chunks_and_compression_of_the_real_ones(tmp_path):
    """Written again by zarr-python, as the processor does: Blosc, Zstandard and bit shuffling."""
    ground = made_up_ground()
    folder = write_eopf(tmp_path, ground)
    for band, plane in planes(ground).items():
        step = resolution_of(band) // 10
        array = folder / f"measurements/reflectance/r{step}0m/{band.lower()}"
        attributes = json.loads((array / ".zattrs").read_text())
        shutil.rmtree(array)
        counts = np.where(ground.held[::step, ::step], plane + 1000, 0).astype(np.uint16)
        blosc = Blosc("zstd", clevel=3, shuffle=Blosc.BITSHUFFLE)
        made = zarr.create_array(array, shape=counts.shape, dtype="uint16", chunks=(50, 50), zarr_format=2,
                                 compressors=blosc, fill_value=0)  # fmt: skip
        made[:] = counts
        made.attrs.update(attributes)
    values, clear, _ = read(folder)
    check(ground, values, clear, ground.held & np.isin(ground.scl, CLEAR_CLASSES))


@pytest.mark.parametrize("kind", ["folder", "zip"])
def test_theia(tmp_path, kind):
    ground = made_up_ground()
    folder = write_theia(tmp_path / "made", ground)
    source = folder.parent if kind == "folder" else zipped(folder, tmp_path / f"z/{THEIA_NAME}.zip", f"{THEIA_NAME}/")
    values, clear, scene = read(source)
    check(ground, values, clear, ground.held)
    assert (scene.name, scene.platform, scene.tile) == (THEIA_NAME, "Sentinel-2A", "31UFS")
    assert (scene.baseline, scene.moment) == ("2.2", datetime(2017, 2, 3, 10, 55, 41))


def test_theia_with_the_slope_in_it(tmp_path):
    ground = made_up_ground()
    values, _, scene = read(write_theia(tmp_path, ground), theia_reflectance="SRE")
    np.testing.assert_array_equal(values[:, ground.held], ground.values[:, ground.held] - 7)
    assert scene.product == "Theia L2A SRE"


def test_a_mixed_folder_gives_the_same_series_from_every_kind(tmp_path):
    """Four days of one ground: SAFE zipped, Theia, EOPF, a plain GeoTIFF; the offset differs between them."""
    ground = made_up_ground(least=1)
    write_theia(tmp_path / "deep/er", ground)
    safe = write_safe(
        tmp_path / "apart", ground, SAFE_NAME.replace("20230625", "20170305").replace("N0509", "N0204"), None
    )
    zipped(safe, tmp_path / f"deep/{safe.name.replace('.SAFE', '.zip')}", f"{safe.name}/")
    write_eopf(tmp_path / "deep", ground, SAFE_NAME.replace("20230625", "20170404"))
    write_raster(tmp_path / "deep/x_20170504.tif", np.where(ground.held, ground.values, 0).astype(np.uint16), BANDS)
    catalogue = season(tmp_path / "deep")
    assert [f"{a.day:%m%d}" for a in catalogue.acquisitions] == ["0203", "0305", "0404", "0504"]
    assert catalogue.skipped == ()
    for acquisition in catalogue.acquisitions:
        values, clear = read_acquisition(acquisition, BANDS, catalogue.grid, WHOLE)
        check(ground, values, clear & ground.held, clear)


def test_each_band_has_the_offset_that_the_metadata_give_it(tmp_path):
    ground = made_up_ground(least=1)
    offsets = {band: -100 * number for number, band in enumerate(
        ("B01", "B02", "B03", "B04", "B05", "B06", "B07", "B08", "B8A", "B09", "B10", "B11", "B12"))}  # fmt: skip
    values, clear, _ = read(write_safe(tmp_path, ground, offset=offsets))
    check(ground, values, clear, ground.held & np.isin(ground.scl, CLEAR_CLASSES))


def test_another_quantification(tmp_path):
    ground = made_up_ground(least=1)
    values, _, scene = read(write_safe(tmp_path, ground, quantification=20_000, offset=-2000))
    np.testing.assert_array_equal(values[:, ground.held], ground.values[:, ground.held])
    assert scene.layers["B02"].scale == pytest.approx(1 / 20_000)


def test_saturated_pixels_are_not_clear(tmp_path):
    ground = made_up_ground()
    ground.scl[:] = 4
    ground.values[0, 30, 31] = 65535 - 1000  # B02 counts 65535
    ground.values[9, 40:42, 20:22] = 65535 - 1000  # B12, at 20 m
    _, clear, _ = read(write_safe(tmp_path, ground))
    expected = ground.held.copy()
    expected[30, 31] = expected[40:42, 20:22] = False
    np.testing.assert_array_equal(clear, expected)


def test_cloud_probability(tmp_path):
    ground = made_up_ground()
    ground.scl[:] = 4
    probability = np.arange(900, dtype=np.int64).reshape(30, 30) % 101
    expected = ground.held & (np.kron(probability, np.ones((2, 2))) < 35)
    made = {"probability": probability.astype(np.uint8)}
    for product in (write_safe(tmp_path, ground, **made), write_eopf(tmp_path, ground, **made)):
        _, clear, scene = read(product, cloud_probability=35)
        np.testing.assert_array_equal(clear, expected)
        assert [mask.kind for mask in scene.masks] == ["scl", "cloud probability"]
        _, clear, _ = read(product)
        np.testing.assert_array_equal(clear, ground.held)


@pytest.mark.parametrize(
    ("mask", "value", "masks"),
    [("CLM_R1", 1 << bit, True) for bit in range(8)]
    + [("EDG_R1", 1, True), ("SAT_R1", 1 << 3, True), ("MG2_R1", 1 << 2, True)]
    + [("MG2_R1", 1 << bit, False) for bit in (0, 1, 3, 4)],
)
def test_the_bits_of_theias_masks(tmp_path, mask, value, masks):
    ground = made_up_ground()
    raster = np.zeros((SIZE_PX, SIZE_PX), np.uint8)
    raster[20:23, 30:37] = value
    _, clear, _ = read(write_theia(tmp_path, ground, masks={mask: raster}))
    np.testing.assert_array_equal(clear, ground.held & ~(masks & (raster > 0)))


def test_theias_masks_at_20_m(tmp_path):
    ground = made_up_ground()
    saturated, edge = np.zeros((2, 30, 30), np.uint8)
    saturated[5, 6] = 1 << 5
    edge[20, 21] = 1
    _, clear, _ = read(write_theia(tmp_path, ground, masks={"SAT_R2": saturated, "EDG_R2": edge}))
    np.testing.assert_array_equal(clear, ground.held & (np.kron(saturated + edge, np.ones((2, 2))) == 0))


def test_a_window_is_read_as_the_same_part_of_the_whole(tmp_path):
    ground = made_up_ground()
    for product in (write_safe(tmp_path, ground), write_eopf(tmp_path, ground), write_theia(tmp_path, ground)):
        whole, clear, _ = read(product)
        part, part_clear, _ = read(product, Window(7, 5, 31, 40))
        np.testing.assert_array_equal(part, whole[:, 5:45, 7:38])
        np.testing.assert_array_equal(part_clear, clear[5:45, 7:38])


def test_the_newest_baseline_is_used_and_the_other_named(tmp_path):
    old, new = made_up_ground(1, least=1), made_up_ground(2)
    outdated = write_safe(tmp_path, old, SAFE_NAME.replace("N0509", "N0204"), None)
    write_safe(tmp_path, new, SAFE_NAME.replace("_20230625T171500", "_20241101T030201").replace("N0509", "N0510"))
    recorder = Recorder()
    catalogue = find(tmp_path, ImageryOptions(), recorder)
    (acquisition,) = catalogue.acquisitions
    values, _ = read_acquisition(acquisition, BANDS, catalogue.grid, WHOLE)
    np.testing.assert_array_equal(values[:, new.held], new.values[:, new.held])
    assert [(entry.code, "02.04" in entry.reason) for entry in catalogue.skipped] == [("imagery.superseded", True)]
    assert outdated in catalogue.skipped[0].path.parents
    assert any("02.04" in text and "05.10" in text for text in recorder.logs)
    require_readable(catalogue, skip_unreadable=False)  # nothing is lost


def test_the_two_parts_of_a_tile_that_was_cut_are_put_together(tmp_path):
    whole = made_up_ground()
    whole.scl[:] = 4
    upper, lower = np.zeros((2, SIZE_PX, SIZE_PX), bool)
    upper[:26], lower[26:] = True, True
    for held, made in ((upper, "20230625T171500"), (lower, "20230625T171501")):
        part = type(whole)(whole.values, held, np.where(held, whole.scl, 0).astype(np.uint8))
        write_safe(tmp_path, part, SAFE_NAME.replace("20230625T171500", made))
    values, clear, _ = read(tmp_path)
    assert clear.all()
    np.testing.assert_array_equal(values, whole.values)


def test_a_product_that_is_found_twice_is_used_once(tmp_path):
    folder = write_safe(tmp_path, made_up_ground())
    zipped(folder, tmp_path / f"{SAFE_NAME}.zip", f"{SAFE_NAME}/")
    catalogue = season(tmp_path)
    assert [len(acquisition.scenes) for acquisition in catalogue.acquisitions] == [1]
    assert [entry.code for entry in catalogue.skipped] == ["imagery.superseded"]


def test_the_oldest_names_of_the_metadata(tmp_path):
    """Baseline 02.04 calls the quantification and the name otherwise, and its files begin with L2A_."""
    ground = made_up_ground(least=1)
    name = SAFE_NAME.replace("N0509", "N0204")
    folder = write_safe(tmp_path, ground, name, None)
    text = safe_metadata(name, None).replace("BOA_QUANT", "L2A_BOA_QUANT").replace("PRODUCT_URI", "PRODUCT_URI_2A")
    (folder / "MTD_MSIL2A.xml").write_text(text)
    for path in list(folder.rglob("*.jp2")):
        path.rename(path.with_name(f"L2A_{path.name}"))
    values, clear, _ = read(tmp_path)
    check(ground, values, clear, ground.held & np.isin(ground.scl, CLEAR_CLASSES))


def test_an_offset_that_is_due_and_missing_is_never_supposed(tmp_path):
    folder = write_safe(tmp_path / "a", made_up_ground())
    (folder / "MTD_MSIL2A.xml").write_text(safe_metadata(SAFE_NAME, None))
    write_safe(tmp_path / "a", made_up_ground(), SAFE_NAME.replace("20230625", "20230710"))
    catalogue = season(tmp_path)
    assert [(entry.code, "BOA_ADD_OFFSET" in entry.reason) for entry in catalogue.skipped] == [
        ("imagery.bad_metadata", True)
    ]
    with pytest.raises(BadMetadata, match=SAFE_NAME):
        require_readable(catalogue, skip_unreadable=False)
    require_readable(catalogue, skip_unreadable=True)


def test_missing_files_are_named(tmp_path):
    safe = write_safe(tmp_path, made_up_ground())
    theia = write_theia(tmp_path, made_up_ground())
    eopf = write_eopf(tmp_path, made_up_ground(), SAFE_NAME.replace("20230625", "20230710"))
    write_safe(tmp_path, made_up_ground(), SAFE_NAME.replace("20230625", "20230715"))
    next(safe.rglob("*_B8A_20m.jp2")).unlink()
    next(theia.rglob("*_SAT_R2.tif")).unlink()
    (eopf / "measurements/reflectance/r20m/b11/.zarray").unlink()
    catalogue = season(tmp_path)
    reasons = {entry.path.name: (entry.code, entry.reason) for entry in catalogue.skipped}
    for product, lost in (
        (safe, "lacks B8A (20 m)"),
        (theia, "lacks the masks SAT_R2.tif"),
        (eopf, "reflectance/r20m/b11"),
    ):
        assert reasons[product.name][0] == IncompleteProduct.code
        assert reasons[product.name][1].endswith(lost)
    assert len(catalogue.acquisitions) == 1


def test_products_are_extracted_and_recognised_again(tmp_path):
    """A zip, a Zarr store and a folder in one store; made of the same inputs it is used as it is, of others refused."""
    ground = made_up_ground(least=1)
    ground.scl[:] = 4
    ground.held[:] = True
    images = tmp_path / "images"
    write_theia(images, ground)
    write_eopf(images, ground)
    safe = write_safe(tmp_path / "apart", ground, SAFE_NAME.replace("20230625", "20230710"))
    archive = zipped(safe, images / f"{safe.name}.zip", f"{safe.name}/")
    parcels = write_parcels(tmp_path / "p.gpkg", [shapely.box(X0 + 103, Y0 - 297, X0 + 204, Y0 - 106)])
    store = open_store(Path(run("extract", images, parcels, "-o", tmp_path / "s.parcels").values["store"]))
    days = [acquisition.date.isoformat() for acquisition in store.manifest.sentinel_2.acquisitions]
    assert days == ["2017-02-03", "2023-06-25", "2023-07-10"]
    truth = ground.values[:, 11:30, 10:20].reshape(len(BANDS), -1).T  # rows 106 to 297 m, columns 103 to 204 m
    for date in range(3):
        np.testing.assert_array_equal(np.asarray(store.reflectance)[:, date], truth)
    recorder = Recorder()
    run("extract", images, parcels, "-o", tmp_path / "s.parcels", reporter=recorder)
    assert any("is used again" in text for text in recorder.logs)
    archive.touch()
    with pytest.raises(StoreOfOtherInputs):
        run("extract", images, parcels, "-o", tmp_path / "s.parcels")


def test_options_out_of_range():
    for options in ({"cloud_probability": 0.0}, {"cloud_probability": 101.0}, {"theia_reflectance": "TOA"}):
        with pytest.raises(BadArgument):
            ImageryOptions(**options)

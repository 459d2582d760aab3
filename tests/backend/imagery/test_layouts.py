"""Layouts of files and folders that other programs write: every band of a date is found once, with its values."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import json
import shutil
import subprocess
from datetime import date
from pathlib import Path

import numpy as np
import pytest
import rasterio
from rasterio.windows import Window

from backend import errors
from backend.imagery.acquisition import Catalogue, ImageryOptions
from backend.imagery.blocks import read_acquisition
from backend.imagery.catalogue import find, require_readable
from backend.vocabulary import BANDS
from tests.backend.ground import DATES, SIZE_PX, counts, write_raster, write_season
from tests.backend.recorder import Recorder

WHOLE = Window(0, 0, SIZE_PX, SIZE_PX)
SHORT = [band.replace("B0", "B") for band in BANDS]
DAYS = [f"{text[:4]}-{text[4:6]}-{text[6:]}" for text in DATES]
COMMON = ["blue", "green", "red", "rededge1", "rededge2", "rededge3", "nir", "nir08", "swir16", "swir22"]


def found(folder, recorder: Recorder | None = None, **options) -> Catalogue:
    return find(folder, ImageryOptions(**options), recorder or Recorder())


def check(catalogue: Catalogue, dates: int = 2) -> None:
    assert [str(acquisition.day) for acquisition in catalogue.acquisitions] == DAYS[:dates]
    for number, acquisition in enumerate(catalogue.acquisitions):
        values, clear = read_acquisition(acquisition, BANDS, catalogue.grid, WHOLE)
        np.testing.assert_array_equal(values, counts(number))
        assert clear.all()


def write_bands(folder: Path, number: int, name: str, **profile) -> None:
    """A file per band; `name` has the places {band} and {day}."""
    for band, plane in zip(BANDS, counts(number)):
        write_raster(folder / name.format(band=band, day=DATES[number]), plane[None], **profile)


# Layers of one file


@pytest.mark.parametrize("names", [COMMON, SHORT, [f"{band}, central wavelength 665 nm" for band in SHORT]])
def test_names_of_layers(tmp_path, names):
    for number in range(2):
        write_raster(tmp_path / f"S2_{DATES[number]}.tif", counts(number), names)
    check(found(tmp_path))


def test_a_date_that_only_the_descriptions_have(tmp_path):
    for number in range(2):
        write_raster(tmp_path / f"part{number}.tif", counts(number), [f"{DAYS[number]} {band}" for band in BANDS])
    check(found(tmp_path))


def test_a_stack_by_band_then_date(tmp_path):
    names = [f"{band}_{day}" for band in BANDS for day in DAYS[:2]]
    stack = np.stack([counts(number)[position] for position in range(10) for number in range(2)])
    check(found(write_raster(tmp_path / "stack.tif", stack, names)))


def test_a_stack_by_band_then_date_with_a_list_of_dates(tmp_path):
    stack = np.stack([counts(number)[position] for position in range(10) for number in range(2)])
    path = write_raster(tmp_path / "stack.tif", stack, np.repeat(BANDS, 2).tolist())
    (tmp_path / "dates.txt").write_text("\n".join(DATES[:2]))
    check(found(path, dates_file=tmp_path / "dates.txt"))


def test_layers_that_are_only_numbered_need_a_list_of_dates(tmp_path):
    names = [f"{number}_{band}" for number in range(2) for band in SHORT]
    path = write_raster(tmp_path / "S2_2017-01-03_2017-06-30.tif", np.concatenate([counts(0), counts(1)]), names)
    with pytest.raises(errors.NoAcquisitions, match="a list of 2 dates.*numbered 0, 1"):
        found(path)
    (tmp_path / "dates.txt").write_text("\n".join(DATES[:2]))
    check(found(path, dates_file=tmp_path / "dates.txt"))


def test_two_tiles_of_a_pass_in_one_file(tmp_path):
    west, east = counts(0), counts(0)
    west[:, :, 30:], east[:, :, :30] = 0, 0
    names = [f"20170103T105031_20170103T105025_{tile}_{band}" for tile in ("T31UFS", "T31UGS") for band in SHORT]
    catalogue = found(write_raster(tmp_path / "stack.tif", np.concatenate([west, east]), names, nodata=None))
    assert [scene.tile for scene in catalogue.acquisitions[0].scenes] == ["31UFS", "31UGS"]
    check(catalogue, 1)


def test_two_layers_that_claim_one_band_and_date_are_refused(tmp_path):
    write_season(tmp_path, DATES[:1])
    names = [*BANDS[:9], "B11"]
    write_raster(tmp_path / f"S2_{DATES[1]}.tif", counts(1), names)
    with pytest.raises(errors.UnreadableImage, match=r"layers 9 \(B11\) and 10 \(B11\) both claim"):
        require_readable(found(tmp_path), skip_unreadable=False)


def test_what_only_holds_the_name_of_a_band_is_left_out_and_named(tmp_path):
    recorder = Recorder()
    values = np.concatenate([np.full((2, SIZE_PX, SIZE_PX), 7, np.uint16), counts(0)])
    write_raster(tmp_path / f"S2_{DATES[0]}.tif", values, ["NDVI (B8-B4)", "B4_stdDev", *BANDS])
    check(found(tmp_path, recorder), 1)
    assert "NDVI (B8-B4), B4_stdDev" in " ".join(message for _, message in recorder.warnings)


def test_numbered_layers_are_positions_that_names_may_be_given_for(tmp_path):
    for number in range(2):
        write_raster(tmp_path / f"S2_{DATES[number]}.tif", counts(number), [f"Band {n}" for n in range(1, 11)])
    with pytest.raises(errors.NoAcquisitions, match="Band 1"):
        found(tmp_path)
    check(found(tmp_path, band_names=BANDS))


def test_band_names_that_contradict_the_file_are_refused(tmp_path):
    write_season(tmp_path, DATES[:2])
    with pytest.raises(errors.BadArgument, match="band_names.*B02,B03,B04"):
        found(tmp_path, band_names=BANDS[::-1])
    check(found(tmp_path, band_names=BANDS))


# Masks beside the bands


@pytest.mark.parametrize(
    ("name", "clear", "hidden"),
    [
        ("SCL", 4, 9),
        ("QA60", 0, 1 << 10),
        ("QA60", 0, 1 << 11),
        ("MSK_CLDPRB", 49, 50),
        ("cloud_mask", 0, 1),
        ("Fmask", 0b110_0000, 2),
        ("dataMask", 1, 0),
    ],
)
def test_a_mask_that_is_a_layer_of_the_image(tmp_path, name, clear, hidden):
    mask = np.full((1, SIZE_PX, SIZE_PX), clear, np.uint16)
    mask[:, :, :20] = hidden
    write_raster(tmp_path / f"S2_{DATES[0]}.tif", np.concatenate([counts(0), mask]), [*BANDS, name], nodata=None)
    catalogue = found(tmp_path)
    assert catalogue.bands == BANDS
    values, seen = read_acquisition(catalogue.acquisitions[0], BANDS, catalogue.grid, WHOLE)
    np.testing.assert_array_equal(values, counts(0))
    assert not seen[:, :20].any()
    assert seen[:, 20:].all()


def test_of_several_masks_the_scene_classification_is_used(tmp_path):
    masks = np.stack([np.full((SIZE_PX, SIZE_PX), value, np.uint16) for value in (4, 1 << 10, 99)])
    names = [*BANDS, "SCL", "QA60", "MSK_CLDPRB"]
    write_raster(tmp_path / f"S2_{DATES[0]}.tif", np.concatenate([counts(0), masks]), names)
    check(found(tmp_path), 1)
    (scene,) = found(tmp_path, cloud_probability=60).acquisitions[0].scenes
    assert [(mask.kind, mask.limit) for mask in scene.masks[1:]] == [("cloud probability", 60)]


@pytest.mark.parametrize(
    ("image", "mask", "hidden"),
    [
        ("{}_LEVEL2_SEN2A_BOA.tif", "{}_LEVEL2_SEN2A_QAI.tif", 0b100),
        ("S2A_{}.tif", "S2A_{}_SCL.tif", 8),
        ("{}/response.tif", "{}/SCL.tif", 3),
    ],
)
def test_a_mask_that_is_called_as_its_image(tmp_path, image, mask, hidden):
    for number in range(2):
        values = np.full((1, SIZE_PX, SIZE_PX), 32 if "QAI" in mask else 4, np.int16)
        values[:, 50:] = hidden
        write_raster(tmp_path / mask.format(DATES[number]), values, nodata=None)
        write_raster(tmp_path / image.format(DATES[number]), counts(number), BANDS)
    catalogue = found(tmp_path)
    for acquisition in catalogue.acquisitions:
        clear = read_acquisition(acquisition, BANDS, catalogue.grid, WHOLE)[1]
        assert clear[:50].all()
        assert not clear[50:].any()


# Files and folders


@pytest.mark.parametrize(
    "name",
    [
        "S2A_31UFS_{day}_0_L2A/{band}.tif",
        "{band}/S2_{day}.tif",
        "bands/{day}_{band}.tif",
        "{day}/{band}_10m.tif",
        "Block_B4_{day}_{band}.tif",
        "{day}_{band}_(Raw).tiff",
    ],
)
def test_a_file_per_band(tmp_path, name):
    for number in range(2):
        write_bands(tmp_path, number, name)
    check(found(tmp_path))


@pytest.mark.parametrize("address", ["./{}.tif", "https://example.org/tiles/31/{}.tif?sig=x"])
def test_a_stac_item_beside_its_assets(tmp_path, address):
    folder = tmp_path / "S2A_31UFS_20170103_0_L2A"
    assets = {}
    for band, common, plane in zip(BANDS, COMMON, counts(0)):
        write_raster(folder / f"{band}.tif", plane[None] + 1000, nodata=None)
        about = {"scale": 0.0001, "offset": -0.1, "nodata": 0, "data_type": "uint16"}
        assets[common] = {"href": address.format(band), "type": "image/tiff", "raster:bands": [about]}
    write_raster(folder / "SCL.tif", np.full((1, SIZE_PX, SIZE_PX), 4, np.uint8), nodata=None)
    assets["scl"] = {"href": address.format("SCL"), "type": "image/tiff"}
    facts = {"datetime": "2017-01-03T10:50:31Z", "platform": "sentinel-2a", "s2:processing_baseline": "05.00"}
    item = {"type": "Feature", "stac_version": "1.0.0", "id": folder.name, "properties": facts, "assets": assets}
    (folder / "item.json").write_text(json.dumps(item))
    (folder / "other.json").write_text("{}")
    catalogue = found(tmp_path)
    check(catalogue, 1)
    (scene,) = catalogue.acquisitions[0].scenes
    assert [mask.kind for mask in scene.masks] == ["scl"]


def test_folders_of_year_month_and_day(tmp_path):
    folders = ("tiles/31/U/FS/2017/1/3/0/R10m", "tiles/31/U/FS/2017/1/22/0/R10m")
    for number, folder in enumerate(folders):
        write_bands(tmp_path / folder, number, "{band}.jp2", driver="JP2OpenJPEG", QUALITY=100, REVERSIBLE="YES")
    check(found(tmp_path))


def test_folders_of_resolutions(tmp_path):
    for band, plane in zip(BANDS, counts(0)):
        if band in ("B02", "B03", "B04", "B08"):
            write_raster(tmp_path / "R10m" / f"T31UFS_{DATES[0]}_{band}_10m.tif", plane[None])
        write_raster(tmp_path / "R20m" / f"T31UFS_{DATES[0]}_{band}_20m.tif", plane[None, ::2, ::2], resolution_m=20)
    (acquisition,) = found(tmp_path).acquisitions
    (scene,) = acquisition.scenes
    assert sorted(scene.layers) == sorted(BANDS)
    assert {band for band in BANDS if "R10m" in scene.layers[band].source} == {"B02", "B03", "B04", "B08"}


def test_a_file_per_resolution(tmp_path):
    write_raster(tmp_path / f"S2_{DATES[0]}_10m.tif", counts(0)[:4], BANDS[:4])
    write_raster(tmp_path / f"S2_{DATES[0]}_20m.tif", counts(0)[4:], BANDS[4:])
    check(found(tmp_path), 1)


@pytest.mark.parametrize("stem", ["response", "download"])
def test_a_folder_per_date_with_one_file(tmp_path, stem):
    for number in range(2):
        write_raster(tmp_path / DAYS[number] / f"{stem}.tiff", counts(number), BANDS)
    check(found(tmp_path))


def test_composites_have_the_first_day_of_their_period(tmp_path):
    for number, last in enumerate(("20170121", "20170228")):
        write_raster(tmp_path / f"S2_median_{DATES[number]}_{last}.tif", counts(number), BANDS)
    check(found(tmp_path))


def test_days_of_the_year(tmp_path):
    for number, day in enumerate(("2017003T105031", "2017022T105031")):
        write_bands(tmp_path, number, f"HLS.S30.T31UFS.{day}.v2.0.{{band}}.tif")
    check(found(tmp_path))


def test_two_files_that_claim_one_band_and_date_are_refused(tmp_path):
    write_bands(tmp_path, 0, "S2_{day}_{band}.tif")
    write_raster(tmp_path / f"S2_{DATES[0]}_B4.tif", counts(1)[:1])
    with pytest.raises(errors.NoAcquisitions, match="both claim to be B04"):
        found(tmp_path)


def test_a_file_of_another_quantity_is_no_band(tmp_path):
    write_bands(tmp_path, 0, "S2_{day}_{band}.tif")
    write_raster(tmp_path / f"S2_{DATES[0]}_B04_std.tif", counts(1)[:1])
    catalogue = found(tmp_path)
    check(catalogue, 1)
    assert [entry.path.name for entry in catalogue.skipped] == [f"S2_{DATES[0]}_B04_std.tif"]


def test_an_image_that_is_found_again_with_fewer_bands_is_left_out(tmp_path):
    write_bands(tmp_path, 0, "T31UFS_{day}_{band}.tif")
    write_raster(tmp_path / "rgb" / f"S2_{DATES[0]}.tif", counts(1)[:3], BANDS[:3])
    catalogue = found(tmp_path)
    check(catalogue, 1)
    assert [entry.code for entry in catalogue.skipped] == ["imagery.superseded"]


def test_the_same_image_twice_is_reported(tmp_path):
    recorder = Recorder()
    write_season(tmp_path, DATES[:1])
    shutil.copytree(tmp_path, tmp_path / "copy")
    check(found(tmp_path, recorder), 1)
    assert "imagery.repeated" in [code for code, _ in recorder.warnings]


# Other satellites and levels


@pytest.mark.parametrize(
    ("name", "tags", "cause"),
    [
        ("LC08_L2SP_199025_20170103_20200901_02_T1_SR_B4.tif", {}, "Landsat"),
        ("HLS.L30.T31UFS.2017003T105031.v2.0.B04.tif", {}, "Landsat"),
        ("20170103_LEVEL2_LND08_BOA.tif", {}, "Landsat"),
        ("x_20170103_B04.tif", {"SPACECRAFT_ID": "LANDSAT_8"}, "Landsat"),
        ("MOD09GA.20170103_B04.tif", {}, "MODIS"),
        ("S1A_IW_GRDH_1SDV_20170103T054200_B04.tif", {}, "Sentinel-1"),
        ("20170103_101010_3B_AnalyticMS_SR_B4.tif", {}, "PlanetScope"),
        ("S2A_MSIL1C_20170103T105031_N0206_R051_T31UFS_20170103T125101.tif", {}, "Level-1C"),
        ("2017-01-03_Sentinel-2_L1C_B04_(Raw).tiff", {}, "Level-1C"),
        ("x_20170103_B04.tif", {"PROCESSING_LEVEL": "Level-1C"}, "Level-1C"),
    ],
)
def test_images_of_others_are_skipped_and_named(tmp_path, name, tags, cause):
    recorder = Recorder()
    for number in range(2):
        write_raster(tmp_path / f"S2A_{DATES[number]}.tif", counts(number), BANDS)
    write_raster(tmp_path / name, counts(4)[:1], tags=tags)
    catalogue = found(tmp_path, recorder)
    check(catalogue)
    assert [entry.code for entry in catalogue.skipped] == ["imagery.unsupported_product"]
    assert cause in str(catalogue.skipped[0])


# VRTs that GDAL and QGIS write


def separate_vrt(path: Path, files: list[Path]) -> None:
    subprocess.run(["gdalbuildvrt", "-q", "-separate", str(path), *map(str, files)], check=True)


needs_gdal = pytest.mark.skipif(shutil.which("gdalbuildvrt") is None, reason="needs GDAL's programs")


@needs_gdal
@pytest.mark.parametrize("bands", [("B04", "B03", "B02"), BANDS])
def test_a_vrt_without_names_beside_its_bands(tmp_path, bands):
    for number in range(2):
        write_bands(tmp_path, number, "T31UFS_{day}_{band}.tif")
    separate_vrt(tmp_path / "Virtual.vrt", [tmp_path / f"T31UFS_{DATES[1]}_{band}.tif" for band in bands])
    check(found(tmp_path))


@needs_gdal
def test_a_vrt_without_names_of_files_elsewhere(tmp_path):
    write_bands(tmp_path / "bands", 0, "T31UFS_{day}_{band}.tif")
    path = tmp_path / "vrt" / "preview.vrt"
    path.parent.mkdir()
    separate_vrt(path, [tmp_path / "bands" / f"T31UFS_{DATES[0]}_{band}.tif" for band in BANDS])
    check(found(path.parent), 1)


@needs_gdal
def test_the_parts_of_a_vrt_that_is_not_used_are(tmp_path):
    write_season(tmp_path, DATES[:2])
    subprocess.run(["gdalbuildvrt", "-q", str(tmp_path / "all.vrt"), *map(str, tmp_path.glob("*.tif"))], check=True)
    with rasterio.open(tmp_path / "all.vrt", "r+") as dataset:
        dataset.descriptions = ("",) * 10
    check(found(tmp_path))


def test_a_date_that_is_left_out_is_left_out_of_a_stack(tmp_path):
    names = [f"{band}_{day}" for band in BANDS for day in DAYS[:2]]
    write_raster(tmp_path / "stack.tif", np.repeat(counts(0), 2, axis=0), names)
    assert [a.day for a in found(tmp_path, exclude=(date(2017, 1, 3),)).acquisitions] == [date(2017, 1, 22)]


# What is reported before anything long is run


def test_dates_without_a_mask_are_reported(tmp_path):
    write_season(tmp_path, DATES[:2])
    recorder = Recorder()
    found(tmp_path, recorder)
    assert [code for code, _ in recorder.warnings] == ["imagery.no_mask"]
    assert "2 of 2 acquisitions have no cloud mask" in recorder.warnings[0][1]
    for name in DATES[:2]:
        write_raster(tmp_path / f"S2_{name}_SCL.tif", np.full((1, SIZE_PX, SIZE_PX), 4, np.uint8), nodata=None)
    recorder = Recorder()
    found(tmp_path, recorder)
    assert not recorder.warnings

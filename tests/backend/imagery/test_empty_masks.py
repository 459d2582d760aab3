"""A QA60 of the two years in which Earth Engine did not fill it is no mask, unless it holds clouds; of others it is."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import numpy as np
import pytest

from backend.imagery.acquisition import ImageryOptions
from backend.imagery.catalogue import find
from backend.vocabulary import BANDS
from backend.workflows.inspect import InspectSpec, inspect
from tests.backend.ground import SIZE_PX, counts, write_raster
from tests.backend.recorder import Recorder

WITHIN = ("20220125", "20220610", "20240228")
WITHOUT = ("20210610", "20220124", "20240229")
CLOUD = 1 << 10


def layer(value: float, clouds: int = 0) -> np.ndarray:
    """A mask that holds `value`, and clouds in some of its columns."""
    plane = np.full((1, SIZE_PX, SIZE_PX), value, np.float64)
    plane[:, :, :clouds] = CLOUD
    return plane


def write(folder, days, masks, names=("QA60",), dtype="uint16"):
    for number, (day, planes) in enumerate(zip(days, masks, strict=True)):
        values = np.concatenate([counts(number), *planes]).astype(dtype)
        write_raster(folder / f"S2_{day}.tif", values, [*BANDS, *names], nodata=None)


def found(folder, **options):
    recorder = Recorder()
    catalogue = find(folder, ImageryOptions(**options), recorder)
    return catalogue, dict(recorder.warnings)


def kinds(catalogue):
    return [[mask.kind for mask in a.scenes[0].masks] for a in catalogue.acquisitions]


@pytest.mark.parametrize(("value", "dtype"), [(0, "uint16"), (0, "float32"), (np.nan, "float32")])
def test_zeros_of_these_years_are_no_mask(tmp_path, value, dtype):
    write(tmp_path, WITHIN, [[layer(value)]] * 3, dtype=dtype)
    catalogue, said = found(tmp_path)
    assert kinds(catalogue) == [[], [], []]
    assert not any(a.masked for a in catalogue.acquisitions)
    assert "on the 3 dates" in said["imagery.empty_mask"] and "clouds are not masked" in said["imagery.empty_mask"]
    assert "imagery.no_mask" not in said
    rows = inspect(InspectSpec.of(imagery=tmp_path), Recorder()).acquisitions
    assert [(row["mask"], row["clear_share"]) for row in rows] == [(None, None)] * 3


def test_zeros_of_other_dates_are_clear_skies(tmp_path):
    write(tmp_path, WITHOUT, [[layer(0)]] * 3)
    catalogue, said = found(tmp_path)
    assert kinds(catalogue) == [["qa60"]] * 3 and "imagery.empty_mask" not in said


def test_one_cloud_shows_that_it_was_filled(tmp_path):
    write(tmp_path, WITHIN, [[layer(0)], [layer(0, clouds=5)], [layer(0)]])
    catalogue, said = found(tmp_path)
    assert kinds(catalogue) == [["qa60"]] * 3 and "imagery.empty_mask" not in said


def test_clouds_before_and_after_show_nothing_of_these_years(tmp_path):
    days = (WITHOUT[0], *WITHIN, WITHOUT[2])
    write(tmp_path, days, [[layer(0, 5)], [layer(0)], [layer(0)], [layer(0)], [layer(0, 5)]])
    catalogue, said = found(tmp_path)
    assert kinds(catalogue) == [["qa60"], [], [], [], ["qa60"]]
    assert "2022-01-25, 2022-06-10, 2024-02-28" in said["imagery.empty_mask"]


@pytest.mark.parametrize(("days", "used"), [(WITHIN, "cloud probability"), (WITHOUT, "qa60")])
def test_the_cloud_probability_takes_its_place(tmp_path, days, used):
    write(tmp_path, days, [[layer(0), layer(60)]] * 3, ("QA60", "MSK_CLDPRB"))
    catalogue, said = found(tmp_path)
    assert kinds(catalogue) == [[used]] * 3
    assert not any(mask.in_reserve for a in catalogue.acquisitions for mask in a.scenes[0].masks)
    assert ("the cloud probability is used" in said.get("imagery.empty_mask", "")) == (days == WITHIN)


def test_a_data_mask_is_no_mask_of_clouds(tmp_path):
    write(tmp_path, WITHIN, [[layer(0), layer(1)]] * 3, ("QA60", "dataMask"))
    catalogue, said = found(tmp_path)
    assert kinds(catalogue) == [["data mask"]] * 3
    assert not any(a.masked for a in catalogue.acquisitions)
    assert "clouds are not masked" in said["imagery.empty_mask"]


def test_in_a_folder_of_masks(tmp_path):
    for number, day in enumerate(WITHIN):
        write_raster(tmp_path / "images" / f"S2_{day}.tif", counts(number), BANDS)
        write_raster(tmp_path / "masks" / f"QA60_{day}.tif", layer(0).astype(np.uint16), nodata=None)
    catalogue, said = found(tmp_path / "images", masks=tmp_path / "masks")
    assert kinds(catalogue) == [[], [], []] and "clouds are not masked" in said["imagery.empty_mask"]
    write_raster(tmp_path / "masks" / f"QA60_{WITHIN[1]}.tif", layer(0, clouds=9).astype(np.uint16), nodata=None)
    catalogue, said = found(tmp_path / "images", masks=tmp_path / "masks")
    assert kinds(catalogue) == [["qa60"]] * 3 and "imagery.empty_mask" not in said


def test_many_dates_in_one_file(tmp_path):
    names = [f"{day}T105031_{day}T105031_T31UFS_{name}" for day in WITHIN for name in (*BANDS, "QA60")]
    planes = [plane for number in range(3) for plane in (*counts(number), layer(0)[0])]
    write_raster(tmp_path / "stack.tif", np.stack(planes).astype(np.uint16), names, nodata=None)
    catalogue, said = found(tmp_path)
    assert kinds(catalogue) == [[], [], []] and "imagery.empty_mask" in said

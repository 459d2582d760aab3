"""What descriptions and file names name, and what only looks like a band."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from datetime import datetime

import pytest

from backend.imagery.labels import labels_of, labels_of_files, scene_words


@pytest.mark.parametrize(
    ("text", "band"),
    [
        ("B2", "B02"),
        ("b8a", "B8A"),
        ("B11_20m", "B11"),
        ("red", "B04"),
        ("Red Edge 2", "B06"),
        ("nir08", "B8A"),
        ("B4, central wavelength 665 nm", "B04"),
        ("B05 - Vegetation red edge (705 nm)", "B05"),
        ("B12 SWIR 2190 nm", "B12"),
        ("2018-04-01 B04 10m", "B04"),
        ("X20180401_B02", "B02"),
        ("20180401T105031_20180401T105025_T31UFS_B8A", "B8A"),
        ("B4_mean", "B04"),
    ],
)
def test_a_description_names_a_band(text, band):
    assert labels_of([text])[0].band == band


@pytest.mark.parametrize("text", ["NDVI (B8-B4)", "B4_stdDev", "B8/B4", "B04*2", "B4_p90", "MSK_DETFOO_B02", "my B2"])
def test_a_description_that_only_holds_the_name_of_a_band_is_doubtful(text):
    (label,) = labels_of([text])
    assert label.doubtful
    assert not label


@pytest.mark.parametrize("text", ["", "NDVI", "AOT", "WVP", "TCI_R", "Layer 3", "Band 4", "S2B_2017"])
def test_a_description_that_names_none(text):
    (label,) = labels_of([text])
    assert not label
    assert not label.doubtful


def test_words_that_all_layers_share_are_no_part_of_the_name_unless_they_make_it_another_quantity():
    assert [label.band or label.mask for label in labels_of(["farm_B2", "farm_B3", "farm_SCL"])] == [
        "B02",
        "B03",
        "scl",
    ]
    assert all(label.doubtful for label in labels_of(["B2_stdDev", "B3_stdDev"]))


@pytest.mark.parametrize("texts", [[f"Band {i}" for i in range(1, 11)], ["Band 2", "Band 3"], ["B1", "B2", "B3", "B4"]])
def test_numbered_layers_are_positions(texts):
    assert not any(labels_of(texts))


def test_bands_of_sentinel_2_are_no_positions():
    assert [label.band for label in labels_of(["B1", "B2", "B8A"])] == ["B01", "B02", "B8A"]
    assert [label.band for label in labels_of(["Band 4", "Band 8A"])] == ["B04", "B8A"]
    assert [label.band for label in labels_of(["Band 1 (blue)", "Band 2 (green)"])] == ["B02", "B03"]


def test_force_calls_the_narrow_infrared_nir_beside_the_broad_one():
    assert [label.band for label in labels_of(["RED", "BROADNIR", "NIR"])] == ["B04", "B08", "B8A"]
    assert [label.band for label in labels_of(["red", "nir", "nir08"])] == ["B04", "B08", "B8A"]


@pytest.mark.parametrize(
    ("text", "mask"),
    [("SCL", "scl"), ("QA60", "qa60"), ("MSK_CLDPRB", "cloud probability"), ("cloud_mask", "binary"), ("QAI", "qai")],
)
def test_masks(text, mask):
    assert labels_of([text])[0].mask == mask
    assert labels_of_files([f"T31UFS_20180401T105031_{text}"])[0].mask == mask


def test_dates_tiles_and_numbers():
    dated, numbered, again = labels_of(["20180401T105031_T31UGS_B2", "0_B3", "B3_1"])
    assert (dated.moment, dated.tile, dated.number) == (datetime(2018, 4, 1, 10, 50, 31), "31UGS", "")
    assert (numbered.band, numbered.number, numbered.moment) == ("B03", "0", None)
    assert (again.band, again.number) == ("B03", "1")


def test_the_band_of_a_site_s_name_is_not_that_of_its_files():
    files = ["Block_B4_20180401_B02", "Block_B4_20180401_B04", "Block_B4_20180401_SCL", "Block_B4_20180401_DEM"]
    assert [label.band or label.mask for label in labels_of_files(files)] == ["B02", "B04", "scl", ""]
    assert [label.band for label in labels_of_files(["x_20180401_B04", "x_20180501_B04"])] == ["B04", "B04"]
    assert [label.band for label in labels_of_files(["B02_block_B4", "B03_block_B4"])] == ["B02", "B03"]


@pytest.mark.parametrize("stem", ["x_20180401_B04_std", "NDVI_B8_B4_20180401", "MSK_QUALIT_B02"])
def test_files_of_other_quantities(stem):
    (label,) = labels_of_files([stem])
    assert not label
    assert label.doubtful


def test_scene_words_are_those_that_the_files_of_a_scene_share():
    assert scene_words("T31UFS_20180401_B8A_20m") == scene_words("T31UFS_20180401_MSK_CLDPRB_20m") == "T31UFS 20180401"
    assert scene_words("20180401_LEVEL2_SEN2A_BOA") == scene_words("20180401_LEVEL2_SEN2A_QAI")

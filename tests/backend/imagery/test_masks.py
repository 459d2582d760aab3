"""Which classes are clear, and what lies near to what is not: against brute force in numpy."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import numpy as np
import pytest
from rasterio.windows import Window

from backend.errors import BadArgument
from backend.imagery.acquisition import ImageryOptions
from backend.imagery.blocks import read_acquisition
from backend.imagery.catalogue import find
from backend.imagery.masks import CLEAR
from backend.vocabulary import BANDS
from tests.backend.commands.conftest import run
from tests.backend.ground import CRS, X0, Y0, counts, write_raster
from tests.backend.recorder import Recorder

SIZE = 60


def written(folder, mask):
    """A date of 60 x 60 pixels of 10 m, and its mask."""
    write_raster(folder / "i" / "S2_20170103.tif", counts(0), BANDS)
    write_raster(folder / "m" / "SCL_20170103.tif", mask[None], resolution_m=20, nodata=None)
    return folder / "i", folder / "m"


def clear_of(images, window=None, **options):
    catalogue = find(images, ImageryOptions(**options), Recorder())
    window = window or Window(0, 0, catalogue.grid.width, catalogue.grid.height)
    return read_acquisition(catalogue.acquisitions[0], BANDS, catalogue.grid, window)[1]


def within(hidden, reach_m, resolution_m=10):
    """Brute force: pixels whose centre is at most so far from that of a hidden one."""
    rows, columns = np.nonzero(hidden)
    own = np.indices(hidden.shape)
    away = np.hypot(own[0][..., None] - rows, own[1][..., None] - columns) * resolution_m
    return (away <= reach_m).any(axis=-1)


@pytest.mark.parametrize("classes", [(4, 5, 6, 7), (4, 5), (2, 4, 5, 7, 11), (1,)])
def test_the_classes_that_are_asked_for_are_clear(tmp_path, classes):
    scl = np.random.default_rng(0).integers(0, 12, (30, 30)).astype(np.uint8)
    images, folder = written(tmp_path, scl)
    expected = np.isin(np.kron(scl, np.ones((2, 2), int)), classes)
    np.testing.assert_array_equal(clear_of(images, masks=folder, scl_classes=classes), expected)
    shares = run("inspect", images, "--masks", folder, "--scl-classes", ",".join(map(str, classes)))
    assert shares.values["acquisitions"][0]["clear_share"] == pytest.approx(expected.mean(), abs=1e-9)
    assert f"{expected.mean():>6.0%}   100%" in shares.text.splitlines()[1]
    assert "of the clearest image of the day; extract gives" in shares.text


@pytest.mark.parametrize("text", ["", "4,4", "0,4", "4,12", "-1", "four", "4;5"])
def test_invalid_classes(tmp_path, text):
    images, folder = written(tmp_path, np.full((30, 30), 4, np.uint8))
    with pytest.raises(BadArgument, match="4,5,6,7"):
        run("inspect", images, "--masks", folder, "--scl-classes", text)


@pytest.mark.parametrize("metres", [-10, 5, 1e9, float("nan")])
def test_a_dilation_that_would_do_nothing_or_hide_all(metres):
    with pytest.raises(BadArgument, match="metres from one pixel"):
        ImageryOptions(mask_dilation_m=metres)


@pytest.fixture(scope="module")
def cloudy():
    """An SCL of 20 m: few clouds and shadows, and a swath's edge without data."""
    scl = np.full((30, 30), 4, np.uint8)
    random = np.random.default_rng(3)
    scl[random.integers(0, 30, 5), random.integers(0, 30, 5)] = (3, 8, 9, 10, 11)
    scl[:, 25:] = 0
    return scl


@pytest.mark.parametrize("metres", [10, 25, 60, 140])
def test_the_mask_grows_by_metres_in_every_direction(tmp_path, cloudy, metres):
    images, folder = written(tmp_path, cloudy)
    scl = np.kron(cloudy, np.ones((2, 2), int))
    hidden = ~np.isin(scl, (0, 4, 5, 6, 7))
    expected = (scl != 0) & ~within(hidden, metres)  # the edge of the swath hides nothing beside it
    found = clear_of(images, masks=folder, mask_dilation_m=metres)
    np.testing.assert_array_equal(found, expected)
    for row in range(0, SIZE, 17):  # the borders of blocks cut no cloud
        for column in range(0, SIZE, 23):
            window = Window(column, row, min(23, SIZE - column), min(17, SIZE - row))
            part = np.s_[row : row + 17, column : column + 23]
            np.testing.assert_array_equal(
                clear_of(images, window, masks=folder, mask_dilation_m=metres), expected[part]
            )


def test_on_a_coarser_grid_metres_are_still_metres(tmp_path, cloudy):
    images, folder = written(tmp_path, cloudy)
    expected = (cloudy != 0) & ~within(~np.isin(cloudy, (0, 4, 5, 6, 7)), 45, 20)
    found = clear_of(images, masks=folder, mask_dilation_m=45, resolution_m=20)
    np.testing.assert_array_equal(found, expected)


def tiles_of(folder, mask, size, starts, moments):
    """Four tiles of one ground `(10, size, size)`, each with its part of the mask; a moment for each."""
    values = counts(0, size_px=size)
    for tile, (row, column) in enumerate((r, c) for r in starts for c in starts):
        where, corner = np.s_[:, row : row + 35, column : column + 35], (X0 + 10 * column, Y0 - 10 * row)
        name = f"T31TG{'KLMN'[tile]}_{moments[tile]}"
        write_raster(folder / "ti" / f"S2_{name}.tif", values[where], BANDS, crs=CRS, corner=corner)
        write_raster(folder / "tm" / f"SCL_{name}.tif", mask[None][where], crs=CRS, corner=corner, nodata=None)
    return folder / "ti", folder / "tm"


def test_tiles_of_a_pass_cut_no_cloud(tmp_path):
    """Of tiles that share 10 pixels a cloud just past the border of one lies in the other."""
    scl = np.where(np.random.default_rng(1).random((SIZE, SIZE)) < 0.004, 9, 4).astype(np.uint8)
    scl[20, 36] = scl[34, 40] = 9
    expected = ~within(scl == 9, 55)
    moments = ["20170103T105001", "20170103T105001", "20170103T105015", "20170103T105015"]
    images, folder = tiles_of(tmp_path, scl, SIZE, (0, 25), moments)
    np.testing.assert_array_equal(clear_of(images, masks=folder, mask_dilation_m=55), expected)
    assert 0.3 < expected.mean() < 0.95


def test_clouds_of_another_orbit_hide_nothing_of_this_one(tmp_path):
    scl = np.full((SIZE, SIZE), 4, np.uint8)
    scl[10, 37] = 9  # in the right tiles alone, two pixels past the border of the left ones
    moments = ["20170103T105001", "20170103T123001", "20170103T105001", "20170103T123001"]
    images, folder = tiles_of(tmp_path, scl, SIZE, (0, 25), moments)
    clear = clear_of(images, masks=folder, mask_dilation_m=50)
    expected = ~within(scl == 9, 50)
    expected[:, :35] = True  # what the other orbit sees
    np.testing.assert_array_equal(clear, expected)


@pytest.mark.parametrize(("moment", "same_pass"), [("111959", True), ("112000", False), ("120000", False)])
def test_scenes_less_than_half_an_hour_apart_are_of_one_pass(tmp_path, moment, same_pass):
    """The right tiles' cloud, two pixels past the border of the left ones, reaches into these within a pass only."""
    scl = np.full((SIZE, SIZE), 4, np.uint8)
    scl[10, 37] = 9
    moments = ["20170103T105000", f"20170103T{moment}"] * 2
    images, folder = tiles_of(tmp_path, scl, SIZE, (0, 25), moments)
    expected = ~within(scl == 9, 50)
    if not same_pass:
        expected[:, :35] = True
    np.testing.assert_array_equal(clear_of(images, masks=folder, mask_dilation_m=50), expected)


def test_where_a_scene_s_own_mask_is_clear_a_neighbour_s_cloud_does_not_count(tmp_path):
    """Two tiles of a pass share columns 25 to 34; there the right one's mask has a cloud that the left one's lacks."""
    values, cloudy = counts(0), np.full((1, SIZE, SIZE), 4, np.uint8)
    cloudy[0, 20, 33] = 9
    for tile, (columns, mask) in enumerate([(np.s_[:35], np.full_like(cloudy, 4)), (np.s_[25:], cloudy)]):
        name, corner = f"T31TG{'KL'[tile]}_20170103T105001", (X0 + 250 * tile, Y0)
        write_raster(tmp_path / "i" / f"S2_{name}.tif", values[..., columns], BANDS, corner=corner)
        write_raster(tmp_path / "m" / f"SCL_{name}.tif", mask[..., columns], corner=corner, nodata=None)
    expected = ~within(cloudy[0] == 9, 50)
    assert not expected[20, 36]  # the right tile's cloud hides its own ground
    expected[:, :35] = True
    found = clear_of(tmp_path / "i", masks=tmp_path / "m", mask_dilation_m=50)
    np.testing.assert_array_equal(found, expected)


def test_options_that_have_no_mask_to_act_on_are_reported(tmp_path):
    images, folder = written(tmp_path, np.full((30, 30), 1, np.uint8))
    (folder / "SCL_20170103.tif").rename(folder / "cloud_20170103.tif")
    recorder = Recorder()
    options = ImageryOptions(masks=folder, scl_classes=(4, 5), cloud_probability=40)
    find(images, options, recorder)
    said = [message for code, message in recorder.warnings if code == "imagery.mask_lacks"]
    assert len(said) == 2 and all("1 of 1 dates" in message and "2017-01-03" in message for message in said)
    recorder = Recorder()
    find(images, ImageryOptions(mask_dilation_m=20), recorder)
    assert [code for code, _ in recorder.warnings] == ["imagery.no_mask", "imagery.mask_lacks"]


def test_every_kind_of_mask_can_be_dilated():
    from backend.imagery.acquisition import Mask
    from backend.imagery.masks import holds_data

    values = np.arange(12, dtype=np.uint8)[None]
    for kind in CLEAR:
        observed = holds_data(Mask("m.tif", kind), values)
        nothing = {"scl": 1, "edg": 11, "sat": 11, "qai": 6, "data mask": 1}.get(kind, 0)
        assert (~observed).sum() == nothing, kind

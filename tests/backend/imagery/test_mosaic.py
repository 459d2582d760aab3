"""One ground in one tile, cut into tiles, and in two UTM zones; reprojection against rasterio's own."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import numpy as np
import pytest
import rasterio
import shapely
from rasterio.features import geometry_mask
from rasterio.transform import from_origin
from rasterio.warp import Resampling, reproject
from rasterio.windows import Window

from backend.errors import BadArgument
from backend.imagery.acquisition import ImageryOptions
from backend.imagery.blocks import read_acquisition
from backend.imagery.catalogue import find
from backend.parcels.reading import read
from backend.protocol import Silent
from backend.series.build import ExtractionSpec, build
from backend.vocabulary import BANDS, UNOBSERVED
from tests.backend.ground import DATES, counts, write_parcels, write_raster

WEST, EAST, LAMBERT = "EPSG:32631", "EPSG:32632", "EPSG:2154"
X, Y = 735_000.0, 4_990_000.0  # in WEST, where it meets EAST at 6 degrees east
SIZE, TILE = 120, 70  # pixels of the whole ground, and of each of four tiles, which share 20
CORNERS = ((0, 0), (0, 50), (50, 0), (50, 50))  # row and column of the tiles


def mask_of(date):
    """SCL `(1, 120, 120)`: a third under clouds."""
    return np.where(np.random.default_rng([5, date]).random((1, SIZE, SIZE)) < 0.33, 9, 4).astype(np.uint8)


@pytest.fixture(scope="module")
def ground(tmp_path_factory):
    """The same season twice: whole, and in four tiles with their own masks, of which the last misses a date."""
    folder = tmp_path_factory.mktemp("ground")
    for number, date in enumerate(DATES):
        values, mask = counts(number, size_px=SIZE), mask_of(number)
        write_raster(folder / "whole" / f"S2_{date}.tif", values, BANDS, crs=WEST, corner=(X, Y))
        write_raster(folder / "whole_masks" / f"SCL_{date}.tif", mask, crs=WEST, corner=(X, Y), nodata=None)
        for tile, (row, column) in enumerate(CORNERS):
            where, corner = np.s_[:, row : row + TILE, column : column + TILE], (X + 10 * column, Y - 10 * row)
            name = f"T31TG{'KLMN'[tile]}_{date}"
            write_raster(folder / "tiles" / f"S2_{name}.tif", values[where], BANDS, crs=WEST, corner=corner)
            write_raster(folder / "masks" / f"SCL_{name}.tif", mask[where], crs=WEST, corner=corner, nodata=None)
    return folder


def fields():
    """One over the place where all tiles meet, some over two, some in one."""
    places = [(600, 600, 300), (600, 200, 150), (200, 600, 150), (1000, 620, 90), (200, 200, 90), (1150, 1150, 45)]
    return [shapely.Point(X + x, Y - y).buffer(r).simplify(2) for x, y, r in places]


def extracted(images, masks, folder, outlines=None, **options):
    chosen = ImageryOptions(masks=masks, **options)
    layer = read(write_parcels(folder / "fields.gpkg", outlines or fields(), crs=WEST))
    return build(find(images, chosen, Silent()), layer, ExtractionSpec(chosen), folder / "s.parcels", Silent())


def test_parcels_cut_by_tile_borders_have_the_series_of_one_tile(ground, tmp_path):
    whole = extracted(ground / "whole", ground / "whole_masks", tmp_path / "whole")
    tiles = extracted(ground / "tiles", ground / "masks", tmp_path / "tiles")
    assert tiles.manifest.grid == whole.manifest.grid
    assert tiles.days == whole.days  # each observation once, though up to four tiles show it
    assert len(tiles.manifest.sentinel_2.acquisitions[0].scenes) == 4
    for name in ("reflectance", "clear", "position"):
        np.testing.assert_array_equal(getattr(tiles, name), getattr(whole, name))
    assert tiles.index["quality"].tolist() == ["ok"] * 6


def test_where_one_tile_is_cloudy_the_other_s_pixel_is_taken(tmp_path):
    """Two products of one day whose masks differ in the strip they share."""
    for tile, (column, cloud) in enumerate([(0, 30), (20, 0)]):
        values, corner = counts(tile, size_px=40), (X + 10 * column, Y)
        mask = np.full((1, 40, 40), 4, np.uint8)
        mask[:, :, 30:] = 8 if cloud else 4
        write_raster(tmp_path / "i" / f"S2_T31TG{'KL'[tile]}_20170103.tif", values, BANDS, crs=WEST, corner=corner)
        write_raster(tmp_path / "m" / f"SCL_T31TG{'KL'[tile]}_20170103.tif", mask, crs=WEST, corner=corner)
    catalogue = find(tmp_path / "i", ImageryOptions(masks=tmp_path / "m"), Silent())
    values, clear = read_acquisition(catalogue.acquisitions[0], BANDS, catalogue.grid, Window(0, 0, 60, 40))
    assert clear.all()
    np.testing.assert_array_equal(values[:, :, :30], counts(0, size_px=40)[:, :, :30])
    np.testing.assert_array_equal(values[:, :, 30:], counts(1, size_px=40)[:, :, 10:])


def test_two_orbits_whose_days_differ_give_each_pixel_the_dates_that_show_it(tmp_path):
    """A western swath on days 0 and 10, an eastern one on days 5 and 15; both show columns 50 to 69."""
    west, east = np.s_[:, :, :TILE], np.s_[:, :, 50:]
    seen = np.zeros((4, SIZE, SIZE), bool)
    for number, day in enumerate(("20170301", "20170306", "20170311", "20170316")):
        swath = east if number % 2 else west
        seen[number][swath[1:]] = (mask_of(number) == 4)[0][swath[1:]]
        corner = (X + 500 * (number % 2), Y)
        values, mask = counts(number, size_px=SIZE)[swath], mask_of(number)[swath]
        write_raster(tmp_path / "i" / f"S2_T31TG{'KL'[number % 2]}_{day}.tif", values, BANDS, crs=WEST, corner=corner)
        write_raster(tmp_path / "m" / f"SCL_{day}.tif", mask, crs=WEST, corner=corner, nodata=None)
    places = {"we": (600, 300, 80), "w": (200, 200, 90), "e": (1000, 600, 90)}
    places |= {"w we": (500, 800, 90), "e we": (700, 800, 90)}  # cut by a border
    outlines = [shapely.Point(X + x, Y - y).buffer(r) for x, y, r in places.values()]
    store = extracted(tmp_path / "i", tmp_path / "m", tmp_path, outlines)
    assert np.diff(store.days).tolist() == [5, 5, 5]
    assert [len(acquisition.scenes) for acquisition in store.manifest.sentinel_2.acquisitions] == [1] * 4
    column = np.broadcast_to(np.arange(SIZE), (SIZE, SIZE))
    for swaths, outline, facts in zip(places, outlines, store.index.itertuples()):
        inside = ~geometry_mask([outline], (SIZE, SIZE), from_origin(X, Y, 10, 10))
        assert {"w" * (at < TILE) + "e" * (at >= 50) for at in column[inside].tolist()} == set(swaths.split())
        pixels = slice(facts.first_pixel, facts.first_pixel + facts.n_pixels)
        np.testing.assert_array_equal(store.clear[pixels], seen[:, inside].T)
        check_filled(np.asarray(store.reflectance[pixels]), seen[:, inside], inside)


def check_filled(series, seen, inside):
    """Linear between the dates that saw a pixel, the nearest of them before and after, by numpy."""
    ground = np.stack([counts(number, size_px=SIZE)[:, inside] for number in range(4)]).astype(float)
    for pixel, dates in enumerate(seen.T):
        observed = np.flatnonzero(dates)
        for band in range(len(BANDS)):
            expected = [UNOBSERVED] * 4
            if len(observed):
                expected = np.interp(range(4), observed, ground[observed, band, pixel])
            assert np.abs(series[pixel, :, band] - expected).max() <= 0.51


def smooth(x, y, date):
    """A ground that is known everywhere: counts `(10, rows, columns)` at coordinates of WEST."""
    waves = 2500 + 1500 * np.sin((x - X) / 90 + date) * np.cos((y - Y) / 70)
    return (waves[None] * (1 + np.arange(10) / 10)[:, None, None]).astype(np.uint16)


def centres(corner, size, crs):
    """x and y in WEST of the pixels of a raster in `crs`."""
    import pyproj

    x, y = np.meshgrid(corner[0] + 10 * np.arange(size) + 5, corner[1] - 10 * np.arange(size) - 5)
    return pyproj.Transformer.from_crs(crs, WEST, always_xy=True).transform(x, y)


@pytest.fixture(scope="module")
def zones(tmp_path_factory):
    """A smooth ground whose western part lies in a tile of zone 31, its eastern part in one of zone 32; 31 has more."""
    folder = tmp_path_factory.mktemp("zones")
    import pyproj

    across, down = pyproj.Transformer.from_crs(WEST, EAST, always_xy=True).transform(X + 500, Y + 100)
    east = (float(np.round(across, -1)), float(np.round(down, -1)))
    for number, date in enumerate(DATES):
        values = smooth(*centres((X, Y), SIZE, WEST), number)
        write_raster(folder / "whole" / f"S2_T31TGK_{date}.tif", values, BANDS, crs=WEST, corner=(X, Y))
        write_raster(folder / "two" / f"S2_T31TGK_{date}.tif", values[:, :, :70], BANDS, crs=WEST, corner=(X, Y))
        values = smooth(*centres(east, 140, EAST), number)
        write_raster(folder / "two" / f"S2_T32TLQ_{date}.tif", values, BANDS, crs=EAST, corner=east)
    extra = smooth(*centres((X, Y), SIZE, WEST), 9)[:, :, :70]
    write_raster(folder / "two" / "S2_T31TGK_20170801.tif", extra, BANDS, crs=WEST, corner=(X, Y))
    return folder


def warped(path, grid, how):
    """By rasterio alone: `(10, rows, columns)`, zero where the file has nothing."""
    into = np.zeros((10, grid.height, grid.width), np.uint16)
    transform = from_origin(grid.x0, grid.y0, grid.resolution_m, grid.resolution_m)
    with rasterio.open(path) as file:
        reproject(
            file.read(), into, src_transform=file.transform, src_crs=file.crs, src_nodata=0,
            dst_transform=transform, dst_crs=grid.crs, dst_nodata=0, resampling=Resampling[how],
        )  # fmt: skip
    return into


def read_day(catalogue, date, resampling="nearest"):
    window = Window(0, 0, catalogue.grid.width, catalogue.grid.height)
    return read_acquisition(catalogue.acquisitions[date], BANDS, catalogue.grid, window, resampling)


def test_of_two_zones_one_is_reprojected_and_the_other_left_alone(zones):
    catalogue = find(zones / "two", ImageryOptions(), Silent())
    grid = catalogue.grid
    assert grid.crs == WEST
    assert (grid.x0 - X) % 10 == 0 and (grid.y0 - Y) % 10 == 0  # on the pixels of the tile that is left alone
    row, column = round((grid.y0 - Y) / 10), round((X - grid.x0) / 10)
    values, clear = read_day(catalogue, 0)
    own = np.s_[:, row : row + SIZE, column : column + 70]
    with rasterio.open(zones / "two" / f"S2_T31TGK_{DATES[0]}.tif") as file:
        np.testing.assert_array_equal(values[own], file.read())
    expected = warped(zones / "two" / f"S2_T32TLQ_{DATES[0]}.tif", grid, "nearest")
    expected[own] = values[own]
    there = (expected > 0).all(axis=0)
    assert (there != clear).mean() < 0.002  # the edge of the eastern tile, where GDAL's warp goes by an approximation
    same = (values == expected).all(axis=0)[there & clear]
    assert same.mean() > 0.98
    assert np.abs(values.astype(int) - expected)[:, there & clear].max() < 1200  # else the neighbouring pixel


@pytest.mark.parametrize("how", ["nearest", "bilinear", "cubic"])
def test_a_chosen_grid_is_rasterio_s_warp(zones, how):
    options = ImageryOptions(crs="epsg:2154", resolution_m=20, resampling=how)
    catalogue = find(zones / "whole", options, Silent())
    grid = catalogue.grid
    assert (grid.crs, grid.resolution_m) == (LAMBERT, 20)
    assert grid.x0 % 20 == 0 and grid.y0 % 20 == 0
    values, clear = read_day(catalogue, 1, how)
    expected = warped(zones / "whole" / f"S2_T31TGK_{DATES[1]}.tif", grid, how)
    both = clear & (expected > 0).all(axis=0)
    assert both.sum() > 0.99 * clear.sum() > 3000
    assert np.quantile(np.abs(values.astype(int) - expected)[:, both], 0.97) <= (0 if how == "nearest" else 20)


def test_parcels_over_the_border_of_zones_have_the_series_of_the_ground(zones, tmp_path):
    """Nearest pixels lie up to 7 m off: within what the ground changes in so far."""
    whole = extracted(zones / "whole", None, tmp_path / "whole")
    two = extracted(zones / "two", None, tmp_path / "two")
    assert two.days[:5] == whole.days and len(two.days) == 6
    inside = two.index["quality"] == "ok"
    assert inside.all()
    np.testing.assert_array_equal(two.index["n_pixels"], whole.index["n_pixels"])
    apart = np.asarray(two.reflectance[:, :5], int) - whole.reflectance
    steepest = 1500 * 1.9 * 7.1 * np.hypot(1 / 90, 1 / 70)
    assert 0 < np.abs(apart).max() <= steepest + 1
    assert np.asarray(two.clear[:, :5]).all()


def test_a_tile_that_does_not_show_a_window_is_not_opened(zones, tmp_path):
    """Only the parcels' tiles are read: of a server's images the others would cost requests."""
    two = tmp_path / "two"
    two.mkdir()
    for path in (zones / "two").glob(f"*_{DATES[0]}.tif"):
        (two / path.name).write_bytes(path.read_bytes())
    catalogue = find(two, ImageryOptions(crs=WEST), Silent())
    (two / f"S2_T32TLQ_{DATES[0]}.tif").unlink()
    column = round((X - catalogue.grid.x0) / 10)
    row = round((catalogue.grid.y0 - Y) / 10)
    values, clear = read_acquisition(catalogue.acquisitions[0], BANDS, catalogue.grid, Window(column, row, 20, 20))
    assert clear.all()
    np.testing.assert_array_equal(values, smooth(*centres((X, Y), 20, WEST), 0))


@pytest.mark.parametrize("crs", ["EPSG:4326", "EPSG:2263", "EPSG:999999", "Lambert"])
def test_a_grid_needs_metres(crs):
    with pytest.raises(BadArgument, match="metres"):
        ImageryOptions(crs=crs)

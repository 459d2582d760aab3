"""The map picture: true shapes, true colours, an honest legend and scale."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import shapely
from matplotlib.figure import Figure
from matplotlib.image import imread
from scipy import ndimage

from backend.errors import NotWritable
from backend.reports import map as maps
from backend.vocabulary import CropClass

CLASSES = (CropClass("a", "Wheat", "#ff0000"), CropClass("b", "Vines", "#0000ff"), CropClass("c", "Rice", "#00ff00"))
WHITE = (255, 255, 255)


def largest(picture: np.ndarray, colour: tuple[int, int, int]) -> tuple[slice, slice]:
    """Rows and columns of the largest patch of this colour: the ground, not the legend."""
    patches, _ = ndimage.label((picture == np.array(colour)).all(axis=2))
    return ndimage.find_objects(patches)[np.bincount(patches.ravel())[1:].argmax()]


def extent(picture: np.ndarray, colour: tuple[int, int, int]) -> tuple[int, int]:
    """Width and height of the ground of this colour, in pixels."""
    rows, columns = largest(picture, colour)
    return columns.stop - columns.start, rows.stop - rows.start


def read(path: Path) -> np.ndarray:
    return (imread(path)[..., :3] * 255).round().astype(np.uint8)


def test_parcels_have_their_colour_and_shape(tmp_path: Path) -> None:
    squares = np.array([shapely.box(0, 0, 1000, 1000), shapely.box(1000, 500, 3000, 1500)])
    picture = read(maps.draw_map(squares, ["a", "b"], CLASSES, tmp_path / "map.png"))
    red, blue = extent(picture, (255, 0, 0)), extent(picture, (0, 0, 255))
    assert red[0] == pytest.approx(red[1], abs=3)
    assert blue[0] == pytest.approx(2 * red[0], abs=6)
    assert blue[1] == pytest.approx(red[1], abs=3)


def test_holes_stay_empty_however_they_turn(tmp_path: Path) -> None:
    hole = shapely.box(400, 400, 600, 600).exterior.coords
    for name, ring in (("one", hole), ("other", hole[::-1])):
        ground = [shapely.Polygon(shapely.box(0, 0, 1000, 1000).exterior.coords, [ring])]
        picture = read(maps.draw_map(np.array(ground), ["a"], CLASSES, tmp_path / f"{name}.png"))
        rows, columns = largest(picture, (255, 0, 0))
        middle = picture[(rows.start + rows.stop) // 2, (columns.start + columns.stop) // 2]
        assert tuple(middle) == WHITE


@pytest.mark.parametrize("crs", [4326, 3857, 2154])
def test_ground_is_true_in_any_coordinate_system(tmp_path: Path, crs: int) -> None:
    square = gpd.GeoDataFrame(geometry=[shapely.box(400_000, 4_800_000, 402_000, 4_802_000)], crs=32631).to_crs(crs)
    picture = read(maps.draw_map(square, ["a"], CLASSES, tmp_path / "map.png"))
    width, height = extent(picture, (255, 0, 0))
    assert width == pytest.approx(height, rel=0.01)


def test_metres_of_a_web_map_are_brought_to_the_ground() -> None:
    square = gpd.GeoSeries([shapely.box(400_000, 4_800_000, 402_000, 4_802_000)], crs=32631)
    left, bottom, right, top = shapely.total_bounds(maps._in_metres(square.to_crs(3857)))
    assert (right - left, top - bottom) == pytest.approx((2000, 2000), abs=0.1)


def test_every_part_is_drawn_and_what_is_no_polygon_is_not() -> None:
    two = shapely.MultiPolygon([shapely.box(0, 0, 1, 1), shapely.box(2, 0, 3, 1)])
    repaired = shapely.GeometryCollection([shapely.LineString([(0, 0), (9, 9)]), two, shapely.box(5, 5, 6, 6)])
    outlines, owner = maps._outlines(
        np.array([None, two, shapely.Polygon(), repaired, shapely.Point(1, 1)], dtype=object)
    )
    assert owner.tolist() == [1, 1, 3, 3, 3]
    assert [len(outline.vertices) for outline in outlines] == [5] * 5


def test_legend_counts_what_is_there_most_frequent_first() -> None:
    figure = Figure()
    maps._draw_legend(
        figure, np.bincount(maps._positions(["b", "a", "b", None, "b", "zz"], CLASSES), minlength=4), CLASSES
    )
    assert [text.get_text() for text in figure.legends[0].get_texts()] == [
        "Vines (3)",
        "Wheat (1)",
        "Not classified (2)",
    ]


def test_scale_bar_is_as_long_as_it_says() -> None:
    figure = Figure()
    axes = figure.subplots()
    axes.set_xlim(0, 10_000)
    maps._draw_scale(axes)
    start, end = axes.lines[0].get_xdata()
    assert axes.texts[0].get_text() == "2 km"
    assert end - start == 2000
    assert axes.get_xlim() == (0, 10_000)


@pytest.mark.parametrize(("most", "expected"), [(2200, 2000), (999, 500), (1000, 1000), (0.07, 0.05), (450, 200)])
def test_round_lengths(most: float, expected: float) -> None:
    assert maps.round_length(most) == pytest.approx(expected)


def test_many_classes_with_odd_names_fit_the_picture(tmp_path: Path) -> None:
    classes = tuple(CropClass(f"c{i}", f"$\\{i} the rather long name of crop {i}", "#123456") for i in range(50))
    squares = shapely.box(np.arange(50) * 10, 0, np.arange(50) * 10 + 9, 300)
    codes = [c.code for c in classes]
    assert read(maps.draw_map(squares, codes, classes, tmp_path / "map.png", "Fifty"))[:, -2:].min() == 255


def test_nothing_to_draw_is_still_a_picture(tmp_path: Path) -> None:
    picture = read(maps.draw_map(np.array([None], dtype=object), [None], CLASSES, tmp_path / "map.png", "Empty"))
    assert picture.min() < 128  # the title and the legend


def test_a_target_that_cannot_be_written_is_reported(tmp_path: Path) -> None:
    (tmp_path / "map.png").mkdir()
    with pytest.raises(NotWritable):
        maps.draw_map(np.array([shapely.box(0, 0, 1, 1)]), ["a"], CLASSES, tmp_path / "map.png")

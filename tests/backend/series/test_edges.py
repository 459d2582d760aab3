"""The inner buffer: pixels keep from the border, narrow parcels keep theirs, the patch keeps its frame."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import numpy as np
import pytest
import shapely
from rasterio.features import geometry_mask

from backend.imagery.grid import Grid
from backend.series.layout import Edges, lay_out, shared_pixels
from tests.backend.ground import CRS, X0, Y0, outlines

GRID = Grid(CRS, X0, Y0, 10.0, 60, 60)
IDS = np.arange(100).astype(str)


def laid_out(fields, **edges):
    fields = np.array([*fields, None], object)
    return lay_out(fields, IDS[: len(fields)], GRID, Edges(**edges))


def centres(field):
    """Pixel centres inside, by GDAL."""
    if field.is_empty:
        return 0
    return int((~geometry_mask([field], (60, 60), GRID.transform)).sum())


@pytest.mark.parametrize("buffer_m", [0, 5, 10, 20])
def test_pixels_keep_from_the_border_and_narrow_parcels_keep_theirs(buffer_m):
    fields = outlines(60)
    index = laid_out(fields, inner_buffer_m=buffer_m, few_pixels=4).index
    inner = [centres(field.buffer(-buffer_m)) for field in fields]
    narrow = [bool(buffer_m) and count < 4 for count in inner]
    whole = [centres(field) for field in fields]
    assert index["n_pixels"].tolist()[:-1] == [w if n else i for w, n, i in zip(whole, narrow, inner)]
    assert index["narrow"].tolist() == [*narrow, False]


def test_the_patch_keeps_the_whole_outline_s_frame():
    fields = outlines(20)
    plain, shrunk = laid_out(fields), laid_out(fields, inner_buffer_m=10)
    for name in ("row_px", "column_px", "height_px", "width_px", "area_m2", "perimeter_m", "inside_share"):
        assert plain.index[name].tolist() == shrunk.index[name].tolist()
    square = laid_out([shapely.box(X0 + 100, Y0 - 200, X0 + 200, Y0 - 100)], inner_buffer_m=10)
    assert set(map(tuple, square.position.tolist())) == {(r, c) for r in range(1, 9) for c in range(1, 9)}


def test_the_share_of_a_parcel_that_its_pixels_cover():
    square = shapely.box(X0 + 100, Y0 - 200, X0 + 200, Y0 - 100)
    half_out = shapely.box(X0 - 50, Y0 - 200, X0 + 50, Y0 - 100)
    assert laid_out([square, half_out]).index["covered_share"].tolist() == [1.0, 0.5, 0.0]
    assert laid_out([square], inner_buffer_m=10).index["covered_share"][0] == pytest.approx(0.64)


def test_shared_pixels_are_those_of_two_masks(monkeypatch):
    fields = outlines(60)
    masks = np.array([~geometry_mask([field], (60, 60), GRID.transform) for field in fields])
    expected = [int((mask & (masks.sum(axis=0) > 1)).sum()) for mask in masks]
    assert sum(expected) > 100
    layout = laid_out(fields)
    assert shared_pixels(layout).tolist() == [*expected, 0]
    monkeypatch.setattr("backend.series.layout._STRIP_PX", 7)
    assert shared_pixels(layout).tolist() == [*expected, 0]

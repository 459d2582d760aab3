"""What a layer holds that a format cannot, at the very values at which it no longer can."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import geopandas
import numpy as np
import pandas
import pytest
import shapely

from backend.parcels.storable import Contents


def table(first_id: int = 1, **fields: list[object]) -> geopandas.GeoDataFrame:
    count = len(next(iter(fields.values()))) if fields else 2
    outlines = [shapely.box(n, 0, n + 1, 1) for n in range(count)]
    index = pandas.RangeIndex(first_id, first_id + count, name="fid")
    return geopandas.GeoDataFrame(fields, geometry=outlines, crs="EPSG:32631", index=index)


@pytest.mark.parametrize(
    ("text", "cut"), [("x" * 254, False), ("x" * 255, True), ("é" * 127, False), ("é" * 127 + "x", True)]
)
def test_a_shapefile_s_text_holds_254_bytes(text, cut):
    assert Contents.of([table(note=["short", text])]).cut == (("note",) if cut else ())


@pytest.mark.parametrize(("number", "huge"), [(2**63 - 1, False), (2**63, True)])
def test_a_number_is_huge_from_two_to_the_63_on(number, huge):
    values = table().assign(number=np.array([0, number], np.uint64))
    assert Contents.of([values]).huge == ({"number"} if huge else set())


@pytest.mark.parametrize(("second", "rising"), [(3, True), (2, False), (1, False)])
def test_ids_rise_from_one_table_to_the_next(second, rising):
    """The first table has the ids 1 and 2."""
    assert Contents.of([table(), table(second)]).rising_ids == rising

"""STAC items: which asset is read for a band, offsets applied once, and whatever else may stand in an item."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from backend import errors
from backend.imagery.acquisition import Catalogue
from backend.imagery.catalogue import require_readable
from tests.backend.ground import CRS, DATES, SIZE_PX, X0, Y0, counts, write_raster
from tests.backend.imagery.stac_items import SCALED, asset, collection_of, found, item, save
from tests.backend.recorder import Recorder


def one_item(folder: Path, assets: dict[str, Any], **properties: object) -> Catalogue:
    return found(save(folder / "item.json", item(DATES[0], assets, **properties)))


def test_the_best_asset_of_a_band_is_chosen(tmp_path):
    """Own bands before a true colour picture, GeoTIFF before JPEG 2000, 10 m before 20 m, whatever their order."""
    names = [{"name": name} for name in ("B04", "B03", "B02")]
    jp2 = asset("B02.jp2", type="image/jp2")
    picture, plain = asset("tci.tif", **{"eo:bands": names}), {"href": "B03.tif"}
    assets = {
        "visual": picture,
        "B02-jp2": jp2,
        "B02_20m": asset("coarse.tif", 20),
        "B02_10m": asset("fine.tif"),
        "B03": plain,
    }
    layers = one_item(tmp_path, assets).acquisitions[0].scenes[0].layers
    assert {band: (Path(layer.source).name, layer.index) for band, layer in layers.items()} == {
        "B02": ("fine.tif", 1), "B03": ("B03.tif", 1), "B04": ("tci.tif", 1),
    }  # fmt: skip


def test_red_edge_bands_are_distinguished_by_wavelength(tmp_path):
    assets = {
        f"x{nm}": asset(f"{nm}.tif", bands=[{"eo:common_name": "rededge", "eo:center_wavelength": nm / 1000}])
        for nm in (704, 741, 783, 865)
    }
    layers = one_item(tmp_path, assets).acquisitions[0].scenes[0].layers
    assert {band: Path(layer.source).name for band, layer in layers.items()} == {
        "B05": "704.tif", "B06": "741.tif", "B07": "783.tif",
    }  # fmt: skip


V1 = {"raster:bands": [{"data_type": "uint16", "nodata": 0, "scale": 1e-4, "offset": -0.1}]}
ASSET = {"data_type": "uint16", "nodata": 0, "raster:scale": 1e-4, "raster:offset": -0.1}
BAND = {"bands": [{"name": "B02", "raster:scale": 2e-4, "raster:offset": 0.05}]}
FLOATS = {"raster:bands": [{"data_type": "float32"}]}


@pytest.mark.parametrize(
    ("facts", "properties", "expected"),
    [
        (V1, {"s2:processing_baseline": "05.09"}, (1e-4, -0.1)),
        (ASSET, {"processing:version": "05.11"}, (1e-4, -0.1)),
        (BAND, {"processing:version": "05.11"}, (2e-4, 0.05)),
        (V1, {"s2:processing_baseline": "05.09", "earthsearch:boa_offset_applied": True}, (1e-4, 0)),
        (V1, {"s2:processing_baseline": "05.09", "earthsearch:boa_offset_applied": False}, (1e-4, -0.1)),
        ({}, {"s2:processing_baseline": "04.00", "sentinel:boa_offset_applied": True}, (1e-4, 0)),
        ({}, {"s2:processing_baseline": "04.00"}, (1e-4, -0.1)),
        (V1, {"s2:processing_baseline": "02.12"}, (1e-4, 0)),
        ({}, {"s2:processing_baseline": "3.01"}, (1e-4, 0)),
        ({}, {}, (1e-4, 0)),
        (FLOATS, {"s2:processing_baseline": "05.09"}, (1, 0)),
    ],
)
def test_scale_and_offset_are_applied_once(tmp_path, facts, properties, expected):
    scene = one_item(tmp_path, {"B02": asset("B02.tif", **facts)}, **properties).acquisitions[0].scenes[0]
    assert (scene.layers["B02"].scale, scene.layers["B02"].offset) == pytest.approx(expected)


def test_the_user_s_scale_and_offset_come_first(tmp_path):
    source = save(tmp_path / "item.json", item(DATES[0], {"B02": asset("B02.tif", **V1)}))
    layer = found(source, scale=2e-4, offset=0.3).acquisitions[0].scenes[0].layers["B02"]
    assert (layer.scale, layer.offset) == (2e-4, 0.3)


def test_the_newest_baseline_of_an_image_is_used(tmp_path):
    items = [item(DATES[0], {"B02": asset(f"{v}.tif")}, **{"s2:processing_baseline": v}) for v in ("02.12", "05.00")]
    catalogue = found(save(tmp_path / "items.json", collection_of(items)))
    (scene,) = catalogue.acquisitions[0].scenes
    assert scene.images == (str(tmp_path / "05.00.tif"),)


def test_the_grid_is_read_from_the_file_where_the_item_does_not_tell(tmp_path):
    write_raster(tmp_path / "B02.tif", counts(0)[:1], resolution_m=20)
    grid = one_item(tmp_path, {"B02": {"href": "B02.tif"}}).acquisitions[0].scenes[0].grid
    assert (grid.crs, grid.x0, grid.y0, grid.resolution_m, grid.width) == (CRS, X0, Y0, 20, SIZE_PX)


@pytest.mark.parametrize(
    ("properties", "code"),
    [
        ({"platform": "landsat-8"}, "imagery.unsupported_product"),
        ({"processing:level": "L1C"}, "imagery.unsupported_product"),
        ({"datetime": None}, "imagery.bad_date"),
        ({"proj:code": "EPSG:0"}, "imagery.bad_metadata"),
        ({"proj:code": "EPSG:4326"}, "imagery.unusable_grid"),
    ],
)
def test_items_that_cannot_be_used_are_named(tmp_path, properties, code):
    good, bad = item(DATES[0], {"B02": asset("a.tif")}), item(DATES[1], {"B02": asset("b.tif")}, **properties)
    recorder = Recorder()
    catalogue = found(save(tmp_path / "items.json", collection_of([good, bad])), recorder)
    assert [(entry.path.name, entry.code) for entry in catalogue.skipped] == [(bad["id"], code)]
    assert code in [warned for warned, _ in recorder.warnings]


@pytest.mark.parametrize("href", ["s3:" + "//eodata/B02.jp2", "/vsicurl/x.tif", "NETCDF:a:b", ""])
def test_assets_that_lie_where_nothing_can_be_read(tmp_path, href):
    bad = save(tmp_path / "bad.json", item(DATES[0], {"B02": asset(href)}))
    with pytest.raises(errors.NoItems, match="B02 cannot be read from here"):
        found(bad)
    elsewhere = "https:" + "//example.org/B02.tif"
    other = item(DATES[0], {"B02": asset(href, alternate={"https": {"href": elsewhere}})})
    scene = found(save(tmp_path / "other.json", other)).acquisitions[0].scenes[0]
    assert scene.images == (elsewhere,)


def test_a_damaged_item_is_no_silent_hole(tmp_path):
    items = [item(DATES[0], {"B02": asset("a.tif")}), item(DATES[1], {"B02": asset("b.tif", **{"raster:scale": "x"})})]
    catalogue = found(save(tmp_path / "items.json", collection_of(items)))
    with pytest.raises(errors.BadMetadata, match="raster:scale: expected a number, found 'x'"):
        require_readable(catalogue, skip_unreadable=False)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=8,
)
PLACES = [
    (), ("properties",), ("assets",), ("assets", "B02"), ("id",), ("bbox",), ("links",), ("collection",),
    *(("properties", name) for name in ("datetime", "proj:code", "platform", "grid:code", "s2:processing_baseline")),
    *(
        ("assets", "B02", name)
        for name in ("href", "type", "roles", "bands", "eo:bands", "raster:bands", "raster:scale", "raster:offset",
                     "nodata", "proj:transform", "proj:shape", "proj:epsg", "gsd", "alternate")
    ),
]  # fmt: skip


@settings(max_examples=100, derandomize=True, deadline=None, suppress_health_check=list(HealthCheck))
@given(place=st.sampled_from(PLACES), value=JSON)
def test_whatever_stands_in_an_item_gives_a_scene_or_a_coded_error(tmp_path_factory, place, value):
    document: Any = item(DATES[0], {"B02": asset("gone.tif", **{"raster:bands": [SCALED]})})
    at = {"root": document}
    for name in ("root", *place)[:-1]:
        at = at[name]
    at[("root", *place)[-1]] = value
    path = tmp_path_factory.getbasetemp() / "fuzzed.json"
    with suppress(errors.EngineError):
        found(save(path, collection_of([document if place else value])))

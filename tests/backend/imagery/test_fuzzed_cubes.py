"""Cubes and EOPF arrays whose attributes hold anything: an image, or an error of ours that names the file."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import json
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rasterio.crs import CRS
from rasterio.windows import Window

from backend.errors import EngineError, UnreadableImage
from backend.imagery.acquisition import ImageryOptions
from backend.imagery.blocks import read_scene
from backend.imagery.readers import cube, eopf
from backend.vocabulary import BANDS
from tests.backend.ground import SIZE_PX, X0, Y0
from tests.backend.imagery.products import made_up_ground, write_eopf
from tests.backend.imagery.test_damaged_products import changed

h5py = pytest.importorskip("h5py")
xarray = pytest.importorskip("xarray")
pytest.importorskip("h5netcdf")
pytest.importorskip("zarr")

pytestmark = [
    pytest.mark.filterwarnings("ignore::rasterio.errors.NotGeoreferencedWarning"),
    pytest.mark.filterwarnings("ignore:(invalid value|overflow):RuntimeWarning"),
]
FUZZED = settings(derandomize=True, deadline=None, database=None, suppress_health_check=list(HealthCheck))
SIDE_PX = 8
WKT = CRS.from_epsg(32631).to_wkt()
NAMES = ("B02", "B04", "SCL")
TEXTS = [
    "",
    "days since",
    "days since 2023-13-40",
    "hours since 99999-01-01",
    "1e400",
    "nan",
    "360_day",
    "é",
    "B03,B02",
]
CF = (
    *("units", "calendar", "_FillValue", "scale_factor", "add_offset", "grid_mapping", "coordinates", "spatial_ref"),
    *("crs_wkt", "standard_name", "GeoTransform", "valid_range"),
)  # what the conventions define; HDF5's own attributes are the library's, not ours
ODD = st.one_of(
    *(st.none(), st.booleans(), st.integers(-(2**33), 2**33), st.floats(), st.text(max_size=6), st.sampled_from(TEXTS)),
    st.lists(st.integers(-2, 70_000), max_size=4),
    st.dictionaries(st.text(max_size=4), st.integers(), max_size=2),
)


def small_cube() -> Any:
    """Two dates, two bands and the classification, 8 x 8 pixels, as openEO writes them."""
    values = np.random.default_rng(0).integers(1, 5000, (2, SIDE_PX, SIDE_PX)).astype(np.int16)
    steps = 10 * np.arange(SIDE_PX) + 5
    times = np.array(["2023-05-01", "2023-06-25"], "datetime64[ns]")
    plain = {"grid_mapping": "crs"}
    scaled = {**plain, "scale_factor": 1e-4, "add_offset": 0.0}
    return xarray.Dataset(
        {name: (("t", "y", "x"), values, dict(plain if name == "SCL" else scaled)) for name in NAMES},
        {"t": times, "y": Y0 - steps, "x": X0 + steps},
    ).assign_coords(crs=((), 0, {"spatial_ref": WKT, "crs_wkt": WKT}))


@pytest.fixture(scope="module")
def zarr_cube(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("fuzzed") / "cube.zarr"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        small_cube().to_zarr(path, zarr_format=2)
    return path


@pytest.fixture(scope="module")
def netcdf_cube(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("fuzzed") / "cube.nc"
    small_cube().to_netcdf(path, engine="h5netcdf")
    return path


def outcome(reader: Any, path: Path, side_px: int) -> str:
    """Reads all that is found; the code of the error where there is one."""
    try:
        for scene in reader.scenes(path, ImageryOptions()):
            bands = tuple(band for band in BANDS if band in scene.layers)
            values, clear = read_scene(scene, bands, scene.grid, Window(0, 0, side_px, side_px))
            assert (values.shape, clear.shape) == ((len(bands), side_px, side_px), (side_px, side_px))
    except EngineError as error:
        assert path.name in error.message
        return error.code
    return "read"


def places(document: Any, place: tuple = ()) -> Iterator[tuple]:
    """Every place in a JSON document: keys and positions from its root."""
    yield place
    inner = enumerate(document) if isinstance(document, list) else ()
    for key, value in document.items() if isinstance(document, dict) else inner:
        yield from places(value, (*place, key))


def replaced(document: Any, place: tuple, value: Any) -> Any:
    if not place:
        return value
    copy = json.loads(json.dumps(document))
    at = copy
    for key in place[:-1]:
        at = at[key]
    at[place[-1]] = value
    return copy


def with_odd_json(data: st.DataObject, path: Path) -> bytes:
    """The document with one value another, or with a piece of its text cut out."""
    whole = path.read_text()
    if data.draw(st.booleans()):
        return data.draw(changed(whole))
    document = json.loads(whole)
    place = data.draw(st.sampled_from(list(places(document))))
    return json.dumps(replaced(document, place, data.draw(ODD))).encode()


def fuzz_file(data: st.DataObject, reader: Any, product: Path, path: Path, side_px: int) -> str:
    whole = path.read_bytes()
    path.write_bytes(with_odd_json(data, path))
    try:
        return outcome(reader, product, side_px)
    finally:
        path.write_bytes(whole)


def test_what_is_fuzzed_can_be_read(zarr_cube, netcdf_cube, product):
    assert outcome(cube, zarr_cube, SIDE_PX) == outcome(cube, netcdf_cube, SIDE_PX) == "read"
    assert outcome(eopf, product, SIZE_PX) == "read"


@settings(FUZZED, max_examples=20)
@given(data=st.data())
def test_fuzzed_zarr_cubes(zarr_cube, data):
    files = sorted(path for path in zarr_cube.rglob(".z*") if path.name != ".zmetadata")
    fuzz_file(data, cube, zarr_cube, data.draw(st.sampled_from(files)), SIDE_PX)


@settings(FUZZED, max_examples=20)
@given(data=st.data())
def test_fuzzed_consolidated_metadata(zarr_cube, data):
    fuzz_file(data, cube, zarr_cube, zarr_cube / ".zmetadata", SIDE_PX)


@settings(FUZZED, max_examples=20)
@given(data=st.data())
def test_fuzzed_netcdf_attributes(netcdf_cube, data):
    whole = netcdf_cube.read_bytes()
    arrays = st.sampled_from([np.zeros(3), np.uint8(7)])
    odd = st.one_of(st.none(), st.integers(-9, 9), st.floats(), st.sampled_from(TEXTS), arrays)
    with h5py.File(netcdf_cube, "r+") as file:
        node = file[data.draw(st.sampled_from(["B02", "SCL", "t", "x", "y", "crs"]))]
        name, value = data.draw(st.sampled_from(CF)), data.draw(odd)
        node.attrs.pop(name, None)
        if value is not None:
            node.attrs[name] = value
    try:
        outcome(cube, netcdf_cube, SIDE_PX)
    finally:
        netcdf_cube.write_bytes(whole)


@pytest.fixture(scope="module")
def product(tmp_path_factory) -> Path:
    return write_eopf(tmp_path_factory.mktemp("fuzzed"), made_up_ground())


@settings(FUZZED, max_examples=20)
@given(data=st.data())
def test_fuzzed_eopf_arrays(product, data):
    files = sorted(path for path in product.rglob(".z*") if path.parent.name in ("b02", "b11", "scl", "x"))
    fuzz_file(data, eopf, product, data.draw(st.sampled_from(files)), SIZE_PX)


@pytest.mark.parametrize("offset", [2**33, -(2**33), 214_748, 1e15])
def test_an_offset_past_all_reflectance_saturates(product, offset):
    """Not an overflow, nor the wrong end of the scale by one."""
    path = product / "measurements/reflectance/r10m/b02/.zattrs"
    whole = path.read_text()
    path.write_text(json.dumps({**json.loads(whole), "add_offset": offset}))
    (scene,) = eopf.scenes(product, ImageryOptions())
    values, _ = read_scene(scene, ("B02",), scene.grid, Window(0, 0, SIZE_PX, SIZE_PX))
    path.write_text(whole)
    assert set(np.unique(values)) == {32767 if offset > 0 else -32767}


@pytest.mark.parametrize("array", ["conditions/mask/l2a_classification/r20m/scl", "measurements/reflectance/r20m/b11"])
def test_an_array_without_a_location_is_named(product, array):
    """Without its dimensions GDAL gives it pixels, but no x and y: nothing of the image would count as seen."""
    path = product / array / ".zattrs"
    whole = path.read_text()
    attributes = {key: value for key, value in json.loads(whole).items() if key != "_ARRAY_DIMENSIONS"}
    path.write_text(json.dumps(attributes))
    (scene,) = eopf.scenes(product, ImageryOptions())
    with pytest.raises(UnreadableImage, match=f"{array[-3:]}.*has no position on the ground"):
        read_scene(scene, BANDS, scene.grid, Window(0, 0, SIZE_PX, SIZE_PX))
    path.write_text(whole)

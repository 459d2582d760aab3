"""Products that are cut off, flipped or nonsense: an error that names the file, never a crash or a silent hole."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import json

import numpy as np
import pytest
import rasterio
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rasterio.transform import from_origin
from rasterio.windows import Window

from backend.errors import BadMetadata, EngineError, IncompleteProduct, UnreadableImage, UnsupportedProduct
from backend.imagery.acquisition import ImageryOptions, Scene
from backend.imagery.blocks import read_scene
from backend.imagery.catalogue import find, require_readable
from backend.imagery.readers import eopf, safe, theia
from backend.protocol import Silent
from backend.vocabulary import BANDS
from tests.backend.ground import CRS, SIZE_PX, X0, Y0
from tests.backend.imagery.products import (
    SAFE_NAME,
    made_up_ground,
    safe_metadata,
    theia_metadata,
    write_eopf,
    write_safe,
    write_theia,
    zipped,
)

WHOLE = Window(0, 0, SIZE_PX, SIZE_PX)
FUZZED = settings(
    max_examples=50,
    derandomize=True,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
_FACTS = {"platform": "sentinel-2a", "datetime": "2023-06-25T10:56:21Z", "proj:epsg": 32631, "grid:code": "MGRS-31UFS"}
EOPF_ATTRIBUTES = json.dumps({"stac_discovery": {"id": SAFE_NAME, "properties": _FACTS}})
KINDS = ((safe, write_safe, "MTD_MSIL2A.xml"), (theia, write_theia, "*_MTD_ALL.xml"), (eopf, write_eopf, ".zattrs"))


def read(reader, path):
    (scene,) = reader.scenes(path, ImageryOptions())
    return read_scene(scene, BANDS, scene.grid, WHOLE)


@pytest.mark.parametrize(("reader", "write", "name"), KINDS)
def test_metadata_that_are_cut_off(tmp_path, reader, write, name):
    product = write(tmp_path, made_up_ground())
    metadata = next(product.glob(name))
    whole = metadata.read_bytes()
    for length in (0, 1, 30, len(whole) // 2, len(whole) - 3):
        metadata.write_bytes(whole[:length])
        with pytest.raises(BadMetadata, match=metadata.name.replace("*", "")):
            reader.scenes(product, ImageryOptions())


@pytest.mark.parametrize(
    ("reader", "write", "name", "tag"),
    [
        *((safe, write_safe, "MTD_MSIL2A.xml", tag) for tag in (
            "BOA_QUANTIFICATION_VALUE", "PROCESSING_BASELINE", "PRODUCT_URI", "SPACECRAFT_NAME",
            "SPECIAL_VALUE_INDEX")),
        *((theia, write_theia, "*_MTD_ALL.xml", tag) for tag in (
            "REFLECTANCE_QUANTIFICATION_VALUE", "ACQUISITION_DATE", "SPECIAL_VALUE", "PRODUCT_ID", "PRODUCT_VERSION")),
    ],
)  # fmt: skip
def test_a_value_that_is_missing_is_named(tmp_path, reader, write, name, tag):
    product = write(tmp_path, made_up_ground())
    metadata = next(product.glob(name))
    metadata.write_text(metadata.read_text().replace(f"<{tag}", "<GONE").replace(f"</{tag}>", "</GONE>"))
    with pytest.raises(BadMetadata, match=tag):
        reader.scenes(product, ImageryOptions())


@pytest.mark.parametrize("value", ["zero", "0", "-10000", "nan", "1e400", ""])
def test_an_invalid_quantification(tmp_path, value):
    product = write_safe(tmp_path, made_up_ground())
    text = safe_metadata(SAFE_NAME, dict.fromkeys(BANDS, -1000)).replace(">10000<", f">{value}<")
    (product / "MTD_MSIL2A.xml").write_text(text)
    with pytest.raises(BadMetadata, match="BOA_QUANTIFICATION_VALUE"):
        safe.scenes(product, ImageryOptions())


def test_entities_are_not_expanded(tmp_path):
    product = write_safe(tmp_path, made_up_ground())
    bomb = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]>'
    text = safe_metadata(SAFE_NAME, dict.fromkeys(BANDS, -1000))
    (product / "MTD_MSIL2A.xml").write_text(text.replace("?>", f"?>{bomb}", 1))
    with pytest.raises(BadMetadata, match="document type"):
        safe.scenes(product, ImageryOptions())


def test_metadata_of_many_megabytes_are_not_read(tmp_path):
    product = write_safe(tmp_path, made_up_ground())
    with (product / "MTD_MSIL2A.xml").open("ab") as file:
        file.truncate(33 * 2**20)
    for path in (product, zipped(product, tmp_path / f"{SAFE_NAME}.zip", "x.SAFE/")):
        with pytest.raises(BadMetadata, match="32 MB"):
            safe.scenes(path, ImageryOptions())


@pytest.mark.parametrize(
    ("attribute", "value"),
    [
        ("scale_factor", None),
        ("add_offset", None),
        ("scale_factor", "x"),
        ("scale_factor", 0),
        ("add_offset", float("inf")),
    ],
)
def test_an_array_without_scale_or_offset(tmp_path, attribute, value):
    product = write_eopf(tmp_path, made_up_ground())
    path = product / "measurements/reflectance/r20m/b07/.zattrs"
    attributes = json.loads(path.read_text())
    attributes[attribute] = value
    path.write_text(json.dumps({key: value for key, value in attributes.items() if value is not None}))
    with pytest.raises((BadMetadata, UnreadableImage), match="b07"):
        eopf.scenes(product, ImageryOptions())


def test_a_level_1c_product_is_distinguished_from_a_damaged_one(tmp_path):
    (tmp_path / SAFE_NAME.replace("MSIL2A", "MSIL1C") / "GRANULE").mkdir(parents=True)
    with pytest.raises(UnsupportedProduct, match="above the atmosphere"):
        safe.scenes(tmp_path / SAFE_NAME.replace("MSIL2A", "MSIL1C"), ImageryOptions())
    (tmp_path / SAFE_NAME / "GRANULE").mkdir(parents=True)
    with pytest.raises(IncompleteProduct, match="MTD_MSIL2A.xml"):
        safe.scenes(tmp_path / SAFE_NAME, ImageryOptions())


def test_a_synthesis_of_level_3a_is_named_as_such(tmp_path):
    name = "SENTINEL2X_20180415-000000-000_L3A_T31UFS_C_V1-0"
    (tmp_path / name).mkdir()
    text = theia_metadata(name).replace("<PRODUCT_VERSION>", "<PRODUCT_LEVEL>L3A</PRODUCT_LEVEL><PRODUCT_VERSION>")
    (tmp_path / name / f"{name}_MTD_ALL.xml").write_text(text)
    assert theia.claims(tmp_path / name)
    with pytest.raises(UnsupportedProduct, match="level L3A, a monthly synthesis"):
        theia.scenes(tmp_path / name, ImageryOptions())


@pytest.mark.parametrize(("reader", "write", "name"), KINDS)
def test_an_archive_that_is_cut_off(tmp_path, reader, write, name):
    product = write(tmp_path / "whole", made_up_ground())
    archive = zipped(product, tmp_path / "season" / f"{product.name}.zip", f"{product.name}/")
    assert reader.claims(archive)
    archive.write_bytes(archive.read_bytes()[:-500])
    write_safe(tmp_path / "season", made_up_ground(), SAFE_NAME.replace("20230625", "20230710"))
    catalogue = find(tmp_path / "season", ImageryOptions(), Silent())
    assert [(entry.path, entry.code) for entry in catalogue.skipped] == [(archive, UnreadableImage.code)]
    with pytest.raises(UnreadableImage, match=archive.name):
        require_readable(catalogue, skip_unreadable=False)


def test_a_jpeg_2000_of_many_tiles_that_is_cut_off_is_no_silent_hole(tmp_path):
    """As GDAL gives zeros for the lost tiles when it decodes several at once, and zero is nodata in these products."""
    size, path = 1024, tmp_path / "B02_10m.jp2"
    values = np.random.default_rng(0).integers(1, 6000, (1, size, size)).astype(np.uint16)
    with rasterio.open(
        path, "w", driver="JP2OpenJPEG", width=size, height=size, count=1, dtype="uint16", crs=CRS,
        transform=from_origin(X0, Y0, 10, 10), QUALITY=10, BLOCKXSIZE=512, BLOCKYSIZE=512,
    ) as dataset:  # fmt: skip
        dataset.write(values)
    path.write_bytes(path.read_bytes()[: path.stat().st_size * 3 // 5])
    folder = write_safe(tmp_path, made_up_ground())
    next(folder.rglob("*_B02_10m.jp2")).write_bytes(path.read_bytes())
    (scene,) = safe.scenes(folder, ImageryOptions())
    assert (scene.grid.width, scene.grid.height) == (size, size)
    with pytest.raises(UnreadableImage, match="B02_10m"):
        read_scene(scene, ("B02",), scene.grid, Window(0, 0, size, size))


@pytest.mark.parametrize(
    ("reader", "write", "raster"),
    [
        (safe, write_safe, "GRANULE/*/IMG_DATA/R20m/*_B11_20m.jp2"),
        (safe, write_safe, "GRANULE/*/IMG_DATA/R20m/*_SCL_20m.jp2"),
        (theia, write_theia, "*_FRE_B11.tif"),
        (theia, write_theia, "MASKS/*_CLM_R1.tif"),
        (eopf, write_eopf, "measurements/reflectance/r20m/b11/0.0"),
        (eopf, write_eopf, "conditions/mask/l2a_classification/r20m/scl/0.0"),
    ],
)
def test_a_raster_that_is_cut_off_is_named(tmp_path, reader, write, raster):
    product = write(tmp_path, made_up_ground())
    path = next(product.glob(raster))
    whole = path.read_bytes()
    name = path.parent.name if path.name == "0.0" else path.name
    for length in (0, 12, len(whole) // 3, len(whole) * 9 // 10):
        path.write_bytes(whole[:length])
        with pytest.raises(UnreadableImage, match=name):
            read(reader, product)


@pytest.mark.parametrize(("reader", "write", "name"), KINDS)
def test_flipped_bits_end_in_an_error_or_an_image(tmp_path, reader, write, name):
    product = write(tmp_path, made_up_ground())
    rasters = [path for path in sorted(product.rglob("*")) if path.suffix in (".jp2", ".tif") or path.name == "0.0"]
    random = np.random.default_rng(5)
    outcomes = set()
    for _ in range(12):
        path = rasters[random.integers(len(rasters))]
        whole = path.read_bytes()
        flipped = bytearray(whole)
        flipped[random.integers(len(whole))] ^= 1 << random.integers(8)
        path.write_bytes(bytes(flipped))
        try:
            values, clear = read(reader, product)
            assert (values.shape, clear.shape) == ((len(BANDS), SIZE_PX, SIZE_PX), (SIZE_PX, SIZE_PX))
        except EngineError as error:
            outcomes.add(error.code)
            assert product.name in error.message
        path.write_bytes(whole)
    assert outcomes <= {UnreadableImage.code, "imagery.unusable_grid"}


def write_manifest(product, written="./{}"):
    """The manifest of what lies in the product, each file's place `written` so."""
    streams = "".join(
        f'<dataObject><byteStream size="{path.stat().st_size}"><fileLocation locatorType="URL" '
        f'href="{written.format(path.relative_to(product).as_posix())}"/></byteStream></dataObject>'
        for path in sorted(product.rglob("*.*"))
        if path.is_file()
    )
    text = (
        f'<xfdu:XFDU xmlns:xfdu="urn:ccsds:schema:xfdu:1"><dataObjectSection>{streams}</dataObjectSection></xfdu:XFDU>'
    )
    (product / "manifest.safe").write_text(text)


@pytest.mark.parametrize("name", ["B03_10m", "B11_20m", "SCL_20m", "MSK_CLDPRB_20m"])
@pytest.mark.parametrize("bytes_lost", [1, 100])
def test_a_file_that_is_smaller_than_the_manifest_says_is_named(tmp_path, name, bytes_lost):
    """Before a pixel is read, in a folder and in an archive; of those that are read alone."""
    half = np.full((SIZE_PX // 2, SIZE_PX // 2), 7, np.uint8)
    product = write_safe(tmp_path, made_up_ground(), probability=half)
    (product / "HTML.html").write_text("of no use")
    write_manifest(product)
    (product / "HTML.html").write_text("")
    archive = tmp_path / f"{SAFE_NAME}.zip"
    options = ImageryOptions(cloud_probability=20)
    for path in (product, zipped(product, archive, f"{SAFE_NAME}/")):
        assert safe.scenes(path, options)
    image = next(product.rglob(f"*{name}.jp2"))
    size = image.stat().st_size
    image.write_bytes(image.read_bytes()[:-bytes_lost])
    for path in (product, zipped(product, archive, f"{SAFE_NAME}/")):
        with pytest.raises(UnreadableImage, match=rf"{name}.*expected {size:,} bytes.*found {size - bytes_lost:,}"):
            safe.scenes(path, options)


@pytest.mark.parametrize("written", ["/dpc/wp_in_progress/step/.S2A_OPER/{}", "./elsewhere/{}", "<{}", "{}"])
def test_a_manifest_without_information_refuses_nothing(tmp_path, written):
    """Those of baseline 02.08 are no XML, or name the places where the product was made; a larger file is whole."""
    product = write_safe(tmp_path, made_up_ground())
    write_manifest(product, written)
    image = next(product.rglob("*B03_10m.jp2"))
    image.write_bytes(image.read_bytes() + b"0" if written == "{}" else image.read_bytes()[:-1])
    assert safe.scenes(product, ImageryOptions())


@pytest.mark.parametrize(
    ("chunk", "rows", "columns"),
    [
        ("measurements/reflectance/r10m/b03/0.1", (0, 32), (32, 60)),
        ("measurements/reflectance/r20m/b11/0.0", (0, 60), (0, 60)),
        ("conditions/mask/l2a_classification/r20m/scl/0.0", (0, 60), (0, 60)),
    ],
)
def test_a_chunk_of_a_zarr_store_that_is_missing_is_not_seen(tmp_path, chunk, rows, columns):
    """Chunks are 32 x 32 pixels, so one of 20 m covers all: the Zarr format has the fill value there, 0."""
    product = write_eopf(tmp_path, made_up_ground())
    whole, seen = read(eopf, product)
    assert seen.any()
    (product / chunk).unlink()
    values, clear = read(eopf, product)
    seen[slice(*rows), slice(*columns)] = False
    np.testing.assert_array_equal(clear, seen)
    np.testing.assert_array_equal(values[:, seen], whole[:, seen])


def _fuzz(reader, path, data):
    """Any bytes give scenes or an error of ours that names the product."""
    path.write_bytes(data)
    product = path.parent
    try:
        assert all(isinstance(scene, Scene) for scene in reader.scenes(product, ImageryOptions()))
    except EngineError as error:
        assert product.name in error.message


def changed(text: str) -> st.SearchStrategy[bytes]:
    """The text with a piece cut out and something else put in its place."""
    whole = text.encode()
    odd = st.one_of(
        st.binary(max_size=12), st.sampled_from([b"-1", b"1e999", b"<a>", b"\xff\xfe", b"[]", b"null", b'{"a":1}'])
    )
    place = st.integers(0, len(whole))
    return st.builds(lambda a, n, new: whole[:a] + new + whole[a + n :], place, st.integers(0, 40), odd)


@pytest.fixture(scope="module")
def products(tmp_path_factory):
    folder = tmp_path_factory.mktemp("fuzzed")
    ground = made_up_ground()
    return {write: write(folder, ground) for _, write, _ in KINDS}


@FUZZED
@given(data=changed(safe_metadata(SAFE_NAME, dict.fromkeys(BANDS, -1000))))
def test_fuzzed_safe_metadata(products, data):
    _fuzz(safe, products[write_safe] / "MTD_MSIL2A.xml", data)


@FUZZED
@given(data=changed(theia_metadata("SENTINEL2A_20170203-105541-541_L2A_T31UFS_C_V2-2")))
def test_fuzzed_theia_metadata(products, data):
    _fuzz(theia, next(products[write_theia].glob("*_MTD_ALL.xml")), data)


@FUZZED
@given(data=changed(EOPF_ATTRIBUTES))
def test_fuzzed_eopf_attributes(products, data):
    _fuzz(eopf, products[write_eopf] / ".zattrs", data)

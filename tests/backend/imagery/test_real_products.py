"""What `inspect` prints of real products is what their metadata say, read here by other means.

The real products lack their reflectance bands. Each is completed in a temporary folder with links to what there is of
it and made-up bands of the right format, names and corner, but of 60 x 60 pixels (30 x 30 at 20 m) instead of 10,980.
"""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
import rasterio
from rasterio.windows import Window

from backend.errors import NoAcquisitions
from backend.imagery.acquisition import ImageryOptions
from backend.imagery.blocks import read_acquisition
from backend.imagery.catalogue import find
from backend.imagery.manifest import require_whole
from backend.imagery.packages import open_package
from backend.protocol import Silent
from backend.vocabulary import BANDS
from tests.backend.commands.conftest import run
from tests.backend.ground import write_raster
from tests.backend.imagery.products import FINE, resolution_of
from tests.backend.recorder import Recorder

DATA = Path(__file__).resolve().parents[3] / "../shared/data"
SAFES = sorted((DATA / "sentinel2_products").rglob("MTD_MSIL2[Aa].xml"))
WHOLE_SAFE = [path.parent for path in SAFES if (path.parent / "GRANULE").is_dir()]
THEIA = sorted((DATA / "theia_muscate").glob("SENTINEL2*"))
JP2 = {"driver": "JP2OpenJPEG", "QUALITY": 100, "REVERSIBLE": "YES", "nodata": None}

needs_safe = pytest.mark.skipif(not SAFES, reason="the real products of sentinel2_products are not here")
needs_theia = pytest.mark.skipif(not THEIA, reason="the real products of theia_muscate are not here")


def stated(tag: str, text: str) -> str:
    return re.search(rf"<{tag}[^>]*>([^<]+)<", text)[1]


def counts(band: str) -> np.ndarray:
    size = 60 if band in FINE else 30
    return np.random.default_rng(BANDS.index(band)).integers(1001, 5000, (1, size, size)).astype(np.uint16)


def completed(metadata: Path, folder: Path, south_m: int = 0, east_m: int = 0) -> Path:
    """Real metadata, links to the real masks, and made-up bands; where there is no SCL, one of vegetation."""
    text = metadata.read_text()
    name = stated("PRODUCT_URI", text)
    tile, start, product = name[38:44], name[11:26], folder / name
    product.mkdir(parents=True)
    (product / metadata.name).symlink_to(metadata)
    crs = f"EPSG:32{6 if tile[3] >= 'N' else 7}{tile[1:3]}"
    detail = next(metadata.parent.rglob("MTD_TL.xml"), None)
    located = detail.read_text() if detail else "<ULX>300000<ULY>5000000<"
    corner = (float(stated("ULX", located)) + east_m, float(stated("ULY", located)) - south_m)
    granule = product / f"GRANULE/L2A_{tile}_A000000_{start}"
    for band in BANDS:
        metres = resolution_of(band)
        path = granule / f"IMG_DATA/R{metres}m/{tile}_{start}_{band}_{metres}m.jp2"
        write_raster(path, counts(band), resolution_m=metres, crs=crs, corner=corner, **JP2)
    masks = {"IMG_DATA/R20m": "*_SCL_20m.jp2", "QI_DATA": "MSK_CLDPRB_60m.jp2"}
    for inner, pattern in masks.items():
        for real in metadata.parent.rglob(pattern):
            (granule / inner).mkdir(exist_ok=True)
            (granule / inner / real.name).symlink_to(real)
    if not any(granule.rglob("*_SCL_20m.jp2")):
        path = granule / f"IMG_DATA/R20m/{tile}_{start}_SCL_20m.jp2"
        write_raster(path, np.full((1, 30, 30), 4, np.uint8), resolution_m=20, crs=crs, corner=corner, **JP2)
    return product


@needs_safe
@pytest.mark.parametrize("metadata", SAFES, ids=lambda path: path.parent.name[-60:-5])
def test_inspect_prints_the_truth_of_each_safe(tmp_path, metadata):
    text = metadata.read_text()
    (row,) = run("inspect", completed(metadata, tmp_path)).values["acquisitions"]
    quantification = float(stated("BOA_QUANTIFICATION_VALUE", text))
    offsets = re.findall(r'<BOA_ADD_OFFSET band_id="1">([^<]+)<', text) or ["0"]
    assert row["name"] == stated("PRODUCT_URI", text).removesuffix(".SAFE")
    assert row["date"] == stated("DATATAKE_SENSING_START", text)[:10]
    assert row["baseline"] == stated("PROCESSING_BASELINE", text)
    assert row["platform"] == stated("SPACECRAFT_NAME", text)
    assert row["tile"] in re.search(r'granuleIdentifier="([^"]+)"', text)[1]
    assert row["scale"] == pytest.approx(1 / quantification)
    assert row["offset"] == pytest.approx(float(offsets[0]) / quantification)
    assert (row["mask"], row["bands"], row["resolution_m"]) == ("scl", list(BANDS), 10)
    assert (row["baseline"] >= "04") == (row["offset"] == pytest.approx(-0.1))


@needs_safe
def test_the_real_manifest_gives_the_real_sizes(tmp_path):
    """All files that came along are as large as it says; the simulated bands are smaller."""
    (real,) = WHOLE_SAFE
    package = open_package(real)
    declared = re.findall(r'size="(\d+)">\s*<fileLocation href="\./([^"]+)"', (real / "manifest.safe").read_text())
    there = {path: int(size) for size, path in declared if (real / path).exists()}
    assert len(there) == 35
    assert package.sizes(there) == there
    require_whole(package, there)
    product = completed(real / "MTD_MSIL2A.xml", tmp_path)
    (product / "GRANULE/L2A_T29UNU_A000000_20221005T115411").rename(
        product / next((real / "GRANULE").glob("L2A*")).relative_to(real)
    )
    (product / "manifest.safe").symlink_to(real / "manifest.safe")
    with pytest.raises(NoAcquisitions, match=r"B02_10m\.jp2.*according to manifest\.safe"):
        find(product, ImageryOptions(), Silent())


@needs_safe
def test_the_real_scene_classification_and_cloud_probability_are_laid_under_the_bands(tmp_path):
    """Where there are both clouds and fields: 90 km south and 18 km east of the tile's corner."""
    (real,) = WHOLE_SAFE
    source = completed(next(real.glob("MTD_MSIL2A.xml")), tmp_path, south_m=90_000, east_m=18_000)
    with rasterio.open(next(real.rglob("*_SCL_20m.jp2"))) as dataset:
        classes = np.kron(dataset.read(1, window=Window(900, 4500, 30, 30)), np.ones((2, 2)))
    with rasterio.open(next(real.rglob("MSK_CLDPRB_60m.jp2"))) as dataset:
        probability = np.kron(dataset.read(1, window=Window(300, 1500, 10, 10)), np.ones((6, 6)))
    expected = np.isin(classes, (4, 5, 6, 7))
    assert 0.7 < expected.mean() < 0.8
    assert 0.7 < (expected & (probability < 20)).mean() < expected.mean()
    for options, clear_there in (({}, expected), ({"cloud_probability": 20}, expected & (probability < 20))):
        catalogue = find(source, ImageryOptions(**options), Silent())
        values, clear = read_acquisition(catalogue.acquisitions[0], BANDS, catalogue.grid, Window(0, 0, 60, 60))
        np.testing.assert_array_equal(clear, clear_there)
    for position, band in enumerate(BANDS):  # offset -1000, quantification 10,000
        repeat = np.ones((1, 1) if band in FINE else (2, 2))
        np.testing.assert_array_equal(values[position], np.kron(counts(band)[0], repeat) - 1000)


@needs_safe
def test_products_whose_bands_are_missing_are_described_all_the_same():
    recorder = Recorder()
    with pytest.raises(NoAcquisitions, match="found 11 "):
        run("inspect", DATA / "sentinel2_products", reporter=recorder)
    warned = "\n".join(text for code, text in recorder.warnings if code == "imagery.incomplete_product")
    assert len(warned.splitlines()) == len(SAFES)
    for metadata in SAFES:
        text = metadata.read_text()
        (line,) = (line for line in warned.splitlines() if metadata.parent.name in line)
        facts = [stated("PROCESSING_BASELINE", text), stated("DATATAKE_SENSING_START", text)[:10], "10 and 20 m"]
        facts.append("offset -0.1," if "BOA_ADD_OFFSET" in text else "offset 0,")
        facts.append(stated("PRODUCT_URI", text)[39:44])
        facts.append("masks SCL and cloud probability" if metadata.parent in WHOLE_SAFE else "masks none")
        assert all(fact in line for fact in facts), (facts, line)


@needs_theia
def test_inspect_prints_the_truth_of_the_real_theia_products():
    rows = run("inspect", DATA / "theia_muscate").values["acquisitions"]
    assert len(rows) == len(THEIA)
    for row, folder in zip(rows, THEIA):
        text = next(folder.glob("*_MTD_ALL.xml")).read_text()
        assert row["date"] == stated("ACQUISITION_DATE", text)[:10]
        assert row["name"] == stated("PRODUCT_ID", text)
        assert row["baseline"] == stated("PRODUCT_VERSION", text)
        assert f"T{row['tile']}" == stated("GEOGRAPHICAL_ZONE", text)
        assert row["platform"].replace("-", "").upper() == stated("PLATFORM", text)
        assert row["scale"] == pytest.approx(1 / float(stated("REFLECTANCE_QUANTIFICATION_VALUE", text)))
        assert (row["offset"], row["mask"], row["product"]) == (0, None, "Theia L2A FRE")
        assert row["bands"] == list(BANDS)


@needs_theia
def test_the_real_stack_is_read_in_the_order_of_its_bands():
    catalogue = find(DATA / "theia_muscate", ImageryOptions(), Silent())
    for acquisition, folder in zip(catalogue.acquisitions, THEIA):
        values, clear = read_acquisition(acquisition, BANDS, catalogue.grid, Window(0, 0, 256, 256))
        with rasterio.open(next(folder.glob("*_FRE_STACK.tif"))) as stack:
            truth = stack.read()
        np.testing.assert_array_equal(values, truth)
        np.testing.assert_array_equal(clear, (truth != 0).all(axis=0))


@needs_theia
def test_a_real_theia_product_in_single_bands_is_the_same(tmp_path):
    """The stack's bands, written one by one as Theia does, beside the real metadata and made-up masks."""
    real = THEIA[0]
    product = tmp_path / real.name
    with rasterio.open(next(real.glob("*_FRE_STACK.tif"))) as stack:
        bands, crs, corner = stack.read().astype(np.int16), stack.crs, (stack.transform.c, stack.transform.f)
    for band, plane in zip(BANDS, bands):
        step = resolution_of(band) // 10
        path = product / f"{real.name}_FRE_{band.replace('B0', 'B')}.tif"
        write_raster(path, plane[None, ::step, ::step], resolution_m=10 * step, crs=crs, corner=corner, nodata=None)
    clouds = np.random.default_rng(0).integers(0, 2, (256, 256)).astype(np.uint8) * 34
    for kind in ("CLM", "EDG", "SAT"):
        for group, step in (("R1", 1), ("R2", 2)):
            mask = (clouds if kind == "CLM" else np.zeros_like(clouds))[None, ::step, ::step]
            path = product / f"MASKS/{real.name}_{kind}_{group}.tif"
            write_raster(path, mask, resolution_m=10 * step, crs=crs, corner=corner, nodata=None)
    (product / f"{real.name}_MTD_ALL.xml").symlink_to(next(real.glob("*_MTD_ALL.xml")))
    catalogue = find(product, ImageryOptions(), Silent())
    values, clear = read_acquisition(catalogue.acquisitions[0], BANDS, catalogue.grid, Window(0, 0, 256, 256))
    np.testing.assert_array_equal(clear, clouds == 0)
    for position, band in enumerate(BANDS):
        step = resolution_of(band) // 10
        expected = np.kron(bands[position, ::step, ::step], np.ones((step, step)))
        np.testing.assert_array_equal(values[position], expected)

"""STAC sources: the same ground as in GeoTIFFs, read in parts from a server; what is broken there is reported."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import json
import shutil
import socket
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any

import geopandas
import numpy as np
import pytest
import rasterio
import shapely
from rasterio.windows import Window

from backend import errors
from backend.imagery.acquisition import Catalogue, ImageryOptions
from backend.imagery.blocks import read_acquisition
from backend.imagery.catalogue import find
from backend.imagery.stac import fetching
from backend.imagery.stac.walking import Query
from backend.parcels.reading import read
from backend.series.store import open_store
from backend.vocabulary import BANDS
from backend.workflows import search_box
from tests.backend.commands.conftest import run
from tests.backend.ground import DATES, SIZE_PX, X0, Y0, counts, write_parcels, write_raster, write_season
from tests.backend.imagery.stac_items import asset, collection_of, found, item, save, scl, season
from tests.backend.imagery.stac_server import Served, serving
from tests.backend.recorder import Recorder

WHOLE = Window(0, 0, SIZE_PX, SIZE_PX)


def check(catalogue: Catalogue) -> None:
    """Every date's reflectance is the count written, clear where the SCL says so."""
    assert [a.day.strftime("%Y%m%d") for a in catalogue.acquisitions] == list(DATES)
    for number, acquisition in enumerate(catalogue.acquisitions):
        values, clear = read_acquisition(acquisition, BANDS, catalogue.grid, WHOLE)
        np.testing.assert_array_equal(values, counts(number))
        classes = np.kron(scl(number)[0], np.ones((2, 2)))
        np.testing.assert_array_equal(clear, (classes >= 4) & (classes <= 7))


@pytest.fixture
def served(tmp_path, monkeypatch) -> Iterator[Served]:
    monkeypatch.setattr(fetching, "PAUSES_S", (0.01, 0.01))
    with serving(tmp_path) as server:
        yield server


# The same ground


def test_a_saved_item_collection_reads_as_the_geotiffs_of_the_same_ground(tmp_path):
    catalogue = found(save(tmp_path / "items.json", collection_of(season(tmp_path))))
    check(catalogue)
    assert catalogue.grid == find(write_season(tmp_path / "tiffs"), ImageryOptions(), Recorder()).grid
    first = catalogue.acquisitions[0].scenes[0]
    assert (first.moment, first.tile, first.platform) == (datetime(2017, 1, 3, 10, 56, 21), "31TFM", "Sentinel-2A")


def test_a_search_is_followed_page_by_page(served):
    served.items = season(served.folder, f"{served.address}/")
    check(found(f"stac:{served.address}/search?collections=sentinel-2-l2a"))
    assert len(served.of("/search")) == 3
    assert {asked.query.get("collections", [""])[0] for asked in served.of("/search")[:1]} == {"sentinel-2-l2a"}


def test_a_static_catalogue_of_links(served):
    for member in season(served.folder / "items", "../items/"):
        save(served.folder / "deep" / f"{member['id']}.json", member)
    members = [{"rel": "item", "href": f"deep/{path.name}"} for path in sorted((served.folder / "deep").iterdir())]
    save(served.folder / "collection.json", {"type": "Collection", "id": "c", "links": members})
    child = [{"rel": "child", "href": "./collection.json"}, {"rel": "root", "href": "catalog.json"}]
    save(served.folder / "catalog.json", {"type": "Catalog", "id": "all", "links": child})
    check(found(f"stac:{served.address}/catalog.json"))
    check(found(f"stac:{served.folder}/catalog.json"))


def test_a_collection_of_a_service_is_searched_by_region_and_dates(served):
    """And what it gives beside them is left out all the same."""
    served.items = season(served.folder, f"{served.address}/")
    served.items[2]["bbox"] = [10, 45, 10.1, 45.1]
    links = [{"rel": "items", "href": f"{served.address}/search", "type": "application/geo+json"}]
    save(served.folder / "collections" / "s2", {"type": "Collection", "id": "s2", "links": links})
    source = f"stac:{served.address}/collections/s2"
    catalogue = found(source, bounds=(3.0, 45.0, 3.5, 45.5), start=date(2017, 1, 10), end=date(2017, 5, 1))
    assert [a.day for a in catalogue.acquisitions] == [date(2017, 1, 22), date(2017, 4, 15)]
    query = served.of("/search")[0].query
    assert query["bbox"] == ["3.000000,45.000000,3.500000,45.500000"]
    assert query["datetime"] == ["2017-01-10T00:00:00Z/2017-05-01T23:59:59Z"]


@pytest.mark.parametrize(
    ("bbox", "overlaps"),
    [
        ([3, 45, 4, 46], True), ([5, 45, 6, 46], False), ([3, 47, 4, 48], False), ([3, 45, 0, 4, 46, 99], True),
        ([170, 45, -170, 46], False), ([170, 45, 10, 46], True), (None, True), (["a", 1, 2, 3], True),
        ([float("nan"), 45, 4, 46], True), ([10**400, 45, 4, 46], True),
    ],
)  # fmt: skip
def test_overlap(bbox, overlaps):
    assert Query((3.5, 45.5, 3.6, 45.6)).overlaps(bbox) is overlaps


@pytest.mark.parametrize(
    ("bbox", "overlaps"),
    [
        ([179.5, -18, 180, -17], True), ([-180, -18, -179.5, -17], True), ([179, -18, -179, -17], True),
        ([-179.1, -18, -178, -17], False), ([178, -18, 179.8, -17], False), ([3, -18, 4, -17], False),
        ([-180, -18, 180, -17], True), ([180.1, -18, 181, -17], True), ([179.5, -16, 180, -15], False),
    ],
)  # fmt: skip
def test_overlap_across_the_antimeridian(bbox, overlaps):
    assert Query((179.9, -18, -179.2, -17)).overlaps(bbox) is overlaps


@pytest.mark.parametrize(
    ("crs", "longitudes", "expected"),
    [
        ("EPSG:4326", (179.93, -179.91), (179.9, -179.9)),
        ("EPSG:3857", (179.93, -179.91), (179.9, -179.9)),
        ("EPSG:32760", (179.93, -179.91), (179.93, -179.908)),
        ("EPSG:4326", (179.93, 180.09), (179.93, -179.908)),
        ("EPSG:4326", (-179.93, 0.0, 60.0), (0.0, -179.9)),
        ("EPSG:4326", (-60.0, 60.0), (-60.0, 60.002)),
        ("EPSG:32631", (2.5, 3.5), (2.5, 3.502)),
    ],
)
def test_parcels_on_both_sides_of_the_antimeridian_are_searched_for_there(tmp_path, crs, longitudes, expected):
    """The box reaches from the parcels' west to their east, and not round the world."""
    fields = geopandas.GeoSeries([shapely.box(x, -17.502, x + 0.002, -17.5) for x in longitudes], crs=4326)
    layer = read(write_parcels(tmp_path / "p.gpkg", fields.to_crs(crs), crs=crs))
    west, south, east, north = search_box.around(layer)
    assert (west, east) == pytest.approx(expected, abs=1e-3)
    assert (south, north) == pytest.approx((-17.502, -17.5), abs=1e-2)


def test_what_the_address_says_itself_is_kept():
    asked = Query((1, 2, 3, 4), date(2017, 1, 1)).asked_of("https:" + "//example.org/search?bbox=5,6,7,8&x=a%20b")
    assert asked.endswith("/search?limit=100&bbox=5,6,7,8&datetime=2017-01-01T00:00:00Z/..&x=a+b")


# In parts


def write_large(folder: Path, root: str) -> dict[str, Any]:
    """An item of ten bands of 2048 x 2048 pixels in tiles of 256."""
    plane = np.random.default_rng(0).integers(1, 10_000, (1, 2048, 2048)).astype(np.uint16)
    first = write_raster(folder / f"{BANDS[0]}.tif", plane, tiled=True, blockxsize=256, blockysize=256)
    for band in BANDS[1:]:
        shutil.copy(first, folder / f"{band}.tif")
    return item(DATES[0], {band: asset(f"{root}{band}.tif", size_px=2048) for band in BANDS})


def test_only_the_blocks_that_hold_parcels_are_fetched(served):
    served.items = [write_large(served.folder, f"{served.address}/")]
    fields = [shapely.box(X0 + 100, Y0 - 300, X0 + 250, Y0 - 180), shapely.box(X0 + 900, Y0 - 400, X0 + 990, Y0 - 310)]
    parcels = write_parcels(served.folder / "parcels.gpkg", fields)
    store = served.folder / "corner.parcels"
    run("extract", f"stac:{served.address}/search", parcels, "-o", store)
    rasters = served.of(".tif")
    whole = sum((served.folder / f"{band}.tif").stat().st_size for band in BANDS)
    assert all(asked.ranged for asked in rasters if asked.bytes_sent)
    assert sum(asked.bytes_sent for asked in rasters) < 0.08 * whole  # 512 x 512 of 2048 x 2048 pixels, and headers
    assert len(rasters) <= 4 * len(BANDS)
    west, south, east, north = geopandas.read_file(parcels).to_crs(4326).total_bounds
    box = [float(degree) for degree in served.of("/search")[0].query["bbox"][0].split(",")]
    assert box == pytest.approx([west, south, east, north], abs=1e-4)
    with rasterio.open(served.folder / "B02.tif") as dataset:
        expected = dataset.read(1, window=Window(10, 18, 15, 12))
    pixels = open_store(store).reflectance[:180, 0, 0]
    np.testing.assert_array_equal(np.sort(pixels), np.sort(expected.ravel()))


def test_a_store_is_taken_up_again_though_the_signature_of_its_addresses_is_another(served):
    members = season(served.folder)[:2]
    parcels = write_parcels(served.folder / "parcels.gpkg", [shapely.box(X0 + 100, Y0 - 300, X0 + 250, Y0 - 180)])
    reporters = [Recorder(), Recorder()]
    for signature, reporter in zip(("one", "two"), reporters):
        text = json.dumps(members).replace('.tif"', f'.tif?sig={signature}&se=2030-01-01"')
        served.items = json.loads(text.replace('"href": "2', f'"href": "{served.address}/2'))
        run("extract", f"stac:{served.address}/search", parcels, "-o", served.folder / "a.parcels", reporter=reporter)
    assert "was made from the same inputs" in reporters[1].logs[-1]
    kept = (served.folder / "a.parcels" / "manifest.json").read_text(encoding="utf-8")
    assert "B02.tif" in kept
    assert "sig=" not in kept  # whoever gets the store gets no key


# Faults


@pytest.mark.parametrize(
    ("answer", "kind", "said"),
    [
        (404, errors.UnreachableCatalogue, "answers 404"),
        (503, errors.UnreachableCatalogue, "answers 503"),
        (b"<html>Sign in</html>", errors.BadCatalogue, "expected JSON, found b'<html>"),
        (b"[1, 2]", errors.BadCatalogue, "a JSON object, found list"),
        (b'{"type": "Feature', errors.BadCatalogue, "expected JSON"),
        (b"[" * 100_000, errors.BadCatalogue, "expected JSON"),
        (b'{"type": "Topology"}', errors.BadCatalogue, "the type 'Topology'"),
        (b'{"type": "FeatureCollection", "features": 5}', errors.BadCatalogue, "no list of items"),
        (b'{"type": "FeatureCollection", "features": []}', errors.NoItems, "found 0 items"),
        (b'{"type": "Catalog", "conformsTo": [], "links": []}', errors.BadCatalogue, "one of its collections"),
    ],
)
def test_a_catalogue_that_answers_something_else(served, answer, kind, said):
    served.faults["/search"] = [answer]
    with pytest.raises(kind, match="/search") as caught:
        found(f"stac:{served.address}/search")
    assert said in caught.value.message
    assert len(served.asked) == (3 if answer == 503 else 1)


def test_a_passing_failure_is_tried_again(served):
    served.items = season(served.folder, f"{served.address}/")
    served.faults["/search"] = [503, 429, b'{"type": "FeatureCollection", "features": [], "links": []}']
    with pytest.raises(errors.NoItems):
        found(f"stac:{served.address}/search")
    assert len(served.of("/search")) == 3


def test_a_server_that_is_not_there(monkeypatch):
    monkeypatch.setattr(fetching, "PAUSES_S", (0.01,))
    with pytest.raises(errors.UnreachableCatalogue, match="refused"):
        found("stac:http" + "://127.0.0.1:9/search")


def test_a_server_that_is_silent_is_given_up(served, monkeypatch):
    """A socket that listens and never answers."""
    monkeypatch.setattr(fetching, "TIMEOUT_S", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = "stac:http" + f"://127.0.0.1:{silent.getsockname()[1]}/search"
        with pytest.raises(errors.UnreachableCatalogue, match="timed out"):
            found(address)


@pytest.mark.parametrize("source", ["stac:", "stac:nothing.json", "stac:ftp:" + "//example.org/x"])
def test_addresses_that_lead_nowhere(source):
    with pytest.raises(errors.UnreachableCatalogue):
        found(source)


def test_a_page_that_leads_back_to_itself_ends(served):
    page = collection_of(season(served.folder, f"{served.address}/"))
    served.faults["/items.json"] = [json.dumps({**page, "links": [{"rel": "next", "href": "items.json"}]}).encode()]
    check(found(f"stac:{served.address}/items.json"))


def test_a_document_from_a_server_leads_to_no_file_of_this_machine(served):
    served.items = [item(DATES[0], {"B02": asset("file:" + "///etc/passwd")})]
    with pytest.raises(errors.NoItems, match="not an http address"):
        found(f"stac:{served.address}/search")


@pytest.mark.parametrize("answer", [404, 403, b"no image", "half"])
def test_an_asset_that_is_gone_or_damaged_is_named_and_can_be_left_out(served, answer):
    served.items = season(served.folder, f"{served.address}/")[1:4]
    path = f"/{DATES[2]}/B03.tif"
    content = (served.folder / path[1:]).read_bytes()
    served.faults[path] = [content[: len(content) // 2] if answer == "half" else answer]
    parcels = write_parcels(served.folder / "parcels.gpkg", [shapely.box(X0 + 100, Y0 - 500, X0 + 400, Y0 - 180)])
    arguments = ("extract", f"stac:{served.address}/search", parcels, "-o", served.folder / "a.parcels")
    with pytest.raises(errors.UnreachableImage, match=f"{DATES[2]}/B03.tif"):
        run(*arguments)
    dates = run(*arguments, "--skip-unreadable", "--overwrite").values["dates"]
    assert dates == ["2017-01-22", "2017-04-15"]

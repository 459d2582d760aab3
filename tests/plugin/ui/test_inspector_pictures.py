"""Thumbnails: a parcel's own pixels where they belong, and the ground around them from the images."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import json
import shutil
from array import array
from pathlib import Path

import pytest
from inspected_region import DATES, inspector, made_region, needs_engine, region, rewrite
from qgis.core import QgsCoordinateReferenceSystem, QgsDataProvider, QgsProviderRegistry, QgsRectangle
from qgis.PyQt.QtCore import QRectF

from crop_classifier_plugin.engine.protocol import store_pixels
from crop_classifier_plugin.ui.inspector import composites
from crop_classifier_plugin.ui.inspector.composites import BRIGHTEST, COMPOSITES, chosen_days, picture
from crop_classifier_plugin.ui.inspector.frame import Frame
from crop_classifier_plugin.ui.inspector.image_bands import band_in, find_bands, plain_rasters
from crop_classifier_plugin.ui.inspector.inspection import inspect
from crop_classifier_plugin.ui.inspector.parcel_series import SeriesReader
from crop_classifier_plugin.ui.inspector.surroundings import levels, opacity

pytestmark = [needs_engine, pytest.mark.usefixtures("qgis_app")]
__all__ = ["inspector", "made_region", "region"]
NUMBER = 12  # a parcel


@pytest.fixture
def found(region):
    layer = region.layer()
    return inspect(layer, layer.getFeature(NUMBER), SeriesReader())


def levels_of(pixels, day, index, composite):
    """Red, green and blue of a pixel by the numbers of the store."""
    names = pixels.source.band_names
    reflectances = [(pixels.numbers(day, names.index(band))[index] / 10_000, band) for band in COMPOSITES[composite]]
    return [min(max(255 * value / BRIGHTEST[band], 0), 255) for value, band in reflectances]


def colour(image, x, y):
    found = image.pixelColor(x, y)
    return [found.red(), found.green(), found.blue()]


@pytest.mark.parametrize("composite", ["true", "false"])
def test_pixels_are_at_their_places_in_their_colours(found, composite):
    pixels, place = found.series.pixels[0], found.row.place
    image = picture(pixels, 2, composite, place.height_px, place.width_px).image
    assert (image.width(), image.height()) == (place.width_px, place.height_px)
    filled = set()
    for index, (row, column) in enumerate(zip(pixels.rows(), pixels.columns())):
        filled.add((row, column))
        assert colour(image, column, row) == pytest.approx(levels_of(pixels, 2, index, composite), abs=1)
    every = {(row, column) for row in range(place.height_px) for column in range(place.width_px)}
    assert len(filled) == len(pixels) and all(image.pixelColor(c, r).alpha() == 0 for r, c in every - filled)


def test_of_a_large_parcel_some_pixels_are_drawn(found, monkeypatch):
    pixels, place = found.series.pixels[0], found.row.place
    monkeypatch.setattr(composites, "MOST_PX", max(place.height_px, place.width_px) - 1)
    image = picture(pixels, 0, "true", place.height_px, place.width_px).image
    assert (image.width(), image.height()) == (-(-place.width_px // 2), -(-place.height_px // 2))
    for index, (row, column) in enumerate(zip(pixels.rows(), pixels.columns())):
        if row % 2 == 0 and column % 2 == 0:
            assert colour(image, column // 2, row // 2) == pytest.approx(levels_of(pixels, 0, index, "true"), abs=1)


def test_clear_days_are_chosen_before_others(found):
    pixels = found.series.pixels[0]
    clear = [pixels.clear_count(day) for day in range(DATES)]
    whole = [day for day in range(DATES) if clear[day] == len(pixels)]
    assert 2 <= len(whole) < DATES
    assert chosen_days(pixels, 2) == [whole[0], whole[-1]]
    assert chosen_days(pixels, len(whole)) == whole
    more = chosen_days(pixels, len(whole) + 1)
    assert more == sorted(more) and set(whole) <= set(more) | {day for day in more if not clear[day]}
    assert all(clear[day] for day in more)


def test_a_frame_is_square_and_holds_the_parcel(found):
    grid, place = found.series.facts.grid, found.row.place
    for around in (True, False):
        frame = Frame.around(place, around)
        extent = frame.extent(grid)
        assert extent.width() == pytest.approx(extent.height())
        west = grid.west + place.column_px * grid.resolution_m
        north = grid.north - place.row_px * grid.resolution_m
        box = QgsRectangle(west, north - 10 * place.height_px, west + 10 * place.width_px, north)
        assert extent.contains(box) and extent.center().distance(box.center()) == pytest.approx(0, abs=1e-6)
        inside = frame.box(QRectF(0, 0, 100, 100))
        assert inside.left() / 100 == pytest.approx((box.xMinimum() - extent.xMinimum()) / extent.width())
        assert inside.top() / 100 == pytest.approx((extent.yMaximum() - box.yMaximum()) / extent.height())
        outline = frame.outline(found.feature.geometry(), found.layer.crs(), grid).boundingRect()
        drawn = found.feature.geometry().boundingBox()
        assert outline.width() == pytest.approx(drawn.width() / extent.width())
        assert outline.left() == pytest.approx((drawn.xMinimum() - extent.xMinimum()) / extent.width())


def in_centre(image, frame, place, row, column):
    """The colour at a pixel of the parcel's box in a picture of the frame."""
    scale = image.width() / frame.side
    return colour(image, int((frame.left + column + 0.5) * scale), int((frame.top + row + 0.5) * scale))


def shown(inspector, qtbot):
    panel = inspector.dock.pictures
    qtbot.waitUntil(lambda: not panel.surroundings.is_busy(), timeout=10_000)
    return panel


@pytest.fixture
def wide(inspector):
    inspector.dock.setMinimumWidth(1000)
    inspector.dock.show()
    return inspector


def compare_with_the_store(panel, series, place):
    """Where a date was clear the image shows the colours of the store; nothing was written beside the images."""
    pixels, frame = series.pixels[0], Frame.around(place, True)
    compared = 0
    for number, image in panel.strip.grounds.items():
        assert (image.width(), image.height()) == (96, 96)
        for index, (row, column) in enumerate(zip(pixels.rows(), pixels.columns())):
            if pixels.clear[number :: len(pixels.source.acquisition_days)][index]:
                expected = levels_of(pixels, number, index, panel.composite.currentData())
                assert in_centre(image, frame, place, row, column) == pytest.approx(expected, abs=3)
                compared += 1
    assert compared > 10
    files = [Path(file) for files in pixels.source.files for file in files]
    assert [path for folder in {file.parent for file in files} for path in folder.glob("*.aux.xml")] == []


def test_the_ground_has_the_colours_of_the_store(wide, qtbot):
    layer = wide.iface.active
    wide.show(layer, layer.getFeature(NUMBER))
    panel = shown(wide, qtbot)
    assert len(panel.strip.grounds) >= 2 and not panel.note.isVisible()
    compare_with_the_store(panel, wide.dock.inspection.series, wide.dock.inspection.row.place)
    panel.composite.setCurrentIndex(1)
    panel.draw()
    compare_with_the_store(shown(wide, qtbot), wide.dock.inspection.series, wide.dock.inspection.row.place)


def test_a_cloudy_image_is_no_ground(wide, region, qtbot, found):
    """Of a date at which only one pixel was clear the parcel's own pixels are shown."""
    place, day = found.row.place, 2
    mask = store_pixels.open_npy(region.store / "clear.npy", (None, DATES))
    with (region.store / "clear.npy").open("r+b") as file:
        for pixel in range(1, place.n_pixels):
            file.seek(mask.start + (place.first_pixel + pixel) * DATES + day)
            file.write(b"\0")
        file.seek(mask.start + place.first_pixel * DATES + day)
        file.write(b"\1")
    layer = wide.iface.active
    wide.show(layer, layer.getFeature(NUMBER))
    panel = shown(wide, qtbot)
    numbers = {picture.number for picture in panel.strip.pictures}
    assert day in numbers and set(panel.strip.grounds) == numbers - {day}


def opened(path):
    """A layer would write statistics beside the file."""
    return QgsProviderRegistry.instance().createProvider("gdal", str(path), QgsDataProvider.ProviderOptions())


def split(path: Path, folder: Path, offset: int) -> list[str]:
    """A raster of several bands as files of one band, whose numbers have an offset, as those of ESA have."""
    import processing

    copies = folder.with_name("copies")
    folder.mkdir(exist_ok=True)
    copies.mkdir(exist_ok=True)
    copied = shutil.copy(path, copies)  # for the algorithm writes statistics beside it
    files = []
    raster = opened(path)
    for number in range(1, raster.bandCount() + 1):
        band = band_in(raster.generateBandName(number))
        target = folder / f"{path.stem.replace('S2', 'T31TGK')}_{band}_10m.tif"
        scaled = f"-b {number} -scale 0 10000 {offset} {10000 + offset}"
        processing.run("gdal:translate", {"INPUT": copied, "EXTRA": scaled, "OUTPUT": str(target)})
        files.append(str(target))
    return files


def test_bands_in_files_of_their_own_are_drawn_whatever_their_offset(wide, region, qtbot, tmp_path, qgis_processing):
    manifest = json.loads((region.store / "manifest.json").read_text())
    for acquisition in manifest["sources"][0]["acquisitions"]:
        image = next(file for file in acquisition["files"] if "SCL" not in Path(file).name)
        acquisition["files"] = split(Path(image), tmp_path / "bands", 1000)
    (region.store / "manifest.json").write_text(json.dumps(manifest))
    layer = wide.iface.active
    wide.show(layer, layer.getFeature(NUMBER))
    panel = shown(wide, qtbot)
    assert len(panel.strip.grounds) >= 2
    compare_with_the_store(panel, wide.dock.inspection.series, wide.dock.inspection.row.place)


def test_another_parcel_cancels_the_pictures_of_the_last(wide, qtbot):
    layer = wide.iface.active
    panel = wide.dock.pictures
    for number in (3, 4, 5, NUMBER):
        wide.show(layer, layer.getFeature(number))
        qtbot.wait(5)
    shown(wide, qtbot)
    compare_with_the_store(panel, wide.dock.inspection.series, wide.dock.inspection.row.place)
    heard = []
    panel.surroundings.ready.connect(lambda *values: heard.append(values))
    wide.show(layer, layer.getFeature(4))
    wide.dock.hide()
    qtbot.wait(300)
    assert heard == [] and not panel.surroundings.is_busy()


def test_without_images_the_own_pixels_are_shown_large(wide, region, qtbot):
    manifest = json.loads((region.store / "manifest.json").read_text())
    for acquisition in manifest["sources"][0]["acquisitions"]:
        acquisition["files"] = ["/vsizip/a.zip/a.tif", str(region.folder / "gone.tif")]
    (region.store / "manifest.json").write_text(json.dumps(manifest))
    layer = wide.iface.active
    wide.show(layer, layer.getFeature(NUMBER))
    panel = shown(wide, qtbot)
    assert panel.strip.grounds == {} and "not at hand" in panel.note.text() and panel.note.isVisible()
    assert panel.strip._frame == Frame.around(wide.dock.inspection.row.place, False)
    panel.around.setChecked(False)
    assert not panel.note.isVisible() and len(panel.strip.pictures) >= 2


def test_of_a_huge_parcel_it_says_how_many_pixels_are_shown(wide, monkeypatch):
    layer = wide.iface.active
    pixels = layer.getFeature(NUMBER)["n_pixels"]
    monkeypatch.setattr(store_pixels, "MOST_READ_BYTES", pixels * DATES * 10 * 2)  # so every second
    wide.dock.pictures.around.setChecked(False)
    wide.show(layer, layer.getFeature(NUMBER))
    assert f"{-(-pixels // 2)} of its {pixels} pixels" in wide.dock.pictures.note.text()


def test_images_that_qgis_cannot_draw_are_given_up(wide, region, qtbot):
    manifest = json.loads((region.store / "manifest.json").read_text())
    damaged = region.folder / "damaged.tif"
    damaged.write_bytes(b"II*\0")
    for acquisition in manifest["sources"][0]["acquisitions"]:
        acquisition["files"] = [str(damaged)]
    (region.store / "manifest.json").write_text(json.dumps(manifest))
    layer = wide.iface.active
    wide.show(layer, layer.getFeature(NUMBER))
    panel = shown(wide, qtbot)
    qtbot.waitUntil(panel.note.isVisible)
    assert panel.strip.grounds == {} and "not at hand" in panel.note.text()


def test_pixels_without_positions_have_no_pictures(wide, region):
    rewrite(region.store / "manifest.json", positions=False, grid=None)
    layer = wide.iface.active
    wide.show(layer, layer.getFeature(NUMBER))
    panel = wide.dock.pictures
    assert panel.strip.pictures == [] and "have no positions" in panel.note.text()
    assert wide.dock.course.chart.data.points and not panel.composite.isEnabled()


def test_an_imported_store_has_pictures_without_surroundings(wide, region):
    rewrite(region.store / "manifest.json", grid=None)
    layer = wide.iface.active
    wide.show(layer, layer.getFeature(NUMBER))
    panel = wide.dock.pictures
    assert len(panel.strip.pictures) >= 2 and not panel.surroundings.is_busy()


@pytest.mark.parametrize(
    ("text", "band"),
    [
        ("T31TGK_20180101T103021_B04_10m", "B04"),
        ("T31TGK_20180101_B8A", "B8A"),
        ("SENTINEL2A_20180101-103021-463_L2A_T31TGK_C_V2-2_FRE_B2", "B02"),
        ("Band 03: B04 (Gray)", "B04"),
        ("S2_20180101", None),
        ("AB04C", None),
        ("B02_B03", None),
        ("b11", "B11"),
    ],
)
def test_bands_are_found_in_names(text, band):
    assert band_in(text) == band


def test_only_plain_rasters_are_opened(made_region):
    files = sorted(map(str, made_region.imagery.glob("*.tif")))
    assert [str(path) for path in plain_rasters([*files, "/vsizip/a.zip/b.tif", "NETCDF:a.nc:b", "gone.tif"])] == files
    raster = opened(files[0])
    extent, crs = raster.extent(), raster.crs()
    bands = find_bands(files, COMPOSITES["true"], crs, extent)
    assert [band_in(raster.generateBandName(band.number)) for band in bands] == ["B04", "B03", "B02"]
    assert find_bands(files, COMPOSITES["true"], QgsCoordinateReferenceSystem("EPSG:4326"), extent) == []
    assert find_bands(files, COMPOSITES["true"], crs, QgsRectangle(0, 0, 1, 1)) == []
    assert find_bands(files, ("B04", "B03", "B01"), crs, extent) == []


def test_numbers_become_levels_and_nothing_is_transparent():
    numbers = array("f", [900, 1000, 1450, 1900, 5000, float("nan"), -9999])
    assert list(levels(numbers, 1000, 1900)) == [0, 0, 127, 255, 255, 0, 0]
    assert list(opacity(numbers, -9999)) == [255, 255, 255, 255, 255, 0, 0]
    assert list(opacity(array("H", [0, 7]), None)) == [255, 255]

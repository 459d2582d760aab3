"""From a feature to its row in the results and its pixels in the store, or to the sentence that says why not."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import json
import shutil
import sqlite3
from collections import Counter

import pytest
from inspected_region import DATES, PARCELS, engine, made_region, needs_engine, region, rewrite
from qgis.core import QgsFeature, QgsVectorFileWriter, QgsVectorLayer, edit

from crop_classifier_plugin.ui.inspector.chart_data import chart_data, class_curves
from crop_classifier_plugin.ui.inspector.inspection import inspect
from crop_classifier_plugin.ui.inspector.layer_results import RESULTS_PROPERTY, as_text, results_of, results_path
from crop_classifier_plugin.ui.inspector.parcel_series import STORE_PROPERTY, SeriesReader, Variable
from crop_classifier_plugin.ui.inspector.problems import CannotInspect, Remedy

pytestmark = [needs_engine, pytest.mark.usefixtures("qgis_app")]
__all__ = ["made_region", "region"]


def look(layer, number=5):
    return inspect(layer, layer.getFeature(number), SeriesReader())


def test_every_feature_has_its_row(region):
    layer = region.layer()
    results = results_of(layer)
    assert layer.featureCount() == PARCELS == results.about.parcels
    for feature in layer.getFeatures():
        row = results.row(feature)
        assert row.parcel_id == str(feature.id()) and row.place.n_pixels == feature["n_pixels"]
        assert results.about.classes[row.crop]["code"] == feature["crop_code"]


def test_rows_are_found_by_id_after_edits(region):
    layer = region.layer()
    before = {feature.id(): results_of(layer).row(feature).place for feature in layer.getFeatures()}
    with edit(layer):
        layer.deleteFeatures([1, 2, 30])
        layer.changeAttributeValue(7, layer.fields().lookupField("crop_code"), "mine")
    assert {f.id(): results_of(layer).row(f).place for f in layer.getFeatures()} == {
        number: place for number, place in before.items() if number not in (1, 2, 30)
    }


def test_a_shapefile_numbers_its_features_from_0_and_anew_after_edits(region):
    options = QgsVectorFileWriter.SaveVectorOptions()
    options.driverName = "ESRI Shapefile"
    source = region.layer()
    QgsVectorFileWriter.writeAsVectorFormatV3(
        source, str(region.folder / "crops.shp"), source.transformContext(), options
    )
    layer = QgsVectorLayer(str(region.folder / "crops.shp"), "crops", "ogr")
    same = [(f.id(), results_of(layer).row(f).position) for f in layer.getFeatures()]
    assert same == [(number, number) for number in range(PARCELS)]
    layer.dataProvider().deleteFeatures([0])
    layer.dataProvider().reloadData()
    shifted = 0
    for feature in layer.getFeatures():
        try:
            shifted += results_of(layer).row(feature).place.n_pixels != feature["n_pixels"]
        except CannotInspect as error:
            assert "edited after the classification" in str(error)
    assert shifted == 0


def test_an_id_field_is_what_counts(region):
    rewrite(region.results / "results.json", id_field=region.class_field)
    layer = region.layer()
    with sqlite3.connect(region.results / "parcels.sqlite") as database:
        database.execute("UPDATE parcel SET parcel_id = 'one' WHERE position = 3")
    feature = QgsFeature(layer.getFeature(5))
    for value, found in (("one", 3), ("two", None), (None, None)):
        feature[region.class_field] = value
        if found is not None:
            assert results_of(layer).row(feature).position == found
            continue
        with pytest.raises(CannotInspect) as caught:
            results_of(layer).row(feature)
        assert region.class_field in str(caught.value) and ("two" in str(caught.value)) == (value == "two")
    assert [as_text(value) for value in (7, 7.0, 7.5, "007")] == ["7", "7", "7.5", "007"]


def test_results_of_a_layer_among_others_have_its_name(region):
    assert results_path(region.layer()) == region.results
    layer = region.layer("crops.gpkg|layername=crops")
    assert results_path(layer) == region.results
    region.results.rename(region.folder / "crops_of_2017.results")
    assert results_path(layer) is None
    assert results_path(region.layer()) == region.folder / "crops_of_2017.results"  # an address without a layer's name
    shutil.copytree(region.folder / "crops_of_2017.results", region.folder / "crops_of_2018.results")
    assert results_path(region.layer()) is None  # either may be its own
    layer.setCustomProperty(RESULTS_PROPERTY, str(region.folder / "crops_of_2017.results"))
    assert results_path(layer) == region.folder / "crops_of_2017.results"


def test_a_layer_without_results_says_so(region):
    shutil.rmtree(region.results)
    with pytest.raises(CannotInspect, match=r"Classified parcels has no results") as caught:
        look(region.layer())
    assert caught.value.problem.remedies == (Remedy.LOCATE_RESULTS,)


@pytest.mark.parametrize("name", ["results.json", "parcels.sqlite"])
def test_damaged_results_are_named(region, name):
    (region.results / name).write_bytes(b"not this")
    with pytest.raises(CannotInspect, match="cannot be read"):
        look(region.layer())


def test_the_course_agrees_with_the_layer(region):
    """The layer's `observed` is the engine's: the share of the parcel's pixels that were clear, over all dates."""
    layer = region.layer()
    for number in (1, 20, PARCELS):
        found = look(layer, number)
        data = chart_data(found.series, Variable(0, "NDVI"), ())
        assert len(data.points) == DATES and data.on_acquisitions and found.problem is None
        pixels = layer.getFeature(number)["n_pixels"]
        clear = sum(point.clear for point in data.points)
        assert clear / (pixels * DATES) == pytest.approx(layer.getFeature(number)["observed"], abs=1e-4)
        assert [(a.day, a.clear) for a in data.acquisitions] == [(p.day, p.clear) for p in data.points]
        assert all(p.low <= p.mean <= p.high and -1 <= p.mean <= 1 for p in data.points)
        assert data.date(data.points[0].day).year() == 2017


def test_courses_are_those_of_the_classes(region):
    layer = region.layer()
    found = look(layer)
    counts = {field: Counter(f[field] for f in layer.getFeatures()) for field in ("crop_code", region.class_field)}
    curves = class_curves(found.about, found.courses, "NDVI")
    assert [curve.declared for curve in curves] == [False, True]
    predicted, declared = curves
    feature = layer.getFeature(5)
    assert predicted.name == feature["crop_name"] and predicted.parcels == counts["crop_code"][feature["crop_code"]]
    assert declared.parcels == counts[region.class_field][feature[region.class_field]]
    assert len(predicted.points) == DATES and all(-1 <= mean <= 1 for _, mean, _ in predicted.points)
    assert class_curves(found.about, found.courses, "B01") == ()


def test_a_store_that_moved_with_its_results_is_found(region, tmp_path):
    rewrite(region.results / "results.json", store="/of/another/machine/crops.parcels")
    (tmp_path / "new").mkdir()
    for name in ("crops.gpkg", "crops.results", "crops.parcels"):
        shutil.move(region.folder / name, tmp_path / "new" / name)
    found = look(QgsVectorLayer(str(tmp_path / "new" / "crops.gpkg"), "moved", "ogr"))
    assert found.series.facts.path == tmp_path / "new" / "crops.parcels"


def test_a_store_that_was_located_comes_first(region, tmp_path):
    elsewhere = shutil.copytree(region.store, tmp_path / "elsewhere.parcels")
    layer = region.layer()
    layer.setCustomProperty(STORE_PROPERTY, str(elsewhere))
    assert look(layer).series.facts.path == elsewhere


@pytest.mark.parametrize(
    ("kept", "words", "remedies"),
    [
        (None, "were not kept", {Remedy.EXTRACT, Remedy.LOCATE_SERIES}),
        (
            "/of/another/machine/season.parcels",
            "no longer in /of/another/machine",
            {Remedy.EXTRACT, Remedy.LOCATE_SERIES},
        ),
    ],
)
def test_without_a_store_the_rest_is_shown(region, kept, words, remedies):
    shutil.rmtree(region.store)
    rewrite(region.results / "results.json", store=kept)
    found = look(region.layer())
    assert found.series is None and words in found.problem.text and set(found.problem.remedies) == remedies
    assert len(found.courses) == 2 and found.crop["name"]


def test_series_that_were_extracted_again_are_found(region, made_region):
    shutil.rmtree(region.store)
    rewrite(region.results / "results.json", store=None)
    parcels = made_region.folder / "region" / "parcels.gpkg"
    engine("extract", region.imagery, parcels, "--masks", region.masks, "-o", region.store)
    found = look(region.layer())
    assert found.problem is None and len(found.series.pixels[0]) == found.row.place.n_pixels


def test_series_of_other_parcels_are_not_taken_for_these(region, made_region):
    shutil.rmtree(region.store)
    rewrite(region.results / "results.json", store=None)
    parcels = made_region.folder / "region" / "parcels.gpkg"
    engine("extract", region.imagery, parcels, "--inner-buffer-m", 10, "-o", region.store)
    found = look(region.layer())
    assert found.series is None and "they have other parcels" in found.problem.text


def test_a_damaged_store_is_named(region):
    (region.store / "clear.npy").write_bytes(b"")
    assert "clear.npy" in look(region.layer()).problem.text
    (region.store / "manifest.json").write_text("{}")
    assert "manifest.json" in look(region.layer()).problem.text


def test_a_manifest_is_read_once(region, monkeypatch):
    from crop_classifier_plugin.engine.protocol import store_pixels

    reads, read = [], store_pixels.read_store
    monkeypatch.setattr(store_pixels, "read_store", lambda path: reads.append(path) or read(path))
    layer, reader = region.layer(), SeriesReader()
    for number in (1, 2, 3):
        assert inspect(layer, layer.getFeature(number), reader).series is not None
    assert len(reads) == 1
    (region.store / "manifest.json").write_text((region.store / "manifest.json").read_text() + "\n")
    inspect(layer, layer.getFeature(1), reader)
    assert len(reads) == 2


def test_results_of_an_earlier_version_have_no_places(region):
    document = json.loads((region.results / "results.json").read_text(encoding="utf-8"))
    old = {key: value for key, value in document.items() if key not in ("courses", "id_field", "truth")}
    (region.results / "results.json").write_text(json.dumps(old), encoding="utf-8")
    with sqlite3.connect(region.results / "parcels.sqlite") as database:
        columns = "position, parcel_id, quality, crop, confidence, probabilities"
        database.execute(f"CREATE TABLE old AS SELECT {columns} FROM parcel")
        database.execute("DROP TABLE parcel")
        database.execute("DROP TABLE course")
        database.execute("ALTER TABLE old RENAME TO parcel")
    found = look(region.layer())
    assert "earlier version" in found.problem.text and found.courses == []
    assert found.crop["code"] == found.feature["crop_code"] and len(found.row.probabilities) == len(found.about.classes)

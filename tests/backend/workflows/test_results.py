"""What a classification leaves beside its layer: every probability, read back with the standard library."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import array
import hashlib
import json
import shutil
import sqlite3
import zipfile
from pathlib import Path

import geopandas
import numpy as np
import pandas
import pytest

import backend
from backend.errors import NotWritable
from backend.parcels import nomenclature
from backend.results_folder import (
    DECLARED,
    DESCRIPTION,
    PARCELS,
    PREDICTED,
    Description,
    NotResults,
    Parcel,
    ResultsFolder,
)  # fmt: skip
from backend.series.store import open_store
from backend.store_pixels import read_store

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture(scope="module")
def made(region, tmp_path_factory):
    return backend.classify(region.store, region.model, tmp_path_factory.mktemp("made") / "crops.gpkg", device="cpu")


def test_probabilities_agree_with_the_layer(region, made):
    layer = geopandas.read_file(made.output)
    folder = ResultsFolder(made.results)
    about, parcels = folder.description(), list(folder.parcels())
    assert made.results == made.output.with_name("crops.results")
    assert (about.parcels, about.classified) == (len(layer), 36) == (made.parcels, made.classified)
    assert about.model_sha256 == hashlib.sha256(region.model.read_bytes()).hexdigest()
    assert about.store == str(region.store) and about.layer == str(made.output)
    assert [parcel.position for parcel in parcels] == list(range(38))
    assert [parcel.quality for parcel in parcels] == layer["quality"].tolist()
    codes = [None if parcel.crop is None else about.classes[parcel.crop]["code"] for parcel in parcels]
    assert codes == [None if pandas.isna(code) else code for code in layer["crop_code"]]
    known = [parcel for parcel in parcels if parcel.probabilities is not None]
    values = np.array([parcel.probabilities for parcel in known])
    np.testing.assert_allclose(values.sum(axis=1), 1, atol=1e-5)
    np.testing.assert_allclose(values.max(axis=1), layer["confidence"].dropna(), atol=5e-5)
    np.testing.assert_allclose(np.sort(values)[:, -2:] @ [-1, 1], layer["margin"].dropna(), atol=1e-4)


def test_declared_classes_and_what_the_model_was_trained_on_are_kept(region, tmp_path):
    made = backend.classify(region.store, region.model, tmp_path / "crops.gpkg", truth="CODE_CULTU", device="cpu")
    layer, folder = geopandas.read_file(made.output), ResultsFolder(made.results)
    about, parcels = folder.description(), list(folder.parcels())
    assert (about.truth, about.id_field, about.report) == ("CODE_CULTU", None, str(made.report))
    classes = [crop["code"] for crop in about.classes]
    of_code = {row["code"]: row["class"] for row in model_table(region.model)}
    codes = {row["class"]: row.get("class_code") or row["code"] for row in model_table(region.model)}
    expected = [codes.get(of_code.get(code)) for code in layer["CODE_CULTU"]]
    assert [None if p.declared is None else classes[p.declared] for p in parcels] == expected
    assert [p.trained_on for p in parcels] == [seen if isinstance(seen, str) else None for seen in layer["trained_on"]]
    words = []
    for code, declared, predicted in zip(layer["CODE_CULTU"], expected, layer["crop_code"]):
        if not isinstance(predicted, str):
            words.append("not_classified")
        elif declared is None:
            words.append("class_not_known" if isinstance(code, str) else "no_declaration")
        else:
            words.append("agrees" if declared == predicted else "differs")
    assert layer["agreement"].tolist() == words and {"agrees", "differs", "not_classified"} <= {*words}
    assert folder.has_declared()


def model_table(model):
    with zipfile.ZipFile(model) as archive:
        return json.loads(archive.read("model.json"))["class_table"]


def test_results_of_the_first_version_have_no_declared_classes(made, tmp_path):
    document = json.loads((made.results / DESCRIPTION).read_text(encoding="utf-8"))
    older = {key: value for key, value in document.items() if key not in ("report", "id_field", "truth")}
    (tmp_path / DESCRIPTION).write_text(json.dumps(older), encoding="utf-8")
    shutil.copy(made.results / PARCELS, tmp_path)
    with sqlite3.connect(tmp_path / PARCELS) as database:
        database.execute("ALTER TABLE parcel DROP COLUMN declared")
        database.execute("ALTER TABLE parcel DROP COLUMN trained_on")
    folder = ResultsFolder(tmp_path)
    assert folder.description().truth is None and not folder.has_declared()
    probabilities = [[p.probabilities for p in one.parcels()] for one in (folder, ResultsFolder(made.results))]
    assert probabilities[0] == probabilities[1]


def test_a_parcel_by_its_id_and_those_of_a_class(made):
    folder = ResultsFolder(made.results)
    everyone = list(folder.parcels())
    assert folder.parcel(everyone[7].parcel_id) == everyone[7]
    assert folder.parcel("of nobody") is None
    first = [parcel for parcel in everyone if parcel.crop == 0]
    assert list(folder.parcels("crop = ?", (0,))) == first and 6 < len(first) < 18


def test_another_program_reads_them_without_ours(made):
    with sqlite3.connect(made.results / PARCELS) as database:
        (blob,) = database.execute("SELECT probabilities FROM parcel WHERE position = 0").fetchone()
    numbers = np.frombuffer(blob, "<f4")
    assert len(numbers) == len(json.loads((made.results / DESCRIPTION).read_text())["classes"])
    assert numbers.tolist() == list(next(ResultsFolder(made.results).parcels()).probabilities)


def test_a_parcel_is_found_in_its_store(region, made):
    folder, index = ResultsFolder(made.results), open_store(region.store).index
    places = [parcel.place for parcel in folder.parcels()]
    for name in ("first_pixel", "n_pixels", "row_px", "column_px", "height_px", "width_px"):
        assert [getattr(place, name) for place in places] == index[name].tolist()
    facts, row = read_store(region.store), 5
    pixels = facts.pixels(facts.sources[0], places[row].first_pixel, places[row].n_pixels)
    series = open_store(region.store).reflectance[places[row].first_pixel :][: places[row].n_pixels]
    np.testing.assert_array_equal(np.array(pixels.values), series.ravel())
    assert {parcel.declared for parcel in folder.parcels()} == {None}


def test_courses_of_the_classes_are_those_of_their_parcels(region, tmp_path):
    made = backend.classify(region.store, region.model, tmp_path / "crops.gpkg", truth="CODE_CULTU", device="cpu")
    folder = ResultsFolder(made.results)
    about, parcels = folder.description(), list(folder.parcels())
    store = open_store(region.store)
    assert about.truth == "CODE_CULTU" and about.id_field is None
    assert about.courses.days == store.days and about.courses.season == store.manifest.season
    assert about.courses.bands[:10] == store.bands and about.courses.bands[10:] == ("NDVI", "NDMI", "NDRE", "EVI")
    layer = geopandas.read_file(made.output)
    codes = {crop: mapped.code for crop, mapped in nomenclature.read("paper").mapping.items()}
    declared = [None if parcel.declared is None else about.classes[parcel.declared]["code"] for parcel in parcels]
    assert declared == [codes.get(code) for code in layer["CODE_CULTU"]] and len(set(declared)) == 3
    means = np.stack([store.reflectance[p.place.first_pixel :][: p.place.n_pixels].mean(axis=0) for p in parcels[:36]])
    courses = folder.courses(range(len(about.classes)))
    assert {course.kind for course in courses} == {PREDICTED, DECLARED}
    for course in courses:
        which = "crop" if course.kind == PREDICTED else "declared"
        members = [n for n, parcel in enumerate(parcels[:36]) if getattr(parcel, which) == course.crop]
        assert course.parcels == len(members)
        mean, deviation = (np.reshape(part, (len(store.days), 14))[:, :10] for part in (course.mean, course.deviation))
        np.testing.assert_allclose(mean, means[members].mean(axis=0) / 10_000, atol=1e-6)
        np.testing.assert_allclose(deviation, means[members].std(axis=0) / 10_000, atol=1e-5)


def test_the_field_of_the_ids_has_the_name_that_the_layer_gives_it(region, tmp_path):
    parcels = geopandas.read_file(region.parcels).rename(columns={"parcel": "quality"})
    parcels.to_file(tmp_path / "parcels.gpkg")
    made = backend.classify(
        region.images, region.model, tmp_path / "crops.gpkg", parcels=tmp_path / "parcels.gpkg", device="cpu",
        id_field="quality", masks=region.masks,
    )  # fmt: skip
    field = ResultsFolder(made.results).description().id_field
    layer = geopandas.read_file(made.output)
    assert field == "quality_1" and layer[field].tolist() == list(range(38))


def test_results_of_the_first_version_are_read(made, tmp_path):
    document = json.loads((made.results / DESCRIPTION).read_text(encoding="utf-8"))
    old = {key: value for key, value in document.items() if key not in ("courses", "id_field", "truth")}
    (tmp_path / DESCRIPTION).write_text(json.dumps(old), encoding="utf-8")
    with sqlite3.connect(tmp_path / PARCELS) as database:
        database.execute("CREATE TABLE parcel (position, parcel_id, quality, crop, confidence, probabilities)")
        database.execute("INSERT INTO parcel VALUES (0, 'a', 'ok', 0, 1.0, ?)", (array.array("f", [1, 0]).tobytes(),))
    folder = ResultsFolder(tmp_path)
    assert folder.description().courses is None and folder.courses([0]) == []
    assert folder.parcel("a") == Parcel(0, "a", "ok", 0, 1.0, (1.0, 0.0), None, None)


@pytest.mark.parametrize(
    "courses", [3, {}, {"season": 2018, "days": [], "bands": ["B02"]}, {"season": 1, "days": ["a"], "bands": ["b"]}]
)
def test_damaged_axes_are_named(made, tmp_path, courses):
    document = json.loads((made.results / DESCRIPTION).read_text(encoding="utf-8"))
    (tmp_path / DESCRIPTION).write_text(json.dumps({**document, "courses": courses}), encoding="utf-8")
    with pytest.raises(NotResults, match="courses"):
        ResultsFolder(tmp_path).description()


def test_it_takes_the_place_of_former_results_only(region, tmp_path):
    output = tmp_path / "crops.gpkg"
    (tmp_path / "crops.results").mkdir()
    (tmp_path / "crops.results" / "notes.txt").write_text("mine")
    with pytest.raises(NotWritable, match="other files than the results"):
        backend.classify(region.store, region.model, output, device="cpu")
    assert not output.exists()
    (tmp_path / "crops.results" / "notes.txt").unlink()
    for _ in range(2):
        backend.classify(region.store, region.model, output, device="cpu")
    assert sorted(path.name for path in (tmp_path / "crops.results").iterdir()) == [PARCELS, DESCRIPTION]
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []


def test_a_failed_writing_leaves_the_former_results(tmp_path):
    folder = ResultsFolder(tmp_path / "a.results")
    about = Description("now", "1", "a.gpkg", "m", "0", "gru", None, (), 1, 0)
    folder.write(about, [Parcel(0, "one", "ok", None, None, None)])

    def broken():
        yield Parcel(0, "two", "ok", None, None, None)
        raise OSError("the store broke")

    with pytest.raises(OSError, match="the store broke"):
        folder.write(about, broken())
    assert [parcel.parcel_id for parcel in folder.parcels()] == ["one"]
    assert [path.name for path in tmp_path.iterdir()] == ["a.results"]


@pytest.mark.parametrize(
    ("key", "value"),
    [
        *((key, None) for key in ("schema", "layer", "model", "model_sha256", "classes", "parcels", "classified")),
        ("schema", 2), ("schema", "1"), ("store", 3), ("parcels", -1), ("parcels", 1.5), ("classified", 99),
        ("classes", {}), ("classes", [{"code": "a"}]), ("classes", [3]), ("engine", []),
    ],
)  # fmt: skip
def test_a_damaged_description_is_named(made, tmp_path, key, value):
    document = json.loads((made.results / DESCRIPTION).read_text(encoding="utf-8"))
    (tmp_path / DESCRIPTION).write_text(json.dumps({**document, key: value}), encoding="utf-8")
    with pytest.raises(NotResults, match=key if key != "schema" else "schema"):
        ResultsFolder(tmp_path).description()


def test_keys_of_a_newer_minor_version_are_ignored(made, tmp_path):
    document = json.loads((made.results / DESCRIPTION).read_text(encoding="utf-8"))
    (tmp_path / DESCRIPTION).write_text(json.dumps({**document, "radar": True}), encoding="utf-8")
    assert ResultsFolder(tmp_path).description() == ResultsFolder(made.results).description()


@pytest.mark.parametrize("content", [b"", b"{", b"[" * 100_000, b"\xff\xfe", b'{"schema": 1e999}'])
def test_what_is_not_json_is_named(tmp_path, content):
    (tmp_path / DESCRIPTION).write_bytes(content)
    with pytest.raises(NotResults):
        ResultsFolder(tmp_path).description()


@pytest.mark.parametrize("content", [b"", b"no database", b"SQLite format 3\0" + b"\0" * 84])
def test_a_damaged_database_is_named(tmp_path, content):
    (tmp_path / PARCELS).write_bytes(content)
    with pytest.raises(NotResults, match=PARCELS):
        list(ResultsFolder(tmp_path).parcels())


def test_probabilities_of_an_odd_length_are_named(made, tmp_path):
    with sqlite3.connect(tmp_path / PARCELS) as database:
        database.execute("CREATE TABLE parcel (position, parcel_id, quality, crop, confidence, probabilities)")
        database.execute("INSERT INTO parcel VALUES (0, 'a', 'ok', 0, 1.0, ?)", (array.array("f", [1]).tobytes()[:3],))
    with pytest.raises(NotResults, match="damaged"):
        list(ResultsFolder(tmp_path).parcels())

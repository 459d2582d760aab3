"""The page of results: every number against the features of the layer, every selection against a count by hand."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import csv
import json
import sqlite3
from collections import Counter
from pathlib import Path
from types import SimpleNamespace

import pytest
from qgis.core import QgsCoordinateReferenceSystem, QgsProject, QgsVectorLayer
from qgis.gui import QgsMapCanvas
from qgis.PyQt.QtCore import QPoint, Qt
from qgis.PyQt.QtWidgets import QApplication, QLabel
from sample_results import write_results

from crop_classifier_plugin.ui.results import ResultsPage, queries
from crop_classifier_plugin.ui.results.confusion_model import OF_PREDICTION, OF_TRUTH

PARCELS, CLASSES = 400, 5


@pytest.fixture
def made(tmp_path, qgis_app):
    """`made(**options)` writes results; the folder."""

    def write(**options) -> Path:
        write_results(tmp_path, **{"count": PARCELS, "classes": CLASSES, **options})
        return tmp_path / "crops.results"

    return write


@pytest.fixture
def iface(qtbot):
    """As much of QGIS's window as the page uses."""
    canvas = QgsMapCanvas()
    qtbot.addWidget(canvas)
    canvas.resize(400, 300)
    canvas.setDestinationCrs(QgsCoordinateReferenceSystem("EPSG:2154"))
    return SimpleNamespace(mapCanvas=lambda: canvas)


@pytest.fixture
def page(qtbot, iface):
    window = ResultsPage(iface)
    qtbot.addWidget(window)
    window.resize(1000, 580)
    window.show()
    yield window
    window.clear()


@pytest.fixture
def opened(qtbot, page, made):
    """The page with results and their layer; the page and the features by their ids."""

    def open_results(**options):
        show(qtbot, page, made(**options))
        page.load_layer()
        return page, {feature.id(): feature for feature in page.selection.layer().getFeatures()}

    return open_results


def show(qtbot, page, results) -> None:
    with qtbot.waitSignal(page.shown, timeout=5000):
        page.show_results(results)


def selected(qtbot, page, act) -> set:
    """The features that are selected after an action, once the page says so."""
    page.sentence.setText("")
    act()
    qtbot.waitUntil(lambda: bool(page.sentence.text()), timeout=5000)
    return set(page.selection.layer().selectedFeatureIds())


def value(feature, name):
    """The field's value, None for null."""
    found = feature[name]
    return None if found is None or str(found) == "NULL" else found


def is_compared(feature) -> bool:
    return bool(value(feature, "crop_code") and value(feature, "code") and feature["trained_on"] != "yes")


def code(page, position) -> str:
    return page.results.classes[position]["code"]


# Numbers


def test_the_summary_counts_what_the_layer_holds(opened):
    page, features = opened()
    compared = [f for f in features.values() if is_compared(f)]
    right = sum(f["crop_code"] == f["code"] for f in compared)
    figures = {name: label.text() for name, label in page.summary.figures.items()}
    classified = sum(value(f, "crop_code") is not None for f in features.values())
    assert figures["parcels"] == str(PARCELS) and figures["classified"] == str(classified)
    assert figures["compared"] == str(len(compared)) and figures["oa"] == f"{100 * right / len(compared):.1f} %"
    texts = "\n".join(label.text() for label in page.summary.findChildren(QLabel))
    seen = [f for f in features.values() if value(f, "crop_code") and value(f, "code") and f["trained_on"] == "yes"]
    agree = sum(f["crop_code"] == f["code"] for f in seen)
    assert f"{len(seen)} parcels that the model was trained on are not in the scores" in texts
    assert f"agrees with {100 * agree / len(seen):.1f} % of them" in texts
    assert "263 km away, of another year (2019), 9 days later in the season" in texts
    for quality in ("few_pixels", "unlike_training", "no_clear_observation"):
        count = sum(f["quality"] == quality for f in features.values())
        assert str(count) in [label.text() for label in page.summary.findChildren(QLabel)]


def test_the_table_of_classes_counts_sorts_and_leaves_as_numbers(opened, tmp_path):
    page, features = opened()
    view = page.classes
    counts = Counter(value(f, "crop_name") for f in features.values())
    rows = view.cells()[1:]
    assert {row[0]: row[1] for row in rows} == {name: count for name, count in counts.items() if name}
    assert [row[1] for row in rows] == sorted((row[1] for row in rows), reverse=True)
    for name, _, area, precision, recall, f_score, support in rows:
        own = [f for f in features.values() if is_compared(f)]
        declared = [f for f in own if code_of(page, name) == f["code"]]
        predicted = [f for f in own if f["crop_name"] == name]
        both = sum(f["code"] == f["crop_code"] for f in predicted)
        assert support == len(declared)
        assert precision == pytest.approx(both / len(predicted)) and recall == pytest.approx(both / len(declared))
        assert f_score == pytest.approx(2 * both / (len(predicted) + len(declared)))
        drawn = sum(f.geometry().area() for f in features.values() if value(f, "crop_name") == name)
        assert area == pytest.approx(drawn / 1e4, abs=0.01)
    view.table.sortItems(2, Qt.SortOrder.AscendingOrder)
    areas = [row[2] for row in view.cells()[1:]]
    assert areas == sorted(areas) and areas != sorted(areas, key=str)
    view.save(str(tmp_path / "classes.csv"))
    with (tmp_path / "classes.csv").open(encoding="utf-8-sig", newline="") as file:
        saved = list(csv.reader(file))
    assert saved == [[str(cell) for cell in row] for row in view.cells()]
    view.copy()
    lines = QApplication.clipboard().text().splitlines()
    assert [line.split("\t") for line in lines] == saved


def code_of(page, name) -> str:
    return next(crop["code"] for crop in page.results.classes if crop["name"] == name)


def test_every_cell_of_the_matrix_selects_its_parcels(qtbot, opened):
    page, features = opened()
    model = page.confusion.model
    assert model.rowCount() == model.columnCount() == CLASSES
    for row in range(CLASSES):
        for column in range(CLASSES):
            expected = {
                fid
                for fid, f in features.items()
                if is_compared(f) and (f["code"], f["crop_code"]) == (code(page, row), code(page, column))
            }
            index = model.index(row, column)
            assert selected(qtbot, page, lambda index=index: page.confusion.table.clicked.emit(index)) == expected
            assert model.data(index) == (str(len(expected)) if expected else "")
            start = f"{len(expected)} parcel" if expected else "No parcels"
            assert page.sentence.text().startswith(start) and "declared as" in page.sentence.text()
    whole = {fid for fid, f in features.items() if is_compared(f)}
    declared = {fid for fid in whole if features[fid]["code"] == code(page, 1)}
    predicted = {fid for fid in whole if features[fid]["crop_code"] == code(page, 2)}
    headers = page.confusion.table.verticalHeader(), page.confusion.table.horizontalHeader()
    assert selected(qtbot, page, lambda: headers[0].sectionClicked.emit(1)) == declared
    assert selected(qtbot, page, lambda: headers[1].sectionClicked.emit(2)) == predicted


def test_shares_of_the_matrix_are_of_the_row_or_of_the_column(opened):
    page, _ = opened()
    view, cells = page.confusion, page.confusion.model.cells
    for mode, whole in (
        (OF_TRUTH, lambda row, column: sum(cells[row])),
        (OF_PREDICTION, lambda row, column: sum(line[column] for line in cells)),
    ):
        view.mode.setCurrentIndex(view.mode.findData(mode))
        for row in range(CLASSES):
            for column in range(CLASSES):
                share = 100 * cells[row][column] / whole(row, column)
                expected = f"{share:.1f}" if cells[row][column] else ""
                assert view.model.data(view.model.index(row, column)) == expected


def test_the_histogram_counts_and_a_drag_selects(qtbot, opened):
    page, features = opened()
    view, widget = page.confidence, page.confidence.histogram
    page.list.setCurrentRow(3)
    for crop in (None, 1):
        view.classes.setCurrentIndex(view.classes.findData(crop))
        own = {
            fid: f["confidence"]
            for fid, f in features.items()
            if value(f, "crop_code") and crop in (None, position_of(page, f["crop_code"]))
        }
        bins = Counter(min(int(confidence * queries.BINS), queries.BINS - 1) for confidence in own.values())
        qtbot.waitUntil(lambda bins=bins: widget.counts == [bins[at] for at in range(queries.BINS)], timeout=5000)
        at = [
            QPoint(round(widget.area().left() + (bin + 0.5) * widget.area().width() / queries.BINS), 60)
            for bin in (17, 13)
        ]

        def drag(at=at):
            qtbot.mousePress(widget, Qt.MouseButton.LeftButton, pos=at[0])
            qtbot.mouseMove(widget, at[1])
            widget._mark(widget.bin_at(at[1].x()))  # without a screen the mouse does not move
            qtbot.mouseRelease(widget, Qt.MouseButton.LeftButton, pos=at[1])

        expected = {fid for fid, confidence in own.items() if 0.65 <= confidence < 0.9}
        assert selected(qtbot, page, drag) == expected
        assert "confidence 65 to 90 %" in page.sentence.text()


def position_of(page, crop_code) -> int:
    return next(at for at, crop in enumerate(page.results.classes) if crop["code"] == crop_code)


def test_the_parcels_to_check_are_those_and_in_order(qtbot, opened):
    page, features = opened()
    view = page.checks
    page.list.setCurrentRow(4)

    def differs(f):
        known = value(f, "crop_code") and value(f, "code")
        return bool(known) and f["code"] != f["crop_code"] and f["confidence"] >= queries.SURE

    def doubtful(f):
        return value(f, "confidence") is not None and f["confidence"] < queries.UNSURE

    expected = {
        queries.DIFFERS: {fid for fid, f in features.items() if differs(f)},
        queries.FLAGGED: {fid for fid, f in features.items() if f["quality"] != "ok"},
        queries.DOUBTFUL: {fid for fid, f in features.items() if doubtful(f)},
    }
    for reason, fids in [*expected.items(), (None, set().union(*expected.values()))]:
        view.reason.setCurrentIndex(view.reason.findData(reason))
        qtbot.waitUntil(lambda fids=fids: view.model.rowCount() == len(fids), timeout=5000)
        assert {at + 1 for at in view.model.positions} == fids
        assert view.count.text() == f"{len(fids)} of {PARCELS} parcels"
    listed = [features[at + 1] for at in view.model.positions]
    urgency = [(0, -f["confidence"]) if differs(f) else (1, value(f, "confidence") or -1) for f in listed]
    assert urgency == sorted(urgency)
    texts = [view.model.data(view.model.index(row, 4)) for row in range(view.model.rowCount())]
    assert all(("Differs" in text) == differs(f) for text, f in zip(texts, listed))
    assert all(("Low confidence" in text) == doubtful(f) for text, f in zip(texts, listed))
    assert selected(qtbot, page, view.select_button.click) == set().union(*expected.values())


def test_a_click_in_the_list_shows_the_parcel_on_the_map(qtbot, opened, iface):
    page, features = opened()
    view = page.checks
    qtbot.waitUntil(lambda: view.model.rowCount() > 3, timeout=5000)
    for row in (3, 0):
        expected = view.model.positions[row] + 1
        assert selected(qtbot, page, lambda row=row: view.table.selectRow(row)) == {expected}
        box = features[expected].geometry().boundingBox()
        assert iface.mapCanvas().extent().contains(box) and iface.mapCanvas().extent().width() < 20 * box.width()
    inspected = []
    page.inspect_requested.connect(inspected.append)
    view.inspect_button.click()
    page.summary.inspect_button.click()
    assert inspected == [str(expected)] * 2
    with qtbot.waitSignal(page.export_requested):
        page.summary.export_button.click()


# The layer changes


def test_what_was_deleted_or_filtered_is_counted_as_missing(qtbot, opened):
    page, features = opened()
    layer = page.selection.layer()
    condition = queries.compared()
    whole = {fid for fid, f in features.items() if is_compared(f)}
    gone = sorted(whole)[:7]
    assert selected(qtbot, page, lambda: page.selection.select(condition, "x")) == whole
    layer.startEditing()
    layer.deleteFeatures(gone)
    assert selected(qtbot, page, lambda: page.selection.select(condition, "x")) == whole - {*gone}
    assert f"7 of {len(whole)} are not in the layer" in page.sentence.text()
    layer.rollBack()
    assert selected(qtbot, page, lambda: page.selection.select(condition, "x")) == whole
    layer.setSubsetString("confidence > 0.9")
    kept = {fid for fid in whole if features[fid]["confidence"] > 0.9}
    assert selected(qtbot, page, lambda: page.selection.select(condition, "x")) == kept
    assert f"{len(whole) - len(kept)} of {len(whole)} are not in the layer" in page.sentence.text()


def test_a_layer_that_changes_while_it_is_read_is_read_again(qtbot, opened, monkeypatch):
    page, features = opened()
    layer, condition = page.selection.layer(), queries.compared()
    whole = {fid for fid, f in features.items() if is_compared(f)}
    qtbot.waitUntil(lambda: page.selection._map is not None, timeout=5000)
    gone, read = min(whole), page.selection._make_map

    def read_and_delete():
        monkeypatch.undo()
        read()
        layer.deleteFeature(gone)

    def change():
        layer.startEditing()
        layer.deleteFeature(max(whole))  # so that the layer is read again
        monkeypatch.setattr(page.selection, "_make_map", read_and_delete)
        page.selection.select(condition, "x")

    assert selected(qtbot, page, change) == whole - {gone, max(whole)}
    assert f"2 of {len(whole)} are not in the layer" in page.sentence.text()
    layer.rollBack()


def test_parcels_with_ids_of_a_field_are_found_by_them(qtbot, opened):
    page, features = opened(id_field="parcel")
    expected = {fid for fid, f in features.items() if is_compared(f) and f["code"] == code(page, 0)}
    assert selected(qtbot, page, lambda: page.selection.select(queries.compared(truth=0), "x")) == expected


def test_the_layer_is_found_in_the_project_or_offered(qtbot, page, made, bar):
    folder = made()
    show(qtbot, page, folder)
    assert "not in the project" in bar.text(page.bar) and bar.buttons(page.bar) == ["Load Layer"]
    bar.press(page.bar, "Load Layer")
    (layer,) = QgsProject.instance().mapLayers().values()
    assert page.selection.layer() is layer and sorted(layer.styleManager().styles()) == [
        *("Class", "Confidence", "Declared and predicted", "Quality"),
    ]
    show(qtbot, page, layer)
    assert page.selection.layer() is layer and not page.bar.items()
    QgsProject.instance().removeMapLayer(layer)
    page.confusion.table.clicked.emit(page.confusion.model.index(0, 0))
    assert "not in the project" in bar.text(page.bar)
    Path(page.results.about.layer).unlink()
    bar.press(page.bar, "Load Layer")
    assert "is missing" in bar.text(page.bar)


# States


def test_without_results_the_page_says_what_to_do(page):
    assert "There are no results yet. Classify parcels" in page.nothing.text() and page.open_button.isVisible()


def test_a_layer_that_is_not_classified_has_no_results(qtbot, page, parcels):
    show(qtbot, page, parcels)
    assert "Parcels 2017 has no results beside it" in page.nothing.text() and page.nothing.isVisible()


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [("results.json", "{", "damaged"), ("results.json", None, "cannot be read"), ("parcels.sqlite", "x", "damaged")],
)
def test_damaged_results_are_named(qtbot, page, made, name, content, words):
    folder = made()
    (folder / name).unlink()
    if content is not None:
        (folder / name).write_text(content)
    show(qtbot, page, folder)
    assert page.nothing.isVisible() and name in page.nothing.text() and words in page.nothing.text()


@pytest.mark.parametrize("content", [None, "{", "[]", '{"flags": 3}', '{"scores": {"oa": "high"}}'])
def test_without_a_report_the_rest_is_shown(qtbot, page, made, content):
    folder = made()
    report = folder.with_name("crops_report.json")
    report.unlink() if content is None else report.write_text(content)
    show(qtbot, page, folder)
    texts = [label.text() for label in page.summary.findChildren(QLabel)]
    assert any("Classify again to have it." in text and "crops_report.json" in text for text in texts)
    assert "The report is missing" in page.confusion.lacking.text() and str(PARCELS) in texts
    qtbot.waitUntil(lambda: sum(page.confidence.histogram.counts) > 300, timeout=5000)


def test_results_of_the_first_version_select_no_cells(qtbot, page, made):
    folder = made()
    with sqlite3.connect(folder / "parcels.sqlite") as database:
        database.execute("ALTER TABLE parcel DROP COLUMN declared")
        database.execute("ALTER TABLE parcel DROP COLUMN trained_on")
    show(qtbot, page, folder)
    texts = "\n".join(label.text() for label in page.summary.findChildren(QLabel))
    assert "These results are of an earlier version" in texts
    page.load_layer()
    page.confusion.table.clicked.emit(page.confusion.model.index(0, 0))
    qtbot.waitUntil(lambda: page.checks.model.rowCount() > 0, timeout=5000)
    reasons = {page.checks.model.data(page.checks.model.index(row, 4)) for row in range(page.checks.model.rowCount())}
    assert "Low confidence" in reasons and not any("Differs" in reason for reason in reasons)
    qtbot.wait(200)
    assert page.selection.layer().selectedFeatureCount() == 0


def test_without_declared_crops_the_page_says_how_to_compare(qtbot, page, made):
    show(qtbot, page, made(declared=False))
    assert "No field of declared crops was given" in page.confusion.lacking.text()
    assert page.summary.figures["oa"].text() == "–"
    assert page.classes.cells()[1][3:] == [None] * 4
    assert not page.checks.reason.model().item(page.checks.reason.findData(queries.DIFFERS)).isEnabled()


def test_a_comparison_with_no_usable_value_is_a_warning(qtbot, page, made):
    folder = made(declared=False)
    report = folder.with_name("crops_report.json")
    document = json.loads(report.read_text())
    left = {"not_classified": 2, "no_declared_crop": 0, "class_not_known": 17, "codes": {"VRC": 12, "<b>": 5}}
    report.write_text(json.dumps({**document, "not_judged": left}))
    about = json.loads((folder / "results.json").read_text())
    (folder / "results.json").write_text(json.dumps({**about, "truth": "CODE"}))
    show(qtbot, page, folder)
    texts = "\n".join(label.text() for label in page.summary.findChildren(QLabel))
    assert "No parcel could be compared with the declared crops of the field CODE, so there are no scores." in texts
    assert "Of 19 parcels: 17 with a declared crop that is none of the model's classes, 2 not classified." in texts
    assert "Their codes: VRC (12), <b> (5). Choose another field of declared crops" in texts
    assert "No parcel could be compared" in page.confusion.lacking.text()


def test_where_the_model_had_seen_all_compared_parcels_the_matrix_says_so(qtbot, page, made):
    folder = made()
    report = folder.with_name("crops_report.json")
    document = json.loads(report.read_text())
    seen = [row for row in document["judged"] if row["trained_on"] == "yes"]
    report.write_text(json.dumps({**document, "scores": None, "judged": seen}))
    show(qtbot, page, folder)
    assert page.confusion.lacking.text().startswith("The model was trained on all parcels that could be compared")


def test_names_are_shown_as_they_are(opened):
    page, _ = opened()
    labels = [label for label in page.findChildren(QLabel) if label.text()]
    assert all(label.textFormat() == Qt.TextFormat.PlainText for label in labels if label.objectName() != "message")
    names = [page.confusion.model.headerData(at, Qt.Orientation.Horizontal) for at in range(CLASSES)]
    tip = page.confusion.model.headerData(3, Qt.Orientation.Horizontal, Qt.ItemDataRole.ToolTipRole)
    assert names[3] == "Vines <b>&" and "&lt;b&gt;&amp;" in tip


def test_the_page_fits_into_a_small_dock(opened):
    page, _ = opened()
    for row in range(len(page.views)):
        page.list.setCurrentRow(row)
        assert page.minimumSizeHint().width() < 720 and page.minimumSizeHint().height() < 420
    assert page.size().width() == 1000 and page.size().height() == 580


def test_a_layer_of_other_parcels_is_refused(qtbot, page, made, tmp_path):
    show(qtbot, page, made())
    (tmp_path / "b").mkdir()
    path, _ = write_results(tmp_path / "b", count=90, classes=3)
    with sqlite3.connect(path) as database:
        triggers = database.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall()
        for (name,) in triggers:
            database.execute(f'DROP TRIGGER "{name}"')
        database.execute("UPDATE crops SET confidence = confidence / 3 - 0.01")
    other = QgsVectorLayer(str(path), "other", "ogr")
    page.selection.set_results(page.results, other)
    page.selection.select(queries.compared(), "x")
    qtbot.waitUntil(lambda: "does not have the parcels" in page.sentence.text(), timeout=5000)
    assert other.selectedFeatureCount() == 0

"""Train on My Region, from the widgets to the saved model, with a fake engine behind the real algorithm."""

# SPDX-License-Identifier: GPL-2.0-or-later
import time
from dataclasses import replace

import pytest
from qgis.core import QgsProject, QgsSettings
from qgis.PyQt.QtCore import Qt

from crop_classifier_plugin.class_tables import CLASS_TABLES
from crop_classifier_plugin.engine.protocol import MODELS, options
from crop_classifier_plugin.settings import PREFIX, Setting
from crop_classifier_plugin.ui.training_group import TrainingGroup
from crop_classifier_plugin.ui.window.task import MODEL, RESULTS, RUN


@pytest.fixture
def window(train_window):
    return train_window


def counted(qtbot, window):
    qtbot.waitUntil(lambda: window.crops.preview.summary.text().startswith(tuple("0123456789")), timeout=5000)
    table = window.crops.preview.table
    return {table.item(row, 0).text(): int(table.item(row, 1).text()) for row in range(table.rowCount())}


def choose_table(window, name):
    window.crops.table.setCurrentIndex(window.crops.table.findData(name))


def test_opens_small_and_without_complaints(qtbot, engine, window, complaints):
    engine()
    window.show()
    qtbot.waitExposed(window)
    counted(qtbot, window)
    assert window.width() <= 1000 and window.height() <= 580
    assert window.minimumSizeHint().width() <= 1000 and window.minimumSizeHint().height() <= 580
    assert complaints == []


def test_counts_the_crops_of_the_layer(qtbot, engine, window, parcels):
    assert window.crops.preview.summary.text() == ""  # nothing is counted for a window that nobody sees
    window.show()
    assert counted(qtbot, window) == {"BTH": 3, "PPH": 3, "LUZ": 1, "MIS": 1, "VRC": 1}
    rare = "left out, fewer than 5 parcels: BTH (3), LUZ (1), MIS (1) …"
    assert window.crops.preview.summary.text() == f"5 classes, 9 parcels; 1 without a value; {rare}"
    parcels.selectByIds([feature.id() for feature in parcels.getFeatures() if feature["CODE_CULTU"] == "BTH"])
    window.crops.parcels.selected_only.setChecked(True)
    assert counted(qtbot, window) == {"BTH": 3}


def test_a_class_table_groups_the_crops(qtbot, engine, window, tmp_path):
    window.show()
    counted(qtbot, window)
    choose_table(window, "paper")
    assert counted(qtbot, window) == {"Cereal": 4, "Meadows": 3, "Grapevine": 1, "Leguminous Fodder": 1}
    table = tmp_path / "table.csv"
    table.write_text("code;name;class;colour\nBTH;Blé;Wheat;#ff0000\nMIS;;Maize;#00ff00\n", encoding="utf-8-sig")
    choose_table(window, "file")
    assert window.missing() == "Choose the file of the class table."
    window.crops.file.setFilePath(str(table))
    assert counted(qtbot, window) == {"Wheat": 3, "Maize": 1}
    assert window.crops.preview.summary.text() == (
        "2 classes, 4 parcels; 5 parcels left out (3 values not in the class table); 1 without a value; "
        "left out, fewer than 5 parcels: Wheat (3), Maize (1)"
    )
    table.write_text("a,b\n1,2\n", encoding="utf-8")
    window.crops.file.setFilePath("")
    window.crops.file.setFilePath(str(table))
    assert "the column code, name, class, colour is missing; found a, b." in window.crops.preview.summary.text()


def test_the_choice_for_rare_classes_is_shown_before_the_run(qtbot, engine, window, tmp_path):
    """A combo box with both ways beside the minimum, each with a label and a tooltip; the preview follows both."""
    training = window.train.training
    combo, spin = (training.widgets[name] for name in ("rare_classes", "min_samples"))
    assert [combo.itemText(row) for row in range(combo.count())] == [
        "Leave out",
        "Group with the class table's parents",
    ]
    labels = [training.form.labelForField(widget).text() for widget in (combo, spin)]
    assert labels == ["Rare classes", "Minimum number of parcels per class"]
    assert "the column parent of the class table" in combo.toolTip() and "Below five" in spin.toolTip()
    table = tmp_path / "classes.csv"
    rows = "BTH,,Wheat,#aa0000,\nPPH,,Grass,,\nLUZ,,Lucerne,,Fodder\nMIS,,Maize,,Fodder\n"
    table.write_text(f"code,name,class,colour,parent\n{rows}", encoding="utf-8")
    choose_table(window, "file")
    window.crops.file.setFilePath(str(table))
    spin.setValue(2)
    window.show()
    assert counted(qtbot, window) == {"Wheat": 3, "Grass": 3, "Lucerne": 1, "Maize": 1}
    assert window.crops.preview.summary.text().endswith("left out, fewer than 2 parcels: Lucerne (1), Maize (1)")
    combo.setCurrentIndex(1)
    assert counted(qtbot, window) == {"Wheat": 3, "Grass": 3, "Fodder": 2}
    assert window.crops.preview.summary.text().endswith("Lucerne (1), Maize (1) in the class Fodder")
    sent = window.task.parameters()
    assert (sent["RARE_CLASSES"], sent["MIN_SAMPLES"]) == ("group", 2)
    spin.setValue(4)
    assert window.crops.preview.summary.text().endswith(
        "Lucerne (1), Maize (1) in the class Fodder; left out, fewer than 4 parcels: Wheat (3), Grass (3), Fodder (2)"
    )


def test_every_table_that_comes_along_can_be_chosen_and_is_kept(engine, window, make_window):
    crops = window.crops
    assert {crops.table.itemData(row) for row in range(crops.table.count())} == set(CLASS_TABLES)
    assert all(len(crops.table.itemText(row)) > 8 for row in range(crops.table.count()))
    for name in CLASS_TABLES:
        choose_table(window, name)
        assert CLASS_TABLES[crops.parameters()["CLASS_TABLE"]] == name
    choose_table(window, "switzerland")
    crops.remember()
    again = make_window("train")
    assert again.crops.table.currentData() == "switzerland"


def test_values_that_the_table_lacks_go_where_the_user_says(qtbot, engine, window, tmp_path):
    table = tmp_path / "table.csv"
    table.write_text("code,name,class,colour\nBTH,,Wheat,#ff0000\nMIS,,Maize,#00ff00\n", encoding="utf-8")
    window.show()
    counted(qtbot, window)
    assert not window.crops.fallback.isEnabled()
    choose_table(window, "file")
    window.crops.file.setFilePath(str(table))
    assert counted(qtbot, window) == {"Wheat": 3, "Maize": 1}
    assert "UNKNOWN_CLASS" not in window.task.parameters()
    window.crops.fallback.setText(" Other crops ")
    assert counted(qtbot, window) == {"Other crops": 5, "Wheat": 3, "Maize": 1}
    assert (
        "9 parcels; 5 of them in the class Other crops (3 values not in the class table)"
        in window.crops.preview.summary.text()
    )
    assert window.task.parameters()["UNKNOWN_CLASS"] == "Other crops"
    window.crops.fallback.setText("maize")
    assert counted(qtbot, window) == {"Maize": 6, "Wheat": 3}
    window.crops.fallback.setText("?!")
    assert window.missing() == "The name of the class for other crops needs a letter or a digit."
    choose_table(window, "own")
    window.train.training.set_value("min_samples", 2)
    assert "UNKNOWN_CLASS" not in window.task.parameters() and window.missing() == ""


def test_the_preview_says_what_the_engine_will_do(qtbot, engine, window, parcels, tmp_path):
    values = ["0110", "110", "00110", "a", "A", "ble\u0301", "bl\u00e9", " ", None, "00110"]
    position = parcels.fields().lookupField("CODE_CULTU")
    for feature, value in zip(list(parcels.getFeatures()), values):
        parcels.dataProvider().changeAttributeValues({feature.id(): {position: value}})
    table = tmp_path / "table.csv"
    table.write_text("code,name,class,colour\n0110,,Wheat,\n110,,Rye,\na,,One,\nA,,Two,\n", encoding="utf-8")
    choose_table(window, "file")
    window.crops.file.setFilePath(str(table))
    window.show()
    assert counted(qtbot, window) == {"Wheat": 1, "Rye": 1, "One": 1, "Two": 1}
    assert window.crops.preview.summary.text() == (
        "4 classes, 4 parcels; 4 parcels left out (2 values not in the class table); 2 without a value; "
        "left out, fewer than 5 parcels: Wheat (1), Rye (1), One (1) …"
    )
    choose_table(window, "own")
    window.train.training.set_value("min_samples", 2)
    assert counted(qtbot, window) == {"0110": 1, "110": 1, "00110": 2, "a": 1, "A": 1, "bl\u00e9": 2}
    assert window.crops.preview.summary.text() == (
        "6 classes, 8 parcels; 2 without a value; classes that differ only in upper and lower case: A, a; "
        "left out, fewer than 2 parcels: 0110 (1), 110 (1), A (1) …"
    )


def test_the_preview_of_very_many_values_lists_the_largest(qtbot, engine, window):
    window.show()
    counted(qtbot, window)
    counts = {**{str(number): 1 for number in range(300_000)}, "MIS": 7, "BTH": 9, "": 2}
    began = time.monotonic()
    window.crops.preview._on_counted(counts, None)
    assert time.monotonic() - began < 2  # 5.3 s for a row of each
    listed = counted(qtbot, window)
    assert len(listed) == 500 and list(listed.items())[:2] == [("BTH", 9), ("MIS", 7)]
    text = "300002 classes, 300,016 parcels; the 500 largest are listed; 2 without a value"
    assert window.crops.preview.summary.text().startswith(f"{text}; left out, fewer than 5 parcels: ")
    choose_table(window, "paper")
    window.crops.fallback.setText("Other")
    assert counted(qtbot, window)["Other"] == 300_000
    assert len(window.crops.preview.table.item(0, 0).toolTip()) < 1000  # not of 300,000 codes


def test_run_waits_for_every_input(engine, window, tmp_path):
    engine()
    window.check_engine()
    assert window.run_button.isEnabled() and not window.train.classify_button.isEnabled()
    window.train.outputs.output.setFilePath(str(tmp_path / "nowhere" / "region.cropmodel"))
    assert "does not exist" in window.missing() and not window.run_button.isEnabled()
    window.train.outputs.output.setFilePath(str(tmp_path / "region.cropmodel"))
    QgsProject.instance().removeAllMapLayers()
    assert window.missing() == "Choose a parcel layer." and not window.run_button.isEnabled()


def test_parameters_are_exactly_what_was_chosen(engine, window, parcels, imagery, tmp_path, provider):
    choose_table(window, "paper")
    window.train.training.architecture.setCurrentIndex(window.train.training.architecture.findData("gru"))
    window.train.training.epochs.setValue(12)
    window.train.training.folds.setValue(3)
    assert window.task.parameters() == {
        "IMAGERY": str(imagery),
        "PARCELS": parcels.id(),
        "CLASS_FIELD": "CODE_CULTU",
        "CLASS_TABLE": 1,
        "MODEL": "gru",
        "EPOCHS": 12,
        "FOLDS": 3,
        "OUTPUT": str(tmp_path / "region.cropmodel"),
    }
    known = {definition.name() for definition in provider.algorithm("trainmodel").parameterDefinitions()}
    assert set(window.task.parameters()) | {"CLASS_TABLE_FILE", "UNKNOWN_CLASS", "EXCLUDE", "MASKS"} < known


def test_a_split_asks_for_what_it_needs(engine, window):
    split = window.train.training.split
    assert not split.block_size_m.isEnabled() and not split.field.isEnabled()
    split.split.setCurrentIndex(split.split.findData("blocks"))
    split.block_size_m.setValue(1500)
    sent = window.task.parameters()
    assert (sent["SPLIT"], sent["BLOCK_SIZE_M"], "SPLIT_FIELD" in sent) == ("blocks", 1500, False)
    split.split.setCurrentIndex(split.split.findData("group"))
    assert window.missing() == "Choose the field of the split: parcels with the same value are tested together."
    split.field.setField("CODE_CULTU")
    assert window.missing() == ""
    sent = window.task.parameters()
    assert (sent["SPLIT_FIELD"], "BLOCK_SIZE_M" in sent) == ("CODE_CULTU", False)


def shown(training):
    return {name: group.value(name) for group in (training, training.recipe) for name in group.widgets}


def choose_architecture(training, name):
    training.architecture.setCurrentIndex(training.architecture.findData(name))


@pytest.mark.parametrize("name", list(MODELS))
def test_the_form_shows_what_holds_for_each_architecture_and_sends_none_of_it(engine, window, name):
    training = window.train.training
    choose_architecture(training, name)
    papers = {"epochs": 50, "batch_size": 32, "learning_rate": 0.001, "schedule": "constant", "weight_decay": 0.0}
    found = shown(training)
    expected = {**papers, **MODELS[name].recipe_of("refit")}
    assert {option: found[option] for option in expected} == expected
    sent = set(window.task.parameters()) - {"IMAGERY", "PARCELS", "CLASS_FIELD", "CLASS_TABLE", "OUTPUT"}
    assert sent == {"MODEL"}


def test_a_search_decides_on_what_a_recipe_has(engine, window):
    training = window.train.training
    assert training.value("model") == "auto" and training.architecture.currentIndex() == 0
    training.set_value("epochs", 7)
    training.recipe.set_value("schedule", "cosine")
    training.advanced.set_value("time_budget_min", 3)
    training.advanced.set_value("members", 5)
    assert not training.epochs.isEnabled() and not training.recipe.widgets["schedule"].isEnabled()
    own = {"TIME_BUDGET_MIN": 3, "MEMBERS": 5}
    sent = {
        name: value for name, value in window.task.parameters().items() if name in ("MODEL", "EPOCHS", "SCHEDULE", *own)
    }
    assert sent == own
    choose_architecture(training, "gru")
    assert not training.advanced.widgets["time_budget_min"].isEnabled() and training.epochs.isEnabled()
    sent = {
        name: value for name, value in window.task.parameters().items() if name in ("MODEL", "EPOCHS", "SCHEDULE", *own)
    }
    assert sent == {"MODEL": "gru", "EPOCHS": 7, "SCHEDULE": "cosine", "MEMBERS": 5}


def test_an_empty_number_says_what_holds(engine, window):
    folds = window.train.training.folds
    assert folds.text() == "all; one above 3000 parcels" and "FOLDS" not in window.task.parameters()
    folds.setValue(2)
    assert window.task.parameters()["FOLDS"] == 2


def test_a_changed_field_is_sent_and_does_not_follow_the_architecture(engine, window, monkeypatch):
    own = {"schedule": "cosine", "weight_decay": 0.05, "epochs": 80, "date_dropout": 0.2}
    monkeypatch.setitem(MODELS, "cnn", replace(MODELS["cnn"], recipe=own))
    training = window.train.training
    choose_architecture(training, "gru")
    training.recipe.set_value("date_dropout", 0.5)
    choose_architecture(training, "cnn")
    assert shown(training).items() >= {**own, "date_dropout": 0.5}.items()
    assert {"SCHEDULE", "WEIGHT_DECAY", "EPOCHS"}.isdisjoint(window.task.parameters())
    assert window.task.parameters()["DATE_DROPOUT"] == 0.5
    training.recipe.set_value("schedule", "constant")  # the paper's, where the recipe has another
    assert window.task.parameters()["SCHEDULE"] == "constant"
    choose_architecture(training, "gru")
    assert shown(training).items() >= {"schedule": "constant", "weight_decay": 0.0, "epochs": 50}.items()
    assert "SCHEDULE" not in window.task.parameters() and window.task.parameters()["DATE_DROPOUT"] == 0.5


def test_a_parcel_file_becomes_a_source(engine, window, tmp_path):
    path = tmp_path / "parcels.gpkg"
    QgsProject.instance().removeAllMapLayers()
    window.crops.parcels.add_file(str(path))
    assert window.crops.parcels.value().split("|")[0] == str(path)
    assert window.crops.parcels.layer().featureCount() == 10
    assert not window.crops.parcels.selected_only.isEnabled()


def test_training_draws_curves_and_ends_with_scores(qtbot, engine, window, tmp_path, bar):
    jobs = engine()
    window.check_engine()
    choose_architecture(window.train.training, "gru")
    window.train.training.epochs.setValue(6)
    window.train.training.folds.setValue(2)
    window.run()
    assert window.pages.page() == RUN
    qtbot.waitUntil(lambda: not window.is_running(), timeout=8000)
    commands = [job["command"] for job in jobs()]
    assert [command for command in commands if command != "inspect"] == ["extract", "train"]
    train, validation = [curve for curve in window.train.curves.loss.curves if curve.current]
    assert (train.name, validation.name) == ("Training", "Left out")
    assert [epoch for epoch, _ in train.points] == [1, 2, 3, 4, 5, 6]
    assert train.points[0][1] == pytest.approx(0.15 + 1.6 * 2.718281828 ** (-4 / 6))
    assert len(window.train.curves.loss.curves) == 4  # two of the first fold, faded, and two of the second
    assert window.train.curves.score.best_epoch == window.train.curves.loss.best_epoch
    assert window.train.curves.status.text().startswith("Fold 2 of 2  ·  Epoch 6 of 6  ·  best epoch")
    assert window.pages.page() == RESULTS
    assert (
        window.train.scores.headline["oa"].text() == "93.1 %"
        and window.train.scores.headline["parcels"].text() == "2,658"
    )
    assert "region.cropmodel. Classes left out because they have too few parcels: 1 (listed in the log)." in bar.text(
        window.bar
    )


def test_where_the_last_epoch_is_kept_none_is_called_the_best(window):
    values = {"fold": 1, "folds": 1, "epochs": 2, "train_loss": 1.0, "validation_loss": 1.0, "validation_oa": 0.5}
    for epoch in (1, 2):
        window.train.curves.add_epoch({**values, "epoch": epoch, "validation_mean_f": 0.5, "kept": "last"})
    assert window.train.curves.score.best_epoch is None
    assert window.train.curves.status.text() == "Epoch 2 of 2  ·  scores of the tested parcels; the last epoch is kept"


def test_the_class_report_sorts_by_number(qtbot, engine, window):
    engine()
    window.train.training.epochs.setValue(1)
    window.run()
    qtbot.waitUntil(lambda: not window.is_running(), timeout=8000)
    table = window.train.scores.table
    names = [table.item(row, 0).text() for row in range(table.rowCount())]
    assert names[:2] == ["Meadows", "Cereal"] and names[-1] == "Aromatic / Medicinal Plant"  # 1064, 812 ... 12
    table.sortItems(3, Qt.SortOrder.AscendingOrder)
    shares = [table.item(row, 3).data(Qt.ItemDataRole.DisplayRole) for row in range(table.rowCount())]
    assert shares == sorted(shares) and shares[0] == pytest.approx(0.94 - 0.055 * 9)


def test_the_model_is_ready_for_a_classification(qtbot, engine, window, model_file):
    window.train.model_file = str(model_file)
    window.show()
    window.train.classify()
    assert window.task is window.classify and window.pages.page() == MODEL
    assert window.classify.model.path() == str(model_file)
    assert window.missing() == ""  # images and parcels are those of the training


def test_a_failure_is_shown_whole(qtbot, engine, window, bar):
    engine("failing")
    window.check_engine()
    window.run()
    qtbot.waitUntil(lambda: not window.is_running(), timeout=8000)
    assert "the parcels cover 48.1 N, the images 43.2 N." in bar.text(window.bar)
    assert not window.train.classify_button.isEnabled() and window.run_button.isEnabled()


def test_remembers_the_last_choices(qtbot, engine, window):
    engine("slow")
    window.check_engine()
    window.train.training.epochs.setValue(7)
    window.run()
    window.cancel()
    qtbot.waitUntil(lambda: not window.is_running(), timeout=8000)
    assert (Setting.EPOCHS.get(), Setting.CLASS_FIELD.get()) == (7, "CODE_CULTU")


REMEMBERED = (Setting.ARCHITECTURE, Setting.EPOCHS, Setting.FOLDS, Setting.DEVICE)


@pytest.fixture
def nothing_remembered():
    for setting in REMEMBERED:
        setting.forget()
    yield
    for setting in REMEMBERED:
        setting.forget()


def _chosen(qtbot):
    group = TrainingGroup()
    qtbot.addWidget(group)
    return (*(group.value(name) for name in ("model", "epochs", "folds")), group.advanced.value("device"))


def test_where_nothing_is_remembered_the_engines_defaults_are_offered(qtbot, nothing_remembered):
    defaults = (options.default(name, "train") for name in ("model", "epochs", "folds", "device"))
    assert _chosen(qtbot) == tuple(defaults)


def test_what_version_0_1_0_stored_is_offered_again(qtbot, nothing_remembered):
    """Under its keys, and as text, which is how an .ini file of QGIS holds numbers."""
    stored = {"architecture": "gru", "epochs": "7", "folds": "5", "device": "cpu"}
    for name, value in stored.items():
        QgsSettings().setValue(f"{PREFIX}/last/{name}", value)
    assert _chosen(qtbot) == ("gru", 7, 5, "cpu")


def test_a_run_does_not_start_where_no_model_can_come_of_the_field(qtbot, engine, window, parcels):
    """Each value once, nothing in the class table, one class with enough parcels: said before images are read."""
    engine()
    window.show()
    counted(qtbot, window)
    assert window.missing() == "A model needs at least 2 classes with 5 or more parcels; the field CODE_CULTU has 0."
    assert not window.run_button.isEnabled() and "2 classes" in window.progress.stage.text()
    window.train.training.set_value("min_samples", 3)
    assert window.missing() == "" and window.run_button.isEnabled()
    choose_table(window, "austria")
    assert window.missing().startswith("No value of the field CODE_CULTU is in the class table: BTH, MIS, PPH …")
    choose_table(window, "own")
    window.crops.preview._on_counted({str(number): 1 for number in range(30)}, None)
    assert window.missing() == (
        "Each parcel has another value in the field CODE_CULTU: 0, 1, 2 …. Choose the field that holds the crop."
    )
    window.crops.preview._on_counted({"": 10}, None)
    assert window.missing() == "The field CODE_CULTU has no values. Choose the field that holds the declared crop."


def test_no_field_is_chosen_for_the_user(make_window, parcels):
    assert make_window("train").crops.field.currentField() == ""


def test_a_closed_window_lets_qgis_say_how_the_training_ended(qtbot, engine, window, bar, iface):
    engine()
    window.train.training.epochs.setValue(1)
    window.run()
    qtbot.waitUntil(lambda: not window.is_running(), timeout=8000)
    assert "The model is saved in" in bar.text(iface.messageBar())
    bar.press(iface.messageBar(), "Show")
    assert window.isVisible() and window.pages.page() == RESULTS

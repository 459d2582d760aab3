"""The engine's words in Processing: progress, log, warnings, failures and cancel."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import time

import pytest
from qgis.core import QgsApplication, QgsProcessingAlgRunnerTask, QgsProcessingContext, QgsProcessingException
from qgis.PyQt.QtCore import QThread
from running import Feedback, algorithm

from crop_classifier_plugin.engine.feedback import EngineFeedback, Listener, time_left
from crop_classifier_plugin.engine.protocol import protocol
from crop_classifier_plugin.processing.inspectstack import InspectStack

EPOCH = {"fold": 1, "folds": 5, "epoch": 3, "epochs": 80, "train_loss": 0.123456, "validation_loss": 1.5}
pytestmark = pytest.mark.usefixtures("qgis_app", "qgis_processing", "provider")


def test_progress_logs_metrics_and_warnings_are_shown() -> None:
    feedback = Feedback()
    listen = Listener(feedback)
    for event in (
        protocol.Progress(0.25, "Training", "fold 1 of 5", 200.0),
        protocol.Log("a line"),
        protocol.Metric("epoch", {**EPOCH, "validation_oa": 0.75, "validation_mean_f": 0.5, "kept": "last"}),
        protocol.Metric("epoch", EPOCH),
        protocol.Metric("speed", {"parcels": 3, "seconds": 0.123456}),
        protocol.Warn("imagery.gap", "No image in May.", "Nothing to do."),
    ):
        listen(event)
    assert feedback.percents == [25.0]
    assert feedback.lines == [
        "Training: fold 1 of 5 (about 3 min left)", "a line",
        "Fold 1 of 5, epoch 3 of 80: loss 0.123; parcels left out: loss 1.5, overall accuracy 0.75, mean F-score 0.5",
        "Fold 1 of 5, epoch 3 of 80: loss 0.123", "speed: parcels 3, seconds 0.123",
    ]  # fmt: skip
    assert feedback.warnings == ["No image in May. Nothing to do."]
    assert len(feedback.events) == 6


def test_no_text_of_the_engine_is_markup_in_processings_window() -> None:
    feedback, hostile = Feedback(), "<img src=x><b>bold"
    listen = Listener(feedback)
    for event in (
        protocol.Progress(0.25, hostile, hostile),
        protocol.Log(hostile),
        protocol.Metric(hostile, {hostile: 1}),
        protocol.Warn("x", hostile, hostile),
    ):
        listen(event)
    assert len(feedback.lines) == 3 and len(feedback.warnings) == 1
    assert not [text for text in (*feedback.lines, *feedback.warnings) if "<" in text]


def test_a_chatty_engine_does_not_fill_the_log() -> None:
    feedback = Feedback()
    listen = Listener(feedback)
    for n in range(100):
        listen(protocol.Progress(n / 100, "Reading" if n < 50 else "Writing", f"block {n}"))
    assert feedback.lines == ["Reading: block 0", "Writing: block 50"]
    assert len(feedback.events) == 100 and feedback.percents[-1] == 99.0


@pytest.mark.parametrize(("seconds", "text"), [(None, ""), (0.2, "about 1 s left"), (89, "about 89 s left"),
                                               (200, "about 3 min left"), (9000, "about 2.5 h left")])  # fmt: skip
def test_time_left_is_rounded_as_a_person_would(seconds, text) -> None:
    assert time_left(seconds) == text


def test_a_failure_is_shown_whole_with_its_code(fake_engine, imagery, monkeypatch) -> None:
    failing = algorithm("inspectstack")
    with pytest.raises(QgsProcessingException) as caught:
        failing.run_engine("fail", {}, Feedback())
    text = str(caught.value)
    assert "holds no polygon.\nSecond line.\nChoose another layer.\n[parcels.empty]" in text


def test_cancel_ends_the_run(fake_engine, tmp_path) -> None:
    feedback = Feedback()
    feedback.engineEvent.connect(lambda event: feedback.cancel())
    with pytest.raises(QgsProcessingException, match="Cancelled"):
        algorithm("inspectstack").run_engine("obedient", {"mark": str(tmp_path / "mark")}, feedback)
    assert (tmp_path / "mark").read_text() == "cancel\n"


def test_events_reach_a_dialog_from_a_task_in_the_background(fake_engine, imagery, qtbot) -> None:
    """As the dialogs run algorithms: QGIS hands the feedback through C++ into another thread."""
    fake_engine.answer("inspect", {"acquisitions": [], "skipped": [], "grid": {}})
    context, feedback, done = QgsProcessingContext(), EngineFeedback(), []
    received = []
    feedback.engineEvent.connect(lambda event: received.append((event.kind, QThread.currentThread())))
    task = QgsProcessingAlgRunnerTask(algorithm("inspectstack"), {"IMAGERY": str(imagery)}, context, feedback)
    task.executed.connect(lambda successful, results: done.append((successful, results["ACQUISITIONS"])))
    QgsApplication.taskManager().addTask(task)
    qtbot.waitUntil(lambda: bool(done), timeout=20_000)
    assert done == [(True, 0)]
    assert [kind for kind, _ in received] == ["started", "progress", "result"]
    assert {thread for _, thread in received} == {QgsApplication.instance().thread()}


def test_a_task_can_be_cancelled_within_2_seconds(fake_engine, imagery, qtbot, monkeypatch, tmp_path) -> None:
    monkeypatch.setattr(InspectStack, "processAlgorithm", _never_ends(str(tmp_path / "mark")))
    context, feedback, done = QgsProcessingContext(), EngineFeedback(), []
    received = []
    feedback.engineEvent.connect(received.append)
    task = QgsProcessingAlgRunnerTask(algorithm("inspectstack"), {"IMAGERY": str(imagery)}, context, feedback)
    task.executed.connect(lambda successful, results: done.append(successful))
    QgsApplication.taskManager().addTask(task)
    qtbot.waitUntil(lambda: bool(received), timeout=20_000)
    began = time.monotonic()
    task.cancel()
    qtbot.waitUntil(lambda: bool(done), timeout=20_000)
    assert done == [False] and time.monotonic() - began < 2.0


def _never_ends(mark: str):
    def process(self, parameters, context, feedback):
        return self.run_engine("stubborn", {"mark": mark}, feedback)

    return process

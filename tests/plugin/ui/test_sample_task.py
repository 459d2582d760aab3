"""Try it with a sample region: from the menu to a window that is ready to train."""

# SPDX-License-Identifier: GPL-2.0-or-later
import pytest
from qgis.core import QgsProject

from crop_classifier_plugin.ui.window.task import DATA


@pytest.fixture
def sample(make_window, engine, sample_parcels, tmp_path):
    jobs = engine()
    window = make_window("train")
    window.sample.folder = tmp_path / "data" / "sample"
    return window, jobs


def test_the_window_is_filled_in_and_ready_to_train(qtbot, sample, bar):
    window, jobs = sample
    window.show()
    window.start(window.sample)
    qtbot.waitUntil(lambda: not window.is_running(), timeout=8000)
    (sent,) = (job["arguments"] for job in jobs() if job["command"] == "simulate")
    assert (sent["parcels"], sent["crops"], sent["least_parcels"]) == (420, 10, 25)
    layer = QgsProject.instance().mapLayersByName("Sample parcels")[0]
    assert window.task is window.train and window.pages.page() == DATA
    assert window.data.parcels.layer() is layer and window.crops.field.currentField() == "CODE_CULTU"
    assert window.crops.table.currentData() == "paper" and window.train.training.value("model") == "dated-ltae"
    assert "made-up region" in bar.text(window.bar)
    qtbot.waitUntil(lambda: window.run_button.isEnabled(), timeout=8000)


def test_a_cancelled_sample_leaves_the_window_as_it_was(qtbot, sample, engine):
    window, _ = sample
    engine("slow")
    window.start(window.sample)
    qtbot.waitUntil(lambda: "block 2" in window.progress.stage.text(), timeout=8000)
    window.cancel()
    qtbot.waitUntil(lambda: not window.is_running(), timeout=5000)
    assert not QgsProject.instance().mapLayersByName("Sample parcels") and window.imagery.folder.filePath() == ""

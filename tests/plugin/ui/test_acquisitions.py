"""The acquisitions of the chosen images: listed, counted by their cloud masks, left out by hand."""

# SPDX-License-Identifier: GPL-2.0-or-later
import pytest
from qgis.PyQt.QtCore import Qt


@pytest.fixture
def window(classify_window):
    return classify_window


def test_lists_acquisitions_and_what_was_skipped(engine, window, search):
    engine()
    search(window)
    acquisitions = window.imagery.acquisitions
    assert acquisitions.table.item(0, 0).text() == "2017-03-03"
    assert acquisitions.table.item(3, 2).data(Qt.ItemDataRole.DisplayRole) is None  # no mask: unknown, not zero
    assert [acquisitions.skipped.item(1, column).text() for column in (0, 1)] == [
        "S2_L2A_20170715.tif",
        "The file is cut short",
    ]
    assert acquisitions.summary.text() == "17 of 17 acquisitions used; 2 files skipped"


def test_acquisitions_without_a_cloud_mask_are_counted_before_the_run(engine, window, search):
    engine()
    window.show()
    search(window)
    acquisitions = window.imagery.acquisitions
    note = acquisitions.clouds
    assert note.isVisible() and note.label.text() == (
        "2 of 17 acquisitions have no cloud mask: their clouds are not masked. Add masks, or deselect them."
    )
    assert "“Remove clouds that the masks missed” under Preparation" in note.toolTip()
    acquisitions.table.item(3, 0).setCheckState(Qt.CheckState.Unchecked)
    assert "1 of 16" in note.label.text()
    acquisitions.table.item(7, 0).setCheckState(Qt.CheckState.Unchecked)
    assert not note.isVisible()


def test_images_without_any_cloud_mask_are_reported_before_the_run(engine, window, search):
    engine("unmasked")
    window.show()
    search(window)
    acquisitions = window.imagery.acquisitions
    assert acquisitions.clouds.isVisible() and acquisitions.clouds.label.text() == (
        "Clouds are not masked: no acquisition has a cloud mask. Choose a mask folder, or images with an SCL layer."
    )
    shares = {acquisitions.table.item(row, 2).text() for row in range(acquisitions.table.rowCount())}
    assert shares == {""}  # not 100 %
    acquisitions.clear()
    assert not acquisitions.clouds.isVisible()


def test_acquisitions_can_be_switched_off(engine, window, search):
    engine()
    search(window)
    acquisitions = window.imagery.acquisitions
    for row in (0, 4):
        acquisitions.table.item(row, 0).setCheckState(Qt.CheckState.Unchecked)
    assert window.task.parameters()["EXCLUDE"] == "2017-03-03,2017-05-04"
    acquisitions.use_none.click()
    assert window.missing() == "Select at least one acquisition."
    assert not window.run_button.isEnabled()
    acquisitions.use_all.click()
    assert "EXCLUDE" not in window.task.parameters() and window.run_button.isEnabled()

"""The acquisitions of the chosen images: listed, counted by their cloud masks, left out by hand."""

# SPDX-License-Identifier: GPL-2.0-or-later
import pytest
from qgis.PyQt.QtCore import QDate, QPoint, Qt


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


def test_acquisitions_are_chosen_by_clear_share_and_season(engine, window, search):
    engine()
    search(window)
    acquisitions = window.imagery.acquisitions
    shares = {item.text(): acquisitions._clear_share(item) for item in acquisitions._rows()}
    acquisitions.filter.least_clear.setValue(60)
    cloudy = {date for date, share in shares.items() if share is not None and share < 0.6}
    assert cloudy and set(acquisitions.excluded()) == cloudy  # those without a mask stay
    acquisitions.filter.first.setDate(QDate(2017, 5, 1))
    acquisitions.filter.last.setDate(QDate(2017, 7, 8))
    outside = {date for date in shares if not "2017-05-01" <= date <= "2017-07-08"}
    assert set(acquisitions.excluded()) == cloudy | outside
    acquisitions.filter.least_clear.setValue(0)
    assert set(acquisitions.excluded()) == outside


def test_the_timeline_shows_each_date_at_its_place_and_switches_it(qtbot, engine, window, search):
    engine()
    window.show()
    search(window)
    acquisitions, timeline = window.imagery.acquisitions, window.imagery.acquisitions.timeline
    assert [bar.date.toString(Qt.DateFormat.ISODate) for bar in timeline.bars] == sorted(
        item.text() for item in acquisitions._rows()
    )
    places = [timeline.x_of(bar.date) for bar in timeline.bars]
    days = [timeline.bars[0].date.daysTo(bar.date) for bar in timeline.bars]
    per_day = (places[-1] - places[0]) / days[-1]
    assert places == pytest.approx([places[0] + per_day * day for day in days]) and places[-1] < timeline.width()
    qtbot.mouseClick(timeline, Qt.MouseButton.LeftButton, pos=QPoint(round(places[1]), 10))
    assert acquisitions.excluded() == ("2017-03-13",) and not timeline.bars[1].used
    assert timeline.text_of(timeline.bars[1]).endswith("not used")
    acquisitions.table.sortItems(2)  # by clear share: the bars stay those of the dates
    qtbot.mouseClick(timeline, Qt.MouseButton.LeftButton, pos=QPoint(round(places[1]), 10))
    assert acquisitions.excluded() == ()


def test_masks_among_the_images_are_offered(engine, window, search, tmp_path):
    engine()
    search(window)
    acquisitions, found = window.imagery.acquisitions, dict(window.imagery.found)
    masks = tmp_path / "imagery" / "masks"
    masks.mkdir()
    skipped = [{"path": str(masks / "SCL_1.tif"), "code": "imagery.mask_mismatch", "reason": "a mask"}]
    bare = [{**row, "masked": False, "clear_share": None} for row in found["acquisitions"]]
    acquisitions.fill({**found, "acquisitions": bare, "skipped": skipped})
    assert acquisitions.clouds.label.text() == f"Masks were found in {masks}."
    acquisitions.clouds.use.click()
    assert window.imagery.masks.filePath() == str(masks)


def test_images_of_which_no_series_can_be_made_are_reported_before_the_run(engine, window, search):
    engine()
    search(window)
    assert window.missing() == ""
    window.imagery.found = {**window.imagery.found, "extract_refuses": "B11 is missing."}
    assert window.missing() == "Series cannot be made of these images: B11 is missing."
    window.imagery.found = {**window.imagery.found, "acquisitions": []}
    assert window.missing().startswith("No acquisition was found.")

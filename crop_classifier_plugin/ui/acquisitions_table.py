"""The acquisitions found in the imagery folder, each with a check box, and the files that were skipped and why."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from pathlib import Path
from typing import Any, Iterable, Mapping, Optional, Sequence

from qgis.PyQt.QtCore import QDate, Qt, pyqtSignal
from qgis.PyQt.QtWidgets import QHBoxLayout, QTableWidgetItem, QToolButton, QVBoxLayout, QWidget

from ..plain_text import tooltip
from ..translation import tr
from .acquisition_filter import AcquisitionFilter
from .cloud_note import CloudNote
from .plain_table import number_item, plain_table
from .plain_widgets import plain_label
from .share_delegate import ShareDelegate
from .timeline import Bar, Timeline

SPACING_PX = 4  # so that a page fits on a small screen
MAX_SKIPPED_ROWS = 3  # more scroll
UNPAIRED_MASK = "imagery.mask_mismatch"  # why a file is skipped
MASKED = Qt.ItemDataRole.UserRole  # of a date: whether its images have a cloud mask


class AcquisitionsTable(QWidget):
    """Rows are dates; an unchecked date is left out of the run. `changed` is emitted when the selection changes."""

    changed = pyqtSignal()

    def __init__(self, parent: Optional[QWidget] = None) -> None:
        super().__init__(parent)
        self.summary = plain_label(wrap=True)
        self.clouds = CloudNote()
        self.timeline = Timeline()
        self.timeline.toggled.connect(self._toggle)
        self.filter = AcquisitionFilter()
        self.filter.changed.connect(self._filter)
        self.table = plain_table((tr("Date"), tr("Product"), tr("Clear")), stretched=1)
        self.table.horizontalHeaderItem(2).setToolTip(tr("Share of pixels that are not masked as clouds or shadows"))
        self._delegate = ShareDelegate(parent=self)
        self.table.setItemDelegateForColumn(2, self._delegate)
        self.table.itemChanged.connect(self._on_item_changed)
        self.skipped = plain_table((tr("Skipped file"), tr("Reason")), stretched=1)
        self.skipped.least_rows = 1
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(SPACING_PX)
        layout.addLayout(self._head())
        layout.addWidget(self.clouds)
        layout.addWidget(self.timeline)
        layout.addWidget(self.filter)
        layout.addWidget(self.table, 2)
        layout.addWidget(self.skipped, 1)
        self._mask_folder = ""
        self.clear()

    def _head(self) -> QHBoxLayout:
        head = QHBoxLayout()
        head.addWidget(self.summary, 1)
        self.use_all, self.use_none = QToolButton(), QToolButton()
        self.use_all.setText(tr("All"))
        self.use_all.setToolTip(tr("Use all acquisitions"))
        self.use_none.setText(tr("None"))
        self.use_none.setToolTip(tr("Use no acquisition, then select a few by hand"))
        self.use_all.clicked.connect(lambda: self._check_all(Qt.CheckState.Checked))
        self.use_none.clicked.connect(lambda: self._check_all(Qt.CheckState.Unchecked))
        for button in (self.use_all, self.use_none):
            head.addWidget(button)
        return head

    def clear(self, message: str = "") -> None:
        """Empties the table; `message` gives the reason (nothing chosen yet, searching, or an error)."""
        self.table.setRowCount(0)
        self.skipped.setRowCount(0)
        self.skipped.hide()
        self.clouds.hide()
        self._show_choices()
        self.summary.setText(message)

    def fill(self, values: Mapping[str, Any], excluded: tuple[str, ...] = ()) -> None:
        """Shows the result of `inspect`; dates in `excluded` are not checked."""
        self.table.blockSignals(True)
        self.table.setSortingEnabled(False)
        self.table.setRowCount(len(values["acquisitions"]))
        for row, acquisition in enumerate(values["acquisitions"]):
            self._fill_row(row, acquisition, acquisition["date"] not in excluded)
        self.table.setSortingEnabled(True)
        self.table.sortItems(0, Qt.SortOrder.AscendingOrder)
        self.table.blockSignals(False)
        self._fill_skipped(values["skipped"])
        self._mask_folder = _mask_folder(values["skipped"])
        dates = [_date(row) for row in self._rows()]
        if dates:
            self.filter.start(dates[0], dates[-1])
        self._on_item_changed()

    def _fill_row(self, row: int, acquisition: Mapping[str, Any], used: bool) -> None:
        date = QTableWidgetItem(acquisition["date"])
        date.setFlags(date.flags() | Qt.ItemFlag.ItemIsUserCheckable)
        date.setCheckState(Qt.CheckState.Checked if used else Qt.CheckState.Unchecked)
        date.setData(MASKED, acquisition.get("masked", acquisition.get("clear_share") is not None))
        parts = [acquisition[name] for name in ("platform", "tile") if acquisition.get(name)]
        product = QTableWidgetItem(" · ".join(parts) or acquisition.get("product") or "")
        product.setToolTip(tooltip(_acquisition_tip(acquisition)))
        clear = number_item(acquisition.get("clear_share"))
        if not date.data(MASKED):
            clear.setToolTip(tr("Unknown: there is no mask for this acquisition"))
        elif acquisition.get("clear_share") is None:
            clear.setToolTip(tr("Unknown: the image could not be read"))
        for column, item in enumerate((date, product, clear)):
            self.table.setItem(row, column, item)

    def _fill_skipped(self, skipped: list[Mapping[str, Any]]) -> None:
        self.skipped.setRowCount(len(skipped))
        for row, entry in enumerate(skipped):
            for column, text in enumerate((Path(entry["path"]).name, entry["reason"])):
                item = QTableWidgetItem(text)
                item.setToolTip(tooltip(f"{entry['path']}\n{entry['reason']}"))
                self.skipped.setItem(row, column, item)
        self.skipped.setMaximumHeight(self.skipped.height_of(min(len(skipped), MAX_SKIPPED_ROWS)))
        self.skipped.setVisible(bool(skipped))

    def excluded(self) -> tuple[str, ...]:
        """The dates that are not checked, in order."""
        return tuple(sorted(item.text() for item in self._items(Qt.CheckState.Unchecked)))

    def used(self) -> int:
        return len(self._items(Qt.CheckState.Checked))

    def _items(self, state: Qt.CheckState) -> list[QTableWidgetItem]:
        """The dates that are checked, or not."""
        return [item for item in self._rows() if item.checkState() == state]

    def _rows(self) -> list[QTableWidgetItem]:
        """The dates, in order of time however the table is sorted."""
        return sorted((self.table.item(row, 0) for row in range(self.table.rowCount())), key=QTableWidgetItem.text)

    def _clear_share(self, item: QTableWidgetItem) -> Optional[float]:
        return self.table.item(item.row(), 2).data(Qt.ItemDataRole.DisplayRole)

    def _check_all(self, state: Qt.CheckState) -> None:
        self._check([(item, state) for item in self._rows()])

    def _filter(self) -> None:
        takes = self.filter.takes
        self._check([(item, _state(takes(_date(item), self._clear_share(item)))) for item in self._rows()])

    def _toggle(self, position: int) -> None:
        item = self._rows()[position]
        item.setCheckState(_state(item.checkState() != Qt.CheckState.Checked))

    def _check(self, states: Iterable[tuple[QTableWidgetItem, Qt.CheckState]]) -> None:
        self.table.blockSignals(True)
        for item, state in states:
            item.setCheckState(state)
        self.table.blockSignals(False)
        self._on_item_changed()

    def _on_item_changed(self, *_: object) -> None:
        found, skipped = self.table.rowCount(), self.skipped.rowCount()
        text = tr("{0} of {1} acquisitions used").format(self.used(), found)
        self.summary.setText(text + (tr("; {0} files skipped").format(skipped) if skipped else ""))
        used = self._items(Qt.CheckState.Checked)
        bare = sum(not item.data(MASKED) for item in used)
        self.clouds.show_counts(bare, len(used), self._mask_folder if bare == len(used) else "")
        self._show_choices()
        self.table.viewport().update()
        self.changed.emit()

    def _show_choices(self) -> None:
        """Only beside acquisitions: a message in place of them has the whole room."""
        for widget in (self.use_all, self.use_none, self.filter):
            widget.setVisible(self.table.rowCount() > 0)
        checked = Qt.CheckState.Checked
        self.timeline.show_bars(
            [Bar(_date(item), self._clear_share(item), item.checkState() == checked) for item in self._rows()]
        )


def _mask_folder(skipped: Sequence[Mapping[str, Any]]) -> str:
    """The folder of masks that lie among the images, which no image could be paired with; empty where there is none."""
    folders = {str(Path(entry["path"]).parent) for entry in skipped if entry.get("code") == UNPAIRED_MASK}
    return folders.pop() if len(folders) == 1 else ""


def _date(item: QTableWidgetItem) -> QDate:
    return QDate.fromString(item.text(), Qt.DateFormat.ISODate)


def _state(checked: bool) -> Qt.CheckState:
    return Qt.CheckState.Checked if checked else Qt.CheckState.Unchecked


def _acquisition_tip(acquisition: Mapping[str, Any]) -> str:
    """Name, bands and grid of an acquisition, one a line; what is not known is left out."""
    lines = [
        str(acquisition.get("name") or ""),
        str(acquisition.get("product") or ""),
        ", ".join(acquisition.get("bands") or ()),
    ]
    if acquisition.get("crs"):
        size = f"{acquisition.get('width')} × {acquisition.get('height')} px"
        lines.append(f"{acquisition['crs']}, {acquisition.get('resolution_m')} m, {size}")
    return "\n".join(line for line in lines if line)

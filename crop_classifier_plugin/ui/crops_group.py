"""The parcels to train on: layer, field of declared crops, class table, and a preview of the classes."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any, Mapping, Optional, Sequence

from qgis.core import QgsMapLayer
from qgis.gui import QgsFieldComboBox, QgsFileWidget
from qgis.PyQt.QtCore import pyqtSignal
from qgis.PyQt.QtGui import QShowEvent
from qgis.PyQt.QtWidgets import (
    QAbstractItemView,
    QComboBox,
    QGroupBox,
    QLineEdit,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from ..class_tables import CLASS_TABLES, FOLDER, FROM_FILE, OWN_VALUES, titles
from ..engine.protocol import crop_codes, options, rare_classes
from ..plain_text import tooltip
from ..settings import Setting
from ..translation import tr
from .background import BackgroundTask
from .class_count import count
from .class_table import RareClasses, UnreadableTable, classes_of
from .form import file_widget, form_layout
from .parcels_row import ParcelsRow
from .plain_table import number_item, plain_table
from .plain_widgets import plain_label, with_plain_tips
from .swatch import swatch

MAX_LISTED = 3  # groups of classes that the summary names
MAX_ROWS = 500  # classes in the preview; a model has at most 512, and a table of 300,000 takes seconds
MAX_CODES = 50  # of a class, in its tooltip


class CropsGroup(QGroupBox):
    """`changed` is emitted when any of the choices changes."""

    changed = pyqtSignal()

    def __init__(self, parent: Optional[QWidget] = None) -> None:
        super().__init__(tr("Parcels and Crops"), parent)
        self.parcels = ParcelsRow()
        self.field = with_plain_tips(QgsFieldComboBox())
        self.field.setToolTip(tr("The field that holds the declared crop, as a code or a name"))
        self.table = QComboBox()
        self.table.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        for name, title in titles().items():
            self.table.addItem(title, name)
        self.fallback = QLineEdit()
        self.fallback.setPlaceholderText(tr("left out"))
        self.fallback.setToolTip(
            tr(
                "The class of parcels whose crop is not in the class table: one of the table or a new one. "
                "If this is empty, these parcels are left out."
            )
        )
        self.file = file_widget(
            QgsFileWidget.StorageMode.GetFile, tr("Choose a Class Table"), tr("Class tables (*.csv)")
        )
        self.file.setToolTip(tr("A CSV file with the columns code, name, class, colour"))
        self.summary = plain_label(wrap=True)
        self.preview = plain_table((tr("Class"), tr("Parcels")), stretched=0)
        self.preview.setSelectionMode(QAbstractItemView.SelectionMode.NoSelection)
        self._counts: Mapping[str, int] = {}
        self._empty = 0
        self._rare = RareClasses(options.default("min_samples", "train"))
        self._stale = True  # not counted since the layer or the field changed
        self._counting: Optional[BackgroundTask] = None
        self._lay_out()
        self._restore()
        self._connect()
        self._on_layer(self.parcels.layer())

    def _lay_out(self) -> None:
        form = form_layout()
        form.addRow(tr("Parcel layer"), self.parcels)
        form.addRow(tr("Field of declared crops"), self.field)
        form.addRow(plain_label(tr("Classes")))  # long titles, which need the whole width
        form.addRow(self.table)
        form.addRow("", self.file)
        form.addRow(tr("Class for other crops"), self.fallback)
        layout = QVBoxLayout(self)
        layout.addLayout(form)
        layout.addWidget(self.summary)
        layout.addWidget(self.preview, 1)

    def _restore(self) -> None:
        self.table.setCurrentIndex(max(0, self.table.findData(str(Setting.CLASS_TABLE.get()))))
        self.file.setFilePath(str(Setting.CLASS_TABLE_FILE.get()))

    def _connect(self) -> None:
        self.parcels.changed.connect(self._on_layer)
        self.field.fieldChanged.connect(self._recount)
        self.table.currentIndexChanged.connect(self._on_table)
        self.file.fileChanged.connect(self._on_table)
        self.fallback.textChanged.connect(self._on_table)

    def parameters(self) -> dict[str, Any]:
        """PARCELS, CLASS_FIELD and the class table as the algorithm takes them."""
        parameters = {
            "PARCELS": self.parcels.value(),
            "CLASS_FIELD": self.field.currentField(),
            "CLASS_TABLE": CLASS_TABLES.index(self._choice()),
        }
        if self._from_file():
            parameters["CLASS_TABLE_FILE"] = self.file.filePath().strip()
        return {**parameters, "UNKNOWN_CLASS": self._fallback_class()} if self._fallback_class() else parameters

    def missing(self) -> str:
        """A message about the first input that is missing; empty when all are there."""
        if self.parcels.layer() is None:
            return tr("Choose a parcel layer.")
        if not self.field.currentField():
            return tr("Choose the field that holds the declared crop.")
        if self._from_file() and not Path(self.file.filePath().strip()).is_file():
            return tr("Choose the file of the class table.")
        if self._fallback_class() and not crop_codes.slug(self._fallback_class()):
            return tr("The name of the class for other crops needs a letter or a digit.")
        return ""

    def remember(self) -> None:
        Setting.CLASS_FIELD.set(self.field.currentField())
        Setting.CLASS_TABLE.set(self._choice())
        Setting.CLASS_TABLE_FILE.set(self.file.filePath())

    def _choice(self) -> str:
        return str(self.table.currentData())

    def _from_file(self) -> bool:
        return self._choice() == FROM_FILE

    def _fallback_class(self) -> str:
        return "" if self._choice() == OWN_VALUES else self.fallback.text().strip()

    def set_rare(self, rare: RareClasses) -> None:
        """What becomes of classes with few parcels, which the preview shows."""
        if rare != self._rare:
            self._rare = rare
            self._show()

    # The preview

    def _on_layer(self, layer: Optional[QgsMapLayer]) -> None:
        if self.field.layer() is not layer:
            self.field.setLayer(layer)
            remembered = str(Setting.CLASS_FIELD.get())
            if layer is not None and layer.fields().lookupField(remembered) >= 0:
                self.field.setField(remembered)
        self._recount()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if self._stale:
            self._recount()

    def _recount(self, *_: object) -> None:
        """Counts the field's values in the background; a count in progress is abandoned.

        A closed dialog still follows the project's layers, which may be large: it counts when it is shown again.
        """
        self.stop()
        self._counts, self._empty = {}, 0
        layer, field = self.parcels.layer(), self.field.currentField()
        self._stale = not self.isVisible()
        if layer is not None and field and not self._stale:
            self.summary.setText(tr("Counting…"))
            title = tr("Counting crops of {0}").format(layer.name())
            self._counting = BackgroundTask(title, count(layer, field, self.parcels.selected_ids()))
            self._counting.done.connect(self._on_counted)
            self._counting.start()
        else:
            self._show()
        self.changed.emit()

    def stop(self) -> None:
        """Abandons a count in progress."""
        if self._counting is not None:
            self._counting.done.disconnect(self._on_counted)
            self._counting.cancel()
            self._counting = None

    def _on_counted(self, counts: Optional[dict[str, int]], error: Optional[Exception]) -> None:
        self._counting = None
        self._counts = dict(counts or {})
        self._empty = self._counts.pop("", 0)
        self._show()
        if error is not None:
            self.summary.setText(str(error))

    def _on_table(self, *_: object) -> None:
        self._show()
        self.changed.emit()

    def _show(self) -> None:
        self.file.setVisible(self._from_file())
        self.fallback.setEnabled(self._choice() != OWN_VALUES)
        self.preview.setRowCount(0)
        if self._counting is not None:
            return
        if self.missing() or self._stale:
            self.summary.setText("")
            return
        try:
            codes = self._codes()
            table = classes_of(codes, self._table_path(), self._fallback_class())
        except UnreadableTable as error:
            self.summary.setText(str(error))
            return
        table, groups = self._rare.in_table(table, codes)
        counted = table.count(codes)
        self._fill(counted)
        self.summary.setText("; ".join([self._summary_text(table, counted), *self._rare_texts(counted, groups)]))

    def _codes(self) -> dict[str, int]:
        """The codes to make classes of: where each value is one, no more than are listed, the most frequent ones."""
        if self._choice() != OWN_VALUES or len(self._counts) <= MAX_ROWS:
            return dict(self._counts)
        return dict(Counter(self._counts).most_common(MAX_ROWS))

    def _table_path(self) -> Optional[Path]:
        if self._choice() == OWN_VALUES:
            return None
        return Path(self.file.filePath().strip()) if self._from_file() else FOLDER / f"{self._choice()}.csv"

    def _fill(self, counted: crop_codes.Counts) -> None:
        """The classes that have parcels, largest first."""
        largest_first = sorted(counted.classes, key=lambda count: (-count.parcels, count.of.name))[:MAX_ROWS]
        self.preview.setRowCount(len(largest_first))
        for row, share in enumerate(largest_first):
            name = QTableWidgetItem(share.of.name)
            if share.of.colour:
                name.setIcon(swatch(share.of.colour))
            codes = ", ".join(share.codes[:MAX_CODES]) + (" …" if len(share.codes) > MAX_CODES else "")
            name.setToolTip(tooltip(codes))
            self.preview.setItem(row, 0, name)
            self.preview.setItem(row, 1, number_item(share.parcels))

    def _summary_text(self, table: crop_codes.ClassTable, counted: crop_codes.Counts) -> str:
        """Classes and parcels, what is left out, and classes that differ only in upper and lower case."""
        number = self.locale().toString
        own_values = self._choice() == OWN_VALUES
        parcels = sum(self._counts.values() if own_values else (share.parcels for share in counted.classes))
        classes = len(self._counts if own_values else counted.classes)
        parts = [tr("{0} classes, {1} parcels").format(classes, number(parcels))]
        if classes > MAX_ROWS:
            parts.append(tr("the {0} largest are listed").format(MAX_ROWS))
        if counted.unknown:
            unknown, values = number(sum(counted.unknown.values())), number(len(counted.unknown))
            if table.fallback_class is None:
                parts.append(tr("{0} parcels left out ({1} values not in the class table)").format(unknown, values))
            else:
                name = table.classes[table.fallback_class].name
                parts.append(
                    tr("{0} of them in the class {2} ({1} values not in the class table)").format(unknown, values, name)
                )
        if self._empty:
            parts.append(tr("{0} without a value").format(number(self._empty)))
        groups = [", ".join(group) for group in table.differ_in_case()]
        if groups:
            named = "; ".join(groups[:MAX_LISTED]) + (" …" if len(groups) > MAX_LISTED else "")
            parts.append(tr("classes that differ only in upper and lower case: {0}").format(named))
        return "; ".join(parts)

    def _rare_texts(self, counted: crop_codes.Counts, groups: Sequence[rare_classes.Group]) -> list[str]:
        """Which classes are grouped and left out because they have too few parcels."""
        texts = [
            tr("{0} in the class {1}").format(_named(group.members), group.of.name) for group in groups[:MAX_LISTED]
        ]
        left = [(count.of, count.parcels) for count in self._rare.left_out(counted)]
        if left:
            text = tr("left out, fewer than {0} parcels: {1}")
            texts.append(text.format(self._rare.needed, _named(left)))
        return texts


def _named(classes: Sequence[tuple[crop_codes.TableClass, int]]) -> str:
    """`Rye (3), Oats (2) …`."""
    names = ", ".join(f"{cls.name} ({parcels})" for cls, parcels in classes[:MAX_LISTED])
    return f"{names} …" if len(classes) > MAX_LISTED else names

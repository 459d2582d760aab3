"""The classes that a training would make of a layer's field, counted in the background."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Mapping, Optional, Sequence

from qgis.core import QgsVectorLayer
from qgis.PyQt.QtCore import pyqtSignal
from qgis.PyQt.QtWidgets import QAbstractItemView, QTableWidgetItem, QVBoxLayout, QWidget

from ..engine.protocol import crop_codes, options, rare_classes
from ..plain_text import tooltip
from ..translation import tr
from .background import BackgroundTask
from .class_count import count
from .class_table import RareClasses, UnreadableTable, classes_of
from .plain_table import number_item, plain_table
from .plain_widgets import plain_label
from .swatch import swatch

MAX_LISTED = 3  # groups of classes, or values, that a sentence names
MAX_ROWS = 500  # classes in the preview; a model has at most 512, and a table of 300,000 takes seconds
MAX_CODES = 50  # of a class, in its tooltip
LEAST_CLASSES = 2  # of a training
MANY_VALUES = 20  # with as many values as parcels, a field numbers the parcels


@dataclass(frozen=True)
class Classes:
    """How values become classes: the file of the class table, None where each value is one, and its other class."""

    table: Optional[Path] = None
    fallback: str = ""


class ClassPreview(QWidget):
    """`changed` is emitted when `problem` changes."""

    changed = pyqtSignal()

    def __init__(self, parent: Optional[QWidget] = None) -> None:
        super().__init__(parent)
        self.summary = plain_label(wrap=True)
        self.table = plain_table((tr("Class"), tr("Parcels")), stretched=0)
        self.table.setSelectionMode(QAbstractItemView.SelectionMode.NoSelection)
        self._values: Mapping[str, int] = {}
        self._empty = 0
        self._field = ""
        self._counted = False
        self._problem = ""
        self._classes = Classes()
        self._rare = RareClasses(options.default("min_samples", "train"))
        self._counting: Optional[BackgroundTask] = None
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.summary)
        layout.addWidget(self.table, 1)

    # Counting

    def count(self, layer: QgsVectorLayer, field: str, ids: Optional[list[int]]) -> None:
        """Counts the field's values in the background; a count in progress is abandoned."""
        self.clear()
        self._field = field
        self._counting = BackgroundTask(tr("Counting crops of {0}").format(layer.name()), count(layer, field, ids))
        self._counting.done.connect(self._on_counted)
        self._show()
        self._counting.start()

    def clear(self) -> None:
        """Shows no classes, and forgets the values."""
        self.stop()
        self._values, self._empty, self._counted = {}, 0, False
        self._show()

    def stop(self) -> None:
        """Abandons a count in progress."""
        if self._counting is not None:
            self._counting.done.disconnect(self._on_counted)
            self._counting.cancel()
            self._counting = None

    def _on_counted(self, counts: Optional[dict[str, int]], error: Optional[Exception]) -> None:
        self._counting = None
        self._values = dict(counts or {})
        self._empty = self._values.pop("", 0)
        self._counted = error is None
        self._show()
        if error is not None:
            self.summary.setText(str(error))

    # What becomes of the values

    def set_classes(self, classes: Classes) -> None:
        self._classes = classes
        self._show()

    def set_rare(self, rare: RareClasses) -> None:
        """What becomes of classes with few parcels."""
        if rare != self._rare:
            self._rare = rare
            self._show()

    def problem(self) -> str:
        """Why no model can be trained on these values; empty where one can, or they are not counted yet."""
        return self._problem

    def _show(self) -> None:
        before, self._problem = self._problem, ""
        self._show_classes()
        if self._problem != before:
            self.changed.emit()

    def _show_classes(self) -> None:
        self.table.setRowCount(0)
        if not self._counted:
            self.summary.setText("" if self._counting is None else tr("Counting…"))
            return
        codes = self._codes()
        try:
            table = classes_of(codes, self._classes.table, self._classes.fallback)
        except UnreadableTable as error:
            self._problem = str(error)
            self.summary.setText(self._problem)
            return
        table, groups = self._rare.in_table(table, codes)
        counted = table.count(codes)
        self._problem = self._problem_of(counted)
        self._fill(counted)
        self.summary.setText("; ".join([self._summary_text(table, counted), *self._rare_texts(counted, groups)]))

    def _problem_of(self, counted: crop_codes.Counts) -> str:
        named = ", ".join(list(self._values)[:MAX_LISTED]) + (" …" if len(self._values) > MAX_LISTED else "")
        if not self._values:
            return tr("The field {0} has no values. Choose the field that holds the declared crop.").format(self._field)
        if len(self._values) > MANY_VALUES and max(self._values.values()) == 1:
            text = tr("Each parcel has another value in the field {0}: {1}. Choose the field that holds the crop.")
            return text.format(self._field, named)
        if not counted.classes:
            text = tr("No value of the field {0} is in the class table: {1}. Choose another field or class table.")
            return text.format(self._field, named)
        enough = len(counted.classes) - len(self._rare.left_out(counted))
        if enough < LEAST_CLASSES:
            text = tr("A model needs at least 2 classes with {0} or more parcels; the field {1} has {2}.")
            return text.format(self._rare.needed, self._field, enough)
        return ""

    def _codes(self) -> dict[str, int]:
        """The codes to make classes of: where each value is one, no more than are listed, the most frequent ones."""
        if self._classes.table is not None or len(self._values) <= MAX_ROWS:
            return dict(self._values)
        return dict(Counter(self._values).most_common(MAX_ROWS))

    def _fill(self, counted: crop_codes.Counts) -> None:
        """The classes that have parcels, largest first."""
        largest_first = sorted(counted.classes, key=lambda count: (-count.parcels, count.of.name))[:MAX_ROWS]
        self.table.setRowCount(len(largest_first))
        for row, share in enumerate(largest_first):
            name = QTableWidgetItem(share.of.name)
            if share.of.colour:
                name.setIcon(swatch(share.of.colour))
            codes = ", ".join(share.codes[:MAX_CODES]) + (" …" if len(share.codes) > MAX_CODES else "")
            name.setToolTip(tooltip(codes))
            self.table.setItem(row, 0, name)
            self.table.setItem(row, 1, number_item(share.parcels))

    def _summary_text(self, table: crop_codes.ClassTable, counted: crop_codes.Counts) -> str:
        """Classes and parcels, what is left out, and classes that differ only in upper and lower case."""
        number = self.locale().toString
        own_values = self._classes.table is None
        parcels = sum(self._values.values() if own_values else (share.parcels for share in counted.classes))
        classes = len(self._values if own_values else counted.classes)
        parts = [tr("{0} classes, {1} parcels").format(classes, number(parcels))]
        if classes > MAX_ROWS:
            parts.append(tr("the {0} largest are listed").format(MAX_ROWS))
        if counted.unknown:
            parts.append(self._unknown_text(table, counted))
        if self._empty:
            parts.append(tr("{0} without a value").format(number(self._empty)))
        groups = [", ".join(group) for group in table.differ_in_case()]
        if groups:
            named = "; ".join(groups[:MAX_LISTED]) + (" …" if len(groups) > MAX_LISTED else "")
            parts.append(tr("classes that differ only in upper and lower case: {0}").format(named))
        return "; ".join(parts)

    def _unknown_text(self, table: crop_codes.ClassTable, counted: crop_codes.Counts) -> str:
        """What becomes of values that are not in the table."""
        number = self.locale().toString
        unknown, values = number(sum(counted.unknown.values())), number(len(counted.unknown))
        if table.fallback_class is None:
            return tr("{0} parcels left out ({1} values not in the class table)").format(unknown, values)
        name = table.classes[table.fallback_class].name
        return tr("{0} of them in the class {2} ({1} values not in the class table)").format(unknown, values, name)

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

"""The parcels and their declared crops: layer, field, class table, and a preview of the classes of a training."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from pathlib import Path
from typing import Any, Callable, Iterator, Mapping, Optional

from qgis.core import QgsMapLayer
from qgis.gui import QgsFieldComboBox, QgsFileWidget
from qgis.PyQt.QtCore import pyqtSignal
from qgis.PyQt.QtGui import QShowEvent
from qgis.PyQt.QtWidgets import QComboBox, QGroupBox, QLineEdit, QStackedWidget, QVBoxLayout, QWidget

from ..class_tables import CLASS_TABLES, FOLDER, FROM_FILE, OWN_VALUES, titles
from ..engine.protocol import crop_codes
from ..plain_text import tooltip
from ..settings import Setting
from ..translation import tr
from .class_preview import Classes, ClassPreview
from .class_table import RareClasses
from .form import file_widget, form_layout
from .parcels_row import ParcelsRow
from .plain_widgets import plain_label, with_plain_tips


class CropsGroup(QGroupBox):
    """`changed` is emitted when any of the choices changes.

    A training needs `field`, and makes classes of its values; a classification may compare with those of `truth`.
    """

    changed = pyqtSignal()

    def __init__(self, active_layer: Callable[[], Any] = lambda: None, parent: Optional[QWidget] = None) -> None:
        super().__init__(tr("Parcels and Crops"), parent)
        self.parcels = ParcelsRow(active_layer)
        self.field = _field_combo(tr("The field that holds the declared crop, as a code or a name"))
        self.truth = _field_combo(
            tr("Optional: the declared or observed crop of each parcel. The report compares the predictions with it.")
        )
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
        self.preview = ClassPreview()
        self._training = True
        self._stale = True  # not counted since the layer or the field changed
        self._lay_out()
        self._restore()
        self._connect()
        self._on_layer(self.parcels.layer())

    def _lay_out(self) -> None:
        self._field_label = plain_label()
        self._fields = QStackedWidget()
        for widget in (self.field, self.truth):
            self._fields.addWidget(widget)
        self._fields.setMaximumHeight(self.field.sizeHint().height())
        self._classes = QWidget()
        form = form_layout(self._classes)
        form.setContentsMargins(0, 0, 0, 0)
        form.addRow(plain_label(tr("Classes")))  # long titles, which need the whole width
        form.addRow(self.table)
        form.addRow("", self.file)
        form.addRow(tr("Class for other crops"), self.fallback)
        form.addRow(self.preview)
        top = form_layout()
        top.addRow(tr("Parcel layer"), self.parcels)
        top.addRow(self._field_label)
        top.addRow(self._fields)
        layout = QVBoxLayout(self)
        layout.addLayout(top)
        layout.addWidget(self._classes, 1)
        layout.addStretch(0)
        self.set_training(True)

    def _restore(self) -> None:
        self.table.setCurrentIndex(max(0, self.table.findData(str(Setting.CLASS_TABLE.get()))))
        self.file.setFilePath(str(Setting.CLASS_TABLE_FILE.get()))

    def _connect(self) -> None:
        self.parcels.changed.connect(self._on_layer)
        self.field.fieldChanged.connect(self._recount)
        self.truth.fieldChanged.connect(lambda _: self.changed.emit())
        self.table.currentIndexChanged.connect(self._on_table)
        self.file.fileChanged.connect(self._on_table)
        self.fallback.textChanged.connect(self._on_table)
        self.preview.changed.connect(self.changed)

    def set_training(self, training: bool) -> None:
        """Shows what a training needs, or what a classification may compare with."""
        self._training = training
        self._field_label.setText(
            tr("Field of declared crops") if training else tr("Field of declared crops to compare with (optional)")
        )
        self._fields.setCurrentWidget(self.field if training else self.truth)
        self._classes.setVisible(training)
        if training and self._stale:
            self._recount()

    def set_rare(self, rare: RareClasses) -> None:
        """What becomes of classes with few parcels, which the preview shows."""
        self.preview.set_rare(rare)

    def parameters(self) -> dict[str, Any]:
        """CLASS_FIELD and the class table as the algorithm takes them."""
        parameters = {"CLASS_FIELD": self.field.currentField(), "CLASS_TABLE": CLASS_TABLES.index(self._choice())}
        if self._from_file():
            parameters["CLASS_TABLE_FILE"] = self.file.filePath().strip()
        return {**parameters, "UNKNOWN_CLASS": self._fallback_class()} if self._fallback_class() else parameters

    def set_parameters(self, parameters: Mapping[str, Any]) -> None:
        """Shows parameters as `parameters` gives them; the class table stays where none is given."""
        self.field.setField(str(parameters.get("CLASS_FIELD") or ""))
        if "CLASS_TABLE" in parameters:
            self.table.setCurrentIndex(self.table.findData(CLASS_TABLES[parameters["CLASS_TABLE"]]))
        self.file.setFilePath(str(parameters.get("CLASS_TABLE_FILE") or ""))
        self.fallback.setText(str(parameters.get("UNKNOWN_CLASS") or ""))

    def problems(self) -> Iterator[str]:
        """What keeps a training from starting; a missing layer is not asked for here."""
        if self.parcels.layer() is None:
            return
        if not self.field.currentField():
            yield tr("Choose the field that holds the declared crop.")
        elif self._from_file() and not Path(self.file.filePath().strip()).is_file():
            yield tr("Choose the file of the class table.")
        elif self._fallback_class() and not crop_codes.slug(self._fallback_class()):
            yield tr("The name of the class for other crops needs a letter or a digit.")
        elif self.preview.problem():
            yield self.preview.problem()

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

    # The preview

    def _on_layer(self, layer: Optional[QgsMapLayer]) -> None:
        if self.field.layer() is not layer:
            for combo in (self.field, self.truth):
                combo.setLayer(layer)
            remembered = str(Setting.CLASS_FIELD.get())
            if layer is not None and layer.fields().lookupField(remembered) >= 0:
                self.field.setField(remembered)
        self._recount()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if self._stale:
            self._recount()

    def _recount(self, *_: object) -> None:
        """Counts the field's values; a count in progress is abandoned.

        A closed window still follows the project's layers, which may be large: it counts when it is shown again.
        """
        layer, field = self.parcels.layer(), self.field.currentField()
        self._stale = not (self.isVisible() and self._training)
        if layer is not None and field and not self._stale:
            self.preview.count(layer, field, self.parcels.selected_ids())
        else:
            self.preview.clear()
        self._on_table()

    def stop(self) -> None:
        """Abandons a count in progress."""
        self.preview.stop()

    def _on_table(self, *_: object) -> None:
        self.file.setVisible(self._from_file())
        self.fallback.setEnabled(self._choice() != OWN_VALUES)
        self.preview.set_classes(Classes(self._table_path(), self._fallback_class()))
        self.changed.emit()

    def _table_path(self) -> Optional[Path]:
        if self._choice() == OWN_VALUES:
            return None
        return Path(self.file.filePath().strip()) if self._from_file() else FOLDER / f"{self._choice()}.csv"


def _field_combo(words: str) -> QgsFieldComboBox:
    """No field is chosen at first: the first one of a layer is seldom the crop."""
    combo = with_plain_tips(QgsFieldComboBox())
    combo.setAllowEmptyFieldName(True)
    combo.setToolTip(tooltip(words))
    return combo

"""Writes the predictions into a layer of the user's, by the field that identifies a parcel in both."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from typing import Optional

from qgis.core import Qgis, QgsMapLayer, QgsMapLayerProxyModel, QgsVectorLayer
from qgis.gui import QgsMapLayerComboBox, QgsMessageBar
from qgis.PyQt.QtWidgets import QComboBox, QDialog, QDialogButtonBox, QProgressBar, QVBoxLayout, QWidget

from ...parcel_source import UnusableLayer
from ...translation import tr
from ...write_back import Outcome, WriteBack
from ..form import form_layout
from ..message import replace
from ..plain_widgets import plain_label, with_plain_tips

WIDTH_PX = 520


class WriteDialog(QDialog):
    """One edit command, which Ctrl+Z undoes; the layer stays in editing until the user saves it."""

    def __init__(self, predictions: QgsVectorLayer, id_field: Optional[str], parent: Optional[QWidget] = None) -> None:
        """`id_field`: the field that identifies a parcel, where the results know it."""
        super().__init__(parent)
        self.setWindowTitle(tr("Write Predictions Into a Layer"))
        self._predictions, self._id_field = predictions, id_field
        self.run_of: Optional[WriteBack] = None
        self.bar = QgsMessageBar()
        self.layer = with_plain_tips(QgsMapLayerComboBox())
        self.layer.setFilters(QgsMapLayerProxyModel.Filter.PolygonLayer | QgsMapLayerProxyModel.Filter.WritableLayer)
        self.layer.setExceptedLayerList([predictions])
        self.field = QComboBox()
        self.progress = QProgressBar()
        self.progress.setTextVisible(False)
        self.buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        self.write_button = self.buttons.addButton(tr("Write"), QDialogButtonBox.ButtonRole.ActionRole)
        self._lay_out()
        self.layer.layerChanged.connect(self._on_layer)
        self.write_button.clicked.connect(self.write)
        self.buttons.rejected.connect(self.reject)
        self._on_layer(self.layer.currentLayer())

    def _lay_out(self) -> None:
        form = form_layout()
        form.addRow(tr("Layer"), self.layer)
        form.addRow(tr("Field of the parcel's id"), self.field)
        layout = QVBoxLayout(self)
        layout.addWidget(self.bar)
        text = tr(
            "Adds the fields of the classification to the layer and fills them. Ctrl+Z undoes it; nothing is saved "
            "before you save the layer's edits. Close its attribute table first: QGIS reads it again for each field."
        )
        layout.addWidget(plain_label(text, wrap=True))
        layout.addLayout(form)
        layout.addWidget(self.progress)
        layout.addWidget(self.buttons)
        self.resize(WIDTH_PX, self.sizeHint().height())

    def _on_layer(self, layer: Optional[QgsMapLayer]) -> None:
        """Offers the fields that both layers have, that of the results first."""
        own = {field.name() for field in self._predictions.fields()}
        names = [field.name() for field in layer.fields() if field.name() in own] if layer is not None else []
        self.field.clear()
        self.field.addItems(sorted(names, key=lambda name: name != self._id_field))
        self._enable()

    def _enable(self) -> None:
        running = self.run_of is not None
        self.write_button.setEnabled(not running and self.field.count() > 0)
        for widget in (self.layer, self.field):
            widget.setEnabled(not running)

    def write(self) -> None:
        try:
            self.run_of = WriteBack(self.layer.currentLayer(), self._predictions, self.field.currentText())
        except UnusableLayer as error:
            replace(self.bar, str(error), Qgis.MessageLevel.Warning)
            return
        self.bar.clearWidgets()
        self.run_of.progress.connect(lambda share: self.progress.setValue(round(share)))
        self.run_of.finished.connect(self._on_finished)
        self._enable()
        self.run_of.start()

    def _on_finished(self, outcome: Outcome) -> None:
        self.run_of = None
        self._enable()
        if outcome.message:
            self.progress.setValue(0)
            replace(self.bar, outcome.message, Qgis.MessageLevel.Warning)
            return
        number = self.locale().toString
        counts = (outcome.with_prediction, outcome.without_prediction, outcome.without_feature)
        text = tr(
            "{0} features have a prediction now, {1} have none; {2} predictions are of other parcels. "
            "Save the layer's edits to keep them."
        )
        replace(self.bar, text.format(*map(number, counts)), Qgis.MessageLevel.Success)

    def reject(self) -> None:
        """Close during the work takes back what was written."""
        if self.run_of is not None:
            self.run_of.cancel()
        super().reject()

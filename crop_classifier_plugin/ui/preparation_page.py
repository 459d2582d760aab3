"""How images become series: the algorithms' advanced parameters as a page, with their own widgets, words and limits."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from typing import Any, Optional, Sequence

from qgis.core import QgsProcessingContext, QgsProcessingParameterBoolean, QgsProcessingParameterDefinition
from qgis.gui import QgsGui, QgsProcessingGui
from qgis.PyQt.QtCore import pyqtSignal
from qgis.PyQt.QtWidgets import QFormLayout, QGroupBox, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from ..processing.imagery import imagery_parameters, mask_parameters
from ..processing.parcels import edge_parameters
from ..processing.series import calendar_parameter, series_parameters
from ..translation import tr
from .form import form_layout, scrolling_column

IN_THE_IMAGERY_GROUP = ("IMAGERY", "MASKS", "EXCLUDE")


class ParameterGroup(QGroupBox):
    """The widgets that Processing itself shows for some parameters, each under its label."""

    changed = pyqtSignal()

    def __init__(
        self, title: str, definitions: Sequence[QgsProcessingParameterDefinition], parent: Optional[QWidget] = None
    ) -> None:
        super().__init__(title, parent)
        self._definitions = {definition.name(): definition for definition in definitions}  # wrappers do not own them
        self._context = QgsProcessingContext()
        self._wrappers: dict[str, Any] = {}
        form = form_layout(self)
        form.setRowWrapPolicy(QFormLayout.RowWrapPolicy.WrapAllRows)
        for name, definition in self._definitions.items():
            self._add(name, definition, form)

    def _add(self, name: str, definition: QgsProcessingParameterDefinition, form: QFormLayout) -> None:
        kind = QgsProcessingGui.WidgetType.Standard
        wrapper = QgsGui.processingGuiRegistry().createParameterWidgetWrapper(definition, kind)
        widget = wrapper.createWrappedWidget(self._context)
        widget.setToolTip(definition.help())
        if isinstance(definition, QgsProcessingParameterBoolean):  # a check box has its words beside it
            form.addRow(widget)
        else:
            label = QLabel(definition.description())
            label.setToolTip(definition.help())
            form.addRow(label, widget)
        wrapper.widgetValueHasChanged.connect(lambda _: self.changed.emit())
        self._wrappers[name] = wrapper

    def set_value(self, name: str, value: Any) -> None:
        """As if the user had entered it."""
        self._wrappers[name].setParameterValue(value, self._context)

    def parameters(self) -> dict[str, Any]:
        """The parameters that are not as they were at first; the algorithm knows that by itself."""
        values = {name: wrapper.parameterValue() for name, wrapper in self._wrappers.items()}
        return {name: value for name, value in values.items() if self._is_given(name, value)}

    def _is_given(self, name: str, value: Any) -> bool:
        unset = value is None or str(value).strip() in ("", "NULL")
        return not unset and value != self._definitions[name].defaultValue()


class PreparationPage(QWidget):
    """`changed` tells that the images would now be read otherwise."""

    changed = pyqtSignal()

    def __init__(self, classifies: bool = False, parent: Optional[QWidget] = None) -> None:
        """A classification goes by its model's training where nothing is given, and by the model's days."""
        super().__init__(parent)
        masks = mask_parameters()
        elsewhere = (*IN_THE_IMAGERY_GROUP, *(mask.name() for mask in masks))
        images = [parameter for parameter in imagery_parameters() if parameter.name() not in elsewhere]
        series = [*series_parameters(of_model=classifies), *([] if classifies else [calendar_parameter()])]
        self.masks, self.images = ParameterGroup(tr("Clear Pixels"), masks), ParameterGroup(tr("Images"), images)
        self.series = ParameterGroup(tr("Series"), series)
        self.parcels = ParameterGroup(tr("Parcels"), edge_parameters())
        for group in (self.masks, self.images):
            group.changed.connect(self.changed)
        left_open = tr("Most images need none of this. Point at a line to read what it does.")
        if classifies:
            left_open = tr("Masks and series not set are as in the model's training. Point at a line to read about it.")
        columns = QHBoxLayout()
        columns.addWidget(scrolling_column(self.masks, self.series), 1)
        columns.addWidget(scrolling_column(self.images, self.parcels), 1)
        layout = QVBoxLayout(self)
        layout.addWidget(QLabel(left_open))
        layout.addLayout(columns, 1)

    def search(self) -> dict[str, Any]:
        """What decides which acquisitions are found, and how clear they are."""
        return {**self.masks.parameters(), **self.images.parameters()}

    def parameters(self) -> dict[str, Any]:
        return {**self.search(), **self.series.parameters(), **self.parcels.parameters()}

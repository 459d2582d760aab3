"""How images become series: the algorithms' advanced parameters as a page, with their own widgets, words and limits."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from typing import Any, Mapping, Optional, Sequence

from qgis.core import QgsProcessingContext, QgsProcessingParameterBoolean
from qgis.gui import QgsFileWidget, QgsGui, QgsProcessingGui, QgsProjectionSelectionWidget
from qgis.PyQt.QtCore import pyqtSignal
from qgis.PyQt.QtWidgets import (
    QAbstractSpinBox,
    QComboBox,
    QFormLayout,
    QGroupBox,
    QHBoxLayout,
    QLineEdit,
    QVBoxLayout,
    QWidget,
)

from ..engine.protocol import options
from ..plain_text import tooltip
from ..processing.options import AS_FOLLOWED, Option, follows_text, label, parameter
from ..translation import tr
from .form import form_layout, scrolling_column
from .plain_widgets import plain_label

IN_THE_IMAGERY_GROUP = ("imagery", "source", "masks", "exclude")


class ParameterGroup(QGroupBox):
    """The widgets that Processing itself shows for some options, each under its label, with what holds without it."""

    changed = pyqtSignal()

    def __init__(self, title: str, rows: Sequence[Option], command: str, parent: Optional[QWidget] = None) -> None:
        super().__init__(title, parent)
        self._rows = {row.qgis_name: row for row in rows}
        self._command = command
        # the wrappers do not own their definitions
        self._definitions = {name: parameter(row, command) for name, row in self._rows.items()}
        self._context = QgsProcessingContext()
        self._wrappers: dict[str, Any] = {}
        form = form_layout(self)
        form.setRowWrapPolicy(QFormLayout.RowWrapPolicy.WrapAllRows)
        for name in self._rows:
            self._add(name, form)
        self.follow(None)

    def _add(self, name: str, form: QFormLayout) -> None:
        definition = self._definitions[name]
        kind = QgsProcessingGui.WidgetType.Standard
        wrapper = QgsGui.processingGuiRegistry().createParameterWidgetWrapper(definition, kind)
        widget = wrapper.createWrappedWidget(self._context)
        widget.setToolTip(tooltip(definition.help()))
        if isinstance(definition, QgsProcessingParameterBoolean):  # a check box has its words beside it
            form.addRow(widget)
        else:
            heading = plain_label(label(self._rows[name]))
            heading.setToolTip(tooltip(definition.help()))
            form.addRow(heading, widget)
        wrapper.widgetValueHasChanged.connect(lambda _: self.changed.emit())
        self._wrappers[name] = wrapper

    def follow(self, trained: Optional[Mapping[str, Any]]) -> None:
        """Shows what holds for the options that are not given; `trained` as `options.trained_options` gives it."""
        for name, row in self._rows.items():
            show_unset(self._wrappers[name].wrappedWidget(), follows_text(row, self._command, trained))

    def set_value(self, name: str, value: Any) -> None:
        """As if the user had entered it."""
        self._wrappers[name].setParameterValue(value, self._context)

    def set_parameters(self, parameters: Mapping[str, Any]) -> None:
        """Shows those of the group; the others go back to what they were at first."""
        for name, definition in self._definitions.items():
            self.set_value(name, parameters.get(name, definition.defaultValue()))

    def parameters(self) -> dict[str, Any]:
        """The parameters that are not as they were at first; the algorithm knows that by itself."""
        values = {name: wrapper.parameterValue() for name, wrapper in self._wrappers.items()}
        return {name: value for name, value in values.items() if self._is_given(name, value)}

    def _is_given(self, name: str, value: Any) -> bool:
        unset = value is None or str(value).strip() in ("", "NULL")
        return not unset and value != self._definitions[name].defaultValue()


class PreparationPage(QWidget):
    """`changed` is emitted when an option changes."""

    changed = pyqtSignal()

    def __init__(self, command: str = "extract", parent: Optional[QWidget] = None) -> None:
        """The options of `extract`, or of `classify`, which goes by its model's training where nothing is given."""
        super().__init__(parent)
        self.masks = ParameterGroup(tr("Cloud Masks"), _rows(command, options.MASKS), command)
        images = (options.DATES_AND_BANDS, options.GRID, options.IMAGES)
        self.images = ParameterGroup(tr("Images"), _rows(command, *images), command)
        self.series = ParameterGroup(tr("Time Series"), _rows(command, options.SERIES), command)
        self.parcels = ParameterGroup(tr("Parcels"), _rows(command, options.PARCEL_GROUP), command)
        for group in (self.masks, self.images, self.series, self.parcels):
            group.changed.connect(self.changed)
        columns = QHBoxLayout()
        columns.addWidget(scrolling_column(self.masks, self.series), 1)
        columns.addWidget(scrolling_column(self.images, self.parcels), 1)
        layout = QVBoxLayout(self)
        layout.addWidget(
            plain_label(tr("Most image series need no changes here. Hover over a field to see what it does."))
        )
        layout.addLayout(columns, 1)

    def follow(self, preparation: Any) -> None:
        """Shows how the series of a model were made: `preparation` of its provenance, None where it is not known."""
        trained = options.trained_options(preparation) if preparation else None
        for group in (self.masks, self.images, self.series, self.parcels):
            group.follow(trained)

    def set_parameters(self, parameters: Mapping[str, Any]) -> None:
        for group in (self.masks, self.images, self.series, self.parcels):
            group.set_parameters(parameters)

    def search(self) -> dict[str, Any]:
        """What decides which acquisitions are found, and how clear they are."""
        return {**self.masks.parameters(), **self.images.parameters()}

    def parameters(self) -> dict[str, Any]:
        return {**self.search(), **self.series.parameters(), **self.parcels.parameters()}


def _rows(command: str, *groups: str) -> list[Option]:
    """The options of some groups that stand nowhere else in the dialogs; fields are chosen beside the layer."""
    rows = [row for row in options.options_of(command) if row.label and row.group in groups]
    return [row for row in rows if row.name not in IN_THE_IMAGERY_GROUP and row.kind != options.FIELD]


def show_unset(widget: QWidget, text: str) -> None:
    """Has a widget show `text` while nothing is chosen or entered."""
    if isinstance(widget, QAbstractSpinBox) and widget.specialValueText():
        widget.setSpecialValueText(text)
    elif isinstance(widget, QComboBox) and widget.itemData(0) in AS_FOLLOWED.values():
        widget.setItemText(0, text)
    elif isinstance(widget, QgsFileWidget):
        widget.lineEdit().setPlaceholderText(text)
    elif isinstance(widget, QLineEdit):
        widget.setPlaceholderText(text)
    elif widget.metaObject().className() == "QgsProjectionSelectionWidget":  # for Python a plain QWidget
        combo = widget.findChild(QComboBox)
        combo.setItemText(combo.findData(QgsProjectionSelectionWidget.CrsOption.CrsNotSet), text)

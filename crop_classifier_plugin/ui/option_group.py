"""Options of a command as a form: every field shows the effective value, and only a changed one becomes a parameter."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from typing import Any, Callable, Iterable, Mapping, Optional

from qgis.gui import QgsFieldComboBox
from qgis.PyQt.QtCore import pyqtSignal
from qgis.PyQt.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDoubleSpinBox,
    QFormLayout,
    QGroupBox,
    QLineEdit,
    QSpinBox,
    QWidget,
)

from ..engine.protocol import MODELS, options
from ..plain_text import tooltip
from ..processing.options import LARGEST, Option, choices, help_text, limits
from ..translation import tr, translated
from .form import choose_data, device_titles, form_layout
from .plain_widgets import plain_label, with_plain_tips

LARGEST_NUMBER = 1e9


class OptionGroup(QGroupBox):
    """`changed` means that a field has another value. `rows` are rows of the table of options, `command` takes them."""

    changed = pyqtSignal()

    def __init__(self, title: str, rows: Iterable[Option], command: str, parent: Optional[QWidget] = None) -> None:
        super().__init__(title, parent)
        self._rows = {row.name: row for row in rows}
        self._command = command
        self._unused: set[str] = set()
        self._effective = {name: options.default_in_qgis(row) for name, row in self._rows.items()}
        self.widgets = {name: _widget(row) for name, row in self._rows.items()}
        self.form = form_layout(self)
        self.form.setRowWrapPolicy(QFormLayout.RowWrapPolicy.WrapLongRows)
        for name, widget in self.widgets.items():
            widget.setToolTip(tooltip(help_text(self._rows[name])))
            self.set_value(name, self._effective[name])
            _change_signal(widget).connect(lambda *_: self.changed.emit())
            self._lay_out(self._rows[name], widget)

    def _lay_out(self, row: Option, widget: QWidget) -> None:
        if row.kind == options.ARCHITECTURE_NAME:  # long titles, which need the whole width
            self.form.addRow(plain_label(translated(row.label)))
        if isinstance(widget, QCheckBox) or row.kind == options.ARCHITECTURE_NAME:
            self.form.addRow(widget)
        else:
            self.form.addRow(translated(row.label), widget)

    def value(self, name: str) -> Any:
        widget = self.widgets[name]
        if isinstance(widget, QComboBox):
            return widget.currentField() if isinstance(widget, QgsFieldComboBox) else widget.currentData()
        if isinstance(widget, QCheckBox):
            return widget.isChecked()
        if isinstance(widget, QLineEdit):
            return widget.text().strip()
        return None if widget.specialValueText() and widget.value() == widget.minimum() else widget.value()

    def set_value(self, name: str, value: Any) -> None:
        """As if the user had entered it; None is an empty field."""
        widget = self.widgets[name]
        if isinstance(widget, QgsFieldComboBox):
            widget.setField(value or "")
        elif isinstance(widget, QComboBox):
            choose_data(widget, value)
        elif isinstance(widget, QCheckBox):
            widget.setChecked(bool(value))
        elif isinstance(widget, QLineEdit):
            widget.setText("" if value is None else options.as_typed(value))
        else:
            widget.setValue(widget.minimum() if value is None else value)

    def follow(self, followed: Mapping[str, Any]) -> None:
        """Shows the values of a recipe in the fields that have not been changed."""
        for name, row in self._rows.items():
            unchanged, holds = not self.is_changed(name), options.effective(row, None, followed)
            self._effective[name] = holds
            if row.follows_in(self._command) and unchanged:
                self.set_value(name, holds)

    def use(self, used: Callable[[Option], bool]) -> None:
        """Fields that are not used are shown as such, and give no parameter."""
        self._unused = {name for name, row in self._rows.items() if not used(row)}
        for name, widget in self.widgets.items():
            widget.setEnabled(name not in self._unused)

    def is_changed(self, name: str) -> bool:
        """Whether the field differs from the value that holds without it."""
        effective = self._effective[name]
        return self.value(name) not in (effective, "" if effective is None else effective)

    def set_parameters(self, parameters: Mapping[str, Any]) -> None:
        """Shows those of the group; the others go back to the values that hold without them."""
        for name, row in self._rows.items():
            self.set_value(name, parameters.get(row.qgis_name, self._effective[name]))

    def parameters(self) -> dict[str, Any]:
        """The algorithm's parameters that were changed."""
        changed = [name for name in self._rows if self.is_changed(name) and name not in self._unused]
        return {self._rows[name].qgis_name: self.value(name) for name in changed}


def rows_of(command: str, *groups: str, advanced: bool, follows: Optional[bool] = None) -> list[Option]:
    """The options of a command in some groups that leave a choice; `follows`: those that follow something, or not."""
    rows = [row for row in options.options_of(command) if row.label and row.group in groups and len(row.choices) != 1]
    return [row for row in rows if row.advanced == advanced and follows in (None, bool(row.follows))]


def _widget(row: Option) -> QWidget:
    if row.kind == options.FLAG:
        return QCheckBox(translated(row.label))
    if row.kind == options.FIELD:
        field = with_plain_tips(QgsFieldComboBox())
        field.setAllowEmptyFieldName(True)
        return field
    if row.kind in (options.CHOICE, options.ARCHITECTURE_NAME):
        return _combo(row)
    return _spin(row) if row.kind in (options.WHOLE, options.NUMBER) else QLineEdit()


def _spin(row: Option) -> QWidget:
    low, high = limits(row)
    if row.kind == options.WHOLE:
        spin: Any = QSpinBox()
        spin.setRange(int(low or 0), int(LARGEST if high is None else high))
    else:
        spin = QDoubleSpinBox()
        spin.setDecimals(row.decimals)
        spin.setRange(low or 0.0, LARGEST_NUMBER if high is None else high)
        spin.setSingleStep(10.0 ** (2 - row.decimals) / 100 if row.decimals > 2 else 0.05 if row.decimals else 1)
    if row.unit:
        spin.setSuffix(f" {translated(row.unit)}")
    if row.otherwise:  # what holds without a value is the first one
        spin.setMinimum(spin.minimum() - spin.singleStep())
        spin.setSpecialValueText(translated(row.otherwise))
    return spin


def _combo(row: Option) -> QComboBox:
    titles = _titles(row)
    combo = QComboBox()
    for name in choices(row):
        combo.addItem(titles.get(name, name), name)
    policy = QComboBox.SizeAdjustPolicy
    long = row.kind == options.ARCHITECTURE_NAME
    combo.setSizeAdjustPolicy(policy.AdjustToMinimumContentsLengthWithIcon if long else policy.AdjustToContents)
    return combo


def _titles(row: Option) -> Mapping[str, str]:
    """Titles of choices; the other choices are shown as on the command line."""
    if row.kind == options.ARCHITECTURE_NAME:
        titles = {name: architecture.title for name, architecture in MODELS.items()}
        return {options.AUTO: tr("The best for my labels (auto)"), **titles}
    splits = {
        "random": tr("Random parcels"),
        "blocks": tr("Squares of land (blocks)"),
        "group": tr("Groups by a field"),
        "year": tr("Years"),
    }
    rare = {options.LEAVE_OUT: tr("Leave out"), options.GROUP: tr("Group with the class table's parents")}
    return {"device": device_titles(), "split": splits, "rare_classes": rare}.get(row.name, {})


def _change_signal(widget: QWidget) -> Any:
    if isinstance(widget, QgsFieldComboBox):
        return widget.fieldChanged
    if isinstance(widget, QComboBox):
        return widget.currentIndexChanged
    if isinstance(widget, QCheckBox):
        return widget.toggled
    return widget.textChanged if isinstance(widget, QLineEdit) else widget.valueChanged

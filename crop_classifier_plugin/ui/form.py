"""The few pieces that every form of the plugin is made of."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from pathlib import Path
from typing import Dict, Optional, Union

from qgis.gui import QgsFileWidget, QgsScrollArea
from qgis.PyQt.QtCore import Qt
from qgis.PyQt.QtWidgets import QComboBox, QFormLayout, QFrame, QGroupBox, QLabel, QLayout, QVBoxLayout, QWidget

from ..engine.protocol import FORMATS, options
from ..plain_text import tooltip
from ..translation import tr, translated


def file_widget(mode: QgsFileWidget.StorageMode, title: str, file_filter: str = "", hint: str = "") -> QgsFileWidget:
    """A path with a "…" button; `title` heads the file dialog, `hint` stands in the empty line."""
    widget = QgsFileWidget()
    widget.setStorageMode(mode)
    widget.setDialogTitle(title)
    widget.setFilter(file_filter)
    widget.lineEdit().setPlaceholderText(hint)
    for label in widget.findChildren(QLabel):  # QGIS keeps the path in a hidden link
        label.setTextFormat(Qt.TextFormat.PlainText)
    return widget


def folder_widget(title: str, hint: str = "") -> QgsFileWidget:
    return file_widget(QgsFileWidget.StorageMode.GetDirectory, title, hint=hint)


def form_layout(parent: Optional[QWidget] = None) -> QFormLayout:
    """A form whose fields take the whole width on every platform."""
    layout = QFormLayout(parent) if parent is not None else QFormLayout()
    layout.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
    return layout


def scrolling_column(*widgets: QWidget) -> QgsScrollArea:
    """Widgets under each other, which scroll when an opened group needs more room than the dialog has."""
    column = QWidget()
    layout = QVBoxLayout(column)
    layout.setContentsMargins(0, 0, 0, 0)
    for widget in widgets:
        layout.addWidget(widget)
    layout.addStretch(1)
    return scrolling(column)


def scrolling(widget: QWidget) -> QgsScrollArea:
    """A widget that fills its place, and scrolls where a message above leaves too little of it."""
    area = QgsScrollArea()  # the wheel goes on scrolling over spin boxes, instead of changing them
    area.setWidget(widget)
    area.setWidgetResizable(True)
    area.setFrameShape(QFrame.Shape.NoFrame)
    area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    for part in (area.viewport(), widget):
        part.setAutoFillBackground(False)  # the tab shows through
    return area


def compact_group(title: str, content: Union[QLayout, QWidget]) -> QGroupBox:
    """A group box that leaves little room above and below, so that a page fits on a small screen."""
    group = QGroupBox(title)
    layout = QVBoxLayout(group)
    layout.setContentsMargins(9, 5, 9, 5)
    if isinstance(content, QLayout):
        layout.addLayout(content)
    else:
        layout.addWidget(content)
    return group


def device_titles() -> Dict[str, str]:
    """The devices under names that a user knows."""
    return {"auto": tr("Automatic"), "cpu": tr("Processor (CPU)"), "cuda": tr("NVIDIA GPU"), "mps": tr("Apple GPU")}


def device_combo(remembered: object) -> QComboBox:
    """The devices; the data is the engine's name."""
    titles = device_titles()
    combo = QComboBox()
    for name in options.DEVICES:
        combo.addItem(titles.get(name, name), name)
    choose_data(combo, remembered or options.default("device"))
    combo.setToolTip(tooltip(translated(options.option("device").help)))
    return combo


def choose_data(combo: QComboBox, data: object) -> None:
    """Selects the entry that holds `data`, where there is one."""
    index = combo.findData(data)
    if index >= 0:
        combo.setCurrentIndex(index)


def vector_filter() -> str:
    """The file dialog's filter of the vector formats the engine writes, GeoPackage first."""
    return ";;".join(f"{title} (*.{ending})" for ending, title in FORMATS.items())


def existing_folder(path: str) -> bool:
    return bool(path) and Path(path).is_dir()

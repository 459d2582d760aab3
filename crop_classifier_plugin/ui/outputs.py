"""Where results go: a file or a temporary one, and the report."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from pathlib import Path

from qgis.gui import QgsFileWidget

from ..settings import Setting
from ..translation import tr
from .form import file_widget


def save_widget(title: str, file_filter: str, hint: str) -> QgsFileWidget:
    """A path to write to; the file dialog starts where the last output went."""
    widget = file_widget(QgsFileWidget.StorageMode.SaveFile, title, file_filter, hint)
    widget.setDefaultRoot(str(Setting.OUTPUT_FOLDER.get()))
    widget.setConfirmOverwrite(True)
    return widget


def report_widget() -> QgsFileWidget:
    return save_widget(tr("Save the Report"), tr("HTML files (*.html)"), tr("[Save beside the result]"))


def destination(widget: QgsFileWidget, ending: str) -> str:
    """The path given, completed by `ending` where it has none; empty where none is given."""
    path = widget.filePath().strip()
    return path if not path or Path(path).suffix else f"{path}.{ending}"


def missing_folder(widget: QgsFileWidget) -> str:
    """Says that a path's folder does not exist; empty where it does, or for a temporary file."""
    path = widget.filePath().strip()
    if not path or (Path(path).is_absolute() and Path(path).parent.is_dir()):
        return ""
    return tr("The folder of {0} does not exist.").format(path)


def remember_folder(widget: QgsFileWidget) -> None:
    if widget.filePath().strip():
        Setting.OUTPUT_FOLDER.set(str(Path(widget.filePath()).parent))

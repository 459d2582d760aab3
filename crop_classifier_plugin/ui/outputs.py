"""Where results go: a file or a temporary one, and the report."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from pathlib import Path

from qgis.gui import QgsFileWidget

from ..engine.protocol import geopackage_tables
from ..settings import Setting
from ..translation import tr
from .form import file_widget

MAX_NAMED = 5  # layers that a question names


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


def replacing_question(path: str) -> str:
    """The question before a run that replaces a layer or a file; empty where it replaces nothing."""
    file = Path(path)
    if not path or not file.exists():
        return ""
    if not geopackage_tables.is_geopackage(file):
        return tr("Replace the file {0}?").format(file.name)
    if not geopackage_tables.holds(file, file.stem):
        return ""  # the layer is added to the others
    question = tr("Replace the layer “{0}” in {1}?").format(file.stem, file.name)
    others = geopackage_tables.other_layers(file, file.stem)
    if not others:
        return question
    named = ", ".join(others[:MAX_NAMED]) + (" …" if len(others) > MAX_NAMED else "")
    return f"{question}\n{tr('Its other layers are kept: {0}.').format(named)}"


def remember_folder(widget: QgsFileWidget) -> None:
    if widget.filePath().strip():
        Setting.OUTPUT_FOLDER.set(str(Path(widget.filePath()).parent))

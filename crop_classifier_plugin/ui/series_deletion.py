"""Deletes the parcel series that a classification kept, after a question and in the background."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from pathlib import Path
from typing import Callable, Optional

from qgis.core import Qgis
from qgis.PyQt.QtWidgets import QWidget

from ..engine.protocol import store_files
from ..translation import tr
from .background import BackgroundTask
from .plain_widgets import confirm

Report = Callable[[str, Qgis.MessageLevel], object]


def delete_series(store: str, parent: Optional[QWidget], report: Report) -> None:
    """Asks, then deletes the store; `report` is called in the main thread with what happened, if anything did.

    Only a folder that is a parcel series store, with no other files in it, is deleted.
    """
    folder = Path(store)
    if not folder.exists():
        report(tr("There are no parcel series in {0} any more.").format(store), Qgis.MessageLevel.Info)
        return
    question = tr("Delete the parcel series in {0}? To use them again, the images have to be read again.")
    if not confirm(parent, question.format(store), tr("Delete Series")):
        return
    task = BackgroundTask(tr("Deleting {0}").format(folder.name), lambda *_: store_files.remove(folder))
    task.done.connect(lambda _, error: report(*_outcome(store, error)))
    task.start()


def _outcome(store: str, error: Optional[Exception]) -> tuple[str, Qgis.MessageLevel]:
    if error is None:
        return tr("The parcel series in {0} were deleted.").format(store), Qgis.MessageLevel.Success
    return tr("The parcel series were not deleted: {0}.").format(error), Qgis.MessageLevel.Warning

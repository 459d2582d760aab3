"""Reads in the background for a widget that may be gone by the time the answer comes."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from typing import Any, Callable, Optional

from qgis.PyQt import sip
from qgis.PyQt.QtCore import QObject

from ..background import BackgroundTask, Cancelled

Then = Callable[[Any, Optional[Exception]], None]


def read(owner: QObject, title: str, work: Callable[[Cancelled], Any], then: Then) -> None:
    """Calls `then` with the value or the error of `work`, in the main thread, unless `owner` was deleted meanwhile."""

    def done(value: Any, error: Optional[Exception]) -> None:
        if not sip.isdeleted(owner):
            then(value, error)

    task = BackgroundTask(title, lambda _, cancelled: work(cancelled))
    task.done.connect(done)
    task.start()

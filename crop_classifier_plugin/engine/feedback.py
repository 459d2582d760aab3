"""The events of the engine, as Processing shows them."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import dataclasses
import time
from typing import Any, Optional

from qgis.core import QgsProcessingFeedback
from qgis.PyQt.QtCore import pyqtSignal

from ..plain_text import without_markup
from ..translation import tr
from .messages import message_of
from .protocol import protocol

TEXT_EVERY_S = 2.0  # Processing keeps every progress text as a line of its log


class EngineFeedback(QgsProcessingFeedback):
    """A feedback that also emits the engine's events, for live curves and tables.

    `engineEvent` is emitted in the algorithm's thread, for every event of every job; `Started.command` is the job that
    the next ones belong to. The fraction of a `Progress` is that of the whole algorithm.
    """

    engineEvent = pyqtSignal(object)  # noqa: N815 (a Qt signal)


class Listener:
    """Shows a feedback the events of a job that is the part from `start` to `start + share` of the whole run."""

    def __init__(self, feedback: QgsProcessingFeedback, start: float = 0.0, share: float = 1.0) -> None:
        self._feedback = feedback
        self._start = start
        self._share = share
        self._stage = ""
        self._shown_at = 0.0  # when the last progress text was shown, monotonic seconds

    def __call__(self, event: Any) -> None:
        if isinstance(event, protocol.Progress):
            event = dataclasses.replace(event, fraction=self._whole(event.fraction))
        show = getattr(self, f"_{event.kind}", None)
        if show is not None:
            show(event)
        if isinstance(self._feedback, EngineFeedback):
            self._feedback.engineEvent.emit(event)

    def _whole(self, fraction: float) -> float:
        return self._start + self._share * min(max(fraction, 0.0), 1.0)

    def _progress(self, event: Any) -> None:
        self._feedback.setProgress(100.0 * event.fraction)
        now = time.monotonic()
        if event.stage != self._stage or now - self._shown_at > TEXT_EVERY_S:
            self._stage, self._shown_at = event.stage, now
            self._feedback.setProgressText(without_markup(progress_text(event)))

    def _log(self, event: Any) -> None:
        self._feedback.pushInfo(without_markup(event.message))

    def _metric(self, event: Any) -> None:
        self._feedback.pushInfo(without_markup(metric_text(event)))

    def _warning(self, event: Any) -> None:
        text = " ".join(part for part in message_of(event) if part)
        self._feedback.pushWarning(without_markup(text))


def progress_text(event: Any) -> str:
    """`Training: fold 1 of 5 (about 3 min left)`."""
    text = ": ".join(part for part in (event.stage, event.message) if part)
    left = time_left(event.seconds_left)
    return f"{text} ({left})" if left else text


def metric_text(event: Any) -> str:
    """The values of an epoch as a sentence, those of other metrics by their names."""
    values = event.values
    if event.name != "epoch" or not {"fold", "folds", "epoch", "epochs", "train_loss"} <= set(values):
        return f"{event.name}: " + ", ".join(f"{name} {_number(value)}" for name, value in values.items())
    text = tr("Fold {0} of {1}, epoch {2} of {3}: loss {4}").format(
        *(_number(values[name]) for name in ("fold", "folds", "epoch", "epochs", "train_loss"))
    )
    scores = [values.get(name) for name in ("validation_loss", "validation_oa", "validation_mean_f")]
    if None in scores:
        return text
    left_out = tr("parcels left out: loss {0}, overall accuracy {1}, mean F-score {2}")
    return f"{text}; {left_out.format(*map(_number, scores))}"


def time_left(seconds: Optional[float]) -> str:
    """Rounded to whole seconds or minutes, or tenths of hours; empty where it is not known."""
    if seconds is None:
        return ""
    if seconds < 90:
        return tr("about {} s left").format(max(1, round(seconds)))
    if seconds < 5400:
        return tr("about {} min left").format(round(seconds / 60))
    return tr("about {} h left").format(f"{seconds / 3600:.1f}")


def _number(value: Any) -> str:
    return f"{value:.3g}" if isinstance(value, float) else str(value)

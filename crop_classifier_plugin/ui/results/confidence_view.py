"""How sure the model is: the distribution of the confidence, of all classes or of one."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from typing import Any, Optional

from qgis.PyQt.QtWidgets import QComboBox, QHBoxLayout, QVBoxLayout, QWidget

from ...translation import tr
from ..elided_label import ElidedLabel
from ..plain_widgets import plain_label
from ..swatch import swatch
from . import queries
from .histogram import BAR, Histogram
from .reading import read
from .source import Results
from .view import ResultsView

COMBO_CHARACTERS = 20


class ConfidenceView(ResultsView):
    """The counts are read in the background."""

    def __init__(self, parent: Optional[QWidget] = None) -> None:
        super().__init__(tr("Confidence"), parent)
        self.classes = QComboBox()
        self.classes.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.classes.setMinimumContentsLength(COMBO_CHARACTERS)
        self.histogram = Histogram(tr("Confidence of the predicted class"))
        self.note = ElidedLabel()
        self._results: Optional[Results] = None
        self._request = 0
        self.classes.currentIndexChanged.connect(lambda _: self._read())
        self.histogram.chosen.connect(self._on_chosen)
        head = QHBoxLayout()
        head.addWidget(plain_label(tr("Class")))
        head.addWidget(self.classes, 1)
        head.addWidget(self.note, 2)
        layout = QVBoxLayout(self.content)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addLayout(head)
        layout.addWidget(self.histogram, 1)
        layout.addWidget(
            plain_label(tr("Click a bar or drag over several to select their parcels on the map."), wrap=True)
        )

    def show_results(self, results: Results) -> None:
        self._results = results
        none = not results.about.classified
        self.show_lacking(tr("No parcel was classified: the summary shows why.") if none else "")
        self.classes.blockSignals(True)
        self.classes.clear()
        self.classes.addItem(tr("All classes"), None)
        found = {row.get("code"): row["parcels"] for row in results.report.get("breakdown") or []}
        for position, crop in enumerate(results.classes):
            if found.get(crop["code"], 1):
                self.classes.addItem(swatch(crop["colour"]), crop["name"], position)
        self.classes.blockSignals(False)
        self._read()

    def _read(self) -> None:
        results, crop = self._results, self.classes.currentData()
        if results is None:
            return
        self._request += 1
        request = self._request
        read(
            *(self, tr("Count confidences"), lambda _: queries.histogram(results.parcels, crop)),
            lambda counts, error: self._on_counts(request, counts, error),
        )

    def _on_counts(self, request: int, counts: Any, error: Optional[Exception]) -> None:
        if request != self._request or self._results is None:
            return
        crop = self.classes.currentData()
        colour = BAR if crop is None else self._results.classes[crop]["colour"]
        self.histogram.set_counts(counts or [], colour)
        self.note.setText(str(error) if error is not None else self._summed(counts))

    def _summed(self, counts: Any) -> str:
        total, bins = sum(counts), len(counts)
        low = sum(counts[: int(queries.UNSURE * bins)])
        text = tr("{0} parcels, {1} of them below {2} %")
        number = self.locale().toString
        return text.format(number(total), number(low), round(100 * queries.UNSURE))

    def _on_chosen(self, first: int, last: int) -> None:
        crop, bins = self.classes.currentData(), queries.BINS
        low, high = round(100 * first / bins), round(100 * (last + 1) / bins)
        words = tr("confidence {0} to {1} %").format(low, high)
        if crop is not None:
            words = tr("classified as {0}").format(self.classes.currentText()) + ", " + words
        self.select(queries.in_bins(first, last, crop), words)

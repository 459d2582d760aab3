"""How long the page of results takes, and how long it holds up QGIS's window, with many parcels.

QT_QPA_PLATFORM=offscreen .venv-qgis/bin/python benchmarks/results_page.py [PARCELS]

Made-up parcels of 19 classes in a GeoPackage; a map canvas shows them. A timer of 5 ms in the main thread shows the
longest time that the window did not answer.
"""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Callable

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "plugin")]
from qgis.core import QgsApplication, QgsProject  # noqa: E402
from qgis.gui import QgsMapCanvas  # noqa: E402
from qgis.PyQt.QtCore import QTimer  # noqa: E402

BEAT_MS, CLASSES, WAIT_S = 5, 19, 120


class Heart:
    """Beats in the main thread; `longest_s` between two beats."""

    def __init__(self) -> None:
        self._timer = QTimer()
        self._timer.setInterval(BEAT_MS)
        self._timer.timeout.connect(self._beat)
        self._timer.start()
        self.start()

    def start(self) -> None:
        self._last, self.longest_s = time.perf_counter(), 0.0

    def _beat(self) -> None:
        now = time.perf_counter()
        self.longest_s = max(self.longest_s, now - self._last)
        self._last = now


def measure(application: Any, heart: Heart, name: str, act: Callable[[], Any], done: Callable[[], Any]) -> None:
    """Prints the seconds until it is done, and the longest that the window was held up."""
    heart.start()
    began = time.perf_counter()
    act()
    while not done():
        application.processEvents()
        time.sleep(0.001)  # as an event loop that waits: it leaves the other threads their turn
        if time.perf_counter() - began > WAIT_S:
            raise TimeoutError(name)
    took = time.perf_counter() - began
    for _ in range(20):  # what follows at once, such as a repaint
        application.processEvents()
        time.sleep(BEAT_MS / 1000)
    print(f"{name:44}{1000 * took:8.0f} ms{1000 * heart.longest_s:8.0f} ms")


def main(parcels: int) -> None:
    application = QgsApplication([], True)
    application.initQgis()
    from sample_results import write_results

    from crop_classifier_plugin.ui.results import ResultsPage

    canvas = QgsMapCanvas()
    canvas.resize(900, 600)
    canvas.show()
    page = ResultsPage(SimpleNamespace(mapCanvas=lambda: canvas))
    page.resize(1000, 580)
    page.show()
    heart = Heart()
    with tempfile.TemporaryDirectory() as folder:
        path, _ = write_results(Path(folder), count=parcels, classes=CLASSES)
        print(f"{parcels} parcels{'until it is done':>46}{'held up':>11}")
        story(application, heart, page, canvas, path)
        QgsProject.instance().removeAllMapLayers()
        page.clear()
    application.exitQgis()


def story(application: Any, heart: Heart, page: Any, canvas: QgsMapCanvas, path: Path) -> None:
    """Opens the results, then selects more and more."""

    def timed(name: str, act: Callable[[], Any], done: Callable[[], Any]) -> None:
        measure(application, heart, name, act, done)

    def said() -> bool:
        return bool(page.sentence.text())

    def silent(act: Callable[[], Any]) -> Callable[[], Any]:
        page.sentence.setText("")
        return act

    selection, model, bars = page.selection, page.confusion.model, page.confidence.histogram
    timed("read the results, all views", lambda: page.show_results(path.with_suffix(".results")), lambda: page.results)
    timed("list of parcels to check", lambda: page.list.setCurrentRow(4), lambda: page.checks.model.rowCount())
    timed("load the layer, match it with the parcels", page.load_layer, lambda: selection._map)
    canvas.setLayers([selection.layer()])
    canvas.setExtent(selection.layer().extent())
    timed("a cell of the confusion matrix", silent(lambda: page.confusion._on_cell(model.index(0, 0))), said)
    timed("all bars of the histogram", silent(lambda: bars.chosen.emit(0, 19)), said)
    last = page.checks.model.rowCount() - 1
    timed("scroll the list to its end", page.checks.table.scrollToBottom, lambda: page.checks.model.parcel(last))
    timed("a parcel of the list, with zoom", silent(lambda: page.checks.table.selectRow(last // 2)), said)
    timed("all parcels to check", silent(page.checks.select_button.click), said)
    selection._on_changed()
    timed("a cell after the layer was edited", silent(lambda: page.confusion._on_cell(model.index(0, 1))), said)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000)

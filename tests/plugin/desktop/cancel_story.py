"""Played in QGIS Desktop by test_desktop.py: a long training is cancelled in the window."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import os
import time
from pathlib import Path

from desktop_story import RESULTS, VALUES, open_window, play


def story():
    window = open_window("trainmodel", "CropClassifierWindow")
    window.imagery.folder.setFilePath(VALUES["imagery"])
    window.imagery.masks.setFilePath(VALUES["masks"])
    window.crops.parcels.add_file(VALUES["parcels"])
    window.crops.field.setField(VALUES["class_field"])
    window.train.training.architecture.setCurrentIndex(window.train.training.architecture.findData("gru"))
    window.train.training.epochs.setValue(10_000)
    window.train.outputs.output.setFilePath(VALUES["output"])
    window.run_button.click()
    yield lambda: window.train.curves.loss.curves and window.train.curves.loss.curves[0].points
    engine = engine_process()
    RESULTS["engine"] = Path(f"/proc/{engine}/cmdline").read_text(encoding="utf-8").split("\0")
    RESULTS["qgis_libraries_in_engine"] = [
        line for line in Path(f"/proc/{engine}/maps").read_text("utf-8").splitlines() if "qgis" in Path(line).name
    ]
    asked = time.monotonic()
    window.progress.cancel.click()
    yield lambda: not is_alive(engine)
    RESULTS["gone_after_s"] = time.monotonic() - asked
    yield lambda: not window.is_running()
    RESULTS["last_word"] = window.progress.stage.text()
    RESULTS["run_again"] = window.run_button.isEnabled()
    window.close()


def engine_process() -> int:
    """The child of QGIS that runs a job."""
    for folder in Path("/proc").iterdir():
        if not folder.name.isdigit() or parent_of(int(folder.name)) != os.getpid():
            continue
        if b"--job" in (folder / "cmdline").read_bytes():
            return int(folder.name)
    raise LookupError("QGIS has no engine process")


def parent_of(process: int) -> int:
    try:
        return int(Path(f"/proc/{process}/stat").read_text("utf-8").rpartition(")")[2].split()[1])
    except OSError:  # it ended meanwhile
        return 0


def is_alive(process: int) -> bool:
    return parent_of(process) == os.getpid()


play(story)

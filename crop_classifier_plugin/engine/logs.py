"""Where the engine's whole stderr is kept, so that a failure can be looked into after a cancel or a crash."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import os
from datetime import datetime
from pathlib import Path
from typing import Optional

from qgis.core import QgsApplication

KEPT = 20


def log_folder() -> Path:
    """In the user's QGIS profile, beside its settings."""
    return Path(QgsApplication.qgisSettingsDirPath()) / "crop_classifier" / "logs"


def new_log(command: str) -> Optional[Path]:
    """The path of a log for a run that starts now; the oldest ones go. None where the profile cannot be written."""
    folder = log_folder()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for old in sorted(folder.glob("*.log"))[: 1 - KEPT]:
            old.unlink()
    except OSError:
        return None
    return folder / f"{datetime.now():%Y%m%d-%H%M%S-%f}-{command}-{os.getpid()}.log"

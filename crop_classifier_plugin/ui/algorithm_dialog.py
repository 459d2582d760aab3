"""The dialog that Processing itself shows for an algorithm, filled in."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import importlib
from typing import Any, Mapping


def open_algorithm(algorithm_id: str, parameters: Mapping[str, Any]) -> Mapping[str, Any]:
    """Shows the dialog and waits until it is closed; returns the outputs of the run, none where there was none."""
    processing = importlib.import_module("processing")  # QGIS's own plugin, which is there once QGIS is up
    return processing.execAlgorithmDialog(algorithm_id, dict(parameters)) or {}

"""QGIS enters here; the plugin itself is in crop_classifier_plugin, its engine in backend."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from typing import Any


def classFactory(iface: Any) -> Any:  # noqa: N802 (the name QGIS looks for)
    """The plugin; `iface` is None in qgis_process."""
    from .crop_classifier_plugin.plugin import CropClassifierPlugin

    return CropClassifierPlugin(iface)

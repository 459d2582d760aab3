"""The plugin's own icons."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from qgis.PyQt.QtGui import QIcon

from .engine.protocol import ROOT


def icon(name: str) -> QIcon:
    """The icon `resources/icons/NAME.svg`."""
    return QIcon(str(ROOT / "resources" / "icons" / f"{name}.svg"))

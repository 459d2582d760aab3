"""The one way visible text is translated."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from pathlib import Path
from typing import Optional

from qgis.core import QgsApplication
from qgis.PyQt.QtCore import QCoreApplication, QTranslator

CONTEXT = "CropClassifier"


def tr(text: str) -> str:
    """`text` in the user's language; one context for the whole plugin, so a phrase is translated once."""
    return QCoreApplication.translate(CONTEXT, text)


def translated(text: str) -> str:
    """The same for a text of the engine's tables of options and messages, which are in English."""
    return QCoreApplication.translate(CONTEXT, text) if text else ""


def install_translator(folder: Path, locale: Optional[str] = None) -> Optional[QTranslator]:
    """Installs `crop_classifier_LANGUAGE.qm`, which the caller keeps and removes; None where there is none."""
    translator = QTranslator()
    language = (locale or QgsApplication.locale())[:2]
    if not translator.load(f"crop_classifier_{language}.qm", str(folder)):
        return None
    QCoreApplication.installTranslator(translator)
    return translator

"""Adds the plugin to QGIS and removes it again: provider, menu, toolbar, dialogs."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from typing import Any, Callable, Dict, List, Optional

from qgis.core import QgsApplication
from qgis.PyQt.QtCore import QCoreApplication, QUrl
from qgis.PyQt.QtGui import QDesktopServices
from qgis.PyQt.QtWidgets import QAction, QDialog

from .engine.protocol import ROOT
from .icons import icon
from .processing.base import HELP_ADDRESS
from .processing.provider import CropClassifierProvider
from .translation import install_translator, tr

MENU = "&Crop Classifier"


class CropClassifierPlugin:
    """`iface` is None in qgis_process, which only calls initProcessing()."""

    def __init__(self, iface: Any) -> None:
        self.iface = iface
        self.provider: Optional[CropClassifierProvider] = None
        self._actions: List[QAction] = []
        self._toolbar: Any = None
        self._dialogs: Dict[str, Any] = {}
        self._translator = install_translator(ROOT / "i18n")

    def initProcessing(self) -> None:
        self.provider = CropClassifierProvider()
        QgsApplication.processingRegistry().addProvider(self.provider)

    def initGui(self) -> None:
        self.initProcessing()
        self._toolbar = self.iface.addToolBar("Crop Classifier")
        self._toolbar.setObjectName("CropClassifierToolbar")  # QGIS remembers its place by this name
        self._add_action("classifyparcels", tr("Classify Parcels…"), self.open_classify, toolbar=True)
        self._add_action("trainmodel", tr("Train on My Region…"), self.open_train, toolbar=True)
        self._add_action("engine", tr("Engine Set-up…"), self.open_engine)
        self._add_action("help", tr("Help"), self.open_help)

    def _add_action(self, icon_name: str, text: str, slot: Callable[[], None], toolbar: bool = False) -> None:
        action = QAction(icon(icon_name), text, self.iface.mainWindow())
        action.setObjectName(f"CropClassifier_{icon_name}")
        action.triggered.connect(lambda _checked=False: slot())
        self.iface.addPluginToMenu(MENU, action)
        if toolbar:
            self._toolbar.addAction(action)
        self._actions.append(action)

    def unload(self) -> None:
        for dialog in self._dialogs.values():
            dialog.cancel()  # not close(), which would ask
            dialog.hide()
            dialog.deleteLater()
        self._dialogs.clear()
        for action in self._actions:
            self.iface.removePluginMenu(MENU, action)
            action.deleteLater()
        self._actions.clear()
        if self._toolbar is not None:
            self._toolbar.deleteLater()
            self._toolbar = None
        if self.provider is not None:
            QgsApplication.processingRegistry().removeProvider(self.provider)
            self.provider = None
        if self._translator is not None:
            QCoreApplication.removeTranslator(self._translator)
            self._translator = None

    # Windows: imported on first use, so that QGIS starts fast

    def open_classify(self) -> None:
        from .ui.classify_dialog import ClassifyDialog

        self._show("classify", lambda: ClassifyDialog(self.iface, self.iface.mainWindow()))

    def open_train(self) -> None:
        from .ui.train_dialog import TrainDialog

        self._show("train", lambda: TrainDialog(self.iface, self.iface.mainWindow()))

    def open_engine(self) -> None:
        from .ui.engine_dialog import EngineDialog

        self._show("engine", lambda: EngineDialog(self.iface.mainWindow()))

    def open_help(self) -> None:
        QDesktopServices.openUrl(QUrl(HELP_ADDRESS))

    def _show(self, name: str, make: Callable[[], QDialog]) -> None:
        """One window of each kind, kept with what was entered in it."""
        if name not in self._dialogs:
            self._dialogs[name] = make()
        dialog = self._dialogs[name]
        dialog.show()
        dialog.raise_()
        dialog.activateWindow()

"""Adds the plugin to QGIS and removes it again: provider, menu, toolbar, window."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from typing import Any, Callable, List, Optional

from qgis.core import QgsApplication
from qgis.PyQt.QtCore import QCoreApplication, Qt, QUrl
from qgis.PyQt.QtGui import QDesktopServices
from qgis.PyQt.QtWidgets import QAction

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
        self._window: Any = None
        self._engine: Any = None
        self._inspector: Any = None
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
        self._add_action("inspectparcels", tr("Inspect Parcels"), self.inspect_parcels, toolbar=True).setCheckable(True)
        self._add_action("simulateregion", tr("Try It With a Sample Region"), self.open_sample)
        self._add_action("engine", tr("Engine Set-up…"), self.open_engine)
        self._add_action("help", tr("Help"), self.open_help)

    def _add_action(self, icon_name: str, text: str, slot: Callable[[], None], toolbar: bool = False) -> QAction:
        action = QAction(icon(icon_name), text, self.iface.mainWindow())
        action.setObjectName(f"CropClassifier_{icon_name}")
        action.triggered.connect(lambda _checked=False: slot())
        self.iface.addPluginToMenu(MENU, action)
        if toolbar:
            self._toolbar.addAction(action)
        self._actions.append(action)
        return action

    def unload(self) -> None:
        if self._window is not None:
            self._window.stop()
            self.iface.removeDockWidget(self._window)
            self._window.deleteLater()
            self._window = None
        if self._inspector is not None:
            self._inspector.unload()
            self._inspector = None
        if self._engine is not None:
            self._engine.cancel()  # not close(), which would ask
            self._engine.hide()
            self._engine.deleteLater()
            self._engine = None
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

    # The window: imported on first use, so that QGIS starts fast

    def window(self) -> Any:
        """The one window, kept with what was entered in it; it floats until the user docks it."""
        if self._window is None:
            from .ui.window.window import CropClassifierWindow

            self._window = CropClassifierWindow(self.iface, self.iface.mainWindow())
            self.iface.addDockWidget(Qt.DockWidgetArea.RightDockWidgetArea, self._window)
            self._window.setFloating(True)
            self._window.resize(self._window.SIZE)
            self._window.inspect_requested.connect(self._inspect)
        return self._window

    def open_classify(self) -> None:
        window = self.window()
        window.open_task(window.classify)

    def open_train(self) -> None:
        window = self.window()
        window.open_task(window.train)

    def open_sample(self) -> None:
        """Makes a region and fills the window in; while something runs, or without an engine, only the window opens."""
        window = self.window()
        window.open_task(window.train)
        if not window.is_running() and window.is_ready():
            window.start(window.sample)

    def open_engine(self) -> None:
        if self._engine is None:
            from .ui.engine_dialog import EngineDialog

            self._engine = EngineDialog(self.iface.mainWindow())
            self._engine.finished.connect(self._on_engine)
        self._engine.show()
        self._engine.raise_()
        self._engine.activateWindow()

    def _on_engine(self) -> None:
        """The set-up was closed: what waited for the engine may start now."""
        if self._window is not None:
            self._window.check_engine()

    def inspect_parcels(self) -> None:
        if self._inspector is None:
            from .ui.inspector.controller import InspectorController

            action = next(one for one in self._actions if one.objectName() == "CropClassifier_inspectparcels")
            self._inspector = InspectorController(self.iface, action)
        self._inspector.toggle()

    def _inspect(self, layer: Any) -> None:
        """From the results: the parcel that is selected in a layer, else the map tool to pick one."""
        if self._inspector is None or not self._inspector.dock.isVisible():
            self.inspect_parcels()
        if layer is not None and layer.selectedFeatureCount() == 1:
            self._inspector.show(layer, layer.selectedFeatures()[0])

    def open_help(self) -> None:
        QDesktopServices.openUrl(QUrl(HELP_ADDRESS))

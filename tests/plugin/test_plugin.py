"""The plugin in QGIS: everything it adds is taken out again, and qgis_process needs no window."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import importlib.util
import sys

import pytest
from qgis.core import QgsApplication
from qgis.gui import QgsMessageBar
from qgis.PyQt import sip
from qgis.PyQt.QtWidgets import QAction, QDockWidget, QMainWindow, QToolBar
from sample_layers import ROOT

from crop_classifier_plugin.plugin import MENU, CropClassifierPlugin

pytestmark = pytest.mark.usefixtures("qgis_app", "qgis_processing")


class Iface:
    """As much of QgisInterface as the plugin uses."""

    def __init__(self) -> None:
        self.window = QMainWindow()
        self.menu: list[QAction] = []
        self.toolbars: list[QToolBar] = []
        self.docks: list[QDockWidget] = []
        self.bar = QgsMessageBar()

    def mainWindow(self) -> QMainWindow:
        return self.window

    def messageBar(self) -> QgsMessageBar:
        return self.bar

    def activeLayer(self) -> None:
        return None

    def addDockWidget(self, area: object, dock: QDockWidget) -> None:
        self.window.addDockWidget(area, dock)
        self.docks.append(dock)

    def removeDockWidget(self, dock: QDockWidget) -> None:
        self.docks.remove(dock)

    def addToolBar(self, title: str) -> QToolBar:
        self.toolbars.append(self.window.addToolBar(title))
        return self.toolbars[-1]

    def addPluginToMenu(self, menu: str, action: QAction) -> None:
        assert menu == MENU
        self.menu.append(action)

    def removePluginMenu(self, menu: str, action: QAction) -> None:
        assert menu == MENU
        self.menu.remove(action)


def registered() -> bool:
    return QgsApplication.processingRegistry().providerById("crop_classifier") is not None


def test_what_is_added_is_taken_out_again(qtbot) -> None:
    iface = Iface()
    plugin = CropClassifierPlugin(iface)
    plugin.initGui()
    assert registered()
    assert [action.text() for action in iface.menu] == [
        "Classify Parcels…", "Train on My Region…", "Inspect Parcels", "Try It With a Sample Region",
        "Engine Set-up…", "Help",
    ]  # fmt: skip
    assert [action.text() for action in iface.toolbars[0].actions()] == [
        "Classify Parcels…", "Train on My Region…", "Inspect Parcels",
    ]  # fmt: skip
    assert all(not action.icon().pixmap(24, 24).isNull() for action in iface.menu)
    added = [*iface.toolbars, *iface.menu]
    plugin.unload()
    qtbot.waitUntil(lambda: all(sip.isdeleted(item) for item in added))
    assert iface.menu == [] and not registered()
    plugin.unload()  # QGIS does so when loading failed half-way


def test_processing_works_without_a_window() -> None:
    plugin = CropClassifierPlugin(None)
    plugin.initProcessing()
    assert registered()
    plugin.unload()
    assert not registered()


def test_both_buttons_open_the_one_window_which_goes_at_unload(qtbot) -> None:
    iface = Iface()
    plugin = CropClassifierPlugin(iface)
    plugin.open_classify()
    window = plugin.window()
    assert window.isVisible() and window.isFloating() and window.task is window.classify
    window.classify.outputs.output.setFilePath("typed before")
    plugin.open_train()
    assert plugin.window() is window and window.task is window.train
    plugin.open_classify()
    assert window.task is window.classify and window.classify.outputs.output.filePath() == "typed before"
    assert iface.docks == [window]
    plugin.unload()
    assert iface.docks == []
    qtbot.waitUntil(lambda: sip.isdeleted(window))


def test_the_engine_set_up_is_one_window_and_goes_at_unload(qtbot) -> None:
    plugin = CropClassifierPlugin(Iface())
    plugin.open_engine()
    dialog = plugin._engine
    plugin.open_engine()
    assert plugin._engine is dialog and dialog.isVisible()
    plugin.unload()
    qtbot.waitUntil(lambda: sip.isdeleted(dialog))


def test_qgis_finds_the_factory() -> None:
    """As QGIS imports it: the plugin's folder is a package with a name of its own."""
    spec = importlib.util.spec_from_file_location(
        "crop_classifier", ROOT / "__init__.py", submodule_search_locations=[str(ROOT)]
    )
    package = importlib.util.module_from_spec(spec)
    sys.modules["crop_classifier"] = package
    try:
        spec.loader.exec_module(package)
        plugin = package.classFactory(None)
        assert type(plugin).__module__ == "crop_classifier.crop_classifier_plugin.plugin"
    finally:
        for name in [name for name in sys.modules if name.split(".")[0] == "crop_classifier"]:
            del sys.modules[name]

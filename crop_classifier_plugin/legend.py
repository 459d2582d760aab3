"""Unfolds a layer's legend in QGIS's layer panel."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from qgis.core import QgsMapLayer, QgsProject
from qgis.PyQt.QtCore import QTimer


def unfold_legend(layer: QgsMapLayer) -> None:
    """Once QGIS has built the legend, which it folds where it has more than ten entries; nothing without a window."""
    name = layer.id()
    QTimer.singleShot(0, lambda: _unfold(name))


def _unfold(layer_id: str) -> None:
    """By the view of the panel: the node of the tree may say that it is unfolded while the panel shows it folded."""
    from qgis.utils import iface  # None in qgis_process

    node = QgsProject.instance().layerTreeRoot().findLayer(layer_id)
    view = iface.layerTreeView() if iface is not None else None
    if node is None or view is None:
        return
    node.setExpanded(True)
    view.expand(view.node2index(node))

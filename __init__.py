"""QGIS enters here; the plugin itself is in crop_classifier_plugin, its engine in backend."""

# SPDX-License-Identifier: GPL-2.0-or-later


def classFactory(iface):  # noqa: N802 (the name QGIS looks for)
    """The plugin; `iface` is None in qgis_process."""
    from .crop_classifier_plugin.plugin import CropClassifierPlugin

    return CropClassifierPlugin(iface)

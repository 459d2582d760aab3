"""The QGIS side of Crop Classifier: standard library, qgis and Qt only; the engine is another process."""

# SPDX-License-Identifier: GPL-2.0-or-later

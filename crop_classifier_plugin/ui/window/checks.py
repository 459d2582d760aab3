"""What can be known before the images are read: whether parcels, images and model belong together."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import re
from typing import Any, Mapping, Optional

from qgis.core import (
    QgsCoordinateReferenceSystem,
    QgsCoordinateTransform,
    QgsCsException,
    QgsProject,
    QgsRectangle,
    QgsVectorLayer,
)
from qgis.PyQt.QtCore import QDate, QLocale, Qt

from ...model_file import ModelDescription
from ...translation import tr

NEAR_DAYS = 15  # of a day of the model's season: further away, the engine takes no image for it
SENTINEL_2 = re.compile(r"B\d[\dA]")  # a band; what else a model reads is computed from bands


def outside_problem(layer: Optional[QgsVectorLayer], found: Optional[Mapping[str, Any]]) -> str:
    """That no parcel can lie on the images, by their extents; empty where one may, or where it is not known."""
    grid = (found or {}).get("grid") or {}
    if layer is None or not grid.get("bounds") or not layer.crs().isValid() or layer.extent().isEmpty():
        return ""
    images = QgsRectangle(*grid["bounds"])
    crs = QgsCoordinateReferenceSystem(str(grid.get("crs") or ""))
    transform = QgsCoordinateTransform(layer.crs(), crs, QgsProject.instance())
    try:
        parcels = transform.transformBoundingBox(layer.extent())
    except QgsCsException:
        return ""  # the engine says which parcels cannot be brought onto the images
    if not crs.isValid() or images.intersects(parcels):
        return ""
    text = tr(
        "No parcel of {0} lies on the images. Choose images of the same region, "
        "or check the layer's coordinate system ({1})."
    )
    return text.format(layer.name(), layer.crs().authid())


def model_problem(model: Optional[ModelDescription], found: Optional[Mapping[str, Any]], locale: QLocale) -> str:
    """That the images lack bands or the season of a model; empty where they fit, or where it is not known."""
    if model is None or found is None or not found["acquisitions"]:
        return ""
    return _bands_problem(model, found) or _season_problem(model, found, locale)


def _bands_problem(model: ModelDescription, found: Mapping[str, Any]) -> str:
    there = set(found.get("bands") or ())
    missing = [band for band in model.bands if SENTINEL_2.fullmatch(band) and band not in there]
    if not there or not missing:
        return ""
    text = tr("The model needs the bands {0}, which the images lack. Choose images with them, or another model.")
    return text.format(", ".join(missing))


def _season_problem(model: ModelDescription, found: Mapping[str, Any], locale: QLocale) -> str:
    season = found.get("season")
    if not season or not model.calendar:
        return ""
    start = QDate(season, 1, 1)
    dates = [QDate.fromString(row["date"], Qt.DateFormat.ISODate) for row in found["acquisitions"]]
    first, last = start.daysTo(min(dates)) - NEAR_DAYS, start.daysTo(max(dates)) + NEAR_DAYS
    if any(first <= day <= last for day in model.calendar):
        return ""
    days = (min(dates), max(dates), start.addDays(min(model.calendar)), start.addDays(max(model.calendar)))
    text = tr("The images are of {0} to {1}; the model needs days from {2} to {3}. Choose images of that season.")
    return text.format(*(locale.toString(day, "d MMM yyyy") for day in days))

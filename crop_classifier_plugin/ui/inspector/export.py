"""Saves the chart as SVG or PNG, and the course as a table."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import csv
from pathlib import Path
from typing import Any, List, Optional, Tuple

from qgis.PyQt.QtCore import QRectF, QSize, Qt
from qgis.PyQt.QtGui import QImage, QPainter
from qgis.PyQt.QtSvg import QSvgGenerator

from ...translation import tr
from .chart import ParcelChart
from .chart_data import ChartData
from .parcel_series import ParcelSeries, Variable

PNG_SCALE = 3  # pixels for each of the screen's, for print


def save_chart(chart: ParcelChart, path: Path) -> None:
    """As SVG or PNG by the path's ending, as the widget shows it. Raises OSError."""
    size = chart.size()
    if path.suffix.lower() == ".svg":
        _check_writable(path)
        generator = QSvgGenerator()
        generator.setFileName(str(path))
        generator.setSize(size)
        generator.setViewBox(QRectF(0, 0, size.width(), size.height()))
        generator.setTitle(chart.data.variable if chart.data else "")
        _paint(chart, generator, size)
        return
    image = QImage(PNG_SCALE * size, QImage.Format.Format_ARGB32)
    image.setDevicePixelRatio(PNG_SCALE)
    image.fill(Qt.GlobalColor.transparent)
    _paint(chart, image, size)
    if not image.save(str(path), "PNG"):
        raise OSError(tr("{0} cannot be written").format(path))


def save_series(series: ParcelSeries, data: ChartData, path: Path) -> None:
    """A row for each date and each band or index: mean, quantiles, and how many pixels were clear. Raises OSError."""
    header = ["date", "variable", "mean", "p10", "p90", "pixels", "clear"]
    rows: List[List[Any]] = [header]
    for variable in series.variables():
        for point in series.course(variable):
            numbers = [_number(value) for value in (point.mean, point.low, point.high)]
            clear = "" if point.clear is None else point.clear
            rows.append(
                [data.date(point.day).toString("yyyy-MM-dd"), _name(series, variable), *numbers, point.pixels, clear]
            )
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows(rows)


def filters() -> Tuple[str, str]:
    """Of the file dialogs for pictures and tables."""
    return tr("SVG (*.svg);;PNG (*.png)"), tr("CSV (*.csv)")


def _paint(chart: ParcelChart, device: Any, size: QSize) -> None:
    painter = QPainter(device)
    plot = chart.painter_for(QRectF(0, 0, size.width(), size.height()))
    if plot is not None:
        plot.paint(painter)
    painter.end()


def _check_writable(path: Path) -> None:
    """Qt's generator does not say what went wrong."""
    path.write_bytes(b"")


def _number(value: Optional[float]) -> str:
    return "" if value is None else f"{value:.4f}"


def _name(series: ParcelSeries, variable: Variable) -> str:
    """`VV (radar)` for a band of another source than the first."""
    return variable.name if not variable.source else f"{variable.name} ({series.facts.sources[variable.source].name})"

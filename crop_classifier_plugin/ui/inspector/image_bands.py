"""The rasters of an acquisition as a layer of three bands that QGIS can draw, where they are plain files."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import re
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any, Dict, List, Optional, Sequence, Tuple

from qgis.core import QgsCoordinateReferenceSystem, QgsPointXY, QgsRasterLayer, QgsRectangle

RASTERS = (".tif", ".tiff", ".jp2", ".vrt")
MOST_OPENED = 4  # files of several bands that are opened in search of three
_BAND = re.compile(r"(?<![A-Za-z0-9])B(0?[1-9]|1[0-2]|8A)(?![A-Za-z0-9])", re.IGNORECASE)


@dataclass(frozen=True)
class ThreeBands:
    """`layer` has the bands `numbers`, red, green and blue."""

    layer: QgsRasterLayer
    numbers: Tuple[int, int, int]

    def sample(self, point: QgsPointXY) -> Optional[List[float]]:
        """The raster's own numbers there; None where it has none."""
        found = [self.layer.dataProvider().sample(point, number) for number in self.numbers]
        return [value for value, _ in found] if all(ok for _, ok in found) else None


def band_in(text: str) -> Optional[str]:
    """`B04` of a file's name or a band's description; None where no band, or more than one, is named."""
    names = {match.upper().zfill(2) for match in _BAND.findall(text)}
    return f"B{names.pop()}" if len(names) == 1 else None


def plain_rasters(files: Sequence[str]) -> List[Path]:
    """Those that are files of formats which QGIS opens by their path."""
    paths = [Path(file) for file in files if Path(file).suffix.lower() in RASTERS]
    return [path for path in paths if path.is_file()]


def three_bands(
    files: Sequence[str], bands: Tuple[str, str, str], crs: QgsCoordinateReferenceSystem, extent: QgsRectangle
) -> Optional[ThreeBands]:
    """The first raster, or three of single bands, that covers the middle of `extent` in `crs`; None for none."""
    rasters = plain_rasters(files)
    single: Dict[str, List[Path]] = {}
    for path in sorted(rasters, key=lambda path: path.name):  # _10m comes before _20m
        band = band_in(path.stem)
        if band in bands:
            single.setdefault(band, []).append(path)
    for paths in zip(*(single.get(band, ()) for band in bands)):
        found = _from_files(paths, crs, extent)
        if found is not None:
            return found
    for path in [path for path in rasters if band_in(path.stem) is None][:MOST_OPENED]:
        found = _from_one(path, bands, crs, extent)
        if found is not None:
            return found
    return None


def _from_one(path: Path, bands: Tuple[str, str, str], crs: Any, extent: QgsRectangle) -> Optional[ThreeBands]:
    layer = QgsRasterLayer(str(path), path.stem, "gdal")
    if not _covers(layer, crs, extent):
        return None
    named = {band_in(layer.bandName(number)): number for number in range(1, layer.bandCount() + 1)}
    numbers = [named[band] for band in bands if band in named]
    return ThreeBands(layer, (numbers[0], numbers[1], numbers[2])) if len(numbers) == 3 else None


def _from_files(paths: Sequence[Path], crs: Any, extent: QgsRectangle) -> Optional[ThreeBands]:
    """As one virtual raster on the grid of the first."""
    first = QgsRasterLayer(str(paths[0]), paths[0].stem, "gdal")
    if not _covers(first, crs, extent):
        return None
    layer = QgsRasterLayer(_virtual(first, paths), paths[0].stem, "gdal")
    return ThreeBands(layer, (1, 2, 3)) if layer.isValid() else None


def _virtual(first: QgsRasterLayer, paths: Sequence[Path]) -> str:
    """GDAL's XML of a virtual raster; the files have one grid."""
    own, width, height = first.extent(), first.width(), first.height()
    place = [own.xMinimum(), own.width() / width, 0, own.yMaximum(), 0, -own.height() / height]
    source = (
        '<VRTRasterBand dataType="Float32" band="{}"><SimpleSource><SourceFilename>{}</SourceFilename></SimpleSource>'
        "</VRTRasterBand>"
    )
    bands = "".join(source.format(number, escape(str(path))) for number, path in enumerate(paths, 1))
    return (
        f'<VRTDataset rasterXSize="{width}" rasterYSize="{height}"><SRS>{escape(first.crs().toWkt())}</SRS>'
        f"<GeoTransform>{', '.join(map(repr, place))}</GeoTransform>{bands}</VRTDataset>"
    )


def _covers(layer: QgsRasterLayer, crs: QgsCoordinateReferenceSystem, extent: QgsRectangle) -> bool:
    """Images in other systems than the store's grid are left out: the store's pixels are not theirs."""
    return layer.isValid() and layer.crs() == crs and layer.extent().contains(extent.center())

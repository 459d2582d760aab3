"""The bands of an acquisition in its image files, where these are plain rasters."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import re
from array import array
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Dict, List, Optional, Sequence, Tuple

from qgis.core import Qgis, QgsCoordinateReferenceSystem, QgsDataProvider, QgsProviderRegistry, QgsRectangle

RASTERS = (".tif", ".tiff", ".jp2", ".vrt")
MOST_OPENED = 4  # files of several bands that are opened in search of three
_BAND = re.compile(r"(?<![A-Za-z0-9])B(0?[1-9]|1[0-2]|8A)(?![A-Za-z0-9])", re.IGNORECASE)
_CODES = {
    Qgis.DataType.Byte: "B",
    Qgis.DataType.UInt16: "H",
    Qgis.DataType.Int16: "h",
    Qgis.DataType.UInt32: "I",
    Qgis.DataType.Int32: "i",
    Qgis.DataType.Float32: "f",
    Qgis.DataType.Float64: "d",
}


@dataclass(frozen=True)
class ImageBand:
    """A band of a raster; `provider` is QGIS's, without a layer, which would look for the raster's extremes first."""

    provider: Any
    number: int

    def read(self, extent: QgsRectangle, side_px: int) -> Optional[Tuple[array[Any], Optional[float]]]:
        """`(side_px, side_px)` numbers in C order, the nearest ones, and the one that stands for none; None where the
        raster cannot be read. For any thread.
        """
        block = self.provider.block(self.number, extent, side_px, side_px)
        code = _CODES.get(block.dataType())
        if not block.isValid() or code is None:
            return None
        numbers = array(code)
        numbers.frombytes(bytes(block.data()))
        return (
            (numbers, block.noDataValue() if block.hasNoDataValue() else None) if len(numbers) == side_px**2 else None
        )


def band_in(text: str) -> Optional[str]:
    """`B04` of a file's name or a band's description; None where no band, or more than one, is named."""
    names = {match.upper().zfill(2) for match in _BAND.findall(text)}
    return f"B{names.pop()}" if len(names) == 1 else None


def plain_rasters(files: Sequence[str]) -> List[Path]:
    """Those that are files of formats which QGIS opens by their path."""
    paths = [Path(file) for file in files if Path(file).suffix.lower() in RASTERS]
    return [path for path in paths if path.is_file()]


def find_bands(
    files: Sequence[str], bands: Sequence[str], crs: QgsCoordinateReferenceSystem, extent: QgsRectangle
) -> List[ImageBand]:
    """These bands of the first raster, or of the first files of single bands, that cover the middle of `extent` in
    `crs`; none where one is missing.
    """
    rasters = plain_rasters(files)
    single: Dict[str, List[Path]] = {}
    for path in sorted(rasters, key=lambda path: path.name):  # _10m comes before _20m
        single.setdefault(band_in(path.stem) or "", []).append(path)
    for paths in zip(*(single.get(band, ()) for band in bands)):
        providers = [_open(path, crs, extent) for path in paths]
        if None not in providers:
            return [ImageBand(provider, 1) for provider in providers]
    for path in single.get("", [])[:MOST_OPENED]:
        provider = _open(path, crs, extent)
        if provider is None:
            continue
        named = {band_in(provider.generateBandName(n)): n for n in range(1, provider.bandCount() + 1)}
        if set(bands) <= set(named):
            return [ImageBand(provider, named[band]) for band in bands]
    return []


def _open(path: Path, crs: QgsCoordinateReferenceSystem, extent: QgsRectangle) -> Any:
    """None for a raster that cannot be read, lies elsewhere, or is in another system than the store's grid: the pixels
    of the store are then not its pixels.
    """
    provider = QgsProviderRegistry.instance().createProvider("gdal", str(path), QgsDataProvider.ProviderOptions())
    usable = provider is not None and provider.isValid() and provider.crs() == crs
    return provider if usable and provider.extent().contains(extent.center()) else None

"""The layer that an algorithm writes: the file behind each kind of destination, and how QGIS opens what was written."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Optional, Tuple

from qgis.core import (
    QgsDataSourceUri,
    QgsProcessing,
    QgsProcessingContext,
    QgsProcessingOutputLayerDefinition,
    QgsProcessingUtils,
)

from ..engine.protocol import FORMATS, geopackage_tables
from ..translation import tr
from .base import EngineAlgorithm, Parameters

MEMORY = "memory:"
TEMPORARY_FILE = "crops.gpkg"


@dataclass(frozen=True)
class Target:
    """`requested`: what OUTPUT holds; `file` and `layer`: what the engine writes, None for a layer named as its file.

    `shared`: the file is a GeoPackage that was there before.
    """

    requested: str
    file: str
    layer: Optional[str]
    shared: bool

    @classmethod
    def of(cls, algorithm: EngineAlgorithm, parameters: Parameters, context: QgsProcessingContext) -> Target:
        """The engine writes files, so a layer in memory becomes a temporary file."""
        requested = algorithm.parameterAsOutputLayer(parameters, "OUTPUT", context)
        if requested.startswith(MEMORY):
            return cls(requested, QgsProcessingUtils.generateTempFilename(TEMPORARY_FILE), None, False)
        file, layer = file_and_layer(requested)
        return cls(requested, file, layer, geopackage_tables.is_geopackage(Path(file)) and Path(file).exists())

    def written(self, file: str, layer: Optional[str], context: QgsProcessingContext) -> str:
        """How QGIS opens the layer that was written, which it loads in place of the requested one."""
        # the name is needed where the layer is not the first one of its file
        found = f"{file}|layername={layer}" if layer and (self.layer or self.shared) else file
        load_instead(self.requested, found, context)
        return found


def load_instead(requested: str, written: str, context: QgsProcessingContext) -> None:
    """Has QGIS load the layer that was written, by an address that it can open."""
    if requested != written and context.willLoadLayerOnCompletion(requested):
        loads = context.layersToLoadOnCompletion()
        loads[written] = loads.pop(requested)
        context.setLayersToLoadOnCompletion(loads)


def file_and_layer(output: str) -> Tuple[str, Optional[str]]:
    """File and layer of `ogr:dbname='FILE' table="LAYER" (geom)` ("Save to GeoPackage"); of anything else the text
    itself, and None.
    """
    if not output.startswith("ogr:"):
        return output, None
    uri = QgsDataSourceUri(output[len("ogr:") :])
    return uri.database(), uri.table() or None


def output_problem(value: Any) -> str:
    """A file extension that is not supported; a temporary output has none yet."""
    if isinstance(value, QgsProcessingOutputLayerDefinition):
        value = value.sink.staticValue()
    text = file_and_layer(str(value or ""))[0]
    if text in ("", "NULL", QgsProcessing.TEMPORARY_OUTPUT) or text.startswith(MEMORY):
        return ""
    if Path(text).suffix.lower()[1:] in FORMATS:
        return ""
    return tr("{path}: this file extension is not supported. Use one of {known}.").format(
        path=text, known=", ".join(f".{ending}" for ending in FORMATS)
    )

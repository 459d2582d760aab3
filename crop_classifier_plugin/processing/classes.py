"""The parameters that say which codes form which class, the same in every algorithm that learns."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from pathlib import Path
from typing import Any, Dict, List

from qgis.core import (
    QgsProcessingContext,
    QgsProcessingParameterEnum,
    QgsProcessingParameterFile,
    QgsProcessingParameterString,
)

from ..class_tables import CLASS_TABLES, FROM_FILE, OWN_VALUES, titles
from ..translation import tr
from .base import EngineAlgorithm, Parameters, advanced
from .imagery import file_path


def class_table_parameters() -> List[Any]:
    labels = titles()
    table = QgsProcessingParameterEnum(
        "CLASS_TABLE", tr("Classes"), [labels[name] for name in CLASS_TABLES], defaultValue=0
    )
    file = QgsProcessingParameterFile("CLASS_TABLE_FILE", tr("Class table file"), extension="csv", optional=True)
    return [table, file]


def unknown_class_parameter() -> QgsProcessingParameterString:
    label = tr("Class of codes that the class table lacks (empty: leave them out)")
    words = tr("One of the table's classes, or a new one. The codes are listed with their counts in any case.")
    return advanced(QgsProcessingParameterString("UNKNOWN_CLASS", label, optional=True), words)


def class_table_problem(algorithm: EngineAlgorithm, parameters: Parameters, context: QgsProcessingContext) -> str:
    chosen = _chosen(algorithm, parameters, context)
    if chosen == OWN_VALUES and algorithm.given(parameters, "UNKNOWN_CLASS"):
        return tr("A class of codes that the class table lacks: choose a class table, or clear the field.")
    if chosen != FROM_FILE:
        return ""
    path = file_path(algorithm, parameters, "CLASS_TABLE_FILE", context)
    if path and Path(path).is_file():
        return ""
    return tr("Class table: choose a CSV file with the columns code, name, class, colour.")


def class_arguments(
    algorithm: EngineAlgorithm, parameters: Parameters, context: QgsProcessingContext
) -> Dict[str, Any]:
    """The engine's arguments about classes by name, None where one is not given."""
    table = _chosen(algorithm, parameters, context)
    file = file_path(algorithm, parameters, "CLASS_TABLE_FILE", context)
    return {
        "class_table": {OWN_VALUES: None, FROM_FILE: file}.get(table, table),
        "name_field": algorithm.text(parameters, "NAME_FIELD", context),
        "unknown_class": algorithm.text(parameters, "UNKNOWN_CLASS", context),
    }


def _chosen(algorithm: EngineAlgorithm, parameters: Parameters, context: QgsProcessingContext) -> str:
    return CLASS_TABLES[algorithm.parameterAsEnum(parameters, "CLASS_TABLE", context)]

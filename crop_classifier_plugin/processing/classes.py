"""The class table as a parameter: each value a class, a built-in table by its position, or a file."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from pathlib import Path
from typing import Any, List, Optional

from qgis.core import QgsProcessingContext, QgsProcessingParameterEnum, QgsProcessingParameterFile

from ..class_tables import CLASS_TABLES, FOLDER, FROM_FILE, OWN_VALUES, titles
from ..engine.protocol import class_table as tables
from ..engine.protocol import options
from ..translation import tr
from .arguments import file_path
from .base import EngineAlgorithm, Parameters, explained


def class_table_parameters(own: str) -> List[Any]:
    """`own`: the title of the choice without a class table."""
    labels = {**titles(), OWN_VALUES: own}
    table = QgsProcessingParameterEnum(
        "CLASS_TABLE", tr("Classes"), [labels[name] for name in CLASS_TABLES], defaultValue=0
    )
    file = QgsProcessingParameterFile("CLASS_TABLE_FILE", tr("Class table file"), extension="csv", optional=True)
    which = tr(
        "Which crop codes belong to which class: each value of the field is a class, or a built-in table or a CSV file "
        "has them."
    )
    columns = tr("A CSV file with the columns code, name, class, colour, where the classes are from a file.")
    return [explained(table, which), explained(file, columns)]


def class_table_problem(algorithm: EngineAlgorithm, parameters: Parameters, context: QgsProcessingContext) -> str:
    chosen = _chosen(algorithm, parameters, context)
    if chosen == OWN_VALUES and algorithm.given(parameters, "UNKNOWN_CLASS"):
        return tr("Class of codes that are not in the class table: choose a class table, or clear the field.")
    if chosen != FROM_FILE:
        return ""
    path = file_path(algorithm, parameters, "CLASS_TABLE_FILE", context)
    if path and Path(path).is_file():
        return ""
    return tr("Class table: choose a CSV file with the columns code, name, class, colour.")


def rare_classes_problem(algorithm: EngineAlgorithm, parameters: Parameters, context: QgsProcessingContext) -> str:
    """Rare classes cannot be grouped where no class has a parent; found before the images are read."""
    if algorithm.parameterAsEnumString(parameters, "RARE_CLASSES", context) != options.GROUP:
        return ""
    table = class_table(algorithm, parameters, context)
    path = FOLDER / f"{table}.csv" if table in CLASS_TABLES else Path(table or "")
    try:
        if table and any(row.get(tables.PARENT) for _, row in tables.rows(path)):
            return ""
    except (OSError, tables.BadFile):  # the engine names what is wrong with the file
        return ""
    columns = ", ".join((*tables.COLUMNS, tables.PARENT))
    return tr("Rare classes: to group them, choose a class table with the columns {}.").format(columns)


def class_table(algorithm: EngineAlgorithm, parameters: Parameters, context: QgsProcessingContext) -> Optional[str]:
    """The engine's argument `class_table`: a built-in table or a file; None where each value is a class."""
    table = _chosen(algorithm, parameters, context)
    file = file_path(algorithm, parameters, "CLASS_TABLE_FILE", context)
    return {OWN_VALUES: None, FROM_FILE: file}.get(table, table)


def _chosen(algorithm: EngineAlgorithm, parameters: Parameters, context: QgsProcessingContext) -> str:
    return CLASS_TABLES[algorithm.parameterAsEnum(parameters, "CLASS_TABLE", context)]

"""The imagery parameters, the same in every algorithm that reads images, and their part of a job."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import re
from datetime import datetime
from pathlib import Path
from typing import Any, Dict, List, Optional, Sequence

from qgis.core import (
    QgsProcessingContext,
    QgsProcessingParameterBoolean,
    QgsProcessingParameterCrs,
    QgsProcessingParameterDefinition,
    QgsProcessingParameterEnum,
    QgsProcessingParameterFile,
    QgsProcessingParameterNumber,
    QgsProcessingParameterString,
)

from ..engine.protocol import DEFAULTS
from ..translation import tr
from .base import EngineAlgorithm, Parameters, advanced

RESAMPLINGS = ("nearest", "bilinear", "cubic")
THEIA_REFLECTANCES = ("FRE", "SRE")
DATE_FORMATS = ("%Y-%m-%d", "%Y%m%d")


def imagery_parameters(optional: bool = False) -> List[QgsProcessingParameterDefinition]:
    """IMAGERY and MASKS for everyone; what only odd imagery needs is advanced."""
    folder = QgsProcessingParameterFile.Behavior.Folder
    file = QgsProcessingParameterFile.Behavior.File
    return [
        QgsProcessingParameterFile(
            "IMAGERY", tr("Imagery folder (or a file, or stac: and an address)"), folder, optional=optional
        ),
        QgsProcessingParameterFile("MASKS", tr("Mask folder"), folder, optional=True),
        _text("EXCLUDE", tr("Dates to leave out, separated by commas")),
        _text("BAND_NAMES", tr("Names of the layers in file order, separated by commas")),
        advanced(
            QgsProcessingParameterFile("DATES_FILE", tr("Dates of a single stack, one per line"), file, optional=True)
        ),
        _text("START", tr("First date used")),
        _text("END", tr("Last date used")),
        _number("SEASON", tr("Season (harvest year)"), integer=True, minimum=1972),  # Landsat 1
        _number("RESOLUTION", tr("Resolution (m)"), default=DEFAULTS.resolution_m, minimum=1),
        advanced(QgsProcessingParameterCrs("CRS", tr("Coordinate system of the grid, in metres"), optional=True)),
        advanced(_choice("RESAMPLING", tr("Resampling of bands in other resolutions"), RESAMPLINGS)),
        _number("SCALE", tr("Reflectance per count")),
        _number("OFFSET", tr("Reflectance at count 0")),
        _text("SCL_CLASSES", tr("Clear classes of the scene classification (SCL)")),
        _number("MASK_DILATION", tr("Margin around what is masked (m)"), minimum=0),
        _number("CLOUD_PROBABILITY", tr("Cloud probability from which a pixel is masked (%)"), minimum=0),
        advanced(_choice("THEIA_REFLECTANCE", tr("Theia's reflectance"), THEIA_REFLECTANCES)),
        advanced(QgsProcessingParameterBoolean("SKIP_UNREADABLE", tr("Leave out images that cannot be read"), False)),
    ]


def _text(name: str, label: str) -> QgsProcessingParameterDefinition:
    return advanced(QgsProcessingParameterString(name, label, optional=True))


def _number(
    name: str, label: str, integer: bool = False, default: Any = None, minimum: Optional[float] = None
) -> QgsProcessingParameterDefinition:
    kinds = QgsProcessingParameterNumber.Type
    kind = kinds.Integer if integer else kinds.Double
    number = QgsProcessingParameterNumber(name, label, kind, default, optional=default is None)
    if minimum is not None:
        number.setMinimum(minimum)
    if not integer:
        number.setMetadata({"widget_wrapper": {"decimals": 6}})  # a scale is often 0.0001
    return advanced(number)


def _choice(name: str, label: str, names: Sequence[str]) -> QgsProcessingParameterEnum:
    return QgsProcessingParameterEnum(name, label, names, usesStaticStrings=True, optional=True)


def imagery_arguments(
    algorithm: EngineAlgorithm, parameters: Parameters, context: QgsProcessingContext
) -> Dict[str, Any]:
    """The job's imagery options by their names on the command line; the imagery itself is `imagery_path()`."""
    text = {
        argument: algorithm.text(parameters, argument.upper(), context)
        for argument in ("band_names", "start", "end", "resampling", "scl_classes", "theia_reflectance")
    }
    crs = algorithm.parameterAsCrs(parameters, "CRS", context)
    return {
        **text,
        "masks": file_path(algorithm, parameters, "MASKS", context),
        "dates_file": file_path(algorithm, parameters, "DATES_FILE", context),
        "exclude": dates(algorithm.text(parameters, "EXCLUDE", context)),
        "season": algorithm.integer(parameters, "SEASON", context),
        "resolution_m": algorithm.number(parameters, "RESOLUTION", context),
        "crs": (crs.authid() or crs.toWkt()) if crs.isValid() else None,
        "mask_dilation_m": algorithm.number(parameters, "MASK_DILATION", context),
        "cloud_probability": algorithm.number(parameters, "CLOUD_PROBABILITY", context),
        "scale": algorithm.number(parameters, "SCALE", context),
        "offset": algorithm.number(parameters, "OFFSET", context),
        "skip_unreadable": algorithm.parameterAsBool(parameters, "SKIP_UNREADABLE", context) or None,
    }


def file_path(
    algorithm: EngineAlgorithm, parameters: Parameters, name: str, context: QgsProcessingContext
) -> Optional[str]:
    """An absolute path, as logs and reports should name it, or a catalogue's address; None where none is given."""
    path = algorithm.text(parameters, name, context)
    return str(Path(path).absolute()) if path and not is_catalogue(path) else path or None


def is_catalogue(path: str) -> bool:
    """Whether the images are behind a STAC catalogue: "stac:" and its address or file."""
    return path.startswith("stac:")


def imagery_problem(algorithm: EngineAlgorithm, parameters: Parameters, context: QgsProcessingContext) -> str:
    """Folders and files that are not there, dates that are none."""
    for name in ("IMAGERY", "MASKS", "DATES_FILE"):
        path = file_path(algorithm, parameters, name, context)
        if path and not is_catalogue(path) and not Path(path).exists():
            label = algorithm.parameterDefinition(name).description()
            return tr("{label}: {path} does not exist.").format(label=label, path=path)
    for name in ("EXCLUDE", "START", "END"):
        for date in dates(algorithm.text(parameters, name, context)):
            if not is_date(date):
                label = algorithm.parameterDefinition(name).description()
                text = tr("{label}: expected a date as YYYY-MM-DD or YYYYMMDD, found {date}.")
                return text.format(label=label, date=date)
    return ""


def dates(text: Optional[str]) -> List[str]:
    """The items of a list with commas, semicolons or blanks between them."""
    return [item for item in re.split(r"[,;\s]+", text or "") if item]


def is_date(text: str) -> bool:
    return any(_parses(text, pattern) for pattern in DATE_FORMATS)


def _parses(text: str, pattern: str) -> bool:
    try:
        datetime.strptime(text, pattern)
    except ValueError:
        return False
    return True

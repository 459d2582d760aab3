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
from .base import EngineAlgorithm, Parameters, advanced, explained

RESAMPLINGS = ("nearest", "bilinear", "cubic")
THEIA_REFLECTANCES = ("FRE", "SRE")
DATE_FORMATS = ("%Y-%m-%d", "%Y%m%d")


def imagery_parameters(optional: bool = False) -> List[QgsProcessingParameterDefinition]:
    """IMAGERY and MASKS for everyone; what only odd imagery needs is advanced."""
    return [*_places(optional), *_dates_and_bands(), *_grid(), *mask_parameters(), _skip_unreadable()]


def _places(optional: bool) -> List[QgsProcessingParameterDefinition]:
    folder = QgsProcessingParameterFile.Behavior.Folder
    images = QgsProcessingParameterFile(
        "IMAGERY", tr("Images (a folder, a file, or stac: and an address)"), folder, optional=optional
    )
    masks = QgsProcessingParameterFile("MASKS", tr("Mask folder"), folder, optional=True)
    about_images = tr(
        "One season of Sentinel-2 products as downloaded, zipped or not, or of GeoTIFFs whose names hold the date; "
        "a file of a cube or a stack; or stac: and the address of a catalogue."
    )
    about_masks = tr(
        "A scene classification (SCL) or a 0/1 raster (1: masked) for each date, with the date in its name. "
        "Products that bring masks of their own need none."
    )
    return [explained(images, about_images), explained(masks, about_masks)]


def _dates_and_bands() -> List[QgsProcessingParameterDefinition]:
    file = QgsProcessingParameterFile.Behavior.File
    dates_file = QgsProcessingParameterFile(
        "DATES_FILE", tr("Dates of a single stack, one per line"), file, optional=True
    )
    start, end = tr("As YYYY-MM-DD. Empty: from the first image on."), tr("As YYYY-MM-DD. Empty: to the last image.")
    season = tr("Days are counted from 1 January of this year. Empty: the year with the most images.")
    return [
        _text("EXCLUDE", tr("Dates to leave out, separated by commas"), tr("As YYYY-MM-DD, such as dates with haze.")),
        _text(
            "BAND_NAMES",
            tr("Names of the layers in file order, separated by commas"),
            tr("Such as B02,B03,B04, where the files do not name their layers."),
        ),
        advanced(dates_file, tr("A text file that gives the dates of a stack whose file does not hold them.")),
        _text("START", tr("First date used"), start),
        _text("END", tr("Last date used"), end),
        _number("SEASON", tr("Season (harvest year)"), season, integer=True, minimum=1972),  # Landsat 1
    ]


def _grid() -> List[QgsProcessingParameterDefinition]:
    resolution = tr("Side of a pixel of the grid that all images are brought to.")
    crs = QgsProcessingParameterCrs("CRS", tr("Coordinate system of the grid, in metres"), optional=True)
    scale = tr("Reflectance is count x scale + offset. Empty: as the file says, else 0.0001 for whole numbers.")
    return [
        _number("RESOLUTION", tr("Resolution (m)"), resolution, default=DEFAULTS.resolution_m, minimum=1),
        advanced(crs, tr("Empty: that of the most images, which are then read as they lie.")),
        _choice(
            "RESAMPLING",
            tr("Resampling of bands in other resolutions"),
            RESAMPLINGS,
            tr("Also of images in another coordinate system. Empty: nearest."),
        ),
        _number("SCALE", tr("Reflectance per count"), scale, decimals=6),
        _number("OFFSET", tr("Reflectance at count 0"), tr("Empty: as the file says, else 0."), decimals=6),
    ]


def mask_parameters() -> List[QgsProcessingParameterDefinition]:
    """Which pixels count as clear; `classify` goes by the model's training where these are empty."""
    classes = tr(
        "Numbers of Sen2Cor's classes, with commas: 4 is vegetation, 5 bare ground, 6 water, 7 unclassified. "
        "Empty: these; in a classification, as in the model's training."
    )
    margin = tr(
        "What lies so near a cloud or shadow is masked, too. Empty: 0; in a classification, as in the model's training."
    )
    probability = tr("Of ESA's products, beside their scene classification. Empty: it is not looked at.")
    return [
        _text("SCL_CLASSES", tr("Clear classes of the scene classification (SCL)"), classes),
        _number("MASK_DILATION", tr("Margin around what is masked (m)"), margin, minimum=0),
        _number("CLOUD_PROBABILITY", tr("Cloud probability from which a pixel is masked (%)"), probability, minimum=0),
        _choice(
            "THEIA_REFLECTANCE",
            tr("Theia's reflectance"),
            THEIA_REFLECTANCES,
            tr("FRE is corrected for the slope of the ground, SRE is not. Empty: FRE."),
        ),
    ]


def _skip_unreadable() -> QgsProcessingParameterDefinition:
    parameter = QgsProcessingParameterBoolean("SKIP_UNREADABLE", tr("Leave out images that cannot be read"), False)
    return advanced(parameter, tr("With their dates, and said. Else a damaged image stops the run."))


def _text(name: str, label: str, words: str) -> QgsProcessingParameterDefinition:
    return advanced(QgsProcessingParameterString(name, label, optional=True), words)


def _number(
    name: str,
    label: str,
    words: str,
    integer: bool = False,
    default: Any = None,
    minimum: Optional[float] = None,
    decimals: int = 1,
) -> QgsProcessingParameterDefinition:
    kinds = QgsProcessingParameterNumber.Type
    kind = kinds.Integer if integer else kinds.Double
    number = QgsProcessingParameterNumber(name, label, kind, default, optional=default is None)
    if minimum is not None:
        number.setMinimum(minimum)
    return advanced(number if integer else with_decimals(number, decimals), words)


def with_decimals(number: QgsProcessingParameterNumber, decimals: int) -> QgsProcessingParameterNumber:
    """The same parameter; Processing shows six decimals of every number unless it is told."""
    number.setMetadata({"widget_wrapper": {"decimals": decimals}})
    return number


def _choice(name: str, label: str, names: Sequence[str], words: str) -> QgsProcessingParameterDefinition:
    return advanced(QgsProcessingParameterEnum(name, label, names, usesStaticStrings=True, optional=True), words)


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

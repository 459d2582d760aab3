"""The provider: what is stable for models and scripts, and how the algorithms present themselves."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import pytest
from qgis.core import QgsProcessingParameterDefinition
from running import algorithm

from crop_classifier_plugin.engine.protocol import MODELS, options

pytestmark = pytest.mark.usefixtures("qgis_app", "qgis_processing", "provider")

IMAGERY_PARAMETERS = [
    "IMAGERY", "MASKS", "EXCLUDE", "BAND_NAMES", "DATES_FILE", "START", "END", "SEASON", "RESOLUTION", "CRS",
    "RESAMPLING",
    "SCALE", "OFFSET", "SCL_CLASSES", "MASK_DILATION", "CLOUD_PROBABILITY", "THEIA_REFLECTANCE", "SKIP_UNREADABLE",
]  # fmt: skip
SERIES_PARAMETERS = ("FILLING", "MAX_GAP_DAYS", "REMOVE_OUTLIERS")
PARAMETERS = {  # of version 0.1.0; later ones are rows of the table of options
    "inspectstack": [*IMAGERY_PARAMETERS, "OUTPUT"],
    "extractseries": [
        "PARCELS", *IMAGERY_PARAMETERS, *SERIES_PARAMETERS,
        "CALENDAR", "ID_FIELD", "FEW_PIXELS", "INNER_BUFFER", "ENCODING", "WORKERS", "OVERWRITE", "OUTPUT",
    ],
    "trainmodel": [
        "PARCELS", "CLASS_FIELD", "CLASS_TABLE", "CLASS_TABLE_FILE", *IMAGERY_PARAMETERS, "STORE", "MODEL", "EPOCHS",
        "FOLDS", "DEVICE", "BATCH_SIZE", "LEARNING_RATE", "SCHEDULE", "WEIGHT_DECAY", "PATIENCE", "LOSS",
        "CLASS_WEIGHTS", "DATE_DROPOUT", "PRECISION", "SPLIT", "BLOCK_SIZE_M", "SPLIT_FIELD", "SEED",
        "MIN_SAMPLES", "RESTART",
        *SERIES_PARAMETERS, "CALENDAR", "NAME_FIELD", "UNKNOWN_CLASS", "PREVIOUS_FIELD", "ID_FIELD", "FEW_PIXELS",
        "INNER_BUFFER", "ENCODING", "WORKERS", "OUTPUT", "REPORT",
    ],
    "finetunemodel": [
        "PARCELS", "CLASS_FIELD", "CLASS_TABLE", "CLASS_TABLE_FILE", "STORE", "MODEL", "EPOCHS", "FOLDS", "DEVICE",
        "OUTPUT", "REPORT",
    ],
    "classifyparcels": [
        "PARCELS", "MODEL", *IMAGERY_PARAMETERS, *SERIES_PARAMETERS,
        "TRUTH", "PREVIOUS_FIELD", "DEVICE", "ID_FIELD", "BATCH_SIZE",
        "FEW_PIXELS", "INNER_BUFFER", "ENCODING", "WORKERS", "OUTPUT", "REPORT",
    ],
}  # fmt: skip
OUTPUTS = {
    "inspectstack": {"OUTPUT", "ACQUISITIONS", "FIRST_DATE", "LAST_DATE", "JSON"},
    "extractseries": {"OUTPUT", "PARCEL_COUNT", "PIXEL_COUNT"},
    "trainmodel": {"OUTPUT", "REPORT", "OVERALL_ACCURACY", "MEAN_F"},
    "finetunemodel": {"OUTPUT", "REPORT", "OVERALL_ACCURACY", "MEAN_F"},
    "classifyparcels": {"OUTPUT", "REPORT", "PARCEL_COUNT", "CLASSIFIED_COUNT", "OVERALL_ACCURACY", "MEAN_F"}
    | {"STORE", "STORE_MB", "RESULTS"},
}


@pytest.mark.parametrize("name", PARAMETERS)
def test_names_of_parameters_and_outputs_are_stable(name) -> None:
    found = algorithm(name)
    names = {parameter.name() for parameter in found.parameterDefinitions()}
    assert set(PARAMETERS[name]) <= names
    assert names - set(PARAMETERS[name]) <= {row.qgis_name for row in options.OPTIONS if row.label}
    assert {output.name() for output in found.outputDefinitions()} == OUTPUTS[name]


def test_the_provider_has_these_algorithms_and_no_others(provider) -> None:
    assert provider.id() == "crop_classifier"
    assert {found.name() for found in provider.algorithms()} == set(PARAMETERS)
    assert provider.defaultVectorFileExtension(True) == "gpkg"


@pytest.mark.parametrize("name", PARAMETERS)
def test_every_algorithm_explains_itself(name) -> None:
    found = algorithm(name)
    assert len(found.shortHelpString()) > 100 and found.group() and len(found.tags()) > 5
    assert found.helpUrl().startswith("https://example.org/")
    assert not found.icon().pixmap(24, 24).isNull()
    assert all(parameter.description() != parameter.name() for parameter in found.parameterDefinitions())


@pytest.mark.parametrize("name", PARAMETERS)
def test_every_advanced_parameter_is_explained_where_it_is_pointed_at(name) -> None:
    found = algorithm(name)
    for parameter in found.parameterDefinitions():
        if parameter.flags() & QgsProcessingParameterDefinition.Flag.FlagAdvanced:
            assert parameter.help().endswith(".") and parameter.help() in parameter.toolTip(), parameter.name()
            assert len(parameter.help()) > 20 and len(parameter.description()) < 75, parameter.name()


def test_without_an_engine_an_algorithm_says_what_to_do(no_engine) -> None:
    can, reason = algorithm("classifyparcels").canExecute()
    assert not can and "Engine Set-up" in reason


def test_with_an_engine_it_can_run(fake_engine) -> None:
    assert algorithm("classifyparcels").canExecute() == (True, "")


def test_every_architecture_can_be_chosen() -> None:
    assert algorithm("trainmodel").parameterDefinition("MODEL").options() == ["auto", *MODELS]

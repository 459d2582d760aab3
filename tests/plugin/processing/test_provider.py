"""The provider: what is stable for models and scripts, and how the algorithms present themselves."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import pytest
from qgis.core import QgsProcessingOutputHtml, QgsProcessingParameterDefinition
from running import algorithm
from sample_layers import ROOT

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
    "importseries": [
        "SOURCE", "SOURCE_FOLDER", "START", "END", "SEASON", "FEW_PIXELS", "OVERWRITE", "LABELS", "ID_FIELD",
        "DATE_FIELD", "DATES_FILE", "BAND_NAMES", "NODATA", "SCALE", "OFFSET", "SHIFT_DAYS", "CRS", "OUTPUT",
    ],
    "evaluateclassification": [
        "PREDICTIONS", "TRUTH", "CLASS_TABLE", "CLASS_TABLE_FILE", "UNKNOWN_CLASS", "LANGUAGE", "REPORT",
    ],
    "exportpredictions": [
        "PREDICTIONS", "FIELDS", "QUALITIES", "MIN_CONFIDENCE", "CRS", "JOIN", "ID_FIELD", "OVERWRITE", "OUTPUT",
    ],
    "runexperiment": [
        "TABLE", "STORE", "CLASS_FIELD", "CLASS_TABLE", "CLASS_TABLE_FILE", "NAME_FIELD", "UNKNOWN_CLASS", "MODELS",
        "EPOCHS", "FOLDS", "SPLIT", "SEED", "DEVICE", "OUTPUT",
    ],
    "simulateregion": ["PARCEL_NUMBER", "DATES", "SEED", "YEAR", "YEARS", "SEASON_SHIFT_DAYS", "OUTPUT"],
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
    "importseries": {"OUTPUT", "PARCEL_COUNT", "PIXEL_COUNT", "FIELDS"},
    "evaluateclassification": {"REPORT", "PARCEL_COUNT", "OVERALL_ACCURACY", "MEAN_F"},
    "exportpredictions": {"OUTPUT", "PARCEL_COUNT", "LEFT_OUT_COUNT", "UNMATCHED_COUNT", "CLASS_TABLE", "FIELD_TABLE"},
    "runexperiment": {"OUTPUT", "REPORT", "RUN_COUNT", "LEFT_COUNT"},
    "simulateregion": {
        "OUTPUT", "IMAGERY", "MASKS", "PARCELS", "CLASS_FIELD", "PREVIOUS_FIELD", "PARCEL_COUNT",
    },
}  # fmt: skip


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
    icon = ROOT / "resources" / "icons" / f"{name}.svg"
    assert icon.is_file() and found.shortHelpString().endswith(found.command_line())


@pytest.mark.parametrize("name", PARAMETERS)
def test_the_example_of_the_help_gives_all_that_is_required_and_nothing_unknown(name) -> None:
    found = algorithm(name)
    given = dict(found.example)
    for parameter in found.parameterDefinitions():
        required = not parameter.flags() & QgsProcessingParameterDefinition.Flag.FlagOptional
        assert not required or parameter.name() in given or parameter.defaultValue() is not None, parameter.name()
        value = given.pop(parameter.name(), None)
        number = value is not None and parameter.type() in ("number", "enum") and value.isdigit()
        assert value is None or parameter.checkValueIsAcceptable(int(value) if number else value), parameter.name()
    assert given == {}
    assert found.command_line().startswith(f"qgis_process run crop_classifier:{name} -- ")


@pytest.mark.parametrize("name", PARAMETERS)
def test_no_output_is_of_the_kind_at_which_the_batch_dialog_of_qgis_3_22_fails(name) -> None:
    assert not [out for out in algorithm(name).outputDefinitions() if isinstance(out, QgsProcessingOutputHtml)]


@pytest.mark.parametrize("name", PARAMETERS)
def test_every_parameter_is_explained_where_it_is_pointed_at(name) -> None:
    found = algorithm(name)
    for parameter in found.parameterDefinitions():
        assert parameter.help().endswith(".") and parameter.help() in parameter.toolTip(), parameter.name()
        assert len(parameter.help()) > 15 and len(parameter.description()) < 75, parameter.name()


@pytest.mark.parametrize("name", PARAMETERS)
def test_labels_say_what_they_are_about(name) -> None:
    """Labels of earlier versions that users did not understand."""
    unclear = {"Other values", "Truth field", "Folds", "Keep together", "Its course", "Theia's reflectance"}
    found = algorithm(name)
    assert not unclear & {parameter.description() for parameter in found.parameterDefinitions()}


def test_without_an_engine_an_algorithm_says_what_to_do(no_engine) -> None:
    can, reason = algorithm("classifyparcels").canExecute()
    assert not can and "Engine Set-up" in reason


def test_with_an_engine_it_can_run(fake_engine) -> None:
    assert algorithm("classifyparcels").canExecute() == (True, "")


def test_every_architecture_can_be_chosen() -> None:
    assert algorithm("trainmodel").parameterDefinition("MODEL").options() == ["auto", *MODELS]

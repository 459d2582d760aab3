"""The parameters of the algorithms are the rows of the engine's table of options."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import pytest
from qgis.core import QgsProcessingContext, QgsProcessingParameterNumber
from running import algorithm
from sample_layers import memory_layer

from crop_classifier_plugin.engine.protocol import MODELS, options
from crop_classifier_plugin.processing.arguments import arguments_for

pytestmark = pytest.mark.usefixtures("qgis_app", "qgis_processing", "provider")

COMMANDS = {
    "inspectstack": ("inspect",),
    "extractseries": ("extract",),
    "trainmodel": ("train", "extract"),
    "finetunemodel": ("finetune", "extract"),
    "classifyparcels": ("classify",),
    "importseries": ("import",),
    "evaluateclassification": ("evaluate",),
    "exportpredictions": ("export",),
    "runexperiment": ("experiment",),
    "simulateregion": ("simulate",),
}
ROWS = [
    (name, command, row)
    for name, commands in COMMANDS.items()
    for command in commands
    for row in options.options_of(command)
    if row.label and not (name in ("trainmodel", "finetunemodel") and row.name == "overwrite")
]
IDS = [f"{name}-{row.name}" for name, _, row in ROWS]


@pytest.mark.parametrize(("name", "command", "row"), ROWS, ids=IDS)
def test_every_option_with_a_label_is_a_parameter_that_says_the_same(name, command, row) -> None:
    owner = algorithm(name)  # of the definition, which goes with it
    found = owner.parameterDefinition(row.qgis_name)
    assert found.description().startswith(row.label) and found.help() == row.help
    assert (row.unit in found.description()) or found.type() == "enum"
    assert bool(found.flags() & found.Flag.FlagAdvanced) == row.advanced
    if row.follows_in(command) and found.type() != "enum":
        assert options.if_not_given(row, command) in found.description() and found.defaultValue() is None


@pytest.mark.parametrize(("name", "command", "row"), ROWS, ids=IDS)
def test_limits_choices_and_defaults_are_the_row_s(name, command, row) -> None:
    owner = algorithm(name)  # of the definition, which goes with it
    found = owner.parameterDefinition(row.qgis_name)
    if row.kind in (options.WHOLE, options.NUMBER):
        unlimited = QgsProcessingParameterNumber("x", "x", found.dataType())
        low, high = found.minimum(), found.maximum()
        assert row.accepts(low) if row.minimum is not None else low == unlimited.minimum()
        assert row.accepts(high) if row.maximum is not None else high == unlimited.maximum()
        step = 1 if row.kind == options.WHOLE else 10**-row.decimals
        assert row.minimum is None or not row.accepts(low - step)
        assert row.maximum in (None, 2**32 - 1) or not row.accepts(high + step)  # Qt's whole numbers end at 2**31 - 1
    if row.kind in (options.CHOICE, options.ARCHITECTURE_NAME):
        first = {options.MODEL: ["as the model"], options.ARCHITECTURE: ["as the architecture"], "": []}
        expected = first[row.follows_in(command)] + list(row.choices or (options.AUTO, *MODELS))
        assert found.options() == expected and found.defaultValue() == (
            expected[0] if row.follows_in(command) else row.default
        )
    if row.default is not None and not row.follows_in(command):
        assert options.as_typed(found.defaultValue()) == options.as_typed(options.default_in_qgis(row))


IN_QGIS = {"classify": {"keep_series"}}  # on by default in QGIS, and off on the command line


@pytest.mark.parametrize(("name", "command"), [(name, commands[0]) for name, commands in COMMANDS.items()])
def test_a_job_holds_nothing_that_equals_its_default(name, command, tmp_path) -> None:
    tried = algorithm(name)
    context = QgsProcessingContext()
    shown = {definition.name(): definition.defaultValue() for definition in tried.parameterDefinitions()}
    assert set(arguments_for(tried, command, {**shown, "PARCELS": memory_layer()}, context)) == IN_QGIS.get(
        command, set()
    )


def test_a_default_may_be_given_against_the_model_and_the_architecture(tmp_path) -> None:
    context = QgsProcessingContext()
    parameters = {"FILLING": "linear", "MASK_DILATION": 0, "SCL_CLASSES": "4,5,6,7", "REMOVE_OUTLIERS": "no"}
    sent = arguments_for(algorithm("classifyparcels"), "classify", parameters, context)
    expected = {"filling": "linear", "mask_dilation_m": 0, "scl_classes": "4,5,6,7", "remove_outliers": False}
    assert sent == {**expected, "keep_series": True}
    assert arguments_for(algorithm("extractseries"), "extract", {**parameters, "REMOVE_OUTLIERS": 0}, context) == {}
    parameters = {"MODEL": "transformer", "LEARNING_RATE": 0.001, "SCHEDULE": "constant", "BATCH_SIZE": 32, "SEED": 0}
    sent = arguments_for(algorithm("trainmodel"), "train", parameters, context)
    assert sent == {"model": "transformer", "learning_rate": 0.001, "schedule": "constant", "batch_size": 32}

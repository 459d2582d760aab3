"""Trains a model on parcels with declared crops: extracts their series, then learns from them."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Dict, Iterator, List, Optional

from qgis.core import (
    QgsProcessingContext,
    QgsProcessingFeedback,
    QgsProcessingOutputNumber,
    QgsProcessingParameterBoolean,
    QgsProcessingParameterEnum,
    QgsProcessingParameterFile,
    QgsProcessingParameterFileDestination,
)

from ..engine.protocol import DEFAULTS, MODELS
from ..layers import ParcelFile
from ..translation import tr
from .base import EngineAlgorithm, Parameters, advanced
from .classes import class_arguments, class_table_parameters, class_table_problem, unknown_class_parameter
from .imagery import file_path, imagery_arguments, imagery_parameters, imagery_problem
from .learning import device_parameter, report_parameter, say_scores, whole_number
from .parcels import (
    edge_parameters,
    field_parameter,
    id_field_parameter,
    parcel_arguments,
    parcel_file,
    parcels_parameter,
    parcels_problem,
    previous_field_parameter,
    workers_parameter,
)
from .series import (
    calendar_parameter,
    calendar_problem,
    observations_problem,
    series_arguments,
    series_parameters,
    unused_series_option,
)
from .training import epochs_parameter, learning_arguments, option_parameters, split_parameters, split_problem

EXTRACTION_SHARE = 0.4  # of the progress bar, where images are read first


class TrainModel(EngineAlgorithm):
    """`extract` and `train` of the engine, or `train` alone from a store."""

    def name(self) -> str:
        return "trainmodel"

    def displayName(self) -> str:
        return tr("Train model on my region")

    def group(self) -> str:
        return tr("Classification")

    def groupId(self) -> str:
        return "classification"

    def tags(self) -> List[str]:
        return tr("sentinel-2,crop type,lpis,agriculture,deep learning,training,neural network,random forest").split(
            ","
        )

    def shortHelpString(self) -> str:
        return tr(
            "Learns to tell crops apart from a season of Sentinel-2 images and parcels of declared crop, and saves "
            "a model for Classify parcels with a report on how well it does on other parcels.\n\n"
            "Give imagery and parcels, or a parcel series store made before. With all three, the store is made, or "
            "completed, and kept; without a store the series are extracted beside the model and deleted at the end."
        )

    def initAlgorithm(self, configuration: Any = None) -> None:
        self.addParameter(parcels_parameter(optional=True))
        self.addParameter(field_parameter("CLASS_FIELD", tr("Field of declared crops"), optional=False))
        for parameter in [*class_table_parameters(), *imagery_parameters(optional=True), *training_parameters()]:
            self.addParameter(parameter)
        for parameter in [*series_parameters(), calendar_parameter()]:
            self.addParameter(parameter)
        names = field_parameter("NAME_FIELD", tr("Field of crop names, where each value is a class"))
        self.addParameter(advanced(names, tr("The report and the map then show names in place of codes.")))
        self.addParameter(unknown_class_parameter())
        self.addParameter(previous_field_parameter())
        self.addParameter(id_field_parameter())
        for parameter in edge_parameters():
            self.addParameter(parameter)
        self.addParameter(workers_parameter())
        files = tr("Crop models (*.cropmodel)")
        self.addParameter(QgsProcessingParameterFileDestination("OUTPUT", tr("Model"), files))
        self.addParameter(report_parameter())
        self.addOutput(QgsProcessingOutputNumber("OVERALL_ACCURACY", tr("Overall accuracy")))
        self.addOutput(QgsProcessingOutputNumber("MEAN_F", tr("Mean F-score")))

    def problem(self, parameters: Parameters, context: QgsProcessingContext) -> str:
        fields = ("CLASS_FIELD", "NAME_FIELD", "PREVIOUS_FIELD", "ID_FIELD", "SPLIT_FIELD")
        return (
            self._source_problem(parameters, context)
            or imagery_problem(self, parameters, context)
            or parcels_problem(self, parameters, context, *fields)
            or calendar_problem(self, parameters, context)
            or observations_problem(self, parameters, context)
            or split_problem(self, parameters, context)
            or class_table_problem(self, parameters, context)
            or model_output_problem(parameters.get("OUTPUT"))
        )

    def _source_problem(self, parameters: Parameters, context: QgsProcessingContext) -> str:
        imagery, parcels, store = (self.given(parameters, name) for name in ("IMAGERY", "PARCELS", "STORE"))
        if imagery != parcels and not (parcels and store):
            return tr("Give imagery and parcels together.")
        if not imagery and not store:
            return tr("Give imagery and parcels, or a parcel series store.")
        return "" if imagery else unused_series_option(self, parameters, context)

    def prepareAlgorithm(
        self, parameters: Parameters, context: QgsProcessingContext, feedback: QgsProcessingFeedback
    ) -> bool:
        reads_images = self.given(parameters, "IMAGERY")
        self._parcels = parcel_file(self, parameters, context) if reads_images else None
        return True

    def processAlgorithm(
        self, parameters: Parameters, context: QgsProcessingContext, feedback: QgsProcessingFeedback
    ) -> Dict[str, Any]:
        model = Path(self.parameterAsFileOutput(parameters, "OUTPUT", context))
        start = 0.0 if self._parcels is None else EXTRACTION_SHARE
        with kept_or_temporary(file_path(self, parameters, "STORE", context), model) as store:
            if self._parcels is not None:
                self._extract(self._parcels, store, parameters, context, feedback)
            arguments = self._training_arguments(store, model, parameters, context)
            made = self.run_engine("train", arguments, feedback, start, 1.0 - start)
        scores = made["scores"]
        say_scores(scores, feedback)
        results = {"OUTPUT": made["model"], "OVERALL_ACCURACY": scores["oa"], "MEAN_F": scores["mean_f"]}
        return {**results, "REPORT": made["report"]} if made.get("report") else results

    def _extract(
        self,
        parcels: ParcelFile,
        store: Path,
        parameters: Parameters,
        context: QgsProcessingContext,
        feedback: QgsProcessingFeedback,
    ) -> None:
        arguments = {
            "imagery": file_path(self, parameters, "IMAGERY", context),
            "output": str(store),
            "calendar": self.text(parameters, "CALENDAR", context),
            **parcel_arguments(self, parcels, parameters, context),
            **imagery_arguments(self, parameters, context),
            **series_arguments(self, parameters, context),
        }
        self.run_engine("extract", arguments, feedback, 0.0, EXTRACTION_SHARE)

    def _training_arguments(
        self, store: Path, model: Path, parameters: Parameters, context: QgsProcessingContext
    ) -> Dict[str, Any]:
        whole = {
            name: self.parameterAsInt(parameters, name.upper(), context) for name in ("folds", "seed", "min_samples")
        }
        return {
            **whole,
            **learning_arguments(self, parameters, context),
            **class_arguments(self, parameters, context),
            "store": str(store),
            "output": str(model),
            "model": self.parameterAsEnumString(parameters, "MODEL", context),
            "class_field": self.text(parameters, "CLASS_FIELD", context),
            "previous_field": self.text(parameters, "PREVIOUS_FIELD", context),
            "device": self.parameterAsEnumString(parameters, "DEVICE", context),
            "restart": self.parameterAsBool(parameters, "RESTART", context) or None,
            "report": self.parameterAsFileOutput(parameters, "REPORT", context),
        }


def training_parameters() -> List[Any]:
    """The source, the architecture and how it learns; defaults are the engine's."""
    folder = QgsProcessingParameterFile.Behavior.Folder
    store = QgsProcessingParameterFile("STORE", tr("Parcel series store"), folder, optional=True)
    model = QgsProcessingParameterEnum(
        "MODEL", tr("Architecture"), list(MODELS), defaultValue=DEFAULTS.model, usesStaticStrings=True
    )
    restart = QgsProcessingParameterBoolean("RESTART", tr("Start afresh, even where a stopped run could go on"), False)
    seed = whole_number("SEED", tr("Random seed"), DEFAULTS.seed, least=0)
    rare = whole_number("MIN_SAMPLES", tr("Leave out classes with fewer parcels than"), DEFAULTS.min_samples, least=5)
    return [
        store,
        model,
        epochs_parameter(),
        whole_number("FOLDS", tr("Folds tested, of five (or of the years there are)"), DEFAULTS.folds, most=5),
        device_parameter(),
        *option_parameters(),
        *split_parameters(),
        advanced(seed, tr("The same seed gives the same split and, on a processor, the same model.")),
        advanced(rare, tr("Too few parcels cannot be learnt and tested. What is left out is said.")),
        advanced(restart, tr("Else a training that was stopped goes on where it was.")),
    ]


def model_output_problem(value: Any) -> str:
    text = str(value or "")
    if text in ("", "NULL", "TEMPORARY_OUTPUT") or text.lower().endswith(".cropmodel"):
        return ""
    return tr("{}: a model's name ends in .cropmodel.").format(text)


@contextmanager
def kept_or_temporary(store: Optional[str], model: Path) -> Iterator[Path]:
    """The given store, or one beside the model (where results have room) that goes when the training is over."""
    if store:
        yield Path(store)
        return
    with tempfile.TemporaryDirectory(prefix=f".{model.stem}-", dir=model.parent) as folder:
        yield Path(folder) / "series.parcels"

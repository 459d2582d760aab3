"""Trains a model on parcels with declared crops: extracts their series, then trains on them."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Dict, Iterator, List, Optional

from qgis.core import (
    QgsProcessingContext,
    QgsProcessingFeedback,
    QgsProcessingOutputNumber,
    QgsProcessingParameterFileDestination,
)

from ..class_tables import OWN_VALUES, titles
from ..engine.protocol import store_files
from ..parcel_source import ParcelFile
from ..translation import tr
from .arguments import arguments_for, file_path, options_problem
from .base import EngineAlgorithm, Parameters, explained
from .checks import observations_problem, split_problem, store_problem, unused_series_option
from .classes import class_table, class_table_parameters, class_table_problem, rare_classes_problem
from .learning import add_report, report_scores
from .options import parameters_for
from .parcels import parcel_arguments, parcel_file, parcel_source, parcels_parameter, parcels_problem

CROPS = ("class_field",)  # beside the class table
SOURCES = ("imagery", "store")  # one of them is needed
NOT_OFFERED = ("overwrite",)  # a training completes a store, or makes one of its own
EXTRACTION_SHARE = 0.4  # of the progress bar, where images are read first


class TrainModel(EngineAlgorithm):
    """`extract` and `train` of the engine, or only `train` from a store; finetunemodel.py does the same otherwise."""

    command = "train"
    example = (
        ("STORE", "season.parcels"), ("CLASS_FIELD", "CODE_CULTU"), ("CLASS_TABLE", "1"),
        ("OUTPUT", "region.cropmodel"),
    )  # fmt: skip

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

    def description_text(self) -> str:
        return tr(
            "Trains a model on a season of Sentinel-2 images and parcels with declared crops. The model is saved for "
            "Classify parcels, with a report on its accuracy for parcels that were not used in the training.\n\n"
            "Give images and parcels, or an existing parcel series store. With all three, the store is made or "
            "completed, and kept. Without a store, the series are extracted beside the model and deleted at the end. "
            "With a store and no images, choose the parcels, too, to have their fields to choose from."
        )

    def initAlgorithm(self, configuration: Any = None) -> None:
        self.addParameter(parcels_parameter(optional=True))
        for parameter in [*parameters_for(self.command, only=CROPS), *class_table_parameters(self.own_classes())]:
            self.addParameter(parameter)
        for parameter in parameters_for(self.command, "extract", leave_out=(*CROPS, *NOT_OFFERED), optional=SOURCES):
            self.addParameter(parameter)
        files = tr("Crop models (*.cropmodel)")
        model = QgsProcessingParameterFileDestination("OUTPUT", tr("Model"), files)
        self.addParameter(explained(model, tr("The file in which the model is saved, to classify parcels with.")))
        add_report(self)
        self.addOutput(QgsProcessingOutputNumber("OVERALL_ACCURACY", tr("Overall accuracy")))
        self.addOutput(QgsProcessingOutputNumber("MEAN_F", tr("Mean F-score")))

    def problem(self, parameters: Parameters, context: QgsProcessingContext) -> str:
        return (
            self._source_problem(parameters, context)
            or options_problem(self, parameters, context, "extract", self.command)
            or parcels_problem(self, parameters, context)
            or self.model_problem(parameters, context)
            or split_problem(self, parameters, context, self.command)
            or class_table_problem(self, parameters, context)
            or rare_classes_problem(self, parameters, context)
            or model_output_problem(parameters.get("OUTPUT"))
        )

    def model_problem(self, parameters: Parameters, context: QgsProcessingContext) -> str:
        return observations_problem(self, parameters, context)

    def own_classes(self) -> str:
        """The title of the choice without a class table."""
        return titles()[OWN_VALUES]

    def _source_problem(self, parameters: Parameters, context: QgsProcessingContext) -> str:
        imagery, parcels, store = (self.given(parameters, name) for name in ("IMAGERY", "PARCELS", "STORE"))
        if imagery != parcels and not (parcels and store):
            return tr("Give both images and parcels.")
        if not imagery and not store:
            return tr("Give images and parcels, or a parcel series store.")
        path = file_path(self, parameters, "STORE", context) or ""
        if imagery:  # the store is made or completed: a folder that holds anything else is not touched
            return store_problem(path) if Path(path).is_dir() and any(Path(path).iterdir()) else ""
        return store_problem(path) or unused_series_option(self, parameters, context)

    def prepareAlgorithm(
        self, parameters: Parameters, context: QgsProcessingContext, feedback: QgsProcessingFeedback
    ) -> bool:
        reads_images = self.given(parameters, "IMAGERY")
        self._parcels = parcel_source(self, parameters, context) if reads_images else None
        return True

    def processAlgorithm(
        self, parameters: Parameters, context: QgsProcessingContext, feedback: QgsProcessingFeedback
    ) -> Dict[str, Any]:
        model = Path(self.parameterAsFileOutput(parameters, "OUTPUT", context))
        start = 0.0 if self._parcels is None else EXTRACTION_SHARE
        given = file_path(self, parameters, "STORE", context)
        with kept_or_temporary(given, model) as store:
            if self._parcels is not None:
                parcels = parcel_file(self._parcels, feedback)
                # series of our own that an earlier training of this model left are used, unless the inputs are others
                own = {} if given else {"overwrite": True}
                self._extract(parcels, store, own, parameters, context, feedback)
            arguments = self._training_arguments(store, model, parameters, context)
            made = self.run_engine(self.command, arguments, feedback, start, 1.0 - start)
        scores = made["scores"]
        report_scores(scores, feedback)
        results = {"OUTPUT": made["model"], "OVERALL_ACCURACY": scores["oa"], "MEAN_F": scores["mean_f"]}
        return {**results, "REPORT": made["report"]} if made.get("report") else results

    def _extract(
        self,
        parcels: ParcelFile,
        store: Path,
        own: Dict[str, Any],
        parameters: Parameters,
        context: QgsProcessingContext,
        feedback: QgsProcessingFeedback,
    ) -> None:
        arguments = {**parcel_arguments(self, parcels, "extract", parameters, context), **own}
        self.run_engine("extract", {**arguments, "output": str(store)}, feedback, 0.0, EXTRACTION_SHARE)

    def _training_arguments(
        self, store: Path, model: Path, parameters: Parameters, context: QgsProcessingContext
    ) -> Dict[str, Any]:
        return {
            **arguments_for(self, self.command, parameters, context),
            "class_table": class_table(self, parameters, context),
            "store": str(store),
            "output": str(model),
            "report": self.parameterAsFileOutput(parameters, "REPORT", context),
        }


def model_output_problem(value: Any) -> str:
    text = str(value or "")
    if text in ("", "NULL", "TEMPORARY_OUTPUT") or text.lower().endswith(".cropmodel"):
        return ""
    return tr("{}: the file extension of a model is .cropmodel.").format(text)


@contextmanager
def kept_or_temporary(store: Optional[str], model: Path) -> Iterator[Path]:
    """The given store, or one beside the model (where results have room) that goes when the training is done.

    It stays after a cancel or a failure, so that the same training goes on with it.
    """
    if store:
        yield Path(store)
        return
    series = model.parent / f".{model.stem}.parcels"
    yield series
    with suppress(OSError, store_files.NotStoreFiles):  # the model is made; a folder with other files is left alone
        store_files.remove(series)

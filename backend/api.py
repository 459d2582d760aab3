"""The public Python API, reached as `backend.extract(...)` and so on: one function for each workflow.

Each takes what it needs by position or name and every other option of the command of that name by its name
(docs/contracts.md lists them; None means: not given). Paths may be text. A `reporter` (backend.protocol.Reporter) hears
progress and warnings, and may raise to cancel; without one the work is silent. All errors are of
`backend.errors.EngineError`, with a stable `code`.
"""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from collections.abc import Sequence
from os import PathLike
from typing import Any, TypeAlias

import geopandas
import pandas

from backend.protocol import Reporter, Silent
from backend.workflows import classify as _classify
from backend.workflows import evaluate as _evaluate
from backend.workflows import experiment as _experiment
from backend.workflows import export as _export
from backend.workflows import extract as _extract
from backend.workflows import finetune as _finetune
from backend.workflows import import_series as _import
from backend.workflows import inspect as _inspect
from backend.workflows import simulate as _simulate
from backend.workflows import train as _train
from backend.workflows import trained_model as _trained_model

__all__ = [
    "classify", "evaluate", "experiment", "export", "extract", "finetune", "import_series", "inspect", "simulate",
    "train",
]  # fmt: skip

Place: TypeAlias = str | PathLike[str]
Parcels: TypeAlias = Place | geopandas.GeoDataFrame


def inspect(imagery: Place, *, reporter: Reporter | None = None, **options: Any) -> _inspect.Inspection:
    """The acquisitions of `imagery` (a folder, a file, "stac:ADDRESS"), what was skipped and why, and their grid.

    Raises NoAcquisitions, GridMismatch, NoMasks, BadArgument.
    """
    return _inspect.inspect(_inspect.InspectSpec.of(imagery=imagery, **options), reporter or Silent())


def extract(
    imagery: Place, parcels: Parcels, output: Place, *, reporter: Reporter | None = None, **options: Any
) -> _extract.Extraction:
    """Makes the parcel series store `output` of `parcels` (a file, a PostGIS address, an open table) over `imagery`.

    A stopped call continues when repeated. Raises NoAcquisitions, MissingBands, NoParcels, ParcelsOutsideImagery,
    StoreOfOtherInputs, DiskFull, NotWritable, BadArgument.
    """
    spec = _extract.ExtractSpec.of(imagery=imagery, parcels=parcels, output=output, **options)
    return _extract.extract(spec, reporter or Silent())


def import_series(source: Place, output: Place, *, reporter: Reporter | None = None, **options: Any) -> _import.Import:
    """Makes the store `output` of a published data set or a table of series: the command `import`.

    Raises UnknownLayout, BadSample, BadMeta, RepeatedSamples, DiskFull, NotWritable, BadArgument.
    """
    spec = _import.ImportSeriesSpec.of(source=source, output=output, **options)
    return _import.import_series(spec, reporter or Silent())


def train(
    stores: Place | Sequence[Place],
    class_field: str,
    output: Place,
    *,
    reporter: Reporter | None = None,
    **options: Any,
) -> _trained_model.Training:
    """Trains `model=NAME` on the crops that `class_field` declares, and writes the model file `output` and its report.

    `stores`: one, or one for each season. A stopped call continues when repeated. Raises NotAStore, MissingField,
    BadClassTable, TooFewClasses, TooFewGroups, UnknownModel, NoSuchDevice, Diverged, NotWritable, BadArgument.
    """
    spec = _train.TrainSpec.of(stores=stores, class_field=class_field, output=output, **options)
    return _train.train(spec, reporter or Silent())


def finetune(
    model: Place,
    stores: Place | Sequence[Place],
    class_field: str,
    output: Place,
    *,
    reporter: Reporter | None = None,
    **options: Any,
) -> _trained_model.Training:
    """Carries the model file `model` on with the crops that `class_field` declares, and writes the model file `output`
    and its report, which compares it with the model as it was and with one that is trained anew.

    A stopped call continues when repeated. Raises NotAModel, NoCommonClasses, MissingBands, SeasonsDoNotOverlap and
    what `train` raises.
    """
    spec = _finetune.FinetuneSpec.of(
        model=model, stores=stores, class_field=class_field, output=output, **options
    )  # fmt: skip
    return _finetune.finetune(spec, reporter or Silent())


def classify(
    source: Place,
    model: Place,
    output: Place,
    parcels: Parcels | None = None,
    *,
    reporter: Reporter | None = None,
    **options: Any,
) -> _classify.Classification:
    """Writes the crop of every parcel to `output` (.gpkg, .shp, .parquet, .fgb, .csv), with a report and the results.

    `source`: a store, or imagery together with `parcels`; options of preparation that are not given are then as in the
    model's training. Raises NotAModel, ModelTooNew, NoRotation, UnknownFormat, NotWritable and what `extract` raises.
    """
    spec = _classify.ClassifySpec.of(source=source, model=model, output=output, parcels=parcels, **options)
    return _classify.classify(spec, reporter or Silent())


def evaluate(
    predictions: Place | pandas.DataFrame, truth: str, *, reporter: Reporter | None = None, **options: Any
) -> _evaluate.Evaluation:
    """Reports how well a classified layer (a file, or an open table with `report=PATH`) agrees with the field `truth`.

    Raises MissingField, NoCommonClasses, BadClassTable, UnreadableParcels, NotWritable, BadArgument.
    """
    spec = _evaluate.EvaluateSpec.of(predictions=predictions, truth=truth, **options)
    return _evaluate.evaluate(spec, reporter or Silent())


def export(
    predictions: Place, output: Place, *, reporter: Reporter | None = None, **options: Any
) -> _export.Export:  # fmt: skip
    """Writes a classified layer in another format, reduced, or with `join=LAYER, id_field=FIELD` as attributes of the
    layer that it is about.

    Raises MissingField, NoParcelsLeft, UnreadableParcels, UnknownFormat, TableExists, NotWritable, BadArgument.
    """
    spec = _export.ExportSpec.of(predictions=predictions, output=output, **options)
    return _export.export(spec, reporter or Silent())


def experiment(
    table: str,
    output: Place,
    stores: Place | Sequence[Place] = (),
    class_field: str | None = None,
    *,
    reporter: Reporter | None = None,
    **options: Any,
) -> _experiment.ExperimentResult:
    """Does `table` of the paper ("table1" to "table4", "figure2", "all") in the folder `output`; runs are kept.

    Raises RunOfOtherSettings, BadRecord, UnknownModel, BadArgument and what `train` raises.
    """
    spec = _experiment.ExperimentSpec.of(table=table, output=output, stores=stores, class_field=class_field, **options)
    return _experiment.experiment(spec, reporter or Silent())


def simulate(output: Place, *, reporter: Reporter | None = None, **options: Any) -> _simulate.Simulation:
    """Makes up a region in the folder `output`: dated images, masks, a parcel layer with its true crops.

    Raises NotWritable where the folder holds something else, DiskFull, BadArgument.
    """
    return _simulate.simulate(_simulate.SimulateSpec.of(output=output, **options), reporter or Silent())

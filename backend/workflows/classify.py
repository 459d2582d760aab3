"""Each parcel's crop, as an attribute layer, a report and the results behind them."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import re
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import geopandas
import numpy as np
import torch

from backend.errors import BadArgument, MissingBands, NoRotation
from backend.files import discard
from backend.learning.device import choose
from backend.learning.prediction import predict
from backend.models.bundle import ModelBundle
from backend.options import default
from backend.parcels import nomenclature
from backend.parcels.database import Database
from backend.parcels.geopackage import is_geopackage
from backend.parcels.sources import find as find_layer
from backend.protocol import Reporter
from backend.results_folder import DECLARED, PREDICTED, ResultsFolder
from backend.series import quality
from backend.series.class_courses import ClassCourses
from backend.series.indices import measured
from backend.series.store import Store, locked, open_store
from backend.series.views import dataset_for
from backend.workflows import classified_outputs as outputs
from backend.workflows import outputs_in_use, report_document
from backend.workflows.arguments import own_options, typed
from backend.workflows.classified_parcels import ClassifiedParcels, best_classes
from backend.workflows.declared import Declared
from backend.workflows.extract import ExtractSpec, make_store, warn_of_flags
from backend.workflows.preparation import Preparation, describe, of_store
from backend.workflows.previous_crops import previous_crops
from backend.workflows.provenance import of_classification as provenance
from backend.workflows.season_overlap import ImageSeason
from backend.workflows.seasons import Seasons
from backend.workflows.seen_parcels import trained_on
from backend.workflows.thermal_time import ThermalDays, require_fitting
from backend.workflows.transfer import Transfer, compared_bands, scored_bands


@dataclass(frozen=True)
class ClassifySpec:
    """`source`: a store, or images (a folder, a file, "stac:" and an address) together with `parcels`.

    `output`: the file to write, in it `output_layer` (None: named as the file); `overwrite` replaces a layer of that
    name in a GeoPackage that holds others. `store` keeps the series that are made there; `keep_series` beside the
    output, in NAME.parcels, replacing those of an earlier run; without either they are removed at the end. `report`
    None: beside the output. `truth` and `previous_field` name fields of the layer. `temperatures`: a CSV of daily
    means, which a model by thermal time needs.
    """

    source: Path | str
    model: Path
    output: Path
    parcels: Path | Database | geopandas.GeoDataFrame | None = None
    preparation: Preparation = field(default_factory=Preparation)
    truth: str | None = None
    previous_field: str | None = None
    temperatures: Path | None = None
    report: Path | None = None
    report_pdf: bool = default("report_pdf")
    report_figures: bool = default("report_figures")
    language: str = default("language")
    store: Path | None = None
    keep_series: bool = False
    output_layer: str | None = None
    overwrite: bool = False
    batch_size: int | None = None  # None: what suits the model
    device: str = default("device")

    def __post_init__(self) -> None:
        """Raises BadArgument where options do not go together."""
        if self.store is not None and self.keep_series:
            raise BadArgument("keep_series", "either a store or this, not both", str(self.store))
        if self.output_layer is not None and not is_geopackage(self.output):
            raise BadArgument("output_layer", "a GeoPackage (.gpkg) where a layer is named", str(self.output))

    @classmethod
    def of(cls, **options: Any) -> ClassifySpec:
        """From options by name, None where one is not given: then as the model was trained, else the default.

        Raises BadArgument, UnreadableDate.
        """
        own, preparation = own_options(cls, typed(options, "classify"))
        own["model"] = Path(own["model"])  # elsewhere an architecture's name
        return cls(**own, preparation=Preparation(preparation))

    @property
    def layer(self) -> str:
        return self.output_layer or self.output.stem

    @property
    def base(self) -> Path:
        """What the files beside the output are named after: several layers of one file do not share a report."""
        if self.layer == self.output.stem:
            return self.output
        name = re.sub(r"[^\w.-]", "_", self.layer)
        return self.output.with_name(f"{self.output.stem}_{name}{self.output.suffix}")

    @property
    def page(self) -> Path:
        return report_document.report_path(self.base, self.report)

    @property
    def map(self) -> Path:
        """The map picture beside the report."""
        return self.page.with_suffix(".png")

    @property
    def results(self) -> Path:
        return ResultsFolder.beside(self.base).path

    @property
    def series(self) -> Path:
        """Where the store is made."""
        name = f"{self.base.stem}.parcels" if self.keep_series else f".{self.base.stem}.parcels"
        return self.store or self.output.with_name(name)

    @property
    def keeps_series(self) -> bool:
        return self.keep_series or self.store is not None


@dataclass(frozen=True)
class Classification:
    """What came of it (docs/contracts.md). `store`: where the series are, None where they were not kept."""

    output: Path
    layer: str
    report: Path
    results: Path
    store: Path | None
    parcels: int
    classified: int
    quality: Mapping[str, int]
    outlines: Mapping[str, int]
    classes: tuple[Mapping[str, Any], ...]
    scores: Mapping[str, Any] | None
    judged: tuple[Mapping[str, Any], ...]
    not_judged: Mapping[str, Any] | None
    transfer: Mapping[str, Any]
    seconds: float


def classify(spec: ClassifySpec, reporter: Reporter) -> Classification:
    """Every parcel's crop as a layer, a report and the results behind them; extracts where there is no store yet.

    Raises NotAModel, ModelTooNew, NoRotation, NoSuchDevice, UnknownFormat, NotWritable, DiskFull, Cancelled and what
    `make_store` raises.
    """
    began = time.monotonic()
    outputs.check(spec)
    with locked(spec.output):
        outputs.tidy(spec)
        bundle = ModelBundle.load(spec.model)
        preparation = _prepare(spec, bundle, reporter)
        device = choose(spec.device, reporter)
        if spec.parcels is None:
            store = _open_store(spec, reporter)
        else:
            store = _extract(spec, spec.parcels, bundle, preparation, reporter)
        season = ImageSeason.of(store)
        season.require_overlap(bundle.calendar, "the model")
        season.warn_of_gaps(bundle.calendar, "the model", reporter)
        _warn_of_series(store, bundle, reporter)
        classified = _classify(store, bundle, device, spec, reporter)
        result = _write(classified, spec, device, began, reporter)
        if spec.parcels is not None and not spec.keeps_series:
            discard(spec.series)
    return result


def _prepare(spec: ClassifySpec, bundle: ModelBundle, reporter: Reporter) -> Preparation:
    """Before anything that takes time: the layer is there, the options go together, the rest is the model's."""
    preparation = spec.preparation
    if spec.parcels is None:
        _refuse_preparation(spec)
    else:
        find_layer(spec.parcels, preparation.parcels.layer, preparation.parcels.encoding, preparation.parcels.geometry)
        preparation = preparation.as_trained(bundle.provenance, reporter)
    _check_rotation(bundle, spec, reporter)
    require_fitting(bundle, spec.model, spec.temperatures)
    return preparation


def _extract(
    spec: ClassifySpec,
    parcels: Path | Database | geopandas.GeoDataFrame,
    bundle: ModelBundle,
    preparation: Preparation,
    reporter: Reporter,
) -> Store:
    """Goes on where this very run was cut short; a store that the user named is not replaced by one of other inputs."""
    series = ExtractSpec(
        spec.source,
        parcels,
        spec.series,
        preparation,
        bands=measured(bundle.bands),
        model_days=bundle.calendar,
        overwrite=spec.store is None,
    )
    try:
        return make_store(series, reporter)
    except MissingBands as error:
        where, missing, found = (error.fields[name] for name in ("where", "missing", "found"))
        raise MissingBands(where, missing, found, model=True) from error


def _classify(
    store: Store, bundle: ModelBundle, device: torch.device, spec: ClassifySpec, reporter: Reporter
) -> ClassifiedParcels:  # fmt: skip
    """Every usable parcel of the store through the model."""
    thermal = ThermalDays.of_model(bundle, spec.model, spec.temperatures, (store,))
    days = thermal.days[0] if thermal else None
    served = {
        (member.view, member.bands): dataset_for(member.view, store, bundle.calendar, member.bands, days)
        for member in bundle.members
    }
    datasets = [served[member.view, member.bands] for member in bundle.members]
    rows = np.flatnonzero(datasets[0].usable)
    previous = None
    if spec.previous_field:
        known = nomenclature.from_table(bundle.class_table)
        previous = previous_crops(Seasons((store,)), spec.previous_field, known, reporter)[rows]
    declared = Declared.read(store, bundle, spec.truth) if spec.truth else None
    probabilities = predict(bundle, datasets, rows, device, reporter, spec.batch_size, previous)
    groups = {PREDICTED: best_classes(probabilities, rows, len(store.index))}
    if declared:
        groups[DECLARED] = declared.classes
    bands = compared_bands(store, bundle) or scored_bands(bundle)
    courses = ClassCourses(store, bands, groups, len(bundle.classes))
    watch = courses.add  # one pass over the mean series for both
    transfer = Transfer.of(store, bundle, rows, probabilities, reporter, watch)
    courses.complete(rows)
    seen = trained_on(store, bundle.training_parcels)
    return ClassifiedParcels(store, bundle, rows, probabilities, seen, transfer, courses, declared)


def _write(
    classified: ClassifiedParcels, spec: ClassifySpec, device: torch.device, began: float, reporter: Reporter
) -> Classification:  # fmt: skip
    """The results, the report and the layer, which appear together."""
    agreement = classified.agreement(reporter)
    predictions = classified.predictions(agreement)
    series = classified.store.path if spec.parcels is None or spec.keeps_series else None
    about = provenance(classified, spec, device, series)
    spec, page = outputs_in_use.write(classified, predictions, agreement, spec, about, reporter)
    return Classification(
        output=spec.output,
        layer=spec.layer,
        report=page,
        results=spec.results,
        store=series,
        parcels=len(predictions),
        classified=len(classified.rows),
        quality=quality.counts(classified.index["quality"].to_numpy()),
        outlines=quality.outline_counts(classified.store.index),
        classes=tuple(classified.breakdown()),
        scores=agreement.scores if agreement else None,
        judged=agreement.judged if agreement else (),
        not_judged=agreement.not_judged if agreement else None,
        transfer=classified.transfer.document(),
        seconds=round(time.monotonic() - began, 1),
    )


def _check_rotation(bundle: ModelBundle, spec: ClassifySpec, reporter: Reporter) -> None:
    """Before anything long: last year's crops go with a model that has learnt from them. Raises NoRotation."""
    if spec.previous_field and bundle.rotation is None:
        raise NoRotation(spec.model)
    if bundle.rotation and not spec.previous_field:
        reporter.warning("previous.not_given")


def _refuse_preparation(spec: ClassifySpec) -> None:
    """A store is made already: an option for making one would do nothing, and be believed."""
    making = {"store": spec.store is not None, "keep_series": spec.keep_series}
    given = [*spec.preparation.given, *(name for name, there in making.items() if there)]
    if given:
        raise BadArgument("source", f"images and a parcel layer where {', '.join(given)} is given", "only a store")


def _open_store(spec: ClassifySpec, reporter: Reporter) -> Store:
    if isinstance(spec.source, str) or not (spec.source / "manifest.json").exists():
        raise BadArgument("parcels", "a parcel layer after the images, or only a store", str(spec.source))
    store = open_store(spec.source)
    warn_of_flags(store, reporter)
    return store


def _warn_of_series(store: Store, bundle: ModelBundle, reporter: Reporter) -> None:
    """A model expects series made like those it was trained on."""
    found, trained = describe(of_store(store)), describe(bundle.provenance.get("preparation", {}))
    if trained and found and trained != found:
        reporter.warning("series.made_otherwise", trained=trained, found=found)

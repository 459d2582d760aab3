"""`classify`: each parcel's crop, as an attribute layer and a report."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import shutil
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
import numpy as np
import pandas
import torch

from backend import reports
from backend.commands import Outcome, documents
from backend.commands.classified import Classified
from backend.commands.extract import extract, warn_of_flags
from backend.commands.options import (
    PATH,
    Imagery,
    ParcelOptions,
    Parcels,
    device_option,
    imagery_options,
    options_of,
    parcel_options,
    series_options,
)
from backend.commands.preparation import Preparation, of_store, said
from backend.commands.previous import previous_crops
from backend.commands.seasons import Seasons
from backend.errors import BadArgument, NoRotation
from backend.imagery.acquisition import ImageryOptions
from backend.learning.device import choose
from backend.learning.prediction import predict
from backend.models.bundle import ModelBundle
from backend.parcels import nomenclature
from backend.parcels.database import Database
from backend.parcels.sources import find as find_layer
from backend.parcels.writing import Attached, Losses, check_output, write
from backend.protocol import Reporter
from backend.reports.map import draw_map
from backend.reports.tables import as_text
from backend.series import quality
from backend.series.options import SeriesOptions
from backend.series.store import Store, locked, open_store
from backend.series.views import feed_for

_MOST_DRAWN = 100_000  # parcels on a map picture
_DRAWN = ("Polygon", "MultiPolygon")  # imported samples are points, or lie nowhere


@dataclass(frozen=True)
class ClassificationSpec:
    """What to classify with, and where things go; None means the default of the option's help."""

    model: Path
    output: Path
    truth: str | None
    previous_field: str | None
    report: Path | None
    store: Path | None
    batch_size: int | None
    device: str


classification_options = options_of(
    ClassificationSpec,
    "spec",
    click.option("--model", type=PATH, required=True, help="A .cropmodel file."),
    click.option("-o", "--output", type=PATH, required=True, help=".gpkg, .shp, .parquet, .fgb or .csv"),
    click.option("--truth", help="Field with the declared crop, to report the agreement."),
    click.option("--previous-field", help="Field with last year's crop, for a model that was trained with it."),
    click.option("--report", type=PATH, help="The report's HTML file; else OUTPUT_report.html."),
    click.option("--store", type=PATH, help="Keep the parcel series store here; else it is removed at the end."),
    click.option("--batch-size", type=click.IntRange(min=1), help="Parcels at once; else what suits the model."),
    device_option,
)


@click.command("classify")
@click.argument("source", type=Imagery())
@click.argument("parcels", type=Parcels(), required=False)
@classification_options
@parcel_options
@imagery_options
@series_options
@click.pass_obj
def command(
    reporter: Reporter, source: Path | str, parcels: Path | Database | None, spec: ClassificationSpec,
    options: ImageryOptions, parcel_options: ParcelOptions, series_options: SeriesOptions,
) -> Outcome:  # fmt: skip
    """Classify the parcels of SOURCE: a store, or a folder of images together with PARCELS."""
    began = time.monotonic()
    _check_outputs(spec, parcels)
    with locked(spec.output):
        values = _run(source, parcels, spec, Preparation(options, series_options, parcel_options), reporter)
    values["seconds"] = round(time.monotonic() - began, 1)
    return Outcome(values, _text(values))


def _run(
    source: Path | str, parcels: Path | Database | None, spec: ClassificationSpec, made: Preparation, reporter: Reporter
) -> dict[str, Any]:
    """Loads, extracts where there is no store yet, classifies and writes."""
    bundle = ModelBundle.load(spec.model)
    if parcels is not None:
        find_layer(parcels, made.parcels.layer, made.parcels.encoding)  # before anything that takes time
        made = made.as_trained(bundle.provenance, reporter)
    _check_rotation(bundle, spec, reporter)
    device = choose(spec.device, reporter)
    where = spec.store or spec.output.with_name(f".{spec.output.stem}.parcels")
    if parcels is None:
        _refuse_preparation(spec)
        store = _open(source, reporter)
    else:  # resumed when this very run was cut short; a store that is kept is not replaced by one of other inputs
        chosen = {"bands": bundle.bands, "overwrite": spec.store is None, "series": made.series}
        store = extract(source, parcels, where, made.images, made.parcels, reporter, **chosen)
    _warn_of_season(store, bundle.calendar, reporter)
    _warn_of_series(store, bundle, reporter)
    classified = classify(store, bundle, device, spec, reporter)
    values = write_results(classified, spec, reporter)
    if parcels is not None and spec.store is None:
        shutil.rmtree(where)
    return values


def classify(
    store: Store, bundle: ModelBundle, device: torch.device, spec: ClassificationSpec, reporter: Reporter
) -> Classified:  # fmt: skip
    """Every usable parcel of the store through the model."""
    feed = feed_for(bundle.view, store, bundle.calendar, bundle.bands)
    rows = np.flatnonzero(feed.usable)
    previous = None
    if spec.previous_field:
        known = nomenclature.from_table(bundle.class_table)
        previous = previous_crops(Seasons((store,)), spec.previous_field, known, reporter)[rows]
    return Classified(store, bundle, rows, predict(bundle, feed, rows, device, reporter, spec.batch_size, previous))


def write_results(classified: Classified, spec: ClassificationSpec, reporter: Reporter) -> dict[str, Any]:
    """The layer and the report; gives the command's values."""
    agreement = classified.agreement(spec.truth, reporter) if spec.truth else {}
    predictions = classified.predictions()
    layer = Attached(classified.store.tables, predictions, spec.output)
    if layer.renamed:
        told = ", ".join(f"{old} as {new}" for old, new in layer.renamed.items())
        reporter.warning("output.field_renamed", f"Fields of the layer are kept under other names: {told}.")
    _warn_of_losses(write(layer, spec.output, spec.output.stem), reporter)
    page = _report(classified, predictions, agreement, spec)
    return {
        "output": str(spec.output),
        "layer": spec.output.stem,
        "report": str(page),
        "parcels": len(predictions),
        "classified": len(classified.rows),
        "quality": quality.counts(classified.store.index["quality"].to_numpy()),
        "outlines": quality.outline_counts(classified.store.index),
        "classes": classified.breakdown(),
        "scores": agreement.get("scores"),
    }


def _warn_of_losses(losses: Losses, reporter: Reporter) -> None:
    if losses.emptied:
        told = f"{losses.emptied} features lost their outline, a shapefile holds polygons."
        reporter.warning("output.geometry_emptied", told, "Write a GeoPackage to keep them.")
    if losses.cut:
        told = f"Texts of {', '.join(losses.cut)} were cut, a shapefile holds 254 bytes of each."
        reporter.warning("output.text_cut", told, "Write a GeoPackage to keep them.")
    if losses.measures:
        told = "The outlines' M values were left out, this format takes none."
        reporter.warning("output.measures_lost", told, "Write a GeoPackage or GeoParquet to keep them.")


def _check_outputs(spec: ClassificationSpec, parcels: Path | Database | None) -> None:
    """Before anything long: the outputs can be written, and do not take the place of what goes in."""
    if isinstance(parcels, Path) and spec.output.exists() and parcels.exists() and spec.output.samefile(parcels):
        raise BadArgument("output", "another file than the parcel layer, which it would replace", str(spec.output))
    check_output(spec.output)
    documents.require_writable(documents.report_path(spec.output, spec.report))


def _check_rotation(bundle: ModelBundle, spec: ClassificationSpec, reporter: Reporter) -> None:
    """Before anything long: last year's crops go with a model that has learnt from them. Raises NoRotation."""
    if spec.previous_field and bundle.rotation is None:
        raise NoRotation(spec.model)
    if bundle.rotation and not spec.previous_field:
        reporter.warning(
            "previous.not_given",
            "This model was trained and judged with last year's crops; without them it goes by the images alone.",
            "Give the field that holds last year's crop (--previous-field), or expect worse results.",
        )


def _refuse_preparation(spec: ClassificationSpec) -> None:
    """A store is made already: an option for making one would do nothing, and be believed."""
    given = [*Preparation.given(), *(["store"] if spec.store is not None else [])]
    if given:
        raise BadArgument("source", f"images and a parcel layer where {', '.join(given)} is given", "a store alone")


def _open(source: Path | str, reporter: Reporter) -> Store:
    if isinstance(source, str) or not (source / "manifest.json").exists():
        raise BadArgument("parcels", "a parcel layer after the images, or a store alone", str(source))
    store = open_store(source)
    warn_of_flags(store, reporter)
    return store


def _warn_of_season(store: Store, calendar: Sequence[int], reporter: Reporter) -> None:
    """A model's dates that lie outside the images' season take the nearest observation: said, for it costs accuracy."""
    days = store.manifest["acquisition_days"]
    outside = [day for day in calendar if not days[0] - 15 <= day <= days[-1] + 15]
    if outside:
        reporter.warning(
            "season.not_covered",
            f"The images cover days {days[0]} to {days[-1]} of season {store.manifest['season']}; "
            f"{len(outside)} of the model's {len(calendar)} dates lie outside.",
            "Add images of the whole season the model was trained on, or expect worse results.",
        )


def _warn_of_series(store: Store, bundle: ModelBundle, reporter: Reporter) -> None:
    """A model expects series made like those it was trained on."""
    found, trained = said(of_store(store)), said(bundle.provenance.get("preparation", {}))
    if trained and found and trained != found:
        reporter.warning(
            "series.made_otherwise",
            f"The model was trained on series made by {trained}; these are made by {found}.",
            "Give the images, and no options of masks and filling, or expect worse results.",
        )


def _report(
    classified: Classified, predictions: pandas.DataFrame, agreement: dict[str, Any], spec: ClassificationSpec
) -> Path:
    bundle, store, path = classified.bundle, classified.store, documents.report_path(spec.output, spec.report)
    picture = None
    geometries = store.parcels().geometry if len(predictions) <= _MOST_DRAWN else None
    if geometries is not None and geometries.geom_type.isin(_DRAWN).any():
        codes = predictions["crop_code"].to_numpy(object, na_value=None)
        picture = draw_map(geometries, codes, bundle.classes, path.with_suffix(".png"), "Classified parcels")
    model = {"model": bundle.architecture, "trained": bundle.provenance.get("made", "")}
    told = documents.of_store(store)
    parts = {
        **told,
        "notes": [*told["notes"], *documents.prior_notes(spec.previous_field)],
        **agreement,
        "breakdown": classified.breakdown(),
        "provenance": {**model, **documents.sources((store,))},
    }
    return reports.write(documents.document("classification", "Classified parcels", **parts), path, picture)


def _text(values: dict[str, Any]) -> str:
    flags = ", ".join(f"{flag} {count}" for flag, count in values["quality"].items())
    lines = [f"{'class':30}{'parcels':>9}{'ha':>12}"]
    lines += [
        f"{row['name'][:29]:30}{row['parcels']:>9}{row['area_ha']:>12,.1f}"
        for row in values["classes"]
        if row["parcels"]
    ]
    table = as_text(values["scores"]) if values["scores"] else "\n".join(lines)
    return (
        f"{table}\n{values['classified']} of {values['parcels']} parcels classified ({flags})"
        f" in {values['seconds']} s\n"
        f"layer   {values['output']}\nreport  {values['report']}"
    )

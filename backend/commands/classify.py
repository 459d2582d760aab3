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
from numpy.typing import NDArray

from backend import reports
from backend.commands import Outcome, documents
from backend.commands.extract import extract, warn_of_flags
from backend.commands.options import EXISTING, PATH, device_option, imagery_options, parcel_options
from backend.errors import BadArgument
from backend.imagery.acquisition import ImageryOptions
from backend.learning.device import choose
from backend.learning.metrics import reliability, scores
from backend.learning.prediction import predict
from backend.models.bundle import ModelBundle
from backend.parcels import nomenclature
from backend.parcels.predictions import tabulate
from backend.parcels.reading import column
from backend.parcels.writing import attach, check_output, write
from backend.protocol import Reporter
from backend.reports.map import draw_map
from backend.reports.tables import as_text
from backend.series import quality
from backend.series.store import Store, open_store
from backend.series.views import feed_for

_MOST_DRAWN = 100_000  # parcels on a map picture


@dataclass(frozen=True)
class Classified:
    """The outcome per parcel: `positions` `(parcels,)` into the model's classes, -1 where there is none."""

    store: Store
    bundle: ModelBundle
    probabilities: NDArray[np.float32]  # (rows, classes)
    rows: NDArray[np.int64]
    predictions: pandas.DataFrame

    @property
    def positions(self) -> NDArray[np.int64]:
        best = np.full(len(self.store.index), -1)
        best[self.rows] = self.probabilities.argmax(axis=1)
        return best


@click.command("classify")
@click.argument("source", type=EXISTING)
@click.argument("parcels", type=PATH, required=False)
@click.option("--model", type=PATH, required=True, help="A .cropmodel file.")
@click.option("-o", "--output", type=PATH, required=True, help=".gpkg, .shp, .parquet, .fgb or .csv")
@click.option("--truth", help="Field with the declared crop, to report the agreement.")
@click.option("--report", type=PATH, help="The report's HTML file; else OUTPUT_report.html.")
@click.option("--store", type=PATH, help="Keep the parcel series store here; else it is removed at the end.")
@click.option("--batch-size", type=click.IntRange(min=1), help="Parcels at once; else what suits the model.")
@device_option
@parcel_options
@imagery_options
@click.pass_obj
def command(
    reporter: Reporter, source: Path, parcels: Path | None, model: Path, output: Path, truth: str | None,
    report: Path | None, store: Path | None, batch_size: int | None, device: str, options: ImageryOptions, **chosen: Any,
) -> Outcome:  # fmt: skip
    """Classify the parcels of SOURCE: a store, or a folder of images together with PARCELS."""
    began = time.monotonic()
    check_output(output)
    bundle = ModelBundle.load(model)
    where = store or output.with_name(f".{output.stem}.parcels")
    if parcels is None:
        opened = _open(source, reporter)
    else:  # resumed when this very run was cut short, else made anew
        opened = extract(
            source, parcels, where, options, {**chosen, "bands": bundle.bands, "overwrite": True}, reporter
        )
    _warn_of_season(opened, bundle.calendar, reporter)
    done = _classify(opened, bundle, choose(device, reporter), batch_size, reporter)
    layer, renamed = attach(opened.parcels(), done.predictions)
    for old, new in renamed.items():
        reporter.warning("output.field_renamed", f"The layer's own field {old} is kept as {new}.")
    write(layer, output, output.stem)
    agreement = _agreement(done, truth, reporter) if truth else {}
    page = _report(done, layer.geometry, agreement, documents.report_path(output, report))
    if parcels is not None and store is None:
        shutil.rmtree(where)
    values = {
        "output": str(output),
        "layer": output.stem,
        "report": str(page),
        "parcels": len(layer),
        "classified": len(done.rows),
        "quality": quality.counts(opened.index["quality"].to_numpy()),
        "classes": _breakdown(done),
        "scores": agreement.get("scores"),
        "seconds": round(time.monotonic() - began, 1),
    }
    return Outcome(values, _text(values))


def _open(source: Path, reporter: Reporter) -> Store:
    if not (source / "manifest.json").exists():
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


def _classify(
    store: Store, bundle: ModelBundle, device: torch.device, batch_size: int | None, reporter: Reporter
) -> Classified:
    feed = feed_for(bundle.view, store, bundle.calendar, bundle.bands)
    rows = np.flatnonzero(feed.usable)
    probabilities = predict(bundle, feed, rows, device, reporter, batch_size)
    return Classified(store, bundle, probabilities, rows, tabulate(probabilities, rows, bundle.classes, store.index))


def _agreement(done: Classified, truth: str, reporter: Reporter) -> dict[str, Any]:
    """Scores and reliability where the declared crop is one of the model's classes."""
    declared = column(done.store.parcels(), truth, done.store.manifest["parcels"]["source"])
    known = nomenclature.from_table(done.bundle.class_table)
    labels, unknown = known.labels(declared)
    codes = [crop.code for crop in done.bundle.classes]
    to_model = np.array([codes.index(crop.code) if crop.code in codes else -1 for crop in known.classes] + [-1])
    expected = to_model[labels][done.rows]
    judged = expected >= 0
    left = len(done.rows) - int(judged.sum())
    if left:
        listed = ", ".join(f"{code} ({count})" for code, count in list(unknown.items())[:12])
        reporter.warning(
            "labels.not_judged", f"{left} classified parcels have no crop the model knows. Unknown: {listed or 'none'}."
        )
    if not judged.any():
        return {}
    chances = done.probabilities[judged]
    return {
        "scores": scores(expected[judged], chances.argmax(axis=1), done.bundle.classes),
        "reliability": reliability(chances.max(axis=1), chances.argmax(axis=1) == expected[judged]),
    }


def _breakdown(done: Classified) -> list[dict[str, Any]]:
    return documents.breakdown(done.positions, done.store.index["area_m2"].to_numpy(), done.bundle.classes)


def _report(done: Classified, geometries: Any, agreement: dict[str, Any], path: Path) -> Path:
    about = documents.of_store(done.store)
    picture = None
    if len(geometries) <= _MOST_DRAWN:
        picture = path.with_suffix(".png")
        draw_map(
            geometries,
            done.predictions["crop_code"].to_numpy(object),
            done.bundle.classes,
            picture,
            "Classified parcels",
        )
    model = {"model": done.bundle.architecture, "trained": done.bundle.provenance.get("made", "")}
    parts = {
        **about,
        **agreement,
        "breakdown": _breakdown(done),
        "provenance": {**model, **documents.sources(done.store)},
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

"""`classify`: each parcel's crop, as an attribute layer and a report."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from typing import Any

import click

from backend.commands import Outcome
from backend.commands.options import (
    PATH,
    Imagery,
    device_option,
    flag,
    imagery_options,
    option,
    parcel_options,
    series_options,
)
from backend.protocol import Reporter
from backend.reports.tables import as_text
from backend.workflows.classify import Classification, ClassifySpec, classify
from backend.workflows.documents import as_document


@click.command("classify")
@click.argument("source", type=Imagery())
@click.argument("parcels", required=False)
@click.option("--model", type=PATH, required=True, help="A .cropmodel file.")
@click.option("-o", "--output", type=PATH, required=True, help=".gpkg, .shp, .parquet, .fgb or .csv")
@option("--truth", str, "Field with the declared crop, to report the agreement.")
@option("--previous-field", str, "Field with last year's crop, for a model that was trained with it.")
@option("--report", PATH, "The report's HTML file; else OUTPUT_report.html.")
@option("--store", PATH, "Keep the parcel series store here; else it is removed at the end.")
@flag("--keep-series", "Keep the parcel series store beside the output, in place of that of a former run.")
@option("--batch-size", click.IntRange(min=1), "Parcels at once; else what suits the model.")
@device_option
@parcel_options
@imagery_options
@series_options
@click.pass_obj
def command(reporter: Reporter, **options: Any) -> Outcome:
    """Classify the parcels of SOURCE: a store, or a folder of images together with PARCELS."""
    result = classify(ClassifySpec.of(**options), reporter)
    return Outcome(as_document(result), _text(result))


def _text(result: Classification) -> str:
    flags = ", ".join(f"{flag} {count}" for flag, count in result.quality.items())
    rows = [f"{'class':30}{'parcels':>9}{'ha':>12}"]
    rows += [
        f"{row['name'][:29]:30}{row['parcels']:>9}{row['area_ha']:>12,.1f}" for row in result.classes if row["parcels"]
    ]
    table = as_text(result.scores) if result.scores else "\n".join(rows)
    return (
        f"{table}\n{result.classified} of {result.parcels} parcels classified ({flags})"
        f" in {result.seconds} s\n"
        f"layer   {result.output}\nreport  {result.report}\nresults {result.results}"
    )

"""`import`: a published data set -> the parcel series store."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from typing import Any

import click

from backend.commands import Outcome
from backend.commands.options import EXISTING, PATH, flag, option
from backend.protocol import DEFAULTS, Reporter
from backend.workflows.documents import as_document
from backend.workflows.import_series import Import, ImportSeriesSpec, import_series


@click.command("import")
@click.argument("source", type=EXISTING)
@click.option("-o", "--output", type=PATH, required=True, help="The store's folder, NAME.parcels.")
@option("--labels", EXISTING, "Table with a row per sample of an .npz; else NAME_labels.csv.")
@option("--id-field", str, "Field that names each sample of a table; else sample_id, parcel_id, id...")
@option("--date-field", str, "Field with the date, in a table of a row per date; else date, timestamp...")
@option("--dates-file", EXISTING, "Dates of the arrays, one per line; else their own.")
@option("--band-names", str, "Bands of the arrays in their order, B02,B03...")
@option("--nodata", float, "Number that stands for no observation, such as 65535.")
@option("--scale", float, "Reflectance per count; else 1/10,000 where the numbers are counts.")
@option("--offset", float, "Reflectance at count 0.", 0)
@option("--shift-days", int, "Added to every date: 15 where dates are the first days of months.", 0)
@option("--start", str, "First date to use.")
@option("--end", str, "Last date to use.")
@option("--season", int, "Harvest year; else by the dates.")
@option("--crs", str, "Coordinate system of a table's x and y, such as EPSG:32631; lon and lat need none.")
@option(
    "--few-pixels",
    click.IntRange(min=1),
    "Parcels with fewer pixels are flagged; not so the rows of tables.",
    DEFAULTS.few_pixels,
)
@flag("--overwrite", "Replace a store of other inputs.")
@click.pass_obj
def command(reporter: Reporter, **options: Any) -> Outcome:
    """Bring a published data set into a store: a folder of DATA and META, an .npz, or a .csv or .parquet table."""
    result = import_series(ImportSeriesSpec.of(**options), reporter)
    return Outcome(as_document(result), _text(result))


def _text(result: Import) -> str:
    flags = ", ".join(f"{flag} {count}" for flag, count in result.quality.items())
    return (
        f"{result.store}: {result.parcels} samples ({flags}), {result.pixels} pixels, "
        f"{len(result.dates)} dates, {len(result.bands)} bands in {result.seconds} s\n"
        f"fields  {', '.join(result.fields)}"
    )

"""`import`: a published data set -> the parcel series store."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import click

from backend.commands import Outcome
from backend.commands.extract import warn_of_flags, warn_of_scale
from backend.commands.options import EXISTING, PATH, BandNames, Day, options_of
from backend.protocol import DEFAULTS, Reporter
from backend.published.importing import import_set
from backend.published.spec import ImportSpec
from backend.series import quality

import_options = options_of(
    ImportSpec,
    "spec",
    click.option("--labels", type=EXISTING, help="Table with a row per sample of an .npz; else NAME_labels.csv."),
    click.option("--id-field", help="Field that names each sample of a table; else sample_id, parcel_id, id..."),
    click.option("--date-field", help="Field with the date, in a table of a row per date; else date, timestamp..."),
    click.option("--dates-file", type=EXISTING, help="Dates of the arrays, one per line; else their own."),
    click.option("--band-names", type=BandNames(), default="", help="Bands of the arrays in their order, B02,B03..."),
    click.option("--nodata", type=float, help="Number that stands for no observation, such as 65535."),
    click.option("--scale", type=float, help="Reflectance per count; else 1/10,000 where the numbers are counts."),
    click.option("--offset", type=float, default=ImportSpec.offset, help="Reflectance at count 0."),
    click.option(
        "--shift-days",
        type=int,
        default=ImportSpec.shift_days,
        help="Added to every date: 15 where dates are the first days of months.",
    ),
    click.option("--start", type=Day(), help="First date to use."),
    click.option("--end", type=Day(), help="Last date to use."),
    click.option("--season", type=int, help="Harvest year; else the year with the most dates."),
    click.option("--crs", help="Coordinate system of a table's x and y, such as EPSG:32631; lon and lat need none."),
    click.option(
        "--few-pixels",
        type=click.IntRange(min=1),
        default=DEFAULTS.few_pixels,
        show_default=True,
        help="Parcels with fewer pixels are flagged; not so the rows of tables.",
    ),
    click.option("--overwrite", is_flag=True, help="Replace a store of other inputs."),
)


@click.command("import")
@click.argument("source", type=EXISTING)
@click.option("-o", "--output", type=PATH, required=True, help="The store's folder, NAME.parcels.")
@import_options
@click.pass_obj
def command(reporter: Reporter, source: Path, output: Path, spec: ImportSpec) -> Outcome:
    """Bring a published data set into a store: a folder of DATA and META, an .npz, or a .csv or .parquet table."""
    began = time.monotonic()
    store = import_set(source, spec, output, reporter)
    warn_of_flags(store, reporter)
    warn_of_scale(store, reporter)
    values = {
        "store": str(output),
        "layout": store.manifest["parcels"]["layer"],
        "parcels": len(store.index),
        "pixels": int(store.index["n_pixels"].sum()),
        "dates": [acquisition["date"] for acquisition in store.manifest["acquisitions"]],
        "bands": list(store.bands),
        "fields": [str(field) for field in store.fields().columns],
        "positions": bool(store.manifest["positions"]),
        "quality": quality.counts(store.index["quality"].to_numpy()),
        "seconds": round(time.monotonic() - began, 1),
    }
    return Outcome(values, _text(values))


def _text(values: dict[str, Any]) -> str:
    flags = ", ".join(f"{flag} {count}" for flag, count in values["quality"].items())
    return (
        f"{values['store']}: {values['parcels']} samples ({flags}), {values['pixels']} pixels, "
        f"{len(values['dates'])} dates, {len(values['bands'])} bands in {values['seconds']} s\n"
        f"fields  {', '.join(values['fields'])}"
    )

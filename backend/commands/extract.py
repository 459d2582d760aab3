"""`extract`: images x parcels -> the parcel series store."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import click
import numpy as np

from backend.commands import Outcome, documents
from backend.commands.options import (
    PATH,
    Imagery,
    ParcelOptions,
    Parcels,
    imagery_options,
    parcel_options,
    series_options,
)
from backend.commands.search_box import around
from backend.errors import UnreadableImage
from backend.imagery.acquisition import ImageryOptions
from backend.imagery.catalogue import find, require_readable
from backend.parcels.database import Database
from backend.parcels.reading import read
from backend.protocol import Reporter
from backend.series import quality
from backend.series.build import ExtractionSpec, build
from backend.series.options import SeriesOptions
from backend.series.store import Store
from backend.vocabulary import CLASSIFIABLE, OUTLINES, QUALITY, REFLECTANCE_SCALE, UNOBSERVED

_MOST_LOOKED_AT = 10_000  # pixels
_DARK, _BRIGHT = 0.005, 1.2  # reflectances that a season of fields does not have in its middle


@click.command("extract")
@click.argument("imagery", type=Imagery())
@click.argument("parcels", type=Parcels())
@click.option("-o", "--output", type=PATH, required=True, help="The store's folder, NAME.parcels.")
@click.option("--calendar", default="", help='Days of the season to interpolate onto: "3,13,43" or "every:10".')
@click.option("--overwrite", is_flag=True, help="Replace a store of other inputs.")
@parcel_options
@imagery_options
@series_options
@click.pass_obj
def command(
    reporter: Reporter, imagery: Path | str, parcels: Path | Database, output: Path, options: ImageryOptions,
    parcel_options: ParcelOptions, series_options: SeriesOptions, **chosen: Any,
) -> Outcome:  # fmt: skip
    """Build the parcel series store of PARCELS over IMAGERY (a folder, a file, or stac:ADDRESS); a run that was stopped
    goes on.
    """
    began = time.monotonic()
    chosen["series"] = series_options
    store = extract(imagery, parcels, output, options, parcel_options, reporter, **chosen)
    values = {
        "store": str(output),
        "parcels": len(store.index),
        "pixels": len(store.reflectance),
        "dates": [acquisition["date"] for acquisition in store.manifest["acquisitions"]],
        "acquisitions": documents.acquisitions((store,)),
        "bands": list(store.bands),
        "quality": quality.counts(store.index["quality"].to_numpy()),
        "outlines": quality.outline_counts(store.index),
        "skipped": [*store.manifest["skipped"], *left_out(store)],
        "seconds": round(time.monotonic() - began, 1),
    }
    return Outcome(values, _text(values))


def extract(
    imagery: Path | str, parcels: Path | Database, output: Path, options: ImageryOptions, how: ParcelOptions,
    reporter: Reporter, **chosen: Any,
) -> Store:  # fmt: skip
    """Finds, reads, builds; `chosen` are further parts of an ExtractionSpec."""
    layer = read(parcels, how.layer, how.id_field, how.encoding)
    for remark in layer.remarks:
        reporter.warning(remark.code, remark.message, remark.advice)
    catalogue = find(imagery, options, reporter, around(layer) if isinstance(imagery, str) else None)
    require_readable(catalogue, options.skip_unreadable)
    spec = ExtractionSpec(
        options, few_pixels=how.few_pixels, inner_buffer_m=how.inner_buffer_m, workers=how.workers, **chosen
    )
    store = build(catalogue, layer, spec, output, reporter)
    warn_of_flags(store, reporter)
    warn_of_outlines(store, reporter)
    warn_of_scale(store, reporter)
    return store


def left_out(store: Store) -> list[dict[str, str]]:
    """Files that turned out damaged while they were read, in the form of those that were skipped before."""
    reason = "a part of it could not be decoded; its date is left out"
    return [{"path": path, "code": UnreadableImage.code, "reason": reason} for path in store.manifest["left_out"]]


def warn_of_scale(store: Store, reporter: Reporter) -> None:
    """Reflectances that no field has: a wrong scale trains and classifies without an error, and is worth nothing."""
    values = store.reflectance[:: max(1, len(store.reflectance) // _MOST_LOOKED_AT)]
    typical = (
        float(np.median(values[values != UNOBSERVED])) / REFLECTANCE_SCALE if (values != UNOBSERVED).any() else 0.1
    )
    if not _DARK <= typical <= _BRIGHT:
        reporter.warning(
            "imagery.odd_scale",
            f"The median reflectance is {typical:.4g}; over a season of fields it lies between {_DARK} and {_BRIGHT}.",
            "Give the images' own scale and offset, such as a scale of 0.0001 for counts up to 10,000.",
        )


def warn_of_flags(store: Store, reporter: Reporter) -> None:
    """One warning for each reason why parcels cannot be classified."""
    for flag, count in quality.counts(store.index["quality"].to_numpy()).items():
        if flag not in CLASSIFIABLE:
            reporter.warning(f"parcels.{flag}", f"{count} of {len(store.index)} parcels: {QUALITY[flag].lower()}.")


def warn_of_outlines(store: Store, reporter: Reporter) -> None:
    """One warning for each way in which outlines are odd."""
    for name, count in quality.outline_counts(store.index).items():
        reporter.warning(f"parcels.{name}", f"{count} of {len(store.index)} parcels: {OUTLINES[name]}.")


def _text(values: dict[str, Any]) -> str:
    shares = [row["clear_share"] for row in values["acquisitions"]]
    removed = [row["outliers"] for row in values["acquisitions"] if row["outliers"] is not None]
    flags = ", ".join(f"{flag} {count}" for flag, count in values["quality"].items())
    return (
        f"{values['store']}: {values['parcels']} parcels ({flags}), {values['pixels']} pixels, "
        f"{len(values['dates'])} dates, {len(values['bands'])} bands in {values['seconds']} s; "
        f"{np.mean(shares):.0%} of the parcels' pixels were clear on average"
        + (f", {sum(removed):,} outliers were taken out" if removed else "")
    )

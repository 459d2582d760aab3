"""What a classification writes: the layer, the results behind it and the report, which appear together."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas

from backend import reports
from backend.errors import BadArgument
from backend.files import remove_leftovers
from backend.parcels.geopackage import holds
from backend.parcels.writing import Attached, check_output, prepare
from backend.protocol import Reporter
from backend.reports.map import map_png
from backend.series.store import remove_unused
from backend.staging import Staging, recover, staged
from backend.workflows import report_document
from backend.workflows.agreement import Agreement
from backend.workflows.classified_parcels import ClassifiedParcels
from backend.workflows.losses import warn_of_losses, warn_of_renamed
from backend.workflows.results import require_writable, write_results

if TYPE_CHECKING:
    from backend.workflows.classify import ClassifySpec

_MOST_DRAWN = 100_000  # parcels on a map picture
_DRAWN = ("Polygon", "MultiPolygon")  # imported samples are points, or have no location


def check(spec: ClassifySpec) -> None:
    """Checks before a long run: the outputs can be written, and do not replace the inputs."""
    parcels, output = spec.parcels, spec.output
    same = isinstance(parcels, Path) and output.exists() and parcels.exists() and output.samefile(parcels)
    added = spec.output_layer is not None and not holds(output, spec.layer)  # beside the parcels, in a GeoPackage
    if same and not added:
        raise BadArgument("output", "another file than the parcel layer, which it would replace", str(output))
    check_output(output, spec.layer, spec.overwrite)
    report_document.require_writable(spec.page)
    require_writable(spec.base)


def tidy(spec: ClassifySpec) -> None:
    """Completes or removes what a killed run of this output left, except series that this run can continue."""
    recover(spec.output)
    for path in (spec.output, spec.results, *reports.places(spec.page), spec.map, spec.series):
        remove_leftovers(path)
    left = spec.output.with_name(f".{spec.base.stem}.parcels")
    if left != spec.series or spec.parcels is None:
        remove_unused(left)


def write(
    classified: ClassifiedParcels, predictions: pandas.DataFrame, agreement: Agreement | None, spec: ClassifySpec,
    provenance: dict[str, Any], reporter: Reporter,
) -> Path:  # fmt: skip
    """Prepares all beside their targets, then moves all, the layer last; returns the report. Raises what
    `parcels.writing.prepare` raises.
    """
    document, picture = _document(classified, agreement, spec, provenance), _map(classified, predictions)
    layer = Attached(classified.store.tables, predictions, spec.output)
    with staged(spec.output) as staging:
        write_results(classified, spec, layer.renamed, provenance, staging.file(spec.results))
        page = reports.prepare(document, spec.page, staging, picture, report_document.forms_of(spec))
        if picture is None:
            staging.without(spec.map)
        else:
            staging.write_all({spec.map: picture})
        _write_layer(layer, spec, staging, reporter)
    return page


def _write_layer(layer: Attached, spec: ClassifySpec, staging: Staging, reporter: Reporter) -> None:
    warn_of_renamed(layer.renamed, reporter)
    warn_of_losses(prepare(layer, spec.output, spec.layer, staging, spec.overwrite), reporter)


def _document(
    classified: ClassifiedParcels, agreement: Agreement | None, spec: ClassifySpec, provenance: dict[str, Any]
) -> dict[str, Any]:
    """The report's."""
    about = report_document.of_store(classified.store)
    parts = {
        **about,
        "notes": [
            *about["notes"],
            *report_document.prior_notes(spec.previous_field),
            *report_document.training_notes(classified.bundle.scores),
        ],
        **(agreement.parts() if agreement else {}),
        "flags": report_document.flags(classified.index["quality"].to_numpy()),
        "transfer": classified.transfer.document(),
        "breakdown": classified.breakdown(),
        "provenance": provenance,
    }
    return report_document.document("classification", "Classified parcels", **parts)


def _map(classified: ClassifiedParcels, predictions: pandas.DataFrame) -> bytes | None:
    """A picture of the classified outlines; None where they are too many, or no polygons."""
    if len(predictions) > _MOST_DRAWN:
        return None
    geometries = classified.store.parcels().geometry
    if not geometries.geom_type.isin(_DRAWN).any():
        return None
    codes = predictions["crop_code"].to_numpy(object, na_value=None)
    return map_png(geometries, codes, classified.bundle.classes, "Classified parcels")

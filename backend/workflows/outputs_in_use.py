"""A classification whose output another program uses: it is kept under another name, beside the file that is in use."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas

from backend.errors import OutputInUse, TableExists
from backend.parcels.geopackage import free_name
from backend.protocol import Reporter
from backend.series.store import locked
from backend.workflows import classified_outputs
from backend.workflows.agreement import Agreement
from backend.workflows.classified_parcels import ClassifiedParcels

if TYPE_CHECKING:
    from backend.workflows.classify import ClassifySpec


def write(
    classified: ClassifiedParcels, predictions: pandas.DataFrame, agreement: Agreement | None, spec: ClassifySpec,
    provenance: dict[str, Any], reporter: Reporter,
) -> tuple[ClassifySpec, Path]:  # fmt: skip
    """As `classified_outputs.write`; returns the spec with the output that was written, and the report.

    Where the output is open in another program or was changed by it during the run, all is written under a free name
    beside it, with a warning: hours of work are not lost, and what is there stays.
    """
    try:
        return spec, classified_outputs.write(classified, predictions, agreement, spec, provenance, reporter)
    except (OutputInUse, TableExists) as error:
        reason = _reason(error)
    kept = replace(spec, output=free_name(spec.output))
    with locked(kept.output):
        page = classified_outputs.write(classified, predictions, agreement, kept, provenance, reporter)
    reporter.warning("output.kept_elsewhere", path=spec.output, kept=kept.output, reason=reason)
    return kept, page


def _reason(error: OutputInUse | TableExists) -> str:
    if isinstance(error, TableExists):  # it was not there when the run started
        return f"another program added a layer {error.fields['layer']!r} to it"
    return str(error.fields["reason"])

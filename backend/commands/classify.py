"""`classify`: each parcel's crop, as an attribute layer and a report."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from typing import Any

import click

from backend.commands import Outcome
from backend.commands.options import options_of
from backend.protocol import Reporter
from backend.reports.tables import as_text, seen_sentences
from backend.reports.transfer import transfer_sentences
from backend.workflows.classify import Classification, ClassifySpec, classify
from backend.workflows.documents import as_document


@click.command("classify")
@options_of("classify")
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
    seen = "".join(f"{sentence}\n" for sentence in seen_sentences(result.judged, result.not_judged))
    fits = "".join(f"{sentence}\n" for sentence in transfer_sentences(result.transfer))
    return (
        f"{table}\n{seen}{fits}{result.classified} of {result.parcels} parcels classified ({flags})"
        f" in {result.seconds} s\n"
        f"layer   {result.output}\nreport  {result.report}\nresults {result.results}"
    )

"""`export`: a classified layer in another format, reduced, or joined to the layer that it is about."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from typing import Any

import click

from backend.commands import Outcome
from backend.commands.options import options_of
from backend.protocol import Reporter
from backend.workflows.documents import as_document
from backend.workflows.export import Export, ExportSpec, export


@click.command("export")
@options_of("export")
@click.pass_obj
def command(reporter: Reporter, **options: Any) -> Outcome:
    """Write PREDICTIONS, a classified layer, in another format: all of it, some parcels or fields, in another
    coordinate system, into a GeoPackage of other layers, or as attributes of the layer that it is about.
    """
    result = export(ExportSpec.of(**options), reporter)
    return Outcome(as_document(result), _text(result))


def _text(result: Export) -> str:
    lines = [f"{result.output}: {result.parcels} parcels, {result.left_out} left out, {len(result.fields)} fields"]
    if result.joined:
        with_one, without = result.joined.with_prediction, result.joined.without_prediction
        lines.append(f"joined   {with_one} features with a prediction, {without} without")
    if result.class_table:
        lines.append(f"classes  {result.class_table}")
    if result.field_table:
        lines.append(f"fields   {result.field_table}")
    return "\n".join(lines)

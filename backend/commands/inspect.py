"""`inspect`: the contents of a folder, before a long run is started."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from backend.commands import Outcome
from backend.commands.options import options_of
from backend.protocol import Reporter
from backend.workflows.documents import as_document
from backend.workflows.inspect import Inspection, InspectSpec, inspect

_OF_ALL = "imagery.implausible_season"  # said once, below the table


@click.command("inspect")
@options_of("inspect")
@click.pass_obj
def command(reporter: Reporter, **options: Any) -> Outcome:
    """List the acquisitions of IMAGERY (a folder, a file, or stac:ADDRESS), and what was skipped and why."""
    found = inspect(InspectSpec.of(**options), reporter)
    return Outcome(as_document(found), _text(found))


def _text(found: Inspection) -> str:
    rows, grid = found.acquisitions, found.grid
    masks = max(4, *(len(row["mask"] or "-") for row in rows))
    tiles = max(6, *(len(row["tile"]) for row in rows)) + 1
    lines = [
        f"{'date':12}{'clear':>6}{'valid':>7}  {'bands':>5}{'scale':>8}{'offset':>8}  "
        f"{'tile':{tiles}}{'baseline':10}{'mask':{masks}}  {'extract':9} product"
    ]
    for row in rows:
        clear = "-" if row["clear_share"] is None else f"{row['clear_share']:.0%}"
        lines.append(
            f"{row['date']:12}{clear:>6}{row['valid_share']:>7.0%}  {len(row['bands']):>5}{row['scale']:>8.4g}"
            f"{row['offset']:>8.3g}  {row['tile'] or '-':{tiles}}{row['baseline'] or '-':10}"
            f"{row['mask'] or '-':{masks}}  {row['extract']:9} {row['product']}, {len(row['sources'])} file(s)"
        )
        if row["extract_reason"] and row["extract_code"] != _OF_ALL:
            lines.append(f"{'':12}{row['extract']} [{row['extract_code']}]: {row['extract_reason']}")
    lines.append("clear, valid: shares of the clearest image of the day; extract gives the shares of the parcels")
    lines.append(
        "extract: what it will do with the image, judged on a few windows of it; the rest is known when all is read"
    )
    lines.append(
        f"{len(rows)} acquisitions of season {found.season}; {grid['width']} x {grid['height']} pixels of "
        f"{grid['resolution_m']:g} m in {grid['crs'][:40]}; bands {' '.join(found.bands)}"
    )
    if found.extract_refuses:
        lines.append(f"extract refuses these images: {found.extract_refuses}")
    lines += map(_skipped, found.skipped)
    return "\n".join(lines)


def _skipped(entry: Mapping[str, str]) -> str:
    """A file that only is not used, or one for which `extract` stops."""
    word = "refused" if entry["extract"] == "refused" else "skipped"
    return f"{word} {Path(entry['path']).name} [{entry['code']}]: {entry['reason']}"

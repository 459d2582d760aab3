"""`inspect`: what a folder holds, before anything long is run."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from backend.commands import Outcome
from backend.commands.options import Imagery, imagery_options
from backend.imagery.acquisition import Acquisition, Catalogue, ImageryOptions
from backend.imagery.catalogue import find
from backend.imagery.shares import Shares, measure
from backend.protocol import Reporter


@click.command("inspect")
@click.argument("imagery", type=Imagery())
@imagery_options
@click.pass_obj
def command(reporter: Reporter, imagery: Path | str, options: ImageryOptions) -> Outcome:
    """Show the acquisitions of IMAGERY (a folder, a file, or stac:ADDRESS), and what was skipped and why."""
    catalogue = find(imagery, options, reporter)
    shares = measure(catalogue, reporter)
    rows = [_row(acquisition, share) for acquisition, share in zip(catalogue.acquisitions, shares)]
    skipped = [{"path": str(entry.path), "code": entry.code, "reason": entry.reason} for entry in catalogue.skipped]
    values = {"acquisitions": rows, "skipped": skipped, "grid": catalogue.grid.to_dict(), "season": catalogue.season}
    return Outcome(values, _text(catalogue, rows))


def _row(acquisition: Acquisition, share: Shares) -> dict[str, Any]:
    first = acquisition.scenes[0]
    layer = next(iter(first.layers.values()))
    return {
        "date": acquisition.day.isoformat(),
        "name": first.name,
        "product": first.product,
        "platform": first.platform,
        "tile": "+".join(dict.fromkeys(scene.tile for scene in acquisition.scenes if scene.tile)),
        "baseline": first.baseline,
        "bands": list(first.layers),
        "scale": layer.scale,
        "offset": layer.offset,
        "mask": "+".join(dict.fromkeys(mask.kind for mask in first.masks)) or None,
        "clear_share": share.clear,
        "valid_share": share.valid,
        "width": first.grid.width,
        "height": first.grid.height,
        "crs": first.grid.crs,
        "resolution_m": first.grid.resolution_m,
        "sources": [source for scene in acquisition.scenes for source in scene.images],
    }


def _text(catalogue: Catalogue, rows: list[dict[str, Any]]) -> str:
    masks = max(len(row["mask"] or "-") for row in rows)
    tiles = max(6, *(len(row["tile"]) for row in rows)) + 1
    lines = [
        f"{'date':12}{'clear':>6}{'valid':>7}  {'bands':>5}{'scale':>8}{'offset':>8}  "
        f"{'tile':{tiles}}{'baseline':10}{'mask':{max(masks, 4)}}  product"
    ]
    for row in rows:
        clear = "-" if row["clear_share"] is None else f"{row['clear_share']:.0%}"
        lines.append(
            f"{row['date']:12}{clear:>6}{row['valid_share']:>7.0%}  {len(row['bands']):>5}{row['scale']:>8.4g}"
            f"{row['offset']:>8.3g}  {row['tile'] or '-':{tiles}}{row['baseline'] or '-':10}"
            f"{row['mask'] or '-':{max(masks, 4)}}  {row['product']}, {len(row['sources'])} file(s)"
        )
    grid = catalogue.grid
    lines.append("clear, valid: shares of a day's clearest image, not of the parcels; extract tells theirs")
    lines.append(
        f"{len(rows)} acquisitions of season {catalogue.season}; {grid.width} x {grid.height} pixels of "
        f"{grid.resolution_m:g} m in {grid.crs[:40]}; bands {' '.join(catalogue.bands)}"
    )
    lines += [f"skipped {entry.path.name} [{entry.code}]: {entry.reason}" for entry in catalogue.skipped]
    return "\n".join(lines)

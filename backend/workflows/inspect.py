"""What a folder of images holds, before anything long is run."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from backend.errors import EngineError, NoAcquisitions
from backend.imagery.acquisition import Acquisition, Catalogue, ImageryOptions, Skipped
from backend.imagery.catalogue import find, is_damaged, require_readable
from backend.imagery.shares import Shares, measure
from backend.options import default
from backend.protocol import Reporter
from backend.series.acceptance import LEFT_OUT, REFUSED, Verdict, by_error, judge
from backend.vocabulary import BANDS
from backend.workflows.arguments import own_options, require_none, typed
from backend.workflows.extract import warn_of_image_ways


@dataclass(frozen=True)
class InspectSpec:
    """`imagery`: a folder, a file, or "stac:" and the address of a catalogue."""

    imagery: Path | str
    images: ImageryOptions = ImageryOptions()

    @classmethod
    def of(cls, **options: Any) -> InspectSpec:
        """From options by name, None where one is not given. Raises BadArgument, UnreadableDate."""
        given = typed(options, "inspect")
        images, own = own_options(ImageryOptions, given)
        imagery = own.pop("imagery")
        require_none(own)
        return cls(imagery, ImageryOptions(**images))


@dataclass(frozen=True)
class Inspection:
    """The acquisitions by date, the files that were skipped and why, the grid that all come on (docs/contracts.md)."""

    acquisitions: tuple[Mapping[str, Any], ...]
    skipped: tuple[Mapping[str, str], ...]
    grid: Mapping[str, Any]
    season: int
    bands: tuple[str, ...]  # that every acquisition has
    extract_refuses: str | None  # why `extract` with these options and its ten bands would; None where it would not


def inspect(spec: InspectSpec, reporter: Reporter) -> Inspection:
    """Finds the acquisitions, measures, coarsely, how clear they are, and judges some pixels of each as `extract` will.

    Raises NoAcquisitions, GridMismatch.
    """
    catalogue = find(spec.imagery, spec.images, reporter)
    warn_of_image_ways(catalogue, default("max_crs_error"), reporter)
    shares = measure(catalogue, reporter)
    verdicts = [
        by_error(share.damage, spec.images) if share.damage else verdict
        for share, verdict in zip(shares, judge(catalogue, spec.images, BANDS, reporter), strict=True)
    ]
    rows = zip(catalogue.acquisitions, shares, verdicts, strict=True)
    return Inspection(
        acquisitions=tuple(_facts(*row) for row in rows),
        skipped=tuple(_skipped(entry, spec.images) for entry in catalogue.skipped),
        grid=catalogue.grid.to_dict(),
        season=catalogue.season,
        bands=catalogue.bands,
        extract_refuses=_refusal(catalogue, verdicts, spec),
    )


def _refusal(catalogue: Catalogue, verdicts: Sequence[Verdict], spec: InspectSpec) -> str | None:
    try:
        require_readable(catalogue, spec.images.skip_unreadable)
        refused = next((verdict.error for verdict in verdicts if verdict.outcome == REFUSED), None)
        if refused:
            raise refused
        if all(verdict.outcome == LEFT_OUT for verdict in verdicts):
            raise NoAcquisitions(spec.imagery, len(verdicts), [f"{verdict.reason}" for verdict in verdicts])
    except EngineError as error:
        return f"{error.message} {error.advice}"
    return None


def _skipped(entry: Skipped, images: ImageryOptions) -> dict[str, str]:
    stops = is_damaged(entry) and not images.skip_unreadable
    extract = REFUSED if stops else LEFT_OUT
    return {"path": str(entry.path), "code": entry.code, "reason": entry.reason, "extract": extract}


def _facts(acquisition: Acquisition, share: Shares, verdict: Verdict) -> dict[str, Any]:
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
        "masked": acquisition.masked,
        "clear_share": share.clear,
        "valid_share": share.valid,
        "width": first.grid.width,
        "height": first.grid.height,
        "crs": first.grid.crs,
        "resolution_m": first.grid.resolution_m,
        "extract": verdict.outcome,
        "extract_code": verdict.code,
        "extract_reason": verdict.reason,
        "sources": [source for scene in acquisition.scenes for source in scene.images],
    }

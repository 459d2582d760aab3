"""How images and parcels become series: kept with a model, so that it is given series like those it was trained on."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from functools import cached_property
from typing import Any

from backend.imagery.acquisition import ImageryOptions
from backend.options import default, trained_options
from backend.protocol import Reporter
from backend.series.options import SeriesOptions
from backend.series.store import Store

from .arguments import require_none

_NO_LIMIT = 0  # of max_gap_days, as it is given
_MOST_WORKERS = 4


@dataclass(frozen=True)
class ParcelOptions:
    """How parcels are read, and which of their pixels count."""

    layer: str | None = None
    id_field: str | None = None
    encoding: str | None = None
    geometry: str | None = None
    parcels_crs: str | None = None
    max_crs_error: float = default("max_crs_error")
    inner_buffer_m: float = default("inner_buffer_m")
    few_pixels: int = default("few_pixels")
    workers: int = field(default_factory=lambda: min(os.cpu_count() or 1, _MOST_WORKERS))


_GROUPS = (ImageryOptions, SeriesOptions, ParcelOptions)
_NAMES = {option.name for group in _GROUPS for option in fields(group)}


@dataclass(frozen=True)
class Preparation:
    """`given` holds the options of images, series and parcels that were given, by name; the others have no entry."""

    given: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Raises BadArgument for a name that none of the groups has, and where the options do not go together."""
        require_none({name: value for name, value in self.given.items() if name not in _NAMES})
        _ = self.images, self.series, self.parcels

    @cached_property
    def images(self) -> ImageryOptions:
        return ImageryOptions(**self._of(ImageryOptions))

    @cached_property
    def series(self) -> SeriesOptions:
        options = self._of(SeriesOptions)
        if options.get("max_gap_days") == _NO_LIMIT:
            options["max_gap_days"] = None
        return SeriesOptions(**options)

    @cached_property
    def parcels(self) -> ParcelOptions:
        return ParcelOptions(**self._of(ParcelOptions))

    def as_trained(self, provenance: Mapping[str, Any], reporter: Reporter) -> Preparation:
        """What is given stays, "no limit" and "no outlier test" too; the rest is as in the model's training."""
        facts = provenance.get("preparation") or {}
        known = trained_options(facts)
        if "scl_classes" in known:
            known["scl_classes"] = tuple(known["scl_classes"])
        chosen = Preparation({**known, **self.given})
        if (chosen.images, chosen.series, chosen.parcels) != (self.images, self.series, self.parcels):
            reporter.log(f"As the model was trained: {describe(facts)}.")
        return chosen

    def _of(self, group: type) -> dict[str, Any]:
        return {option.name: self.given[option.name] for option in fields(group) if option.name in self.given}


def of_store(store: Store) -> dict[str, Any]:
    """`{series, masks, inner_buffer_m}` of a store; of imported series neither masks nor edges are known."""
    source = store.manifest.sentinel_2
    masks = source.masks.to_document() if source.masks else None
    return {"series": source.series.to_dict(), "masks": masks, "inner_buffer_m": store.manifest.inner_buffer_m}


def describe(facts: Mapping[str, Any]) -> str:
    """The same as text; "" for a model without them."""
    if not facts:
        return ""
    inner_buffer_m = facts.get("inner_buffer_m", default("inner_buffer_m"))
    edges = [f"pixels {inner_buffer_m:g} m inside the outlines"] if inner_buffer_m else []
    return ", ".join([str(SeriesOptions.of(facts)), *describe_masks(facts.get("masks")), *edges])


def describe_masks(masks: Mapping[str, Any] | None) -> list[str]:
    """How masks were read, in parts of a sentence; none for those of an imported set."""
    if not masks:
        return []
    parts = [f"SCL {','.join(map(str, masks['scl_classes']))}"]
    parts += [f"masks dilated by {masks['mask_dilation_m']:g} m"] if masks["mask_dilation_m"] else []
    parts += [f"cloud probability {masks['cloud_probability']:g} %"] if masks["cloud_probability"] is not None else []
    return parts

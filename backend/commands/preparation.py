"""How images became series: kept with a model, so that it is given series like those that it was trained on."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

import click
from click.core import ParameterSource

from backend.commands.options import ParcelOptions
from backend.imagery.acquisition import ImageryOptions
from backend.protocol import DEFAULTS, Reporter
from backend.series.options import SeriesOptions
from backend.series.store import Store

_EDGES = ("inner_buffer_m",)
_MASKS = ("scl_classes", "mask_dilation_m")  # the cloud probability is not every product's: it is compared alone


def of_store(store: Store) -> dict[str, Any]:
    """`{series, masks, inner_buffer_m}` of a store; of imported series neither masks nor edges are known."""
    inner_buffer_m = store.manifest["inputs"].get("inner_buffer_m", DEFAULTS.inner_buffer_m)
    series = SeriesOptions.of(store.manifest).to_dict()
    return {"series": series, "masks": store.manifest.get("masks"), "inner_buffer_m": inner_buffer_m}


def said(facts: Mapping[str, Any]) -> str:
    """The same in words; "" of a model that does not tell."""
    if not facts:
        return ""
    inner_buffer_m = facts.get("inner_buffer_m", DEFAULTS.inner_buffer_m)
    edges = [f"pixels {inner_buffer_m:g} m inside the outlines"] if inner_buffer_m else []
    return ", ".join([str(SeriesOptions.of(facts)), *_of_masks(facts.get("masks")), *edges])


def _of_masks(masks: Mapping[str, Any] | None) -> list[str]:
    if not masks:
        return []
    parts = [f"SCL {','.join(map(str, masks['scl_classes']))}"]
    parts += [f"masks grown by {masks['mask_dilation_m']:g} m"] if masks["mask_dilation_m"] else []
    parts += [f"cloud probability {masks['cloud_probability']:g} %"] if masks["cloud_probability"] is not None else []
    return parts


@dataclass(frozen=True)
class Preparation:
    """The options by which images and parcels become series."""

    images: ImageryOptions
    series: SeriesOptions
    parcels: ParcelOptions

    @staticmethod
    def given() -> list[str]:
        """The options among these that were given by name."""
        kinds = (ImageryOptions, SeriesOptions, ParcelOptions)
        return [option.name for kind in kinds for option in fields(kind) if _given(option.name)]

    def as_trained(self, provenance: Mapping[str, Any], reporter: Reporter) -> Preparation:
        """What is given, "no limit" and "no outlier test" too; what is not, as in the model's training."""
        facts = provenance.get("preparation") or {}
        trained = {**facts.get("series", {}), **{name: (facts.get("masks") or {}).get(name) for name in _MASKS}}
        trained["inner_buffer_m"] = facts.get("inner_buffer_m")
        trained = {name: value for name, value in trained.items() if value is not None and not _given(name)}
        masks = {name: trained.pop(name) for name in _MASKS if name in trained}
        if "scl_classes" in masks:
            masks["scl_classes"] = tuple(masks["scl_classes"])
        edges = {name: trained.pop(name) for name in _EDGES if name in trained}
        chosen = Preparation(
            replace(self.images, **masks), replace(self.series, **trained), replace(self.parcels, **edges)
        )
        if chosen != self:
            reporter.log(f"As the model was trained: {said(facts)}.")
        return chosen


def _given(option: str) -> bool:
    context = click.get_current_context(silent=True)
    return context is not None and context.get_parameter_source(option) is ParameterSource.COMMANDLINE

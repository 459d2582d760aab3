"""How images became series: kept with a model, so that it is given series like those that it was trained on."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import click
from click.core import ParameterSource

from backend.imagery.acquisition import ImageryOptions
from backend.protocol import Reporter
from backend.series.options import SeriesOptions
from backend.series.store import Store

_MASKS = ("scl_classes", "mask_dilation_m")  # the cloud probability is not every product's: it is compared alone


def of_store(store: Store) -> dict[str, Any]:
    """`{series, masks}` of a store; imported series have no masks that are known."""
    return {"series": SeriesOptions.of(store.manifest).to_dict(), "masks": store.manifest.get("masks")}


def said(facts: Mapping[str, Any]) -> str:
    """The same in words; "" of a model that does not tell."""
    if not facts:
        return ""
    masks = facts.get("masks")
    if not masks:
        return str(SeriesOptions.of(facts))
    parts = [str(SeriesOptions.of(facts)), f"SCL {','.join(map(str, masks['scl_classes']))}"]
    parts += [f"masks grown by {masks['mask_dilation_m']:g} m"] if masks["mask_dilation_m"] else []
    parts += [f"cloud probability {masks['cloud_probability']:g} %"] if masks["cloud_probability"] is not None else []
    return ", ".join(parts)


def as_trained(
    provenance: Mapping[str, Any], options: ImageryOptions, series: SeriesOptions, reporter: Reporter
) -> tuple[ImageryOptions, SeriesOptions]:
    """The options as given, "no limit" and "no outlier test" too; those that are not, as in the model's training."""
    facts = provenance.get("preparation") or {}
    trained = {**facts.get("series", {}), **{name: (facts.get("masks") or {}).get(name) for name in _MASKS}}
    trained = {name: value for name, value in trained.items() if value is not None and not _given(name)}
    masks = {name: trained.pop(name) for name in _MASKS if name in trained}
    if "scl_classes" in masks:
        masks["scl_classes"] = tuple(masks["scl_classes"])
    chosen = replace(options, **masks), replace(series, **trained)
    if chosen != (options, series):
        reporter.log(f"As the model was trained: {said(facts)}.")
    return chosen


def _given(option: str) -> bool:
    context = click.get_current_context(silent=True)
    return context is not None and context.get_parameter_source(option) is ParameterSource.COMMANDLINE

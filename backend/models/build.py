"""From an architecture's name to a network, and the facts about each that `models` prints."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib import import_module
from typing import Any

from torch import nn

from backend.errors import UnknownModel

from . import MODELS

# the paper's bands, classes and days of 2017 (sections 2 and 3.1): the numbers of table 1 are for these
PAPER_BANDS, PAPER_CLASSES = 10, 19
PAPER_DAYS = (
    *(2, 12, 42, 72, 92, 112, 132, 152, 162, 172, 182, 187),
    *(192, 197, 202, 217, 232, 237, 247, 252, 262, 277, 282, 287),
)


def build(
    name: str, bands: int, days: Sequence[int], classes: int, hyperparameters: Mapping[str, Any] | None = None
) -> nn.Module:
    """A network with fresh weights, drawn from torch's global generator; `hyperparameters` replaces those of the row.

    Takes samples of `MODELS[name].view` on `days` (since 1 January of the season) and gives logits `(N, classes)`.
    Raises UnknownModel.
    """
    if name not in MODELS:
        raise UnknownModel(name, MODELS)
    file, _, class_name = MODELS[name].location.partition(":")
    network = getattr(import_module(f".{file}", __package__), class_name)
    return network(
        bands, days, classes, **(MODELS[name].hyperparameters if hyperparameters is None else hyperparameters)
    )


def count(network: nn.Module, prefix: str = "") -> int:
    """Trainable parameters, of those whose name starts with `prefix`."""
    return sum(p.numel() for name, p in network.named_parameters() if name.startswith(prefix))


def temporal_ratio(network: nn.Module) -> float | None:
    """Share of the embedding's parameters that model time, as table 1 gives it (one decimal, classifier left out).

    None where the network has no separate part for space or time.
    """
    temporal, spatial = count(network, "temporal."), count(network, "spatial.")
    return round(temporal / (temporal + spatial), 1) if temporal + spatial else None


def describe() -> list[dict[str, Any]]:
    """What `models --json` prints: one row for each architecture, for the paper's bands, dates and classes."""
    rows = []
    for name, architecture in MODELS.items():
        network = build(name, PAPER_BANDS, PAPER_DAYS, PAPER_CLASSES)
        row = {"name": name, "title": architecture.title, "parameters": count(network) or None}
        rows.append({**row, "temporal_ratio": temporal_ratio(network), "view": architecture.view})
    return rows

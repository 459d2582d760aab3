"""The commands, one per file: each a short story that calls named steps. COMMANDS names them without loading them."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

COMMANDS = {
    "inspect": "Show the acquisitions found in a folder, and what was skipped and why.",
    "extract": "Build the parcel series store from images and parcels; goes on where it stopped.",
    "import": "Bring a published data set, or a table of series, into a parcel series store.",
    "train": "Train a model on a store's parcels with declared crops, and report.",
    "classify": "Predict each parcel's crop; write an attribute layer and a report.",
    "evaluate": "Report how well predictions agree with a field of declared crops.",
    "experiment": "Do a table of the paper: models by folds, kept, resumed, shared between processes.",
    "models": "List the architectures.",
    "simulate": "Make up a region with known crops: dated images, masks, a parcel layer.",
    "doctor": "Show what this environment has, and try each device.",
}
FILES = {"import": "import_series"}  # a word of the language cannot name a module


@dataclass(frozen=True)
class Outcome:
    """What a command gives back: `values` for programs (docs/contracts.md), `text` for people."""

    values: Mapping[str, Any] | Sequence[Any]
    text: str

"""The commands, one per file: each calls one workflow and prints its result. COMMANDS lists them without loading."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

COMMANDS = {
    "inspect": "List the acquisitions found in a folder, and what was skipped and why.",
    "extract": "Build the parcel series store from images and parcels; continues a stopped run.",
    "import": "Import a published data set, or a table of series, into a parcel series store.",
    "train": "Train a model on the declared crops of a store, and write a report.",
    "finetune": "Carry a trained model on with declared crops of another region or year.",
    "classify": "Predict each parcel's crop; write an attribute layer and a report.",
    "evaluate": "Report how well predictions agree with a field of declared crops.",
    "export": "Write a classified layer in another format, or add its attributes to the layer it is about.",
    "experiment": "Compute a table of the paper; runs are kept, resumed and shared between processes.",
    "models": "List the architectures.",
    "simulate": "Simulate a region with known crops: dated images, masks, a parcel layer.",
    "doctor": "Show the versions and devices of this environment, and test each device.",
}
FILES = {"import": "import_series"}  # a keyword of Python cannot be the name of a module


@dataclass(frozen=True)
class Outcome:
    """The result of a command: `values` for programs (docs/contracts.md), `text` for people."""

    values: Mapping[str, Any] | Sequence[Any]
    text: str

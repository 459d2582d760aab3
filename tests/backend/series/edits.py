"""Edits of a store's files, each with a name, and the rule that all of them must keep."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from backend.errors import EngineError
from backend.series.store import open_store
from backend.series.views import DATASETS, dataset_for

INVALID, NEWER = "store.invalid", "store.newer_schema"
CPU = torch.device("cpu")
ROWS = np.array([0, 1, 3])


@dataclass(frozen=True)
class Edit:
    """A named change of a store's folder; `refused`: by whatever error code, else it may also change nothing."""

    name: str
    apply: Callable[[Path], None]
    refused: str = ""

    def __str__(self) -> str:
        return self.name


def served(path: Path) -> dict[str, Any]:
    """All that a store serves: batches and moments of every view, the other source, the layer."""
    store, found = open_store(path), {}
    for view in DATASETS:
        dataset = dataset_for(view, store)
        batch = dataset.batch(ROWS, CPU)
        found[view] = [
            *(t.numpy() for t in batch.inputs()),
            *dataset.mean_std(ROWS),
            dataset.usable,
            np.array(dataset.days),
        ]
    radar = store.manifest.sources[1]
    found["radar"] = [np.asarray(store.values(radar)), np.asarray(store.array(radar.clear_array)), np.array(radar.days)]
    found["layer"] = [store.fields()["crop"].to_numpy(str)]
    return found


def hold(store: Path, edit: Edit, expected: dict[str, Any]) -> None:
    """Raises AssertionError unless the edit is refused by name or changes nothing."""
    edit.apply(store)
    try:
        found = served(store)
    except EngineError as error:
        assert error.code == (edit.refused or "store.invalid"), error.message
        return
    assert not edit.refused, f"{edit.name} was accepted"
    for part, arrays in expected.items():
        for ours, theirs in zip(found[part], arrays, strict=True):
            np.testing.assert_array_equal(ours, theirs, err_msg=part)

"""Where an interrupted training goes on: one safetensors file for each fold, written after each epoch."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor

from backend.errors import writing_to
from backend.protocol import Reporter

SUFFIX = ".safetensors"
GROUPS = ("weights", "adam", "best")


@dataclass(frozen=True)
class State:
    """A fold after `epoch` epochs. `curves` has one row for each; `best` are the weights of the best epoch so far."""

    weights: Mapping[str, Tensor]
    adam: Mapping[str, Tensor]
    best: Mapping[str, Tensor]
    curves: tuple[Mapping[str, Any], ...]
    best_epoch: int

    @property
    def epoch(self) -> int:
        return len(self.curves)


@dataclass(frozen=True)
class Checkpoint:
    """The file of one fold. `digest` names the run: settings, labels, series; a file of another run is not taken."""

    path: Path
    digest: str

    def write(self, state: State) -> None:
        """Writes beside and renames, so that a kill leaves the former epoch. Raises NotWritable, DiskFull."""
        tensors = {f"{group}/{name}": tensor for group in GROUPS for name, tensor in getattr(state, group).items()}
        own = {name: tensor.detach().cpu().clone() for name, tensor in tensors.items()}
        figures = {"curves": state.curves, "best_epoch": state.best_epoch}
        content = save(own, metadata={"digest": self.digest, "figures": json.dumps(figures)})
        beside = self.path.with_name(f"{self.path.name}.{os.getpid()}.part")
        with writing_to(self.path):
            self.path.parent.mkdir(parents=True, exist_ok=True)
            beside.write_bytes(content)
            beside.replace(self.path)

    def read(self, reporter: Reporter) -> State | None:
        """The state to go on from; None, said in the log, where there is none or it is another run's or damaged."""
        if not self.path.exists():
            return None
        try:
            with safe_open(self.path, "pt") as file:
                metadata = file.metadata() or {}
                tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 (it is no mapping)
            if metadata.get("digest") != self.digest:
                reporter.log(f"{self.path.name} is of other settings, labels or images: this fold starts anew.")
                return None
            return _state(tensors, json.loads(metadata["figures"]))
        except (SafetensorError, OSError, KeyError, ValueError) as error:
            reporter.log(f"{self.path.name} is damaged ({error}): this fold starts anew.")
            return None


def clear(folder: Path) -> None:
    """Removes the checkpoints of a finished run, and the folder if nothing else is in it."""
    if folder.is_dir():
        for path in (*folder.glob(f"fold-*{SUFFIX}"), *folder.glob(f"fold-*{SUFFIX}.*.part")):
            path.unlink()
        if not any(folder.iterdir()):
            folder.rmdir()


def digest(words: Mapping[str, Any], arrays: Iterable[np.ndarray]) -> str:
    """One name for a run: equal words and equal arrays, bit for bit, give the same."""
    whole = hashlib.sha256(json.dumps(words, sort_keys=True).encode())
    for array in arrays:
        whole.update(f"{array.dtype}{array.shape}".encode())
        whole.update(np.ascontiguousarray(array).tobytes())
    return whole.hexdigest()


def _state(tensors: Mapping[str, Tensor], figures: Mapping[str, Any]) -> State:
    groups: dict[str, dict[str, Tensor]] = {group: {} for group in GROUPS}
    for key, tensor in tensors.items():
        group, _, name = key.partition("/")
        groups[group][name] = tensor
    return State(**groups, curves=tuple(figures["curves"]), best_epoch=figures["best_epoch"])

"""Checkpoints to resume a training from: one safetensors file for each fold, written after each epoch."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor, nn

from backend.files import write_beside
from backend.json_document import expect, member_of, parse
from backend.protocol import Reporter

from .curves import RANKED, curves_of

Shape = tuple[int, ...]
SUFFIX = ".safetensors"
GROUPS = ("weights", "adam", "best")
MOMENTS = ("step", "exp_avg", "exp_avg_sq")  # the state of Adam for each parameter


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
    """The file of one fold. `digest` names the run: settings, labels, series; a file of another run is not used."""

    path: Path
    digest: str
    needed: tuple[str, ...] = RANKED  # numbers of each row of the curves

    def write(self, state: State) -> None:
        """Writes a new file and renames it, so that a kill leaves the previous epoch. Raises NotWritable, DiskFull."""
        tensors = {f"{group}/{name}": tensor for group in GROUPS for name, tensor in getattr(state, group).items()}
        own = {name: tensor.detach().cpu().clone() for name, tensor in tensors.items()}
        figures = {"curves": state.curves, "best_epoch": state.best_epoch}
        content = save(own, metadata={"digest": self.digest, "figures": json.dumps(figures)})
        write_beside(self.path, lambda beside: beside.write_bytes(content))

    def read(self, network: nn.Module, reporter: Reporter) -> State | None:
        """The state to continue from; None, with a line in the log, where it is missing, damaged or of another run.

        Shapes are compared with those of `network` before any tensor is read.
        """
        if not self.path.is_file():
            return None
        try:
            with safe_open(self.path, "pt") as file:
                metadata = file.metadata() or {}
                if metadata.get("digest") != self.digest:
                    reporter.log(f"{self.path.name} is of other settings, labels or images: this fold starts again.")
                    return None
                figures = parse(member_of(metadata, "figures", "it").encode(), "figures")
                curves, best = (member_of(figures, name, "figures") for name in ("curves", "best_epoch"))
                known = curves_of(curves, best, self.needed)
                names = list(file.keys())
                _check_shapes({name: tuple(file.get_slice(name).get_shape()) for name in names}, network)
                return _state({name: file.get_tensor(name) for name in names}, *known)
        except (SafetensorError, OSError, ValueError) as error:
            reporter.log(f"{self.path.name} is damaged ({error}): this fold starts again.")
            return None


def clear(folder: Path) -> None:
    """Removes the checkpoints of a finished run, and the folder if nothing else is in it."""
    if folder.is_dir():
        for path in (*folder.glob(f"fold-*{SUFFIX}"), *folder.glob(f"*fold-*{SUFFIX}.*.part")):
            path.unlink()
        if not any(folder.iterdir()):
            folder.rmdir()


def digest(settings: Mapping[str, Any], arrays: Iterable[np.ndarray]) -> str:
    """A digest of a run: the same for equal settings and equal arrays, bit for bit."""
    whole = hashlib.sha256(json.dumps(settings, sort_keys=True).encode())
    for array in arrays:
        whole.update(f"{array.dtype}{array.shape}".encode())
        whole.update(np.ascontiguousarray(array).tobytes())
    return whole.hexdigest()


def _check_shapes(found: Mapping[str, Shape], network: nn.Module) -> None:
    """Weights are the network's own, Adam's state that of its parameters. Raises Fault."""
    own = {name: tuple(tensor.shape) for name, tensor in network.state_dict().items()}
    parameters = [tuple(parameter.shape) for parameter in network.parameters()]
    wanted = {f"{group}/{name}": shape for group in ("weights", "best") for name, shape in own.items()}
    adam_state = {
        f"adam/{index}.{name}": () if name == "step" else shape
        for index, shape in enumerate(parameters)
        for name in MOMENTS
    }
    missing = {*wanted, *adam_state} - {*found}
    expect(not missing, "tensors", "those of the network", f"{len(missing)} missing")
    different = [name for name, shape in found.items() if {**wanted, **adam_state}.get(name) != shape]
    expect(not different, "tensors", "those of the network", different[:1])


def _state(tensors: Mapping[str, Tensor], curves: tuple[Mapping[str, Any], ...], best_epoch: int) -> State:
    groups: dict[str, dict[str, Tensor]] = {group: {} for group in GROUPS}
    for key, tensor in tensors.items():
        expect(bool(torch.isfinite(tensor).all()), key, "finite numbers", "others")
        group, _, name = key.partition("/")
        groups[group][name] = tensor
    return State(**groups, curves=curves, best_epoch=best_epoch)

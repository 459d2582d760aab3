"""A checkpoint comes back as it was; one that does not fit the network or does not add up starts the fold anew."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from safetensors.torch import load, save
from torch import nn

from backend.learning.checkpoint import Checkpoint, State
from tests.backend.models import hostile
from tests.backend.recorder import Recorder

ROW = {"epoch": 1, "train_loss": 0.5, "validation_loss": 0.4, "validation_oa": 0.9, "validation_mean_f": 0.8}
FIGURES = {"curves": [ROW, {**ROW, "epoch": 2}], "best_epoch": 1}


def network() -> nn.Module:
    return nn.Sequential(nn.Linear(3, 2), nn.BatchNorm1d(2))


@pytest.fixture
def written(tmp_path) -> Checkpoint:
    model = network()
    moments = {
        f"{index}.{name}": torch.tensor(2.0) if name == "step" else torch.ones_like(parameter)
        for index, parameter in enumerate(model.parameters())
        for name in ("step", "exp_avg", "exp_avg_sq")
    }
    state = State(model.state_dict(), moments, model.state_dict(), tuple(FIGURES["curves"]), 1)
    checkpoint = Checkpoint(tmp_path / "fold-1.safetensors", "abc")
    checkpoint.write(state)
    return checkpoint


def rewrite(path: Path, figures: bytes | None = None, **changes: torch.Tensor | None) -> None:
    tensors = {**load(path.read_bytes()), **{name.replace("__", "/"): tensor for name, tensor in changes.items()}}
    kept = {name: tensor for name, tensor in tensors.items() if tensor is not None}
    text = json.dumps(FIGURES) if figures is None else figures.decode()
    path.write_bytes(save(kept, {"digest": "abc", "figures": text}))


def test_it_comes_back_as_it_was(written):
    state = written.read(network(), Recorder())
    assert state is not None and (state.epoch, state.best_epoch) == (2, 1)
    assert list(state.curves) == FIGURES["curves"]
    assert state.adam["0.step"] == 2 and torch.equal(state.weights["1.running_var"], torch.ones(2))


def test_the_checkpoint_of_another_run_is_not_used(written):
    recorder = Recorder()
    assert Checkpoint(written.path, "other").read(network(), recorder) is None
    assert "other settings" in recorder.logs[0]


PATHS = [at for at in hostile.paths(FIGURES) if at not in (("curves", 0, "train_loss"), ("curves", 0, "validation_oa"))]
HARMLESS = {
    ("curves", 0, "validation_loss"): {"zero", "fraction", "huge"},
    ("curves", 0, "validation_mean_f"): {"zero", "fraction"},
}


@pytest.mark.parametrize("at", PATHS, ids=lambda at: ".".join(map(str, at)))
def test_each_hyperparameter_replaced(written, at):
    for name, value in hostile.REPLACED.items():
        if name in HARMLESS.get(at, ()):
            continue
        rewrite(written.path, hostile.as_json(hostile.replaced(FIGURES, at, value)))
        recorder = Recorder()
        assert written.read(network(), recorder) is None, name
        assert "is damaged" in recorder.logs[0]


@pytest.mark.parametrize(
    "changes",
    [
        {"weights__0.weight": None},
        {"weights__0.weight": torch.zeros(2, 4)},
        {"weights__0.weight": torch.full((2, 3), torch.nan)},
        {"best__1.running_mean": torch.zeros(1)},
        {"adam__0.exp_avg": torch.full((2, 3), torch.inf)},
        {"adam__1.step": None},
        {"adam__99.step": torch.tensor(1.0)},
        {"adam__x.step": torch.tensor(1.0)},
        {"other__0.weight": torch.zeros(2, 3)},
        {"weights": torch.zeros(2)},
    ],
    ids=str,
)
def test_tensors_that_do_not_fit_start_anew(written, changes):
    rewrite(written.path, **changes)
    recorder = Recorder()
    assert written.read(network(), recorder) is None
    assert "is damaged" in recorder.logs[0]


@pytest.mark.parametrize("content", [b"", b"\xff" * 50, b"\x08" + bytes(7) + b"{}      "])
def test_a_file_of_another_kind_starts_anew(written, content):
    written.path.write_bytes(content)
    assert written.read(network(), Recorder()) is None

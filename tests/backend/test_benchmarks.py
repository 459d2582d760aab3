"""The benchmarks keep up with the engine: what they make by hand is what it reads."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType, SimpleNamespace

import numpy as np
import pytest

from backend.models import MODELS
from backend.models.bundle import ModelBundle
from backend.vocabulary import BANDS

BENCHMARKS = Path(__file__).resolve().parents[2] / "benchmarks"


def _load(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"benchmark_{name}", BENCHMARKS / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


classification = _load("classification")


def test_every_network_can_be_measured():
    """A forest without training has no trees."""
    assert {*MODELS} - {*classification.NETWORKS} == {name for name, row in MODELS.items() if not row.in_epochs}


@pytest.mark.parametrize("name", classification.NETWORKS)
def test_a_model_of_random_weights_is_one_that_the_engine_reads(name, tmp_path):
    store = SimpleNamespace(bands=BANDS, days=(3, 70, 150), manifest=SimpleNamespace(season=2017))
    path = classification.random_model(name, store, tmp_path / "m.cropmodel")
    bundle = ModelBundle.load(path)
    (member,) = bundle.members
    assert (member.architecture, bundle.calendar, len(bundle.classes)) == (name, (3, 70, 150), 19)
    assert np.unique(member.mean).tolist() == [0.2]
    weights = bundle.network(member).state_dict()
    assert sum(tensor.numel() for tensor in weights.values()) > 10_000

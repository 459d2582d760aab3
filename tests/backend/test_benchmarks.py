"""The benchmarks keep up with the engine: what they make by hand is what it reads."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType, SimpleNamespace

import geopandas
import numpy as np
import pytest

from backend.models import MODELS
from backend.models.bundle import ModelBundle
from backend.results_folder import ResultsFolder
from backend.series.store import open_store
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


def test_what_the_inspector_is_measured_on_is_a_store_with_its_results(tmp_path):
    _load("inspector").make(tmp_path, 450, 9)
    store, folder = open_store(tmp_path / "crops.parcels"), ResultsFolder(tmp_path / "crops.results")
    places = [parcel.place for parcel in folder.parcels()]
    assert [place.first_pixel for place in places] == store.index["first_pixel"].tolist()
    assert [place.n_pixels for place in places] == store.index["n_pixels"].tolist()
    assert folder.description().parcels == 450 == len(geopandas.read_file(tmp_path / "crops.gpkg"))
    assert len(folder.courses(range(19))) == 38


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

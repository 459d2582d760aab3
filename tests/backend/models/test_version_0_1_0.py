"""Models written by version 0.1.0 still load and classify as they did then."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import torch

from backend.learning.prediction import predict
from backend.models import MODELS
from backend.models.bundle import ModelBundle
from backend.options import FILLINGS
from backend.parcels.predictions import tabulate
from backend.protocol import Silent
from backend.series.store import open_store
from backend.series.views import dataset_for
from tests.backend.models.by_path import plugin_reader
from tests.contract.files import ROOT

FILES = ROOT / "tests" / "fixtures" / "v0.1.0"
STORES = {
    "gru": "region",
    "dated-gru": "region",
    "pse-ltae-small": "region",
    "random-forest": "region",
    "rotation": "imported",
}


def previous(store, model) -> np.ndarray | None:
    """The field of last year's crop that the imported store has; its codes are those of the classes."""
    return store.fields()["last"].to_numpy(object) if model.rotation else None


def nobody(store) -> np.ndarray:
    """What those models know of their training parcels."""
    return np.full(len(store.index), None, dtype=object)


@pytest.mark.parametrize("name", STORES)
def test_the_predictions_are_those_of_then(name):
    model, store = ModelBundle.load(FILES / f"{name}.cropmodel"), open_store(FILES / f"{STORES[name]}.parcels")
    (member,) = model.members
    dataset = dataset_for(member.view, store, model.calendar, member.bands)
    rows = np.flatnonzero(dataset.usable)
    before = previous(store, model)
    last = None if before is None else before[rows]
    found = predict(model, [dataset], rows, torch.device("cpu"), Silent(), previous=last)
    table = tabulate(
        found, rows, model.classes, store.index, nobody(store), np.full(len(store.index), np.nan)
    ).reset_index(drop=True)
    kept = pd.read_csv(FILES / f"{name}.csv")
    assert len(table) == len(kept) > 40
    assert table["crop_code"].tolist() == kept["crop_code"].tolist()
    np.testing.assert_allclose(table["confidence"].astype(float), kept["confidence"], atol=1e-3)
    np.testing.assert_allclose(table["margin"].astype(float), kept["margin"], atol=1e-3)


@pytest.mark.parametrize("name", STORES)
def test_the_plugin_describes_them(name):
    found = plugin_reader().describe(FILES / f"{name}.cropmodel", MODELS, FILLINGS)
    model = ModelBundle.load(FILES / f"{name}.cropmodel")
    assert (found.bands, found.calendar) == (model.bands, model.calendar)
    assert [one.architecture for one in found.members] == [one.architecture for one in model.members]
    assert [crop["code"] for crop in found.classes] == [crop.code for crop in model.classes]

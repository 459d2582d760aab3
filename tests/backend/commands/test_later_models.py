"""Every model beyond the paper's is trained, saved and used by the commands, on the dates it meets."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import numpy as np
import pandas
import pytest
import torch

from backend.errors import Cancelled, ObservationsNotKept
from backend.learning.protocols import TrainingSpec, train
from backend.models import MODELS
from backend.models.bundle import ModelBundle
from backend.series.store import open_store
from backend.series.views import dataset_for
from backend.vocabulary import BANDS, CropClass
from tests.backend.commands.conftest import run
from tests.backend.recorder import Recorder

ONE_STEP = tuple(name for name, row in MODELS.items() if not row.in_epochs)
LATER = ("spectral-gru", "pse-ltae", "pse-ltae-small", "temp-cnn", "transformer", "dated-gru", "dated-ltae")


def trained(region, name, output, *more, epochs=2):
    arguments = ("--class-field", "CODE_CULTU", "--class-table", "paper", "--device", "cpu", "--min-samples", 5)
    return run("train", region.store, "-o", output, "--model", name, "--epochs", epochs, *arguments, *more)


@pytest.mark.parametrize("name", (*LATER, *ONE_STEP))
def test_trains_and_classifies(region, tmp_path, name):
    trained(region, name, tmp_path / "m.cropmodel")
    bundle = ModelBundle.load(tmp_path / "m.cropmodel")
    assert [(one.architecture, one.view) for one in bundle.members] == [(name, MODELS[name].view)]
    output = tmp_path / "crops.csv"
    outcome = run("classify", region.store, "--model", tmp_path / "m.cropmodel", "-o", output, "--device", "cpu")
    assert outcome.values["classified"] == 36
    assert (pandas.read_csv(output)["confidence"][:36] >= 0.5).all()  # of two classes


@pytest.mark.parametrize("name", ["dated-gru", "pse-ltae-small"])
def test_spectral_indices_are_computed_again_from_the_images(region, tmp_path, name):
    """Both ways give the same crops: from the store, and from images in the bands that the indices need."""
    model, tables = tmp_path / "m.cropmodel", (tmp_path / "store.csv", tmp_path / "images.csv")
    trained(region, name, model, "--indices", "all")
    bundle = ModelBundle.load(model)
    assert bundle.bands == (*BANDS, "NDVI", "NDMI", "NDRE", "EVI")
    assert bundle.provenance["indices"] == "all"
    run("classify", region.store, "--model", model, "-o", tables[0], "--device", "cpu")
    images = (region.images, region.parcels, "--masks", region.masks)
    run("classify", *images, "--model", model, "-o", tables[1], "--device", "cpu")
    assert pandas.read_csv(tables[0])["confidence"].equals(pandas.read_csv(tables[1])["confidence"])


@pytest.mark.parametrize("name", LATER)
def test_dropout_and_draws_follow_from_the_seed_also_when_resumed(region, tmp_path, name):
    store = open_store(region.store)
    dataset = dataset_for(MODELS[name].view, store)
    labels = 1 - (store.parcels()["CODE_CULTU"].fillna("") == "PPH").to_numpy(int)
    crops = (CropClass("0", "meadows", "#00aa00"), CropClass("1", "cereal", "#aaaa00"))
    spec = TrainingSpec(model=name, epochs=3, batch_size=9, device="cpu", min_samples=5)
    whole = train(spec, dataset, labels, crops, Recorder()).kept.network.state_dict()
    with pytest.raises(Cancelled):
        train(spec, dataset, labels, crops, Stopping(), tmp_path / "fold")
    resumed = train(spec, dataset, labels, crops, Recorder(), tmp_path / "fold").kept.network.state_dict()
    assert all(torch.equal(whole[key], resumed[key]) for key in whole)


class Stopping(Recorder):
    """Cancels while the second epoch is assessed."""

    def metric(self, name: str, **values: object) -> None:
        if values["epoch"] == 2:
            raise Cancelled


@pytest.fixture(scope="module")
def four_dates(region, tmp_path_factory):
    """The region without its third image."""
    store = tmp_path_factory.mktemp("four") / "four.parcels"
    images = ("--masks", region.masks, "--exclude", "20170310")
    outcome = run("extract", region.images, region.parcels, "-o", store, *images)
    assert len(outcome.values["dates"]) == 4
    return store


@pytest.mark.parametrize("name", ["dated-gru", "dated-ltae"])
def test_dated_models_take_any_dates(region, four_dates, tmp_path, name):
    """Trained on five dates they still tell the crops where there are four."""
    trained(region, name, tmp_path / "m.cropmodel", epochs=40)
    (member,) = ModelBundle.load(tmp_path / "m.cropmodel").members
    assert member.mean.shape == member.std.shape == (1, 20)
    run("classify", four_dates, "--model", tmp_path / "m.cropmodel", "-o", tmp_path / "c.csv", "--device", "cpu")
    table = pandas.read_csv(tmp_path / "c.csv")[:36]
    truth = np.where(table["CODE_CULTU"] == "PPH", "meadows", "cereal")
    assert np.mean(table["crop_code"] == truth) > 0.8


def test_a_model_of_observations_refuses_a_calendar(region, tmp_path):
    run("extract", region.images, region.parcels, "-o", tmp_path / "even.parcels", "--calendar", "every:30")
    with pytest.raises(ObservationsNotKept, match="every:30"):
        run(
            "train", tmp_path / "even.parcels", "-o", tmp_path / "m.cropmodel", "--model", "dated-gru",
            "--class-field", "CODE_CULTU",
        )  # fmt: skip

"""How series are filled, from the command line to the model that was trained on them."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import geopandas
import numpy as np
import pytest

from backend.__main__ import _as_arguments
from backend.errors import BadArgument
from backend.models.bundle import ModelBundle
from backend.protocol import Job
from backend.series.options import SeriesOptions
from backend.series.store import open_store
from backend.vocabulary import UNOBSERVED
from tests.backend.commands.conftest import run
from tests.backend.recorder import Recorder

MADE = ("--filling", "whittaker", "--max-gap-days", 50)


@pytest.fixture(scope="module")
def trained(region):
    """A store with smoothed series and unfilled gaps, and a model of it."""
    source = (region.images, region.parcels, "--masks", region.masks)
    run("extract", *source, "-o", region.folder / "smooth.parcels", *MADE)
    arguments = ("--model", "gru", "--class-field", "CODE_CULTU", "--class-table", "paper", "--epochs", 8)
    paper = ("--protocol", "paper", "--folds", 1)  # so that some parcels are not in the model
    output = region.folder / "smooth.cropmodel"
    run("train", region.folder / "smooth.parcels", "-o", output, "--device", "cpu", *arguments, *paper)
    return output


def test_a_model_of_smoothed_series_with_gaps(region, trained):
    store = open_store(region.folder / "smooth.parcels")
    assert 0.01 < (np.asarray(store.reflectance) == UNOBSERVED).mean() < 0.5
    made = ModelBundle.load(trained).provenance["filling"]
    assert made == "whittaker, gaps up to 50 days"
    output, recorder = region.folder / "smooth.gpkg", Recorder()
    source = (region.images, region.parcels, "--masks", region.masks)
    arguments = ("--model", trained, "-o", output, "--truth", "CODE_CULTU", "--device", "cpu")
    values = run("classify", *source, *arguments, *MADE, reporter=recorder).values
    assert "series.made_otherwise" not in dict(recorder.warnings)
    assert values["scores"]["oa"] > 0.9
    layer = geopandas.read_file(output)
    assert layer["crop_code"][:36].notna().all() and layer["crop_code"][36:].isna().all()


def test_series_made_otherwise_than_the_training_s_are_reported(region, trained):
    recorder = Recorder()
    run(
        "classify",
        region.store,
        "--model",
        trained,
        "-o",
        region.folder / "o.gpkg",
        "--device",
        "cpu",
        reporter=recorder,
    )
    assert "made with linear" in dict(recorder.warnings)["series.made_otherwise"]


@pytest.mark.parametrize(
    "option",
    [("--filling", "linear"), ("--max-gap-days", 0), ("--no-remove-outliers",), ("--few-pixels", 4), ("--scale", 1)],
)
def test_a_store_is_made_already(region, trained, option):
    """Options that would do nothing are refused, those that ask for the default, too."""
    name = option[0].removeprefix("--no-").removeprefix("--").replace("-", "_")
    with pytest.raises(BadArgument, match=f"where {name} is given"):
        run("classify", region.store, "--model", trained, "-o", region.folder / "o.gpkg", *option)


def test_another_filling_is_another_store(region):
    source = (region.images, region.parcels, "--masks", region.masks, "-o", region.folder / "near.parcels")
    run("extract", *source, "--filling", "nearest")
    recorder = Recorder()
    run("extract", *source, "--filling", "nearest", "--overwrite", reporter=recorder)
    assert "is used again" in recorder.logs[0]
    store, clear = open_store(region.folder / "near.parcels"), open_store(region.store).clear
    seen = np.flatnonzero(clear.all(axis=1))
    np.testing.assert_array_equal(store.reflectance[seen], open_store(region.store).reflectance[seen])
    run("extract", *source, "--overwrite")
    assert open_store(region.folder / "near.parcels").manifest.sentinel_2.series.filling == "linear"


def test_what_is_not_given_is_as_in_the_training(region, tmp_path):
    """Filling, outliers and margins are the model's; what is given is the user's, and said where it differs."""
    source = (region.images, region.parcels, "--masks", region.masks)
    made = (*MADE, "--remove-outliers", "--mask-dilation-m", 10, "--inner-buffer-m", 5)
    run("extract", *source, "-o", tmp_path / "s.parcels", *made)
    training = ("--model", "random-forest", "--class-field", "CODE_CULTU", "--class-table", "paper")
    run("train", tmp_path / "s.parcels", "-o", tmp_path / "m.cropmodel", *training)
    arguments = ("--model", tmp_path / "m.cropmodel", "--device", "cpu")
    recorder = Recorder()
    run(
        "classify", *source, *arguments, "-o", tmp_path / "a.gpkg", "--store", tmp_path / "a.parcels", reporter=recorder
    )
    store = open_store(tmp_path / "a.parcels")
    assert store.manifest.sentinel_2.series == SeriesOptions("whittaker", max_gap_days=50, remove_outliers=True)
    assert store.manifest.sentinel_2.masks.mask_dilation_m == 10
    assert store.manifest.inputs["inner_buffer_m"] == 5
    assert "series.made_otherwise" not in dict(recorder.warnings)
    assert any("As the model was trained: whittaker" in line for line in recorder.logs)
    np.testing.assert_array_equal(store.reflectance, open_store(tmp_path / "s.parcels").reflectance)
    recorder, given = Recorder(), ("--filling", "linear", "--inner-buffer-m", 0)
    store = ("--store", tmp_path / "b.parcels")
    run("classify", *source, *arguments, "-o", tmp_path / "b.gpkg", *store, *given, reporter=recorder)
    assert open_store(tmp_path / "b.parcels").manifest.sentinel_2.series.filling == "linear"
    assert open_store(tmp_path / "b.parcels").manifest.inputs["inner_buffer_m"] == 0
    reported = dict(recorder.warnings)["series.made_otherwise"]
    assert "pixels 5 m inside the outlines; these are made with linear" in reported


def test_the_model_s_gap_limit_and_outlier_test_can_be_refused(region, tmp_path):
    """From the command line and from a job; what is refused is said, the filling stays the model's."""
    source = (region.images, region.parcels, "--masks", region.masks)
    run("extract", *source, "-o", tmp_path / "s.parcels", *MADE, "--remove-outliers")
    training = ("--model", "random-forest", "--class-field", "CODE_CULTU", "--class-table", "paper")
    run("train", tmp_path / "s.parcels", "-o", tmp_path / "m.cropmodel", *training)
    arguments = {"model": str(tmp_path / "m.cropmodel"), "device": "cpu", "max_gap_days": 0, "remove_outliers": False}
    inputs = {"source": str(region.images), "parcels": str(region.parcels), "masks": str(region.masks)}
    for name in ("line", "job"):
        outputs = {"output": str(tmp_path / f"{name}.gpkg"), "store": str(tmp_path / f"{name}.parcels")}
        job, recorder = Job("classify", {**inputs, **arguments, **outputs}), Recorder()
        given = ("--model", arguments["model"], "--device", "cpu", "-o", outputs["output"], "--store", outputs["store"])
        refused = ("--max-gap-days", 0, "--no-remove-outliers")
        line = ("classify", *source, *given, *refused) if name == "line" else ("classify", *_as_arguments(job))
        run(*line, reporter=recorder)
        store = open_store(tmp_path / f"{name}.parcels")
        assert store.manifest.sentinel_2.series == SeriesOptions("whittaker", None, False)
        assert (np.asarray(store.reflectance) != UNOBSERVED).all() and len(store.reflectance)
        assert "made with whittaker, SCL" in dict(recorder.warnings)["series.made_otherwise"]

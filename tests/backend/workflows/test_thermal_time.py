"""A model by thermal time: the same in a later season, saved with its axis, and refused without temperatures."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import json
from datetime import date, datetime, timedelta

import geopandas
import numpy as np
import pytest

from backend.errors import BadArgument, BadTemperatures, ModelTooNew, NeedsTemperatures, NotAModel, NoThermalTime
from backend.learning.candidates import SearchSpec
from backend.models import MODELS, bundle
from backend.models.bundle import ModelBundle
from backend.series.store import open_store
from backend.workflows.train import TrainSpec
from tests.backend.commands.conftest import make_fields, run
from tests.backend.ground import DATES
from tests.backend.models.by_path import plugin_reader
from tests.backend.models.hostile import zipped
from tests.backend.models.test_bundle import members

LATER = 20  # days
FIELD = ("--class-field", "CODE_CULTU", "--device", "cpu")
SHORT = ("--model", "dated-gru", "--epochs", 3, "--folds", 1, "--min-samples", 2)


def mean(day: int) -> float:
    """Of a day of the year: 1 degree until day 20, then warmer every day."""
    return 1.0 if day < LATER else 1 + (day - LATER) / 10


def temperatures(path, year: int, later: int = 0):
    lines = [f"{date(year, 1, 1) + timedelta(days=day)},{mean(day - later)}" for day in range(365)]
    path.write_text("\n".join(["date,mean_temperature", *lines]), "utf-8")
    return path


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("thermal")


@pytest.fixture(scope="module")
def warm(folder):
    return temperatures(folder / "warm.csv", 2017)


@pytest.fixture(scope="module")
def model(region, folder, warm):
    path = folder / "thermal.cropmodel"
    run("train", region.store, "-o", path, *FIELD, *SHORT, "--temperatures", warm, "--base-temperature", 2)
    return path


@pytest.fixture(scope="module")
def later(folder):
    """The same images, each 20 days later."""
    dates = [(datetime.strptime(day, "%Y%m%d") + timedelta(days=LATER)).strftime("%Y%m%d") for day in DATES]
    return make_fields(folder / "later", dates)


def confidences(output) -> np.ndarray:
    return geopandas.read_file(output)["confidence"].to_numpy()


def test_the_model_knows_its_axis(region, model):
    """Stretched so that the season is as long as it was."""
    found = ModelBundle.load(model)
    days = open_store(region.store).days
    sums = [sum(max(mean(day) - 2, 0) for day in range(end)) for end in days]
    assert found.thermal_time.base_temperature == 2
    assert found.thermal_time.days_per_degree_day == pytest.approx((days[-1] - days[0]) / (sums[-1] - sums[0]))
    assert found.provenance["base temperature"] == "2 °C" and found.provenance["temperatures"].endswith("warm.csv")
    assert json.loads(members(model)["model.json"])["schema"] == 3
    assert plugin_reader().describe(model, MODELS, ("linear",)).thermal_time.base_temperature == 2


def test_a_later_season_is_the_same_by_its_temperatures(region, model, later, folder, warm):
    cold = temperatures(folder / "cold.csv", 2017, LATER)
    outputs = {}
    for name, store, table in (("home", region.store, warm), ("later", later, cold), ("wrong", later, warm)):
        outputs[name] = folder / f"{name}.gpkg"
        run("classify", store, "--model", model, "--temperatures", table, "-o", outputs[name], "--device", "cpu")
    home = confidences(outputs["home"])
    assert np.isfinite(home[:36]).all()
    assert confidences(outputs["later"]) == pytest.approx(home, abs=1e-4, nan_ok=True)
    assert np.nanmax(np.abs(confidences(outputs["wrong"]) - home)) > 1e-3


def test_fine_tuning_keeps_the_axis(model, folder):
    after = make_fields(folder / "after", [day.replace("2017", "2018") for day in DATES])
    table, output = temperatures(folder / "2018.csv", 2018), folder / "tuned.cropmodel"
    short = ("--epochs", 1, "--folds", 1, "--min-samples", 2)
    run("finetune", model, after, "-o", output, *FIELD, *short, "--temperatures", table)
    assert ModelBundle.load(output).thermal_time == ModelBundle.load(model).thermal_time
    with pytest.raises(NeedsTemperatures, match="thermal.cropmodel"):
        run("finetune", model, after, "-o", output, *FIELD)


def test_temperatures_go_with_a_model_of_thermal_time_only(region, model, warm, folder):
    output = folder / "p.gpkg"
    with pytest.raises(NeedsTemperatures) as error:
        run("classify", region.store, "--model", model, "-o", output)
    assert "--temperatures" in error.value.advice and "2 degrees" in error.value.advice
    with pytest.raises(NoThermalTime, match="by day of year"):
        run("classify", region.store, "--model", region.model, "-o", output, "--temperatures", warm)
    short = folder / "short.csv"
    short.write_text("\n".join(warm.read_text().splitlines()[:60]))
    with pytest.raises(BadTemperatures, match="2017-03-01 is missing"):
        run("classify", region.store, "--model", model, "-o", output, "--temperatures", short)
    assert not output.exists()


def test_what_cannot_be_trained_by_thermal_time(region, warm, folder):
    output = folder / "no.cropmodel"
    with pytest.raises(BadArgument, match="dated-gru or dated-ltae"):
        run("train", region.store, "-o", output, *FIELD, "--model", "gru", "--temperatures", warm)
    with pytest.raises(BadArgument, match="none without temperatures"):
        run("train", region.store, "-o", output, *FIELD, *SHORT, "--base-temperature", 2)
    with pytest.raises(BadArgument, match="temperatures of the season exceed"):
        run("train", region.store, "-o", output, *FIELD, *SHORT, "--temperatures", warm, "--base-temperature", 30)
    assert not output.exists()


def test_a_search_tries_what_reads_each_image_at_its_own_day(warm, region):
    options = {"stores": region.store, "class_field": "CODE_CULTU", "output": "m.cropmodel"}
    spec = TrainSpec.of(**options, temperatures=str(warm))
    assert [one.model for one in spec.learning.candidates] == ["dated-ltae"] * 3
    assert TrainSpec.of(**options).learning == SearchSpec()


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"base_temperature": 31}, "thermal_time base_temperature"),
        ({"days_per_degree_day": 0}, "thermal_time days_per_degree_day"),
        (None, "thermal_time"),
    ],
)
def test_a_damaged_axis_is_refused(region, model, tmp_path, values, words):
    """The last one is an axis in a model on a calendar."""
    own = members(model if values else region.model)
    document = json.loads(own["model.json"])
    document["thermal_time"] = {"base_temperature": 2, "days_per_degree_day": 0.1, **(values or {})}
    path = tmp_path / "m.cropmodel"
    path.write_bytes(zipped({**own, "model.json": json.dumps(document).encode()}))
    with pytest.raises(NotAModel, match=words):
        ModelBundle.load(path)


def test_an_older_version_refuses_it_as_newer(model, monkeypatch):
    monkeypatch.setattr("backend.model_file.SCHEMA", 2)
    monkeypatch.setattr(bundle, "SCHEMA", 2)
    with pytest.raises(ModelTooNew, match="schema 3"):
        ModelBundle.load(model)

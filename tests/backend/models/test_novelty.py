"""The region and the novelty score in a model file: a round trip, and what is refused."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from backend.errors import NotAModel
from backend.learning.novelty import estimate
from backend.model_region import Region
from backend.models import MODELS
from backend.models.bundle import ModelBundle
from tests.backend.models.by_path import plugin_reader
from tests.backend.models.hostile import zipped
from tests.backend.models.test_bundle import BANDS, CALENDAR, bundle, members

REGION = Region((-1.5, 43.25, 2.0, 44.0), (2018, 2019), (0.1, 0.2, 0.7, 0.3))
SERIES = np.random.default_rng(0).uniform(0, 0.5, (60, len(CALENDAR), len(BANDS)))


def saved(path):
    probabilities = np.random.default_rng(1).dirichlet((1, 1, 1), 60)
    novelty = estimate(SERIES, np.arange(60) % 3, BANDS, probabilities)
    replace(bundle(), region=REGION, novelty=novelty).save(path)
    return novelty


def changed(content: dict[str, bytes], part: str, **values) -> dict[str, bytes]:
    document = json.loads(content["model.json"])
    document[part].update(values)
    return {**content, "model.json": json.dumps(document).encode()}


def test_a_round_trip(tmp_path):
    before, path = saved(tmp_path / "a.cropmodel"), tmp_path / "a.cropmodel"
    found = ModelBundle.load(path)
    assert found.region == REGION
    assert np.array_equal(found.novelty.scores(SERIES), before.scores(SERIES))
    assert found.novelty.threshold == before.threshold and found.novelty.bands == BANDS
    assert found.novelty.doubt == before.doubt > 0
    seen = plugin_reader().describe(path, MODELS, ("linear",))
    assert seen.region.box == REGION.box and seen.novelty.classes == 3


@pytest.mark.parametrize(
    ("part", "values", "word"),
    [
        ("region", {"box": [2.0, 43.0, 1.0, 44.0]}, "region box"),
        ("region", {"box": [2.0, 43.0, 181.0, 44.0]}, "region box"),
        ("region", {"seasons": []}, "region seasons"),
        ("region", {"ndvi": [0.1]}, "region ndvi"),
        ("region", {"ndvi": [0.1, 0.2, 1.5, 0.3]}, "region ndvi"),
        ("novelty", {"threshold": 0}, "novelty threshold"),
        ("novelty", {"doubt": -1}, "novelty doubt"),
        ("novelty", {"components": 129}, "novelty components"),
        ("novelty", {"components": 3}, "novelty.bin"),
        ("novelty", {"bands": ["B02", "B02", "B08"]}, "each name once"),
    ],
)
def test_a_description_that_is_not_the_contracts_is_refused(tmp_path, part, values, word):
    saved(tmp_path / "a.cropmodel")
    broken = tmp_path / "b.cropmodel"
    broken.write_bytes(zipped(changed(members(tmp_path / "a.cropmodel"), part, **values)))
    with pytest.raises(NotAModel, match=word):
        ModelBundle.load(broken)


def test_models_of_the_first_version_have_a_score_of_densities_only(tmp_path):
    before, path = saved(tmp_path / "a.cropmodel"), tmp_path / "a.cropmodel"
    content = members(path)
    document = json.loads(content["model.json"])
    del document["novelty"]["doubt"]
    path.write_bytes(zipped({**content, "model.json": json.dumps(document).encode()}))
    unsure = np.full((60, 3), 1 / 3)
    found = ModelBundle.load(path).novelty.ratios(SERIES, unsure)
    assert found == pytest.approx(before.scores(SERIES) / before.threshold)


@pytest.mark.parametrize("damage", ["missing", "short", "nan"])
def test_numbers_that_are_not_those_described_are_refused(tmp_path, damage):
    saved(tmp_path / "a.cropmodel")
    content = members(tmp_path / "a.cropmodel")
    numbers = content.pop("novelty.bin")
    if damage != "missing":
        content["novelty.bin"] = numbers[:-4] if damage == "short" else np.float32(np.nan).tobytes() + numbers[4:]
    broken = tmp_path / "b.cropmodel"
    broken.write_bytes(zipped(content))
    with pytest.raises(NotAModel, match="novelty.bin"):
        ModelBundle.load(broken)

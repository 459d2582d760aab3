"""No file that someone may hand over ends in anything but "not a model", in the engine and in the plugin alike."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import copy
import json
import os
import subprocess
import sys
import time
import tracemalloc
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load, save

from backend.errors import ModelTooNew, NotAModel
from backend.models import MODELS
from backend.models.build import build
from backend.models.bundle import ModelBundle
from backend.models.training_parcels import TrainingParcels
from backend.options import FILLINGS
from tests.backend.models import hostile
from tests.backend.models.by_path import BY_PATH, plugin_reader
from tests.backend.models.test_bundle import bundle, logits, members, several
from tests.contract.files import ROOT

PREPARATION = {
    "series": {"filling": "linear", "max_gap_days": 30, "remove_outliers": True},
    "masks": {"scl_classes": [4, 5], "mask_dilation_m": 20.0, "cloud_probability": 40.0},
    "inner_buffer_m": 5.0,
}
READER = plugin_reader()


def small(name: str = "gru") -> ModelBundle:
    model = bundle(name)
    table = ({"code": "MIS", "name": "Maïs", "class": "Maize", "colour": "#aabb00", "class_code": "maize"},)
    provenance = {"seed": 0, "made": "2026-01-01", "preparation": PREPARATION}
    parcels = TrainingParcels.of(np.array([3, 5, 9], np.uint32), np.array([2018, 2018, 2019]))
    return replace(model, class_table=table, provenance=provenance, training_parcels=parcels)


@pytest.fixture(scope="module")
def contents(tmp_path_factory) -> dict[str, bytes]:
    path = tmp_path_factory.mktemp("model") / "a.cropmodel"
    small().save(path)
    found = members(path)
    document = json.loads(found["model.json"])
    document["rotation"] = {"previous": ["0", "1"], "lift": [[1.5, 0.5], [0.5, 1.5]]}
    return {**found, "model.json": json.dumps(document).encode()}


def _document() -> dict:
    """As `contents` has it, at collection: the cases are made from its keys."""
    model = small()
    return {**model._document(), "rotation": {"previous": ["0", "1"], "lift": [[1.5, 0.5], [0.5, 1.5]]}}


DOCUMENT = json.loads(json.dumps(_document()))
BAD_LITERALS = {*hostile.LITERALS, "nested", "no text", "long text"}  # no part of a document may hold these
# what may stand at a place besides the model's own value; everything else is to be refused
FREE = {*hostile.REPLACED} - BAD_LITERALS
ALLOWED = {
    ("season",): {"null"},
    ("rotation",): {"null", "missing"},
    ("rotation", "previous", 0): {"text"},
    ("rotation", "lift", 0, 0): {"fraction"},
    ("bands", 0): {"text"},
    ("calendar", 0): {"negative", "zero"},
    ("normalisation", "mean", 0, 0): {"negative", "zero", "fraction"},
    ("normalisation", "std", 0, 0): {"fraction"},
    ("classes", 0, "code"): {"text"},
    ("classes", 0, "name"): {"text"},
    ("class_table", 0, "code"): {"text"},
    ("class_table", 0, "name"): {"text", "empty text"},
    ("class_table", 0, "class"): {"text"},
    ("class_table", 0, "colour"): {"empty text"},
    ("class_table", 0, "class_code"): {"text", "missing"},
    ("calibration", "temperature"): {"fraction"},
    ("scores",): {"null", "object"},
    ("scores", "parcels"): {"missing", "null", "zero"},
    ("scores", "oa"): {"missing", "null", "zero", "fraction"},
    ("training_parcels",): {"null", "missing"},
    ("training_parcels", "complete"): {"true"},
    ("provenance",): {"object"},
    ("provenance", "seed"): FREE,
    ("provenance", "made"): {"missing", "text", "empty text"},
    ("provenance", "preparation"): {"missing", "null", "object"},
    ("provenance", "preparation", "series"): {"missing", "object"},
    ("provenance", "preparation", "series", "filling"): {"missing"},
    ("provenance", "preparation", "series", "max_gap_days"): {"missing", "null"},
    ("provenance", "preparation", "series", "remove_outliers"): {"missing", "true"},
    ("provenance", "preparation", "masks"): {"missing", "null"},
    ("provenance", "preparation", "masks", "scl_classes", 0): {"missing"},
    ("provenance", "preparation", "masks", "mask_dilation_m"): {"zero"},
    ("provenance", "preparation", "masks", "cloud_probability"): {"null", "fraction"},
    ("provenance", "preparation", "inner_buffer_m"): {"missing", "zero", "fraction"},
}
CASES = [(at, name) for at in hostile.paths(DOCUMENT) for name in hostile.REPLACED]


def engine_says(path: Path) -> str:
    try:
        ModelBundle.load(path)
    except NotAModel as error:
        assert str(path) in error.message
        return "refused"
    except ModelTooNew:
        return "newer"
    return "accepted"


def plugin_says(path: Path) -> str:
    try:
        READER.describe(path, MODELS, FILLINGS)
    except READER.NewerSchema:
        return "newer"
    except READER.Fault as error:
        assert 3 < len(str(error)) < 700
        return "refused"
    return "accepted"


def test_the_unchanged_model_is_accepted(tmp_path, contents):
    path = tmp_path / "a.cropmodel"
    path.write_bytes(hostile.zipped(contents))
    assert (engine_says(path), plugin_says(path)) == ("accepted", "accepted")
    found = ModelBundle.load(path)
    assert torch.equal(logits(found), logits(small()))
    assert found.provenance["preparation"] == PREPARATION


@pytest.mark.parametrize(("at", "name"), CASES, ids=[f"{'.'.join(map(str, at))} {name}" for at, name in CASES])
def test_each_value_replaced(tmp_path, contents, at, name):
    document = hostile.replaced(json.loads(contents["model.json"]), at, hostile.REPLACED[name])
    path = tmp_path / "a.cropmodel"
    path.write_bytes(hostile.zipped({**contents, "model.json": hostile.as_json(document)}))
    expected = "accepted" if name in ALLOWED.get(at, ()) else "refused"
    if (at, name) == (("schema",), "huge"):
        expected = "newer"
    assert (engine_says(path), plugin_says(path)) == (expected, expected)


PARCELS_2018 = {"season": 2018, "digests": 2}
RELATIONS = {
    "calendar descending": {"calendar": [240, 117, 5, -30]},
    "calendar with a day twice": {"calendar": [-30, 5, 5, 240]},
    "calendar of another century": {"calendar": [-30, 5, 117, 40_000]},
    "bands twice": {"bands": ["B02", "B02", "B08"]},
    "too many bands": {"bands": [f"B{number}" for number in range(1000)]},
    "one class": {"classes": DOCUMENT["classes"][:1]},
    "classes with one code": {"classes": [{"code": "1", "name": "Maize", "colour": "#000000"}] * 2},
    "too many classes": {"classes": [{"code": str(n), "name": "x", "colour": "#000000"} for n in range(1000)]},
    "class colour in words": {"classes": [{**crop, "colour": "red"} for crop in DOCUMENT["classes"]]},
    "a code in two classes": {"class_table": [*DOCUMENT["class_table"], {**DOCUMENT["class_table"][0], "class": "B"}]},
    "no class table": {"class_table": []},
    "too long a class table": {"class_table": DOCUMENT["class_table"] * 60_000},
    "rotation one row short": {"rotation": {"previous": ["0", "1"], "lift": [[1.0, 1.0]]}},
    "rotation one column short": {"rotation": {"previous": ["0", "1"], "lift": [[1.0], [1.0]]}},
    "rotation with a crop twice": {"rotation": {"previous": ["0", "0"], "lift": [[1.0, 1.0]] * 2}},
    "rotation that excludes": {"rotation": {"previous": ["0"], "lift": [[0.0, 1.0]]}},
    "figures of another architecture": {"figures": {"hidden": 156, "kernels": [1, 2, 3]}},
    "hidden of a billion": {"figures": {"hidden": 10**9}},
    "hidden that fits no weight": {"figures": {"hidden": 4000}},
    "view of another architecture": {"view": "patch"},
    "mean of one date": {"normalisation": {**DOCUMENT["normalisation"], "mean": DOCUMENT["normalisation"]["mean"][:1]}},
    "negative deviation": {"normalisation": {**DOCUMENT["normalisation"], "std": [[-0.1] * 6] * 4}},
    "digests of a season twice": {"training_parcels": {"seasons": [PARCELS_2018, PARCELS_2018], "complete": True}},
    "digests without end": {"training_parcels": {"seasons": [{**PARCELS_2018, "digests": 10**9}], "complete": True}},
    "digests of too many seasons": {
        "training_parcels": {"seasons": [{"season": y, "digests": 0} for y in range(1, 200)], "complete": True},
    },
    "digests that are not there": {
        "training_parcels": {"seasons": [{**PARCELS_2018, "digests": 40}], "complete": True},
    },
    "infinite temperature": {"calibration": {"temperature": "@infinite@"}},
    "unknown filling": {"provenance": {"preparation": {"series": {"filling": "cubic"}}}},
    "buffer of 1e300 m": {"provenance": {"preparation": {**PREPARATION, "inner_buffer_m": 1e300}}},
    "SCL classes in words": {
        "provenance": {"preparation": {"masks": {**PREPARATION["masks"], "scl_classes": "x"}}},
    },
}
FITS_ELSEWHERE = {"hidden that fits no weight"}  # the plugin does not read the weights


@pytest.mark.parametrize("name", RELATIONS)
def test_parts_that_contradict_each_other(tmp_path, contents, name):
    document = {**json.loads(contents["model.json"]), **copy.deepcopy(RELATIONS[name])}
    path = tmp_path / "a.cropmodel"
    path.write_bytes(hostile.zipped({**contents, "model.json": hostile.as_json(document)}))
    in_plugin = "accepted" if name in FITS_ELSEWHERE else "refused"
    assert (engine_says(path), plugin_says(path)) == ("refused", in_plugin)


@pytest.fixture(scope="module")
def of_members(tmp_path_factory) -> dict[str, bytes]:
    path = tmp_path_factory.mktemp("members") / "a.cropmodel"
    several().save(path)
    return members(path)


MEMBER_CASES = [
    *(("temperature", value) for value in (0, -1, 1e9, "x", None)),
    *(("share", value) for value in (0, -0.5, 0.6, 1.5, "x", None, [])),
    *(("architecture", value) for value in ("perceptron", "temp-cnn", None, 1)),
    *(("view", value) for value in ("patch", None)),
    *(("bands", value) for value in ([], ["B02"], "B02", ["B02", "B02", "B03"])),
    *(("normalisation", value) for value in ({}, None, {"mean": [[0.1]], "std": [[0.1]]})),
    ("figures", {"hidden": 4000}),
]


@pytest.mark.parametrize(("key", "value"), MEMBER_CASES)
def test_each_value_of_a_member_replaced(tmp_path, of_members, key, value):
    document = json.loads(of_members["model.json"])
    document["members"][0][key] = value
    path = tmp_path / "a.cropmodel"
    path.write_bytes(hostile.zipped({**of_members, "model.json": hostile.as_json(document)}))
    in_plugin = "accepted" if key == "figures" else "refused"  # it does not read the weights
    assert (engine_says(path), plugin_says(path)) == ("refused", in_plugin)


@pytest.mark.parametrize("count", [0, 1, 33])
def test_a_number_of_members_that_cannot_be(tmp_path, of_members, count):
    document = json.loads(of_members["model.json"])
    document["members"] = [{**document["members"][0], "share": 1 / max(count, 1)}] * count
    path = tmp_path / "a.cropmodel"
    path.write_bytes(hostile.zipped({**of_members, "model.json": hostile.as_json(document)}))
    assert (engine_says(path), plugin_says(path)) == ("refused", "refused")


def test_weights_of_other_members(tmp_path, of_members):
    weights, path = load(of_members["weights.safetensors"]), tmp_path / "a.cropmodel"
    swapped = {name.replace("0/", "x/").replace("1/", "0/").replace("x/", "1/"): t for name, t in weights.items()}
    without = {name: tensor for name, tensor in weights.items() if not name.startswith("1/")}
    more = {**weights, "3/weight": torch.ones(2)}
    for tensors in (swapped, without, more):
        path.write_bytes(hostile.zipped({**of_members, "weights.safetensors": save(tensors)}))
        assert engine_says(path) == "refused"


def test_unknown_keys_of_a_newer_minor_version_are_ignored(tmp_path, contents):
    document = {**json.loads(contents["model.json"]), "further": [1, {"a": None}]}
    path = tmp_path / "a.cropmodel"
    path.write_bytes(hostile.zipped({**contents, "model.json": hostile.as_json(document), "further.bin": b"1"}))
    assert (engine_says(path), plugin_says(path)) == ("accepted", "accepted")


def test_a_newer_schema_is_called_so_whatever_else_it_holds(tmp_path, contents):
    path = tmp_path / "a.cropmodel"
    path.write_bytes(hostile.zipped({**contents, "model.json": b'{"schema": 4}'}))
    assert (engine_says(path), plugin_says(path)) == ("newer", "newer")


def test_every_broken_zip(tmp_path, contents):
    path, found = tmp_path / "a.cropmodel", {}
    for name, content in hostile.zips(contents).items():
        path.write_bytes(content)
        found[name] = (engine_says(path), plugin_says(path))
    assert len(found) > 40
    assert {name: said for name, said in found.items() if said != ("refused", "refused")} == {}


@pytest.mark.parametrize(
    ("model", "tensor"),
    [("gru", "classifier.0.weight"), ("minirocket", "coefficients"), ("lda", "coefficients")],
)
def test_every_set_of_broken_weights(tmp_path, model, tensor):
    path, found = tmp_path / "a.cropmodel", {}
    small(model).save(path)
    good = members(path)
    for name, content in hostile.weights(good["weights.safetensors"], tensor).items():
        path.write_bytes(hostile.zipped({**good, "weights.safetensors": content}))
        found[name] = engine_says(path)
    assert len(found) > 25
    assert {name: said for name, said in found.items() if said != "refused"} == {}


@pytest.mark.parametrize("model", ["random-forest", "extra-trees", "gradient-boosting"])
def test_every_broken_forest(tmp_path, model):
    path = tmp_path / "a.cropmodel"
    small(model).save(path)
    good, found = members(path), {}
    trees = dict(ModelBundle.load(path).members[0].weights)
    for name, arrays in hostile.forests(trees).items():
        path.write_bytes(hostile.zipped({**good, "weights.safetensors": save(arrays)}))
        found[name] = engine_says(path)
    assert {name: said for name, said in found.items() if said != "refused"} == {}


def test_a_network_whose_parts_fit_but_do_not_work(tmp_path):
    """Heads that do not divide the width: found at once, not in the first batch."""
    model = small("dated-ltae")
    (member,) = model.members
    wrong = {**member.hyperparameters, "heads": 7}
    broken = build("dated-ltae", 3, model.calendar, 2, wrong).state_dict()
    path = tmp_path / "a.cropmodel"
    replace(model, members=(replace(member, hyperparameters=wrong, weights=broken),)).save(path)
    assert engine_says(path) == "refused"


@pytest.mark.parametrize("text", [b"", b"[]", b"{", b"\xff", b'{"a": NaN}', b'{"a": 1, "a": 2}', b"[" * 10**6])
def test_an_invalid_report(tmp_path, contents, text):
    path = tmp_path / "a.cropmodel"
    path.write_bytes(hostile.zipped({**contents, "report.json": text}))
    assert engine_says(path) == "refused"


@pytest.mark.parametrize("name", ["weights", "hidden ratio", "spaces"])
def test_a_bomb_is_refused_before_it_is_unpacked(tmp_path, contents, name):
    path = tmp_path / "a.cropmodel"
    path.write_bytes(hostile.bombs(contents)[name])
    assert path.stat().st_size < 4 << 20
    began = time.monotonic()
    tracemalloc.start()
    said = engine_says(path), plugin_says(path)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert said == ("refused", "refused")
    assert peak < 32 << 20 and time.monotonic() - began < 5


@pytest.mark.skipif(sys.platform == "win32", reason="limits of a process are set the POSIX way")
def test_the_plugins_reader_needs_little_memory_for_the_largest_document_it_takes(tmp_path, contents):
    """In a process of 400 MB: QGIS's own holds the user's project."""
    document = json.loads(contents["model.json"])
    document["class_table"] = [
        {"code": f"{n}", "name": "é" * 30, "class": "Maize", "colour": "", "class_code": "maize"} for n in range(50_000)
    ]
    path = tmp_path / "a.cropmodel"
    path.write_bytes(hostile.zipped({**contents, "model.json": json.dumps(document).encode()}))
    script = (
        "import resource\nresource.setrlimit(resource.RLIMIT_AS, (400 << 20,) * 2)\n" + BY_PATH + "\nimport time\n"
        "from pathlib import Path\nbegan = time.monotonic()\n"
        "found = private.describe(Path(sys.argv[1]), models.MODELS, ('linear',))\n"
        "print(len(found.class_table), time.monotonic() - began)"
    )
    done = subprocess.run(
        [sys.executable, "-I", "-c", script, path], cwd=ROOT, capture_output=True, text=True, check=True
    )
    rows, seconds = done.stdout.split()
    assert int(rows) == 50_000 and float(seconds) < 5


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="the system has no named pipes")
def test_a_pipe_a_device_and_a_folder_are_refused_without_being_read(tmp_path):
    os.mkfifo(tmp_path / "pipe.cropmodel")
    for path in (tmp_path / "pipe.cropmodel", Path("/dev/zero"), tmp_path, tmp_path / "absent.cropmodel"):
        assert (engine_says(path), plugin_says(path)) == ("refused", "refused")

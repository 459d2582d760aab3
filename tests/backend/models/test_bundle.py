"""The .cropmodel file: a round trip, and every way in which it can be broken."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import dataclasses
import errno
import io
import json
import zipfile
from pathlib import Path

import numpy as np
import pytest
import torch

from backend.errors import DiskFull, ModelTooNew, NotAModel, NotWritable
from backend.models import MODELS
from backend.models.build import build
from backend.models.bundle import Member, ModelBundle
from backend.vocabulary import CropClass
from tests.backend.models.inputs import inputs

BANDS = ("B02", "B03", "B08")
CALENDAR = (-30, 5, 117, 240)


def bundle(name: str = "gru", classes: int = 2) -> ModelBundle:
    with torch.random.fork_rng():
        torch.manual_seed(1)
        network = build(name, len(BANDS), CALENDAR, classes)
    if not MODELS[name].in_epochs:
        network.fit(np.random.default_rng(0).normal(size=(60, 4, 6)), np.arange(60) % classes)
    view = MODELS[name].view
    channels = 6 if view in ("statistics", "observations") else 3
    dates = 1 if view == "observations" else len(CALENDAR)
    member = Member(
        architecture=name,
        hyperparameters=MODELS[name].hyperparameters,
        view=view,
        bands=BANDS,
        mean=np.random.default_rng(0).random((dates, channels)) / 3,
        std=np.full((dates, channels), 0.1),
        weights=network.state_dict(),
    )
    return ModelBundle(
        members=(member,),
        calendar=CALENDAR,
        season=2018,
        classes=tuple(CropClass(f"{i}", f"Maïs {i}", "#aabb00") for i in range(classes)),
        class_table=({"code": "MIS", "name": "Maïs", "class": "0", "colour": "#aabb00"},),
        temperature=1.25,
        scores={"parcels": 3, "oa": 2 / 3},
        provenance={"seed": 0},
        report={"kind": "training"},
    )


def logits(model: ModelBundle, member: int = 0) -> torch.Tensor:
    one = model.members[member]
    with torch.inference_mode():
        return model.network(one)(*inputs(one.architecture, parcels=4, dates=4, bands=3))


def several() -> ModelBundle:
    """Of three members, of different views and of different weight."""
    shares = {"gru": 0.5, "dated-ltae": 0.25, "random-forest": 0.25}
    members = [
        dataclasses.replace(bundle(name).members[0], share=share, temperature=1 + share)
        for name, share in shares.items()
    ]
    return dataclasses.replace(bundle(), members=tuple(members))


@pytest.mark.parametrize("name", list(MODELS))
def test_a_round_trip_changes_nothing(tmp_path, name):
    before = bundle(name)
    before.save(tmp_path / "a.cropmodel")
    after = ModelBundle.load(tmp_path / "a.cropmodel")
    assert list(tmp_path.iterdir()) == [tmp_path / "a.cropmodel"]
    assert torch.equal(logits(before), logits(after))
    _require_same(before, after)


def test_a_model_of_several_members(tmp_path):
    before = several()
    before.save(tmp_path / "a.cropmodel")
    after = ModelBundle.load(tmp_path / "a.cropmodel")
    for number in range(3):
        assert torch.equal(logits(before, number), logits(after, number))
    _require_same(before, after)
    document = json.loads(members(tmp_path / "a.cropmodel")["model.json"])
    assert document["schema"] == 2 and "architecture" not in document
    assert after.name == "gru + dated-ltae + random-forest" and after.bands == BANDS


def _require_same(before: ModelBundle, after: ModelBundle) -> None:
    for field in dataclasses.fields(ModelBundle):
        old, new = getattr(before, field.name), getattr(after, field.name)
        if field.name != "members":
            assert json.dumps(old, default=dataclasses.asdict) == json.dumps(new, default=dataclasses.asdict)
    for old, new in zip(before.members, after.members, strict=True):
        assert np.array_equal(old.mean, new.mean) and np.array_equal(old.std, new.std)
        assert old.weights.keys() == new.weights.keys()
        assert all(torch.equal(old.weights[key], new.weights[key]) for key in old.weights)
        for name in ("architecture", "hyperparameters", "view", "bands", "share", "temperature"):
            assert json.dumps(getattr(old, name)) == json.dumps(getattr(new, name))


def test_the_document_is_the_contracts(tmp_path):
    bundle().save(tmp_path / "a.cropmodel")
    with zipfile.ZipFile(tmp_path / "a.cropmodel") as archive:
        assert archive.namelist() == ["model.json", "weights.safetensors", "report.json"]
        document = json.loads(archive.read("model.json"))
    keys = ["schema", "architecture", "figures", "view", "bands", "normalisation", "calendar", "season", "classes"]
    assert list(document) == [*keys, "class_table", "calibration", "scores", "provenance"]
    assert document["schema"] == 1
    assert document["calibration"] == {"temperature": 1.25}


def test_the_same_model_gives_the_same_bytes(tmp_path):
    for name in ("a.cropmodel", "b.cropmodel"):
        bundle().save(tmp_path / name)
    assert (tmp_path / "a.cropmodel").read_bytes() == (tmp_path / "b.cropmodel").read_bytes()


def members(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def zipped(contents: dict[str, bytes]) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        for name, content in contents.items():
            archive.writestr(name, content)
    return target.getvalue()


@pytest.fixture
def saved(tmp_path) -> Path:
    bundle().save(tmp_path / "a.cropmodel")
    return tmp_path / "a.cropmodel"


@pytest.mark.parametrize("share", [0, 0.1, 0.5, 0.9, 0.999])
def test_a_truncated_file_is_no_model(saved, share):
    whole = saved.read_bytes()
    saved.write_bytes(whole[: int(len(whole) * share)])
    with pytest.raises(NotAModel, match="a.cropmodel"):
        ModelBundle.load(saved)


def test_flipped_bytes_are_noticed(saved):
    whole = bytearray(saved.read_bytes())
    whole[len(whole) // 2] ^= 0xFF
    saved.write_bytes(whole)
    with pytest.raises(NotAModel):
        ModelBundle.load(saved)


def test_something_else_is_no_model(tmp_path):
    (tmp_path / "text.cropmodel").write_text("crop")
    for path in (tmp_path / "text.cropmodel", tmp_path / "absent.cropmodel", tmp_path):
        with pytest.raises(NotAModel):
            ModelBundle.load(path)


@pytest.mark.parametrize("member", ["model.json", "weights.safetensors", "report.json"])
def test_a_missing_member_is_named(saved, member):
    contents = members(saved)
    del contents[member]
    saved.write_bytes(zipped(contents))
    with pytest.raises(NotAModel, match=member):
        ModelBundle.load(saved)


@pytest.mark.parametrize("member", ["model.json", "weights.safetensors", "report.json"])
def test_a_zip_with_an_invalid_member_is_not_a_model(saved, member):
    saved.write_bytes(zipped({**members(saved), member: b"\xff\x00rubbish"}))
    with pytest.raises(NotAModel):
        ModelBundle.load(saved)


def rewrite(path: Path, **changes: object) -> None:
    contents = members(path)
    document = {**json.loads(contents["model.json"]), **changes}
    kept = {key: value for key, value in document.items() if value is not None}
    path.write_bytes(zipped({**contents, "model.json": json.dumps(kept).encode()}))


def test_a_newer_schema_says_so(saved):
    rewrite(saved, schema=4, architecture="of the future")
    with pytest.raises(ModelTooNew, match="4"):
        ModelBundle.load(saved)


@pytest.mark.parametrize(
    "changes",
    [
        {"schema": None},
        {"schema": "1"},
        {"architecture": "perceptron"},
        {"architecture": "cnn-gru-0.9"},  # known, but the weights are another's
        {"figures": {"hidden": 100}},
        {"figures": {"depth": 3}},
        {"bands": ["B02", "B03"]},
        {"calendar": [1, 2]},
        {"classes": [{"code": "1", "name": "Maize", "colour": "#000000"}] * 3},
        {"classes": [{"code": "1"}] * 2},
        {"calibration": {"temperature": 0}},
        {"normalisation": {"mean": [[0.1]], "std": [[1]]}},
        {"normalisation": None},
    ],
)
def test_parts_that_do_not_fit_are_no_model(saved, changes):
    rewrite(saved, **changes)
    with pytest.raises(NotAModel):
        ModelBundle.load(saved)


def test_an_output_that_cannot_be_written(tmp_path):
    (tmp_path / "folder.cropmodel").mkdir()
    (tmp_path / "file").touch()
    for path in (tmp_path / "folder.cropmodel", tmp_path / "absent" / "a.cropmodel", tmp_path / "file" / "a.cropmodel"):
        with pytest.raises(NotWritable):
            bundle().save(path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "folder.cropmodel"]


def test_a_full_disk_leaves_the_former_file(saved, monkeypatch):
    former = saved.read_bytes()

    def full(path: Path, content: bytes) -> int:
        path.touch()
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(DiskFull):
        bundle().save(saved)
    assert saved.read_bytes() == former
    assert list(saved.parent.iterdir()) == [saved]

"""Fine-tuning through its command: the file, what it remembers, and what it refuses."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from backend.commands import Outcome
from backend.errors import BadArgument, MissingBands, NoCommonClasses, NotFound, TooFewClasses, TooFewGroups
from backend.models.bundle import ModelBundle
from tests.backend.commands.conftest import make_fields, run
from tests.backend.ground import DATES
from tests.backend.recorder import Recorder

NEXT_YEAR = [date.replace("2017", "2018") for date in DATES]
FIELD = ("--class-field", "CODE_CULTU", "--device", "cpu")


def report_of(outcome: Outcome) -> dict:
    return json.loads(Path(outcome.values["report"]).with_suffix(".json").read_text("utf-8"))


@pytest.fixture(scope="module")
def other(tmp_path_factory):
    """The year after: everything grows later."""
    return make_fields(tmp_path_factory.mktemp("other"), NEXT_YEAR, later=0.6)


@pytest.fixture(scope="module")
def tuned(region, other, tmp_path_factory):
    reporter, model = Recorder(), tmp_path_factory.mktemp("tuned") / "tuned.cropmodel"
    outcome = run("finetune", region.model, other, "-o", model, *FIELD, "--epochs", 3, reporter=reporter)
    return outcome, ModelBundle.load(model), reporter


def test_three_models_are_compared_on_the_same_parcels(tuned):
    outcome, bundle, _ = tuned
    rows = {row["way"]: row for row in outcome.values["compared"]}
    assert list(rows) == ["frozen", "anew", "tuned"]
    assert {row["parcels"] for row in rows.values()} == {36}
    assert rows["tuned"]["oa"] == outcome.values["scores"]["oa"] == bundle.scores["oa"]
    assert "On the same 36 parcels" in outcome.text and "Fine-tuned" in outcome.text


def test_the_frozen_model_scores_what_classify_finds(tuned, region, other, tmp_path):
    outcome, *_ = tuned
    found = run("classify", other, "--model", region.model, "-o", tmp_path / "p.gpkg", "--truth", "CODE_CULTU")
    frozen = outcome.values["compared"][0]
    assert (frozen["oa"], frozen["parcels"]) == (found.values["scores"]["oa"], 36)


def test_the_model_has_learned_the_later_season(tuned, other, tmp_path):
    outcome, *_ = tuned
    found = run(
        "classify", other, "--model", outcome.values["model"], "-o", tmp_path / "p.gpkg", "--truth", "CODE_CULTU"
    )
    assert found.values["scores"] is None  # every parcel that could be compared is known to have been used
    assert {row["trained_on"]: row["parcels"] for row in found.values["judged"]} == {"yes": 36}


def test_the_file_remembers_its_source_and_both_trainings(tuned, region):
    _, bundle, _ = tuned
    source = ModelBundle.load(region.model)
    assert bundle.provenance["fine-tuned from"]["file"] == str(region.model)
    assert len(bundle.provenance["fine-tuned from"]["sha256"]) == 64
    assert bundle.training_parcels.complete
    assert list(bundle.training_parcels.digests[2017]) == list(source.training_parcels.digests[2017])
    assert len(bundle.training_parcels.digests[2018]) == 36
    assert bundle.calendar == source.calendar and bundle.season == 2018
    assert [crop.code for crop in bundle.classes] == [crop.code for crop in source.classes]
    np.testing.assert_array_equal(bundle.members[0].mean, source.members[0].mean)


def test_the_report_has_the_comparison(tuned):
    outcome, *_ = tuned
    page = Path(outcome.values["report"]).read_text("utf-8")
    assert "What fine-tuning has brought" in page and "The model as it was" in page
    document = report_of(outcome)
    assert document["compared"] == outcome.values["compared"]
    assert document["title"] == "Fine-tuning of gru"


def test_labels_that_the_model_has_learned_from_are_left_out(region, tmp_path):
    reporter = Recorder()
    with pytest.raises(TooFewClasses):  # a fifth of the parcels is left, too few of each class
        run(
            "finetune", region.model, region.store, "-o", tmp_path / "m.cropmodel", *FIELD, "--min-samples", 8,
            reporter=reporter,
        )  # fmt: skip
    learned = ModelBundle.load(region.model).training_parcels.digests[2017]
    assert dict(reporter.warnings)["finetuning.learned_before"].startswith(f"{len(learned)} of the 37 ")
    assert not list(tmp_path.glob("*.cropmodel"))


def test_values_that_the_model_lacks_become_classes_at_its_end(region, tmp_path):
    """A model in which each value is a class; the other year grows a crop that it lacks, and lacks one that it has."""
    model, output = tmp_path / "own.cropmodel", tmp_path / "tuned.cropmodel"
    run("train", region.store, "-o", model, *FIELD, "--model", "gru", "--epochs", 2, "--folds", 1)
    store = make_fields(tmp_path / "other", NEXT_YEAR, codes=("BTH", "RYE", "PPH"))
    outcome = run("finetune", model, store, "-o", output, *FIELD, "--epochs", 1, "--folds", 1)
    codes = [row["code"] for row in outcome.values["classes"]]
    assert codes == ["BTH", "MIS", "PPH", "RYE"]
    before, after = ModelBundle.load(model), ModelBundle.load(output)
    network, source = after.network(after.members[0]), before.network(before.members[0])
    last = [list(one.state_dict().values())[-1] for one in (network, source)]
    assert (len(last[0]), len(last[1])) == (4, 3)
    notes = report_of(outcome)["notes"]
    assert any("new in this model: RYE" in note for note in notes)
    assert any("not tested for lack of labels: MIS" in note for note in notes)
    assert {row["code"] for row in after.class_table} == set(codes)


def test_what_is_refused(region, other, tmp_path):
    output = ("-o", tmp_path / "m.cropmodel")
    with pytest.raises(NoCommonClasses, match="none of the predicted classes"):
        run("finetune", region.model, other, *output, "--class-field", "parcel")
    with pytest.raises(TooFewGroups):
        run("finetune", region.model, other, *output, *FIELD, "--split", "group", "--split-field", "note")
    with pytest.raises(NotFound, match="a model file"):
        run("finetune", tmp_path / "none.cropmodel", other, *output, *FIELD)
    with pytest.raises(BadArgument, match="folds"):
        run("finetune", region.model, other, *output, *FIELD, "--folds", 6)
    few = tmp_path / "few"
    run("extract", region.images, region.parcels, "--bands", "B02,B03,B04,B08", "-o", few / "f.parcels")
    with pytest.raises(MissingBands, match="B05"):
        run("finetune", region.model, few / "f.parcels", *output, *FIELD)
    assert not list(tmp_path.glob("*.cropmodel"))


def test_a_model_of_rotations_needs_last_years_crops(region, other, tmp_path):
    model, previous = tmp_path / "r.cropmodel", ("--previous-field", "CODE_CULTU")
    run("train", region.store, "-o", model, *FIELD, *previous, "--model", "gru", "--epochs", 1, "--folds", 1)
    with pytest.raises(BadArgument, match="previous"):
        run("finetune", model, other, "-o", tmp_path / "m.cropmodel", *FIELD)
    outcome = run("finetune", model, other, "-o", tmp_path / "m.cropmodel", *FIELD, *previous, "--epochs", 1)
    assert ModelBundle.load(tmp_path / "m.cropmodel").rotation is not None
    assert outcome.values["compared"][0]["oa"] > 0.9  # the frozen model uses the prior, which here gives the truth

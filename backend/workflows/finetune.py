"""From a model file, stores and declared crops of another region or year to a fine-tuned model and its report."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from backend.errors import BadArgument, NoCommonClasses
from backend.learning.finetuning import finetune as learn
from backend.learning.finetuning_spec import FinetuningSpec
from backend.learning.trained import Trained
from backend.models import FREE_DATES
from backend.models.bundle import ModelBundle
from backend.options import default
from backend.parcels import nomenclature
from backend.parcels.nomenclature import Nomenclature
from backend.protocol import Reporter
from backend.series.batch import Dataset
from backend.series.joined import served
from backend.vocabulary import SEEN
from backend.workflows import report_document
from backend.workflows.arguments import own_options, require_none, typed
from backend.workflows.folding import FoldingOptions, folding_of
from backend.workflows.labels import ClassOptions, LabelledParcels, chosen_table, labelled_by
from backend.workflows.previous_crops import previous_crops
from backend.workflows.provenance import sha256
from backend.workflows.season_overlap import ImageSeason
from backend.workflows.seasons import Seasons
from backend.workflows.seen_parcels import trained_on
from backend.workflows.thermal_time import ThermalDays
from backend.workflows.trained_model import Learned, Target, Training

_FACTS = ("made", "season", "parcel layer", "grid", "class field", "trained on", "fine-tuned from")


@dataclass(frozen=True)
class FinetuneSpec:
    """`model`: the file that is carried on; the other fields are as in a TrainSpec."""

    model: Path
    stores: tuple[Path, ...]
    output: Path
    class_field: str
    learning: FinetuningSpec = field(default_factory=FinetuningSpec)
    classes: ClassOptions = ClassOptions()
    folding: FoldingOptions = FoldingOptions()
    previous_field: str | None = None
    temperatures: Path | None = None
    report: Path | None = None
    report_pdf: bool = default("report_pdf")
    report_figures: bool = default("report_figures")
    language: str = default("language")
    restart: bool = False

    @classmethod
    def of(cls, **options: Any) -> FinetuneSpec:
        """From options by name, None where one is not given. Raises BadArgument."""
        classes, others = own_options(ClassOptions, typed(options, "finetune"))
        folding, others = own_options(FoldingOptions, others)
        learning, others = own_options(FinetuningSpec, others)
        own, others = own_options(cls, others)
        require_none(others)
        return cls(
            **{**own, "model": Path(own["model"])},
            learning=FinetuningSpec(**learning),
            classes=ClassOptions(**classes),
            folding=FoldingOptions(**folding),
        )


@dataclass(frozen=True)
class Source:
    """The model that is carried on, with the digest of its file."""

    path: Path
    model: ModelBundle
    sha256: str

    @classmethod
    def open(cls, path: Path) -> Source:
        """Raises NotAModel, ModelTooNew."""
        return cls(path, ModelBundle.load(path), sha256(path))

    def facts(self) -> dict[str, Any]:
        """For the provenance."""
        known = {name: self.model.provenance[name] for name in _FACTS if name in self.model.provenance}
        return {"model": self.model.name, "file": str(self.path), "sha256": self.sha256, **known}

    def groups(self) -> dict[str, Any]:
        """Rare classes that the model was trained with as parts of others stay parts of them."""
        known = self.model.provenance.get("groups")
        return {"groups": known} if known else {}

    def require_overlap(self, seasons: Seasons, reporter: Reporter) -> None:
        """Raises SeasonsDoNotOverlap where a store has no images near the days of a model with a calendar."""
        if all(member.view in FREE_DATES for member in self.model.members):
            return
        for store in seasons.stores:
            season = ImageSeason.of(store)
            season.require_overlap(self.model.calendar, "the model")
            season.warn_of_gaps(self.model.calendar, "the model", reporter)

    def datasets(self, seasons: Seasons) -> list[Dataset]:
        """One for each member, with its view and bands. Raises MissingBands, ObservationsNotKept."""
        found: dict[tuple[str, tuple[str, ...]], Dataset] = {}
        for one in self.model.members:
            if (one.view, one.bands) not in found:
                days = self.model.calendar, one.bands, seasons.thermal_days
                found[one.view, one.bands] = served(one.view, seasons.stores, *days)
        return [found[one.view, one.bands] for one in self.model.members]

    def without_seen(self, labelled: LabelledParcels, seasons: Seasons, reporter: Reporter) -> LabelledParcels:
        """Without the labels that the model has learned from in this season: by them it would seem better than it is.

        Warns of them, and where the model's file does not tell.
        """
        known = self.model.training_parcels
        seen = np.concatenate([trained_on(store, known) for store in seasons.stores])
        there, again = labelled.labels >= 0, seen == SEEN
        if (there & again).any():
            reporter.warning("finetuning.learned_before", count=int((there & again).sum()), labelled=int(there.sum()))
        if known is None:
            reporter.warning("scores.not_told", count=int(there.sum()), judged=int(there.sum()))
        return replace(labelled, labels=np.where(again, -1, labelled.labels))

    def crops(self, spec: FinetuneSpec, seasons: Seasons) -> Nomenclature:
        """The class table that is given, else the model's; where each of its crops is a class of its own, the field's
        other values become classes, too. Raises BadClassTable, BadArgument, MissingField.
        """
        options = spec.classes
        if options.class_table or options.unknown_class:
            return chosen_table(options.class_table, options.unknown_class)
        known = nomenclature.from_table(self.model.class_table)
        if len(known.crops) > len(known.classes):
            return known
        _, others = known.labels(seasons.column(spec.class_field))
        fresh = [{**row, "colour": ""} for row in nomenclature.from_values(sorted(others)).table()]
        return nomenclature.from_table([*known.table(), *fresh])

    def class_table(self, crops: Nomenclature) -> tuple[Mapping[str, str], ...]:
        """The rows of `crops`, then those of the model's classes that it lacks, by which they are still recognised."""
        codes, classes = {crop.code for crop in crops.crops}, {crop.code for crop in crops.classes}
        names = {crop.name.casefold() for crop in crops.classes}
        known = nomenclature.from_table(self.model.class_table)
        left = [
            row
            for row, crop in zip(known.table(), known.crops, strict=True)
            if crop.code not in codes
            and known.classes[crop.position].code not in classes
            and known.classes[crop.position].name.casefold() not in names
        ]
        return (*crops.table(), *left)


def finetune(spec: FinetuneSpec, reporter: Reporter) -> Training:
    """Carries a model on with the declared crops of the stores, and compares it; a stopped run continues.

    Raises NotAModel, NoCommonClasses, MissingBands, SeasonsDoNotOverlap and what `train` raises.
    """
    target = Target(spec.output, spec.report, report_document.forms_of(spec))
    with target.held(spec.restart):
        learned = _learned(spec, target, reporter)
        _warn_of_better(learned.trained, reporter)
        return learned.deliver(target)


def _learned(spec: FinetuneSpec, target: Target, reporter: Reporter) -> Learned:
    source, seasons = Source.open(spec.model), Seasons.open(spec.stores)
    thermal = ThermalDays.of_model(source.model, spec.model, spec.temperatures, seasons.stores)
    seasons = replace(seasons, thermal=thermal)
    if source.model.rotation and not spec.previous_field:
        raise BadArgument("previous_field", "the field of last year's crop, which the model was trained with", None)
    source.require_overlap(seasons, reporter)
    labelled = labelled_by(source.crops(spec, seasons), seasons, spec.class_field, reporter)
    labelled = source.without_seen(labelled, seasons, reporter)
    _require_shared(source, labelled, seasons, spec)
    crops, datasets = labelled.table, source.datasets(seasons)
    previous = previous_crops(seasons, spec.previous_field, crops, reporter) if spec.previous_field else None
    folding = folding_of(spec.folding, seasons)
    checkpoint = thermal.checkpoint(target.checkpoint) if thermal else target.checkpoint
    trained = learn(
        spec.learning, source.model, datasets, labelled.labels, crops.classes, reporter, checkpoint, folding,
        previous,
    )  # fmt: skip
    return Learned(
        seasons,
        trained,
        labelled,
        {**_choices(spec), **source.groups(), "fine-tuned from": source.facts(), "split": folding.name},
        notes=_notes(source.model, trained),
        class_table=source.class_table(crops),
        earlier=source.model.training_parcels,
    )


def _require_shared(source: Source, labelled: LabelledParcels, seasons: Seasons, spec: FinetuneSpec) -> None:
    """Raises NoCommonClasses where there are labels, but none of a class of the model."""
    declared = {labelled.table.classes[number].code for number in set(labelled.labels.tolist()) - {-1}}
    known = [crop.code for crop in source.model.classes]
    if not declared & set(known) and (declared or labelled.unknown):
        raise NoCommonClasses(spec.class_field, sorted(declared or labelled.unknown), known)


def _choices(spec: FinetuneSpec) -> dict[str, Any]:
    choices = {"class field": spec.class_field, **spec.classes.facts()}
    return {**choices, "last year's crop": spec.previous_field} if spec.previous_field else choices


def _notes(model: ModelBundle, trained: Trained) -> list[str]:
    """Which classes are new, and which have no labels here."""
    known, learned = {crop.code for crop in model.classes}, {*trained.tested_labels.tolist()}
    new = [crop.name for crop in trained.classes if crop.code not in known]
    untested = [crop.name for number, crop in enumerate(trained.classes) if number not in learned]
    notes = [f"Classes that are new in this model: {', '.join(new)}."] if new else []
    if untested:
        notes.append(f"Kept from the model as it was, but not tested for lack of labels: {', '.join(untested)}.")
    return notes


def _warn_of_better(trained: Trained, reporter: Reporter) -> None:
    """A warning where the folds say that another model than the delivered one is better, by the mean F-score."""
    mean_f = {row["way"]: 100 * row["mean_f"] for row in trained.compared}
    parcels, tuned, found = len(trained.tested_rows), mean_f["tuned"], max(mean_f.values())
    if found == tuned:
        return
    if found == mean_f["frozen"]:
        reporter.warning("finetuning.frozen_is_better", parcels=parcels, found=found, tuned=tuned)
    else:
        reporter.warning("finetuning.anew_is_better", parcels=parcels, found=found, tuned=tuned)

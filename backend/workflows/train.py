"""From stores and declared crops to a model file and its report."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from backend.errors import BadArgument
from backend.learning.candidates import SearchSpec
from backend.learning.protocols import TrainingSpec
from backend.learning.protocols import train as learn
from backend.learning.search import search
from backend.models import MODELS
from backend.options import AUTO, REFIT, default, is_used_with, options_of
from backend.protocol import Reporter
from backend.workflows import report_document
from backend.workflows.arguments import own_options, require_none, typed
from backend.workflows.folding import FoldingOptions, folding_of
from backend.workflows.labels import ClassOptions, label_parcels
from backend.workflows.previous_crops import previous_crops
from backend.workflows.seasons import Seasons
from backend.workflows.thermal_time import ThermalDays, require_own_days
from backend.workflows.trained_model import Learned, Target, Training

BASE_TEMPERATURE = 0.0  # degrees Celsius, as Nyborg et al. 2022; the help of the option says it, too


@dataclass(frozen=True)
class TrainSpec:
    """`stores`: one, or one for each season; `output`: the model file; `learning`: how it learns, or a search for that.

    `previous_field`: the field of last year's crop. `temperatures`: a CSV of daily means, for a model by thermal time
    above `base_temperature`, None: the default. `report` None: beside the model. `restart` forgets what a stopped
    run had reached.
    """

    stores: tuple[Path, ...]
    output: Path
    class_field: str
    learning: TrainingSpec | SearchSpec = field(default_factory=SearchSpec)
    classes: ClassOptions = ClassOptions()
    folding: FoldingOptions = FoldingOptions()
    previous_field: str | None = None
    temperatures: Path | None = None
    base_temperature: float | None = None
    report: Path | None = None
    report_pdf: bool = default("report_pdf")
    report_figures: bool = default("report_figures")
    language: str = default("language")
    restart: bool = False

    @classmethod
    def of(cls, **options: Any) -> TrainSpec:
        """From options by name, None where one is not given: then the architecture's recipe decides, else the default.

        Raises BadArgument, UnknownModel.
        """
        classes, others = own_options(ClassOptions, typed(options, "train"))
        folding, others = own_options(FoldingOptions, others)
        own, others = own_options(cls, others)
        if "base_temperature" in own and "temperatures" not in own:
            raise BadArgument("base_temperature", "none without temperatures", own["base_temperature"])
        learning = _search(others) if others.get("model", default("model", "train")) == AUTO else _training(others)
        return cls(
            **own,
            learning=_by_thermal_time(learning) if "temperatures" in own else learning,
            classes=ClassOptions(**classes),
            folding=FoldingOptions(**folding),
        )

    @property
    def target(self) -> Target:
        return Target(self.output, self.report, report_document.forms_of(self))


def train(spec: TrainSpec, reporter: Reporter) -> Training:
    """Trains on the declared crops of the stores and saves the model with its report; a stopped run continues.

    The model and its report appear together.

    Raises NotAStore, MissingField, BadClassTable, TooFewClasses, TooFewGroups, NoSuchDevice, Diverged, NotWritable,
    DiskFull, Cancelled.
    """
    target = spec.target
    with target.held(spec.restart):
        return _learned(spec, target, reporter).deliver(target)


def _learned(spec: TrainSpec, target: Target, reporter: Reporter) -> Learned:
    seasons, checkpoint = Seasons.open(spec.stores), target.checkpoint
    seasons.require_overlap(reporter)
    if spec.temperatures:
        base = BASE_TEMPERATURE if spec.base_temperature is None else spec.base_temperature
        thermal = ThermalDays.of_training(spec.temperatures, base, seasons.stores)
        seasons, checkpoint = replace(seasons, thermal=thermal), thermal.checkpoint(checkpoint)
    labelled = label_parcels(seasons, spec.class_field, spec.classes, reporter, spec.learning.min_samples)
    folding = folding_of(spec.folding, seasons)
    crops, field_name = labelled.table, spec.previous_field
    previous = previous_crops(seasons, field_name, crops, reporter) if field_name else None
    given = (labelled.labels, crops.classes, reporter, checkpoint, folding, previous)
    if isinstance(spec.learning, SearchSpec):
        trained = search(spec.learning, seasons.dataset, *given)
    else:
        view = MODELS[spec.learning.model].view
        trained = learn(spec.learning, seasons.dataset(view, spec.learning.indices), *given)
    return Learned(seasons, trained, labelled, {**_choices(spec), **labelled.facts(), "split": folding.name})


def _by_thermal_time(learning: TrainingSpec | SearchSpec) -> TrainingSpec | SearchSpec:
    """Only architectures that read each image at its own day. Raises BadArgument."""
    if isinstance(learning, SearchSpec):
        return replace(learning, candidates=tuple(one for one in learning.candidates if MODELS[one.model].free_dates))
    require_own_days(learning.model)
    return learning


def _search(given: Mapping[str, Any]) -> SearchSpec:
    """Raises BadArgument for what the search decides itself."""
    for row in options_of("train"):
        if row.name in given and not is_used_with(row, AUTO) and (row.name, given[row.name]) != ("protocol", REFIT):
            raise BadArgument(
                row.name, "none with --model auto, which decides on it, or an architecture (--model)", given[row.name]
            )
        if row.name in given and row.name != "model" and not row.accepts(given[row.name]):
            raise BadArgument(row.name, row.expected, given[row.name])
    own, others = own_options(SearchSpec, {k: v for k, v in given.items() if k not in ("model", "protocol")})
    require_none(others)
    return SearchSpec(**own)


def _training(given: Mapping[str, Any]) -> TrainingSpec:
    """Of one architecture. Raises BadArgument, UnknownModel."""
    learning, unknown = own_options(TrainingSpec, given)
    if "time_budget_min" in unknown:
        raise BadArgument("time_budget_min", "none without --model auto", unknown["time_budget_min"])
    require_none(unknown)
    recipe = TrainingSpec.of(**{"protocol": default("protocol"), **learning})
    return replace(recipe, folds=learning.get("folds"))


def _choices(spec: TrainSpec) -> dict[str, Any]:
    """The fields and classes that the user chose, for the provenance."""
    choices = {"class field": spec.class_field, **spec.classes.facts()}
    return {**choices, "last year's crop": spec.previous_field} if spec.previous_field else choices

"""The tables as documents: rows with all values, columns as people read them, the paper's results beside ours.

A table is `{name, title, columns: [{title, key, form}], rows: [{key: value}], notes: [text]}` (docs/contracts.md).
Scores are shares of 0..1; `KEY_mean` and `KEY_std` are over folds.
"""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch import nn

from backend.learning.labels import Labelled
from backend.learning.permutations import ORDERS
from backend.models import MODELS
from backend.models.build import PAPER_BANDS, PAPER_CLASSES, PAPER_DAYS, build, count, temporal_ratio
from backend.vocabulary import CropClass

from . import paper
from .findings import FINDINGS
from .plan import ORDERED, SHUFFLED, SHUFFLED_PER_PARCEL, models_of
from .results import Results, Spread

Table = dict[str, Any]
SPREAD_NOTE = "a ± b: mean and sample standard deviation (divisor n - 1) over the folds done."
POOLED_NOTE = "Pooled: the tested parcels of all these folds taken as one set."
UNITS_NOTE = "Scores in per cent, differences in points: ours less the paper's."
MEANS_NOTE = (
    "Mean F, precision and recall are unweighted means over the classes that occur in the truth of the tested parcels; "
    "a class that does not occur is left out, one that occurs and is never predicted counts with precision 0. The "
    "paper does the same: its table 2 is the mean of its table 3 over the 17 classes present, rice left out."
)

PROBABILITIES_NOTE = (
    "Weighted F: by the parcels of each class. ECE: calibration error of the confidence, and the mean of that of the "
    "classes' probabilities; NLL in nats, Brier score 0 to 2; of runs that kept their probabilities."
)

SHUFFLED_NOTE = (
    "Trained again with the dates in one random order, the same for all parcels (shuffled), and with an order of its "
    "own for each parcel, kept in training and test; the paper's text fits both. Changes are taken fold by fold. A "
    "forest does not know of order: one permutation for all changes only which features chance offers it."
)


@dataclass(frozen=True)
class Frame:
    """The input of all tables. `asked` are the models named by the user, none for the paper's."""

    results: Mapping[tuple[str, str], Results]
    asked: tuple[str, ...]
    folds: int

    def models(self, table: str) -> list[str]:
        """The requested models of this table, and those that were run in the folder before; in the order of MODELS."""
        needed = SHUFFLED if table == "table4" else ORDERED
        planned = models_of(table, self.asked)
        return [name for name in MODELS if name in planned or (table != "table3" and (name, needed) in self.results)]

    def done(self, model: str, order: str = ORDERED) -> int:
        """How many folds."""
        own = self.results.get((model, order))
        return len(own.folds) if own else 0

    def spread(self, model: str, order: str, metric: str) -> Spread:
        own = self.results.get((model, order))
        return own.spread(metric) if own else Spread(None, None)

    def change(self, model: str, order: str, metric: str) -> Spread:
        """From dates in order to `order`."""
        first, second = self.results.get((model, ORDERED)), self.results.get((model, order))
        return first.change(second, metric) if first and second else Spread(None, None)


def table1(frame: Frame) -> Table:
    """The networks' sizes, for the paper's bands, dates and classes; needs no data."""
    columns = [("Model", "model", "text")]
    for title, key in (("Kernels", "kernels"), ("Hidden", "hidden"), ("Temporal ratio", "ratio")):
        columns += [(title, key, "text"), ("paper", f"{key}_paper", "text")]
    columns += [("Parameters", "parameters", "count"), ("paper", "parameters_paper", "count")]
    columns += [("difference", "parameters_difference", "signed")]
    notes = [
        f"For {PAPER_BANDS} bands, {len(PAPER_DAYS)} dates and {PAPER_CLASSES} classes.",
        "The paper's text does not determine the structure of its ConvLSTM; ours keeps its kernels and its size.",
    ]
    rows = [_size(model) for model in frame.models("table1")]
    return _table("table1", "Table 1: summary of the models' parameters", columns, rows, notes)


def table2(frame: Frame) -> Table:
    columns = [("Model", "model", "text"), ("Folds", "folds", "text")]
    for title, key in zip(("OA", "mean F", "Precision", "Recall"), paper.METRICS):
        columns += [(title, key, "spread"), ("paper", f"{key}_paper", "percent"), ("diff.", f"{key}_diff", "points")]
    columns += [("OA pooled", "oa_pooled", "percent"), ("mean F pooled", "mean_f_pooled", "percent")]
    columns += [
        ("weighted F", "weighted_f", "spread"),
        ("ECE", "ece", "spread"),
        ("ECE of classes", "class_ece", "spread"),
    ]
    columns += [("NLL", "nll", "figure"), ("Brier", "brier", "figure")]
    models = frame.models("table2")
    notes = [*_partial(frame, models), SPREAD_NOTE, POOLED_NOTE, UNITS_NOTE, MEANS_NOTE, PROBABILITIES_NOTE]
    rows = [_performance(frame, model) for model in models]
    return _table("table2", "Table 2: performance of the models", columns, rows, notes)


def table3(frame: Frame, classes: Sequence[CropClass]) -> Table:
    models = frame.models("table3")
    columns = [("Class", "class", "text"), ("Parcels tested", "parcels", "count")]
    for model in models:
        columns += [(model, model, "spread")]
        if model in paper.TABLE3_MODELS:
            columns += [("paper", f"{model}_paper", "percent"), ("diff.", f"{model}_diff", "points")]
    rows = [_class_row(frame, models, number, crop) for number, crop in enumerate(classes)]
    notes = [
        *_partial(frame, models),
        SPREAD_NOTE,
        UNITS_NOTE,
        "F of a class over the folds whose tested parcels have it.",
    ]
    return _table("table3", "Table 3: F-score of each class", columns, rows, notes)


def table4(frame: Frame) -> Table:
    columns = [("Model", "model", "text"), ("Folds", "folds", "text"), ("Ordered", "ordered", "spread")]
    columns += [("paper", "ordered_paper", "percent"), ("Shuffled", "shuffled", "spread")]
    columns += [("paper", "shuffled_paper", "percent"), ("change", "change", "change")]
    columns += [("paper", "change_paper", "points"), ("diff. of the changes", "change_diff", "points")]
    columns += [("One order per parcel", "per_parcel", "spread"), ("change", "per_parcel_change", "change")]
    models = frame.models("table4")
    notes = [*_partial(frame, models, ORDERS), SPREAD_NOTE, UNITS_NOTE, MEANS_NOTE, SHUFFLED_NOTE]
    rows = [_shuffling(frame, model) for model in models]
    return _table("table4", "Table 4: mean F with dates in order and shuffled", columns, rows, notes)


def figure2(labels: NDArray[np.int64], classes: Sequence[CropClass], labelled: Labelled) -> Table:
    """`labels` `(parcels,)` as declared number `classes`; `labelled` are those the runs use."""
    used = {crop.code: number for number, crop in enumerate(labelled.classes)}
    counts = np.bincount(labels[labels >= 0], minlength=len(classes)).tolist()
    rows = []
    for crop, parcels in zip(classes, counts):
        taken = int((labelled.labels == used[crop.code]).sum()) if crop.code in used else 0
        share = parcels / max(1, sum(counts))
        rows.append({"class": crop.name, "colour": crop.colour, "parcels": parcels, "share": share, "used": taken})
    columns = [("Class", "class", "text"), ("Parcels", "parcels", "count"), ("Share", "share", "percent")]
    columns += [("Used", "used", "count")]
    notes = [
        "Used: with enough clear pixels, and in a class with enough such parcels.",
        "The paper prints no numbers: meadows, cereals and grapevine are dominant there, and rice does not occur.",
    ]
    return _table("figure2", "Figure 2: class breakdown", columns, rows, notes)


def findings(frame: Frame) -> Table:
    """The paper's conclusions as differences of mean F, and in how many folds ours have the same sign."""
    rows = []
    for finding in FINDINGS:
        found = finding.by_fold(frame.results)
        holds = f"{sum(value > 0 for value in found)} of {len(found)} folds" if found else None
        difference = Spread.of(found).named("difference")
        rows.append({"finding": finding.text, **difference, "paper": finding.of_paper(), "holds": holds})
    columns = [("The paper finds", "finding", "text"), ("by (paper)", "paper", "points")]
    columns += [("here", "difference", "change"), ("holds in", "holds", "text")]
    notes = ["Differences of mean F in points, fold by fold; above zero the finding holds.", SPREAD_NOTE]
    return _table("findings", "The paper's findings, compared with these runs", columns, rows, notes)


def _table(
    name: str, title: str, columns: Sequence[tuple[str, str, str]], rows: list[dict[str, Any]], notes: list[str]
) -> Table:
    named = [dict(zip(("title", "key", "form"), column)) for column in columns]
    return {"name": name, "title": title, "columns": named, "rows": rows, "notes": notes}


def _size(model: str) -> dict[str, Any]:
    network, hyperparameters = build(model, PAPER_BANDS, PAPER_DAYS, PAPER_CLASSES), MODELS[model].hyperparameters
    convolutions = [m.out_channels for m in network.modules() if isinstance(m, nn.Conv2d)]
    parameters, printed = count(network) or None, paper.TABLE1.get(model, (None,) * 4)
    kernels, ratio = hyperparameters.get("kernels", convolutions), temporal_ratio(network)
    own = {
        "kernels": " : ".join(map(str, kernels if isinstance(kernels, (tuple, list)) else [kernels])) or "-",
        "hidden": str(hyperparameters.get("hidden", "-")),
        "ratio": "-" if ratio is None else f"{ratio:g}",
        "parameters": parameters,
    }
    beside = {f"{key}_paper": value for key, value in zip(own, printed)}
    return {"model": model, **own, **beside, "parameters_difference": _less(parameters, printed[3])}


def _performance(frame: Frame, model: str) -> dict[str, Any]:
    own = frame.results.get((model, ORDERED))
    row: dict[str, Any] = {
        "model": model,
        "title": MODELS[model].title,
        "folds": f"{frame.done(model)} of {frame.folds}",
    }
    for key in paper.METRICS:
        spread, printed = frame.spread(model, ORDERED, key), paper.table2(model, key)
        row |= {**spread.named(key), f"{key}_pooled": own.pooled[key] if own else None}
        row |= {f"{key}_paper": printed, f"{key}_diff": _less(spread.mean, printed)}
    for key in ("weighted_f", "ece", "class_ece", "nll", "brier"):
        row |= frame.spread(model, ORDERED, key).named(key)
    return row


def _class_row(frame: Frame, models: Sequence[str], number: int, crop: CropClass) -> dict[str, Any]:
    row: dict[str, Any] = {"class": crop.name, "code": crop.code, "parcels": None}
    for model in models:
        own, printed = frame.results.get((model, ORDERED)), paper.table3(crop.name, model)
        spread = own.class_spread(number) if own else Spread(None, None)
        row |= {**spread.named(model), f"{model}_pooled": own.pooled["classes"][number]["f"] if own else None}
        row |= {f"{model}_paper": printed, f"{model}_diff": _less(spread.mean, printed)}
        if own and own.class_reliability:
            row[f"{model}_ece"] = own.class_reliability[number]["ece"]
        row["parcels"] = max(row["parcels"] or 0, own.pooled["classes"][number]["support"] if own else 0)
    return row


def _shuffling(frame: Frame, model: str) -> dict[str, Any]:
    ordered, shuffled = paper.table4(model, False), paper.table4(model, True)
    row: dict[str, Any] = {"model": model, "ordered_paper": ordered, "shuffled_paper": shuffled}
    row["folds"] = f"{', '.join(str(frame.done(model, order)) for order in ORDERS)} of {frame.folds}"
    row |= frame.spread(model, ORDERED, "mean_f").named("ordered")
    for key, order in (("shuffled", SHUFFLED), ("per_parcel", SHUFFLED_PER_PARCEL)):
        change = "change" if key == "shuffled" else f"{key}_change"
        row |= frame.spread(model, order, "mean_f").named(key) | frame.change(model, order, "mean_f").named(change)
    row["change_paper"] = _less(shuffled, ordered)
    return {**row, "change_diff": _less(row["change_mean"], row["change_paper"])}


def _partial(frame: Frame, models: Sequence[str], orders: Sequence[str] = (ORDERED,)) -> list[str]:
    """A note where folds are still missing."""
    lacking = [model for model in models if any(frame.done(model, order) < frame.folds for order in orders)]
    return [f"**Partial**: folds of {', '.join(lacking)} are still to be done."] if lacking else []


def _less(one: float | None, other: float | None) -> float | None:
    return None if one is None or other is None else round(one - other, 10)

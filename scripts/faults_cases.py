"""The commands that `faults.py` disturbs, each with its inputs, its arguments and what it writes."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import faults_outcomes as found
from faults_outcomes import Output

from backend.models.bundle import ModelBundle

LAYERS = ("gpkg", "shp", "parquet", "fgb", "csv")
OLD, NEW = "old", "new"
SEEDS = {OLD: 41, NEW: 42}
LEARNING = ("--model", "gru", "--epochs", 4, "--min-samples", 5, "--device", "cpu", "--class-field", "CODE_GROUP")


@dataclass(frozen=True)
class Case:
    """A command that writes `outputs`; `arguments` gives it for a folder and a variant, OLD or NEW."""

    name: str
    outputs: tuple[Output, ...]
    arguments: Callable[[Path, str], list[object]]
    replaces: bool = True  # a run of the old variant was there before
    resumable: bool = False


@dataclass(frozen=True)
class Inputs:
    """A tiny made-up region, its store, two models, two classifications and a table of series in a folder."""

    folder: Path

    @property
    def images(self) -> list[object]:
        return [self.folder / "region" / "imagery", self.folder / "region" / "parcels.gpkg"]

    @property
    def store(self) -> Path:
        return self.folder / "s.parcels"

    def model(self, variant: str) -> Path:
        return self.folder / f"{variant}.cropmodel"

    def runs(self) -> list[list[object]]:
        """The commands that make all but the table."""
        first: list[list[object]] = [
            ["simulate", self.folder / "region", "--parcels", 60, "--dates", 4, "--seed", 1],
            ["extract", *self.images, "-o", self.store],
        ]
        for variant in (OLD, NEW):
            first.append(self.training(variant, self.model(variant)))
            layer = self.folder / f"{variant}.gpkg"
            first.append(["classify", self.store, "--model", self.model(variant), "-o", layer])
        return first

    def write_series(self) -> None:
        rows = [f"{n},2018-{month:02}-01,{500 + 10 * n},{900 + n}" for n in range(30) for month in (4, 5, 6, 7)]
        (self.folder / "series.csv").write_text("\n".join(["id,date,B04,B08", *rows]))

    def training(self, variant: str, model: Path) -> list[object]:
        return ["train", self.store, *LEARNING, "--seed", SEEDS[variant], "-o", model]

    def made(self, variant: str) -> str:
        return str(ModelBundle.load(self.model(variant)).provenance["made"])


def cases_of(inputs: Inputs) -> list[Case]:
    made = (inputs.made(OLD), inputs.made(NEW))
    model = Output("m.cropmodel", found.model)
    titles = ("Evaluation of old.gpkg", "Evaluation of new.gpkg")
    runs = [f"runs/{name}_chronological_fold-{fold}.json" for name in ("gru", "random-forest") for fold in (1, 2)]
    tables = Output("table2.json", found.table)
    return [
        *(_classify(inputs, ending, made) for ending in LAYERS),
        Case("train", (model, *_report("m_report", (">41<", ">42<"))), partial(_train, inputs)),
        Case("evaluate", _report("e", titles), partial(_evaluate, inputs)),
        *(Case(f"export {ending}", _exported(ending), partial(_export, inputs, ending)) for ending in ("gpkg", "shp")),
        Case("extract", (Output("s.parcels", found.store),), partial(_extract, inputs), replaces=False),
        Case("import", (Output("i.parcels", found.store),), partial(_import, inputs), replaces=False),
        Case("simulate", (Output("r", found.region),), _simulate),
        Case(
            "experiment", (*(Output(run, found.record) for run in runs), tables), partial(_experiment, inputs),
            replaces=False, resumable=True,
        ),
    ]  # fmt: skip


def _report(stem: str, marks: tuple[str, str]) -> tuple[Output, ...]:
    kinds = ((".html", found.page(marks)), (".json", found.document), (".csv", found.text))
    return tuple(Output(f"{stem}{ending}", read) for ending, read in kinds)


def _classify(inputs: Inputs, ending: str, made: tuple[str, str]) -> Case:
    """From images once, which makes and removes a store; from a store the others."""
    source = inputs.images if ending == "gpkg" else [inputs.store]

    def arguments(folder: Path, variant: str) -> list[object]:
        return ["classify", *source, "--model", inputs.model(variant), "-o", folder / f"o.{ending}"]

    layer, results = Output(f"o.{ending}", found.layer), Output("o.results", found.results)
    outputs = (layer, results, *_report("o_report", made), Output("o_report.png", found.picture))
    return Case(f"classify {ending}", outputs, arguments)


def _train(inputs: Inputs, folder: Path, variant: str) -> list[object]:
    return inputs.training(variant, folder / "m.cropmodel")


def _evaluate(inputs: Inputs, folder: Path, variant: str) -> list[object]:
    layer = inputs.folder / f"{variant}.gpkg"
    return ["evaluate", layer, "--truth", "CODE_GROUP", "--report", folder / "e.html"]


def _exported(ending: str) -> tuple[Output, ...]:
    table = () if ending == "gpkg" else (Output("x_classes.csv", found.text),)
    return (Output(f"x.{ending}", found.layer), *table)


def _export(inputs: Inputs, ending: str, folder: Path, variant: str) -> list[object]:
    return ["export", inputs.folder / f"{variant}.gpkg", "-o", folder / f"x.{ending}"]


def _extract(inputs: Inputs, folder: Path, _: str) -> list[object]:
    return ["extract", *inputs.images, "-o", folder / "s.parcels"]


def _import(inputs: Inputs, folder: Path, _: str) -> list[object]:
    return ["import", inputs.folder / "series.csv", "-o", folder / "i.parcels"]


def _simulate(folder: Path, variant: str) -> list[object]:
    return ["simulate", folder / "r", "--parcels", 20, "--dates", 2, "--seed", SEEDS[variant]]


def _experiment(inputs: Inputs, folder: Path, _: str) -> list[object]:
    learning = ["--models", "gru", "--epochs", 2, "--min-samples", 5, "--folds", 2, "--device", "cpu"]
    return ["experiment", "table2", inputs.store, "--class-field", "CODE_GROUP", *learning, "--output", folder]

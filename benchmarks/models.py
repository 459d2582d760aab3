"""Every model on the same folds, as the labels at hand allow: real series of Canadian fields, or a simulated region.

    python benchmarks/models.py canada DIR --series FOLDER [--labels 300,1000,all] [--splits random,blocks] [--draws 3]
    python benchmarks/models.py simulated DIR [--labels 300,1000,3000] [--draws 1]
        [--models NAMES] [--ways paper,refit,refit-3] [--folds 5] [--list]

Each run is one `train` with all of its folds: of every fold the model is tested on the fifth that it was not trained
on. `paper` trains on three fifths and validates on one, `refit` trains on four fifths (`refit-3`: three members), and
`auto` searches by inner folds of the four fifths. A run is one line of DIR/runs.jsonl; what is there is not run again,
so a stopped benchmark goes on, and several processes may be given different models. The table that is printed says
"not run" for what is missing; --list prints it without running anything.

`FOLDER` holds the AAFC points of 2017 of the Presto and WorldCereal authors: aafc2017_month.npz and its labels; used
are the 12 months of 2017. All of them: the 13 crops with at least 30 points; thinned, drawn at random: those with five.
Blocks: whole H3 cells of some 12,000 km2 are held out instead of points drawn at random.
"""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import argparse
import json
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))
from backend.models import MODELS  # noqa: E402
from backend.options import AUTO  # noqa: E402
from backend.reports.document import calibration_error  # noqa: E402
from benchmarks.resuming import Lines  # noqa: E402

ALL = "all"
QUICK = tuple(name for name, row in MODELS.items() if row.view in ("statistics", "observations"))  # no patches


@dataclass(frozen=True)
class Run:
    """`labels`: how many, or ALL; `way`: paper, refit, refit-N for N members, or auto."""

    region: str
    split: str
    labels: str
    draw: int
    model: str
    way: str

    def options(self) -> list[object]:
        if self.model == AUTO:
            return ["--model", AUTO]
        protocol, _, members = self.way.partition("-")
        own = ["--model", self.model, "--protocol", protocol]
        return [*own, "--members", members] if members else own


@dataclass(frozen=True)
class Bench:
    """Stores, models and results in `folder`."""

    folder: Path
    series: Path | None
    folds: int

    @property
    def lines(self) -> Lines[Run]:
        return Lines(self.folder / "runs.jsonl", Run)

    def run(self, run: Run) -> None:
        store, options = self.canada(run) if run.region == "canada" else self.simulated(run)
        model = self.folder / "models" / f"{'_'.join(map(str, asdict(run).values()))}.cropmodel"
        model.parent.mkdir(exist_ok=True)
        made = engine("train", store, "-o", model, *options, *run.options(), "--folds", self.folds)
        report = json.loads(Path(made["report"]).with_suffix(".json").read_text(encoding="utf-8"))
        folds = made["fold_scores"]
        found = {
            "parcels": made["scores"]["parcels"],
            "classes": len(made["classes"]),
            "oa": [fold["oa"] for fold in folds],
            "mean_f": [fold["mean_f"] for fold in folds],
            "ece": calibration_error(report["reliability"]),
            "seconds": made["seconds"],
            "members": made["model_name"],
        }
        self.lines.add(run, found)

    def canada(self, run: Run) -> tuple[Path, list[object]]:
        """The store of the points with these labels, and how to train on it."""
        if self.series is None:
            sys.exit("canada needs --series FOLDER")
        name = f"canada-{run.labels}-{run.draw}"
        store, table, labels = (self.folder / f"{name}{ending}" for ending in (".parcels", "-crops.csv", "-labels.csv"))
        given = pandas.read_csv(self.series / "aafc2017_month_labels.csv")
        kept = given["name"] != "Unknown"
        if run.labels != ALL:
            drawn = np.random.default_rng(run.draw).permutation(np.flatnonzero(kept))[: int(run.labels)]
            kept &= np.isin(np.arange(len(given)), drawn)
        given.assign(crop=given["code"].where(kept).astype("Int64")).to_csv(labels, index=False)
        crops = given[kept][["code", "name"]].drop_duplicates("code")
        crops.assign(**{"class": crops["name"], "colour": "#888888"}).to_csv(table, index=False)
        months = ("--shift-days", 15, "--start", "2017-01-01", "--end", "2017-12-31")  # the dates are a day early
        if not store.exists():
            engine("import", self.series / "aafc2017_month.npz", "--labels", labels, *months, "-o", store)
        blocks = ["--split", "group", "--split-field", "h3_l3_cell"] if run.split == "blocks" else []
        least = 30 if run.labels == ALL else 5
        return store, ["--class-field", "crop", "--class-table", table, "--min-samples", least, *blocks]

    def simulated(self, run: Run) -> tuple[Path, list[object]]:
        name = f"simulated-{run.labels}-{run.draw}"
        region, store = self.folder / name, self.folder / f"{name}.parcels"
        if not region.exists():
            engine("simulate", region, "--parcels", run.labels, "--dates", 24, "--seed", run.draw)
        if not store.exists():
            engine("extract", region / "imagery", region / "parcels.gpkg", "--masks", region / "masks", "-o", store)
        blocks = ["--split", "blocks"] if run.split == "blocks" else []
        return store, ["--class-field", "CODE_CULTU", "--class-table", "paper", "--min-samples", 5, *blocks]


def engine(*arguments: object) -> Any:
    command = [sys.executable, "-m", "backend", *map(str, arguments), "--json"]
    return json.loads(subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, check=True).stdout)


def wanted(chosen: argparse.Namespace) -> Iterator[Run]:
    for labels in chosen.labels.split(","):
        for draw in range(1 if labels == ALL else chosen.draws):
            for split in chosen.splits.split(","):
                for model in chosen.models.split(","):
                    for way in ["auto"] if model == AUTO else ways_of(model, chosen.ways.split(",")):
                        yield Run(chosen.region, split, labels, draw, model, way)


def ways_of(model: str, ways: Sequence[str]) -> list[str]:
    """A model without epochs and chance has only one way of being trained anew."""
    return [way for way in ways if MODELS[model].in_epochs or "-" not in way]


def table(runs: Sequence[Run], done: Mapping[Run, Mapping[str, Any]]) -> str:
    """A row for each model and way, a column for each split and number of labels: means over folds and draws."""
    columns = list(dict.fromkeys((run.labels, run.split) for run in runs))
    lines = ["| model | way | " + " | ".join(f"{labels}, {split}" for labels, split in columns) + " |"]
    lines.append("|---" * (2 + len(columns)) + "|")
    for model, way in dict.fromkeys((run.model, run.way) for run in runs):
        cells = []
        for labels, split in columns:
            own = [run for run in runs if (run.model, run.way, run.labels, run.split) == (model, way, labels, split)]
            cells.append(cell([done[run] for run in own if run in done], len(own)))
        lines.append(f"| {model} | {way} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def cell(found: Sequence[Mapping[str, Any]], draws: int) -> str:
    """`OA / mean F / ECE, seconds`, in per cent; `not run`, or how many draws there are so far."""
    if not found:
        return "not run"
    oa, mean_f = (100 * np.mean([np.mean(row[name]) for row in found]) for name in ("oa", "mean_f"))
    ece, seconds = 100 * np.mean([row["ece"] for row in found]), np.mean([row["seconds"] for row in found])
    part = "" if len(found) == draws else f" ({len(found)} of {draws} draws)"
    return f"{oa:.1f} / {mean_f:.1f} / {ece:.1f}, {seconds:.0f} s{part}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("region", choices=["canada", "simulated"])
    parser.add_argument("folder", type=Path, metavar="DIR")
    parser.add_argument("--series", type=Path, metavar="FOLDER")
    parser.add_argument("--labels", default="300,1000,all")
    parser.add_argument("--draws", type=int, default=3)
    parser.add_argument("--splits", default="random,blocks")
    parser.add_argument("--models", default=",".join((AUTO, *QUICK)))
    parser.add_argument("--ways", default="paper,refit,refit-3")
    parser.add_argument("--folds", type=int, default=5)
    parser.add_argument("--list", action="store_true")
    chosen = parser.parse_args()
    chosen.folder.mkdir(parents=True, exist_ok=True)
    bench, runs = Bench(chosen.folder.resolve(), chosen.series, chosen.folds), list(wanted(chosen))
    for run in runs:
        if not chosen.list and run not in bench.lines.done():
            print(f"{run.labels} labels, draw {run.draw}, {run.split}: {run.model}, {run.way}", flush=True)
            bench.run(run)
    print(table(runs, bench.lines.done()))


if __name__ == "__main__":
    main()

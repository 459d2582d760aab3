"""A model carried on with few labels of another region or year, against the model as it was and one trained anew.

    python benchmarks/finetuning.py simulated DIR [--shift 40] [--labels 10,30,100] [--draws 1]
    python benchmarks/finetuning.py canada DIR --series FOLDER [--cells 8] [--labels 10,30,100] [--draws 1]
        [--model dated-ltae] [--options "--time-shift-days 15"] [--list]

`simulated`: trained on 2,000 parcels of one region; carried on in a second one with other fields, another year and
weather, and a season that begins `--shift` days later. `canada`: the points of `benchmarks/models.py`, of the crops
with at least 30; trained on all H3 cells but `--cells` of those with the most points, drawn by the seed, and carried on
in these. Of each class there at most so many labels are drawn, and at most half of its points; all others are the test.
The labels are given to `finetune`, its model then classifies the test parcels; so does the model as it was, and one
that `train` makes of these labels. Overall accuracy and mean F are of the test. Lines of DIR/runs.jsonl are not run
again.
"""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import argparse
import shutil
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import geopandas
import numpy as np
import pandas

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))
from backend.crop_codes import as_code  # noqa: E402
from backend.models.bundle import ModelBundle  # noqa: E402
from backend.parcels import nomenclature  # noqa: E402
from backend.series.store import open_store  # noqa: E402
from benchmarks.models import engine  # noqa: E402
from benchmarks.resuming import Lines  # noqa: E402

WAYS = ("frozen", "anew", "tuned")


@dataclass(frozen=True)
class Run:
    """`labels`: of each class at most."""

    region: str
    model: str
    labels: int
    draw: int
    options: str  # of finetune


@dataclass(frozen=True)
class Bench:
    """Stores, models and results in `folder`."""

    folder: Path
    chosen: argparse.Namespace

    @property
    def lines(self) -> Lines[Run]:
        return Lines(self.folder / "runs.jsonl", Run)

    def run(self, run: Run) -> None:
        source, store, field = self.simulated(run.model) if run.region == "simulated" else self.canada(run.model)
        name = f"{run.region}-{run.labels}-{run.draw}"
        own, labels = self.labelled(store, field, ModelBundle.load(source), run, name)
        table = ["--class-table", source.with_suffix(".csv")] if run.region == "canada" else ["--class-table", "paper"]
        given = ["--class-field", "label", *table, "--seed", run.draw]
        models = {way: self.folder / f"{name}-{way}.cropmodel" for way in ("anew", "tuned")}
        made = engine("finetune", source, own, *given, *run.options.split(), "-o", models["tuned"])
        engine("train", own, *given, "--model", run.model, "--folds", 1, "-o", models["anew"])
        found = {way: self.score(own, model) for way, model in {"frozen": source, **models}.items()}
        found |= {"labels": labels, "folds": {row["way"]: row["mean_f"] for row in made["compared"]}}
        found |= {"seconds": made["seconds"]}
        self.lines.add(run, found)

    def labelled(self, store: Path, field: str, model: ModelBundle, run: Run, name: str) -> tuple[Path, int]:
        """The store with the fields `label` (of the parcels drawn) and `test` (of the others), and how many are drawn.

        Only crops whose classes the model knows, with at least ten parcels here.
        """
        known, codes = nomenclature.from_table(model.class_table), {crop.code for crop in model.classes}
        crops = open_store(store).fields()[field]
        classes, _ = known.labels(crops)
        given = {crop.code: np.flatnonzero(classes == number) for number, crop in enumerate(known.classes)}
        random, drawn, tested = np.random.default_rng(run.draw), np.zeros(len(crops), bool), np.zeros(len(crops), bool)
        for code, rows in given.items():
            if code in codes and len(rows) >= 10:
                rows = random.permutation(rows)
                count = min(run.labels, len(rows) // 2)
                drawn[rows[:count]], tested[rows[count:]] = True, True
        path = self.folder / f"{name}.parcels"
        shutil.rmtree(path, ignore_errors=True)
        path.mkdir()
        for part in store.iterdir():
            if part.name != "parcels.parquet":
                (path / part.name).symlink_to(part)
        layer = geopandas.read_parquet(store / "parcels.parquet")
        for column, rows in (("label", drawn), ("test", tested)):
            layer[column] = [as_code(crop) if there else None for crop, there in zip(crops, rows, strict=True)]
        layer.to_parquet(path / "parcels.parquet")
        return path, int(drawn.sum())

    def score(self, store: Path, model: Path) -> dict[str, float]:
        output = self.folder / "predictions.gpkg"
        scores = engine("classify", store, "--model", model, "--truth", "test", "-o", output)["scores"]
        return {name: scores[name] for name in ("oa", "mean_f", "parcels")}

    def simulated(self, model: str) -> tuple[Path, Path, str]:
        stores = []
        for name, seed, year, shift in (("source", 1, 2017, 0), ("target", 2, 2018, self.chosen.shift)):
            region, store = self.folder / name, self.folder / f"{name}.parcels"
            if not store.exists():
                given = ("--parcels", 2000, "--seed", seed, "--year", year, "--season-shift-days", shift)
                engine("simulate", region, *given)
                engine("extract", region / "imagery", region / "parcels.gpkg", "--masks", region / "masks", "-o", store)
            stores.append(store)
        source = self.folder / "source.cropmodel"
        if not source.exists():
            given = ("--class-field", "CODE_CULTU", "--class-table", "paper", "--model", model, "--folds", 1)
            engine("train", stores[0], *given, "-o", source)
        return source, stores[1], "CODE_CULTU"

    def canada(self, model: str) -> tuple[Path, Path, str]:
        """The source's cells and the target's are fields of one store: `source` and `target` hold the crop there."""
        if self.chosen.series is None:
            sys.exit("canada needs --series FOLDER")
        store, source = self.folder / "canada.parcels", self.folder / "canada.cropmodel"
        if not store.exists():
            given = pandas.read_csv(self.chosen.series / "aafc2017_month_labels.csv")
            often = given[given["name"] != "Unknown"].groupby("code")["code"].transform("size") >= 30
            kept = often.reindex(given.index, fill_value=False)
            points = given[kept]["h3_l3_cell"].value_counts()
            cells = np.random.default_rng(0).permutation(points.index[: 3 * self.chosen.cells])[: self.chosen.cells]
            there = given["h3_l3_cell"].isin(cells)
            crop = given["code"].astype("Int64")
            given = given.assign(source=crop.where(kept & ~there), target=crop.where(kept & there))
            given.to_csv(self.folder / "canada-labels.csv", index=False)
            crops = given[kept][["code", "name"]].drop_duplicates("code")
            crops.assign(**{"class": crops["name"], "colour": "#888888"}).to_csv(
                source.with_suffix(".csv"), index=False
            )
            months = ("--shift-days", 15, "--start", "2017-01-01", "--end", "2017-12-31")
            series = self.chosen.series / "aafc2017_month.npz"
            engine("import", series, "--labels", self.folder / "canada-labels.csv", *months, "-o", store)
        if not source.exists():
            given = ("--class-field", "source", "--class-table", source.with_suffix(".csv"), "--min-samples", 30)
            engine("train", store, *given, "--model", model, "--folds", 1, "-o", source)
        return source, store, "target"


def table(runs: Sequence[Run], done: Mapping[Run, Mapping[str, Any]]) -> str:
    """A row for each number of labels: OA / mean F of the test, in per cent, means over the draws."""
    lines = ["| labels per class | in all | tested | frozen | anew | fine-tuned |", "|---|---|---|---|---|---|"]
    for labels in dict.fromkeys(run.labels for run in runs):
        found = [done[run] for run in runs if run.labels == labels and run in done]
        if not found:
            lines.append(f"| {labels} | | | not run | not run | not run |")
            continue
        cells = [
            " / ".join(f"{100 * np.mean([row[way][key] for row in found]):.1f}" for key in ("oa", "mean_f"))
            for way in WAYS
        ]
        counts = [
            f"{np.mean([row['labels'] for row in found]):.0f}",
            f"{np.mean([row['tuned']['parcels'] for row in found]):.0f}",
        ]
        lines.append(f"| {labels} | {' | '.join([*counts, *cells])} |")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("region", choices=["simulated", "canada"])
    parser.add_argument("folder", type=Path, metavar="DIR")
    parser.add_argument("--series", type=Path, metavar="FOLDER")
    parser.add_argument("--shift", type=int, default=40)
    parser.add_argument("--cells", type=int, default=8)
    parser.add_argument("--labels", default="10,30,100")
    parser.add_argument("--draws", type=int, default=1)
    parser.add_argument("--model", default="dated-ltae")
    parser.add_argument("--options", default="", help="further options of finetune, such as '--time-shift-days 15'")
    parser.add_argument("--list", action="store_true")
    chosen = parser.parse_args()
    chosen.folder.mkdir(parents=True, exist_ok=True)
    bench = Bench(chosen.folder.resolve(), chosen)
    runs = [
        Run(chosen.region, chosen.model, int(labels), draw, chosen.options)
        for draw in range(chosen.draws)
        for labels in chosen.labels.split(",")
    ]
    for run in runs:
        if not chosen.list and run not in bench.lines.done():
            print(f"{run.labels} labels of each class, draw {run.draw}", flush=True)
            bench.run(run)
    print(table(runs, bench.lines.done()))


if __name__ == "__main__":
    main()

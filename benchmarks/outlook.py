"""The paper's outlook (section 4), tried: crop rotation, five-day revisits, learned spectral features, other years.

    python benchmarks/outlook.py rotation|revisits|spectral|years [--parcels N] [--epochs E] [--folder DIR]

Each prints one table as Markdown, from simulated regions whose truth is known. All goes through the engine's own
commands with one seed: the same fields, the same folds. Finished runs are kept in DIR. docs/outlook.md has the figures
and what they can show.
"""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyogrio
from sklearn.metrics import accuracy_score, f1_score
from sklearn.model_selection import StratifiedKFold, cross_val_predict
from sklearn.naive_bayes import CategoricalNB
from sklearn.preprocessing import OrdinalEncoder

ROOT = Path(__file__).resolve().parents[1]
SEED, YEAR = 0, 2018  # of 2018 on there are two satellites, a pass every five days
CROPS = ("--class-field", "CODE_CULTU", "--class-table", "paper")
EARLY = "04-30"
FOLDS = 5
REPEATS = 3


def engine(*arguments: object) -> dict[str, Any]:
    """The result of one of the engine's commands, and the processor's seconds it took (`cpu_s`), start included."""
    command = [sys.executable, "-m", "backend", *map(str, arguments), "--json"]
    before = os.times()
    result = json.loads(subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, check=True).stdout)
    after = os.times()
    spent = after.children_user + after.children_system - before.children_user - before.children_system
    return {**(result if isinstance(result, dict) else {"rows": result}), "cpu_s": spent}


@dataclass(frozen=True)
class Bench:
    """Where regions, stores and models are made, and read again where an earlier run left them."""

    folder: Path
    parcels: int
    epochs: int

    def kept(self, name: str, *arguments: object) -> Any:
        """The command's result, from its first run."""
        note = self.folder / f"{name}.json"
        if not note.exists():
            result = engine(*arguments)
            note.write_text(json.dumps(result), encoding="utf-8")
        return json.loads(note.read_text(encoding="utf-8"))

    def region(self, name: str, dates: int, years: int) -> list[dict[str, Any]]:
        """The seasons of a simulated region."""
        figures = ("--parcels", self.parcels, "--dates", dates, "--seed", SEED, "--year", YEAR, "--years", years)
        return self.kept(name, "simulate", self.folder / name, *figures)["seasons"]

    def store(self, name: str, season: dict[str, Any], *options: object) -> dict[str, Any]:
        images = (season["imagery"], season["parcels"], "--masks", season["masks"])
        return self.kept(name, "extract", *images, "-o", self.folder / f"{name}.parcels", *options)

    def again(self, name: str, season: dict[str, Any], *options: object) -> float:
        """The processor's seconds of an extraction: the least of REPEATS, for other programs run beside."""
        images = (season["imagery"], season["parcels"], "--masks", season["masks"])
        spent = []
        for count in range(REPEATS):
            output = self.folder / f"{name}-again-{len(options)}-{count}.parcels"
            spent.append(engine("extract", *images, "-o", output, *options)["cpu_s"])
            shutil.rmtree(output)
        return min(spent)

    def trained(self, name: str, stores: Sequence[object], model: str, *options: object) -> dict[str, Any]:
        recipe = ("--model", model, "--epochs", self.epochs, "--folds", FOLDS, "--seed", SEED)
        return self.kept(name, "train", *stores, "-o", self.folder / f"{name}.cropmodel", *recipe, *options)


def table(*heads: str) -> None:
    print(f"| {' | '.join(heads)} |\n|{'---|' * len(heads)}", flush=True)


def row(*cells: object) -> None:
    print(f"| {' | '.join(map(str, cells))} |", flush=True)


def scored(result: dict[str, Any]) -> tuple[str, str]:
    """Overall accuracy and mean F over the test parcels of all folds, with the deviation between folds."""
    folds = result["fold_scores"]
    return tuple(f"{result['scores'][key]:.3f} ± {np.std([f[key] for f in folds]):.3f}" for key in ("oa", "mean_f"))


def rotation(bench: Bench) -> None:
    """The second of two years, with and without the crop declared in the first, by the whole season and half of it."""
    season = bench.region("two-years", 24, 2)[1]
    table("images", "model", "OA", "mean F", "OA with last year's crop", "mean F with it")
    for images, options in (("January to April", ("--end", f"{YEAR + 1}-{EARLY}")), ("whole season", ())):
        name = images.split()[0].lower()
        store = bench.store(f"rotation-{name}", season, *options)["store"]
        for model in ("random-forest", "gru"):
            plain = bench.trained(f"rotation-{name}-{model}", [store], model, *CROPS)
            previous = ("--previous-field", season["previous_field"])
            known = bench.trained(f"rotation-{name}-{model}-known", [store], model, *CROPS, *previous)
            row(images, model, *scored(plain), *scored(known))
    oa, mean_f = by_last_crop(season)
    row("none", "last year's crop alone", "", "", f"{oa:.3f}", f"{mean_f:.3f}")
    print(f"\nEach class, by the last model of the table ({model}, {images}):\n")
    table("class", "parcels", "F", "F with last year's crop")
    for one, other in zip(plain["scores"]["classes"], known["scores"]["classes"]):
        row(one["name"], one["support"], f"{one['f']:.2f}", f"{other['f']:.2f}")


def by_last_crop(season: dict[str, Any]) -> tuple[float, float]:
    """What last year's crop code alone foretells of the class, five folds: scikit-learn's naive Bayes."""
    layer = pyogrio.read_dataframe(season["parcels"], read_geometry=False)
    classes = pd.read_csv(ROOT / "resources/nomenclatures/paper.csv", index_col="code", keep_default_na=False)["class"]
    truth = layer[season["class_field"]].map(classes)
    kept = truth.map(truth.value_counts()) >= FOLDS
    encoder = OrdinalEncoder()
    last = encoder.fit_transform(layer.loc[kept, [season["previous_field"]]])
    bayes = CategoricalNB(alpha=0.1, min_categories=len(encoder.categories_[0]))
    folds = StratifiedKFold(FOLDS, shuffle=True, random_state=SEED)
    found = cross_val_predict(bayes, last, truth[kept], cv=folds)
    return accuracy_score(truth[kept], found), f1_score(truth[kept], found, average="macro", zero_division=0.0)


def revisits(bench: Bench) -> None:
    """The same fields on 24 dates from January to October, and every five days of the year; processor's seconds."""
    start = bench.kept("start", "models")["cpu_s"]  # Python, torch and all: the same for any number of dates
    extracted = []
    table("dates", "model", "OA", "mean F", "training, s", "s per date", "classifying, s", "s per date")
    for dates in (24, 73):
        season = bench.region(f"dates-{dates}", dates, 1)[0]
        store = bench.store(f"revisits-{dates}", season)
        first = bench.again(f"revisits-{dates}", season, "--end", season["dates"][0])
        extracted.append((dates, (bench.again(f"revisits-{dates}", season) - first) / (dates - 1)))
        for model in ("random-forest", "gru", "transformer", "dated-ltae"):
            name = f"revisits-{dates}-{model}"
            result = bench.trained(name, [store["store"]], model, *CROPS)
            output = ("-o", bench.folder / f"{name}.csv")
            read = bench.kept(f"{name}-read", "classify", store["store"], "--model", result["model"], *output)
            spent = [done["cpu_s"] - start for done in (result, read)]
            row(dates, model, *scored(result), *(f"{cell:.2f}" for s in spent for cell in (s, s / dates)))
    for dates, seconds in extracted:
        print(f"extraction of {dates} dates: {seconds:.3f} s per date")


def spectral(bench: Bench) -> None:
    """The GRU on means and deviations of the bands against the one that learns features of the pixels' spectra."""
    season = bench.region("one-year", 24, 1)[0]
    store = bench.store("spectral", season)["store"]
    table("model", "OA", "mean F", "processor's seconds")
    for model in ("gru", "spectral-gru", "random-forest"):
        result = bench.trained(f"spectral-{model}", [store], model, *CROPS)
        row(model, *scored(result), f"{result['cpu_s']:.0f}")


def years(bench: Bench) -> None:
    """Three years of the same fields: each year tested by a model of the two others, and at random over all three."""
    seasons = bench.region("three-years", 24, 3)
    stores = [bench.store(f"years-{season['year']}", season)["store"] for season in seasons]
    heads = [f"{season['year']} tested" for season in seasons]
    table(
        "model", *(f"{head}: OA / mean F" for head in heads), "a year left out: OA / mean F", "at random: OA / mean F"
    )
    for model in ("random-forest", "gru", "dated-gru"):
        apart = bench.trained(f"years-{model}", stores, model, *CROPS, "--split", "year", "--folds", len(stores))
        mixed = bench.trained(f"years-{model}-random", stores, model, *CROPS)
        pairs = [*apart["fold_scores"], apart["scores"], mixed["scores"]]
        row(model, *(f"{pair['oa']:.3f} / {pair['mean_f']:.3f}" for pair in pairs))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("experiment", choices=("rotation", "revisits", "spectral", "years"))
    parser.add_argument("--parcels", type=int, default=600)
    parser.add_argument("--epochs", type=int, default=40)
    parser.add_argument("--folder", type=Path)
    chosen = parser.parse_args()
    folder = (chosen.folder or Path(tempfile.mkdtemp(prefix="outlook-"))).resolve()
    folder.mkdir(parents=True, exist_ok=True)
    bench = Bench(folder, chosen.parcels, chosen.epochs)
    {"rotation": rotation, "revisits": revisits, "spectral": spectral, "years": years}[chosen.experiment](bench)


if __name__ == "__main__":
    main()

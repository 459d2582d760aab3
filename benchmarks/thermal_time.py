"""What a model loses in a season that is later than that of its training: by day of year, and by thermal time.

    python benchmarks/thermal_time.py DIR [--parcels 1000] [--dates 24] [--shift 40] [--draws 1] [--model dated-ltae]

For each draw a model is trained in a simulated region, by day of year and by thermal time, and classifies other ones of
the next year: `as it is`; `half later` and `later`, the same images and temperatures half of the shift and all of it
later; and one in which only crops come up so many days later and ripen about half as much
(`simulate --season-shift-days`), with temperatures three quarters of the shift later. The simulator has no
temperatures: they are a cosine through the year with noise from day to day, another one in the next year. The table has
overall accuracy and mean F in per cent.
"""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import argparse
import json
import shutil
import sys
from datetime import date, timedelta
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))
from benchmarks.models import engine  # noqa: E402

FIELD, YEAR = "CODE_CULTU", 2017
MEAN, AMPLITUDE, COLDEST_DAY, NOISE = 11.0, 9.5, 20, 2.5  # degrees Celsius of Burgundy
BETWEEN = 0.75  # of the shift: between that of coming up, 1, and that of ripening, about 0.5


def temperatures(path: Path, year: int, later_days: float, seed: int) -> Path:
    days = np.arange(450)  # images of December may be moved into the next year
    noise = np.random.default_rng(seed).normal(0, NOISE, len(days))
    means = MEAN - AMPLITUDE * np.cos(2 * np.pi * (days - later_days - COLDEST_DAY) / 365.25) + noise
    lines = [f"{date(year, 1, 1) + timedelta(days=int(day))},{mean:.2f}" for day, mean in zip(days, means)]
    path.write_text("\n".join(["date,mean_temperature", *lines]), "utf-8")
    return path


def store(folder: Path, chosen: argparse.Namespace, seed: int, year: int, shift: int) -> Path:
    region, path = folder / f"{seed}-{year}-{shift}", folder / f"{seed}-{year}-{shift}.parcels"
    if not path.exists():
        size = ("--parcels", chosen.parcels, "--dates", chosen.dates, "--seed", seed, "--year", year)
        engine("simulate", region, *size, "--season-shift-days", shift)
        engine("extract", region / "imagery", region / "parcels.gpkg", "--masks", region / "masks", "-o", path)
    return path


def moved(path: Path, days: int) -> Path:
    """The same store with every image so many days later."""
    other = path.with_name(f"{path.stem}-moved-{days}.parcels")
    if not other.exists():
        shutil.copytree(path, other)
        manifest = json.loads((other / "manifest.json").read_text("utf-8"))
        (source,) = manifest["sources"]
        for name in ("days", "acquisition_days"):
            source[name] = [day + days for day in source[name]]
        for one in source["acquisitions"]:
            one["date"] = str(date.fromisoformat(one["date"]) + timedelta(days=days))
        (other / "manifest.json").write_text(json.dumps(manifest), "utf-8")
    return other


def found(folder: Path, model: Path, target: Path, table: Path | None) -> str:
    given = ("--temperatures", table) if table else ()
    output = folder / "found.gpkg"
    made = engine("classify", target, "--model", model, "-o", output, "--truth", FIELD, "--device", "cpu", *given)
    return f"{100 * made['scores']['oa']:.1f} / {100 * made['scores']['mean_f']:.1f}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--parcels", type=int, default=1000)
    parser.add_argument("--dates", type=int, default=24)
    parser.add_argument("--shift", type=int, default=40)
    parser.add_argument("--draws", type=int, default=1)
    parser.add_argument("--model", default="dated-ltae")
    chosen = parser.parse_args()
    folder, shift = chosen.folder, chosen.shift
    folder.mkdir(parents=True, exist_ok=True)
    print("| draw | season | by day of year | by thermal time |\n|---|---|---|---|")
    for draw in range(chosen.draws):
        home, first = store(folder, chosen, 2 * draw, YEAR, 0), temperatures(folder / "home.csv", YEAR, 0, draw)
        models = {}
        for name, given in (("day", ()), ("thermal", ("--temperatures", first))):
            models[name] = folder / f"{draw}-{name}.cropmodel"
            options = ("--class-field", FIELD, "--model", chosen.model, "--folds", 1, "--device", "cpu", "--seed", draw)
            engine("train", home, *options, "-o", models[name], *given)
        there = store(folder, chosen, 2 * draw + 1, YEAR + 1, 0)
        seasons = {
            "as it is": (there, 0),
            "half later": (moved(there, shift // 2), shift // 2),
            "later": (moved(there, shift), shift),
            "crops later": (store(folder, chosen, 2 * draw + 1, YEAR + 1, shift), BETWEEN * shift),
        }
        for name, (target, later) in seasons.items():
            table = temperatures(folder / "there.csv", YEAR + 1, later, 1000 + draw)
            cells = found(folder, models["day"], target, None), found(folder, models["thermal"], target, table)
            print(f"| {draw} | {name} | {' | '.join(cells)} |", flush=True)


if __name__ == "__main__":
    main()

"""Every architecture on the same folds: of a simulated region, or of real series of Canadian fields.

    python benchmarks/models.py simulated DIR [--parcels 1000] [--models a,b] [OPTIONS OF experiment]
    python benchmarks/models.py canada DIR --series FOLDER [--blocks] [--models a,b] [OPTIONS OF experiment]

Prepares the parcels, then runs `experiment table2` on them with the paper's protocol: five folds of 3 : 1 : 1, seed 0,
each model's own recipe. Runs are kept in DIR: one that was stopped goes on, and the same command started twice shares
the work. `FOLDER` holds the AAFC points of 2017 of the Presto and WorldCereal authors: aafc2017_month.npz and its
labels; used are the 12 months of 2017 and the 13 crops with at least 30 points. With --blocks whole H3 cells of some
12,000 km2 are held out instead of points drawn at random.
"""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import argparse
import subprocess
import sys
from pathlib import Path

import pandas

ROOT = Path(__file__).resolve().parents[1]
LATER = "spectral-gru,pse-ltae,pse-ltae-small,temp-cnn,transformer,dated-gru,dated-ltae"
QUICK = f"gru,{LATER}"  # those that take no patches; a point has no texture for the others to see


def engine(*arguments: object) -> None:
    subprocess.run([sys.executable, "-m", "backend", *map(str, arguments)], check=True)


def simulated(folder: Path, parcels: int) -> list[object]:
    """The store of a simulated region, and how an experiment reads its crops."""
    region, store = folder / "region", folder / "region.parcels"
    if not region.exists():
        engine("simulate", region, "--parcels", parcels, "--dates", 24, "--seed", 0)
    engine("extract", region / "imagery", region / "parcels.gpkg", "--masks", region / "masks", "-o", store)
    return [store, "--class-field", "CODE_CULTU", "--class-table", "paper", "--min-samples", 10]


def canada(folder: Path, series: Path, blocks: bool) -> list[object]:
    store, table = folder / "canada.parcels", folder / "crops.csv"
    source, labels = series / "aafc2017_month.npz", series / "aafc2017_month_labels.csv"
    folder.mkdir(parents=True, exist_ok=True)
    months = ("--shift-days", 15, "--start", "2017-01-01", "--end", "2017-12-31")  # the file's dates are a day early
    engine("import", source, "--labels", labels, *months, "-o", store)
    crops = pandas.read_csv(labels)[["code", "name"]].drop_duplicates("code")
    crops = crops[crops["name"] != "Unknown"].assign(**{"class": crops["name"], "colour": "#888888"})
    crops.to_csv(table, index=False)
    split = ["--split", "group", "--split-field", "h3_l3_cell"] if blocks else []
    return [store, "--class-field", "code", "--class-table", table, "--min-samples", 30, *split]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("region", choices=["simulated", "canada"])
    parser.add_argument("folder", type=Path, metavar="DIR")
    parser.add_argument("--parcels", type=int, default=1000)
    parser.add_argument("--series", type=Path, metavar="FOLDER")
    parser.add_argument("--blocks", action="store_true")
    parser.add_argument("--models", default=QUICK)
    chosen, options = parser.parse_known_args()
    if chosen.region == "simulated":
        prepared = simulated(chosen.folder, chosen.parcels)
    elif chosen.series:
        prepared = canada(chosen.folder, chosen.series, chosen.blocks)
    else:
        parser.error("canada needs --series FOLDER")
    name = f"runs-{'blocks' if chosen.blocks else 'random'}"
    engine("experiment", "table2", *prepared, "-o", chosen.folder / name, "--models", chosen.models, *options)
    print((chosen.folder / name / "table2.md").read_text(encoding="utf-8"))


if __name__ == "__main__":
    main()

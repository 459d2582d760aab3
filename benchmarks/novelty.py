"""How well the novelty score finds classes that were left out of a training, on simulated regions.

    python benchmarks/novelty.py DIR [--parcels 1000] [--dates 18] [--seeds 0,1,2] [--draws 5]

For each region (made in DIR, or found there) and draw, three classes of at least five parcels are left out, and a
quarter of the other parcels is held out; the score is learned from the rest. `groups` leaves out whole groups of the
French register instead (CODE_GROUP), so that no sibling of a class that is left out is known. The table has the area
under the ROC curve (left-out classes against held-out parcels) of several scores, and of the one in model files the
share of flagged parcels. The last table has each class by itself, beside `supervised`: a random forest that has labels
of the class (cross-validated), which says how separable it is at all.
"""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import argparse
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from sklearn.ensemble import RandomForestClassifier
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import cross_val_predict
from sklearn.neighbors import LocalOutlierFactor, NearestNeighbors

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))
from backend.learning.novelty import estimate  # noqa: E402
from backend.models.novelty import Novelty  # noqa: E402
from backend.series.indices import available  # noqa: E402
from backend.series.mean_series import mean_series  # noqa: E402
from backend.series.store import open_store  # noqa: E402

LEAST, LEFT_OUT = 5, 3  # parcels of a class that may be left out; classes left out at a time
TREES, NEIGHBOURS = 100, 5


def store_of(folder: Path, parcels: int, dates: int, seed: int) -> Path:
    region, store = folder / f"region-{seed}", folder / f"region-{seed}.parcels"
    if not store.exists():
        command = [sys.executable, "-m", "backend"]
        size = ("--parcels", parcels, "--dates", dates, "--seed", seed)
        layers = (region / "imagery", region / "parcels.gpkg", "--masks", region / "masks", "-o", store)
        for arguments in (("simulate", region, *size), ("extract", *layers)):
            subprocess.run([*command, *map(str, arguments)], cwd=ROOT, check=True, capture_output=True)
    return store


def read(path: Path) -> tuple[np.ndarray, np.ndarray, np.ndarray, tuple[str, ...]]:
    """Series `(parcels, dates, bands)`, crops, groups and bands, of the parcels without another flag."""
    store = open_store(path)
    bands = (*store.bands, *available(store.bands))
    rows = np.flatnonzero(store.index["quality"] == "ok")
    series = np.concatenate(list(mean_series(store, store.days, bands, rows)))
    fields = store.fields().iloc[rows]
    return series, *(fields[name].to_numpy(str) for name in ("CODE_CULTU", "CODE_GROUP")), bands


def several_scores(known: Novelty, train: np.ndarray, test: np.ndarray, labels: np.ndarray) -> dict[str, np.ndarray]:
    """Of the test parcels: ours, and others on the same standardised series."""
    first, other = (((s.reshape(len(s), -1) - known.mean) / known.scale) for s in (train, test))
    projected, found = first @ known.axes.T, other @ known.axes.T
    neighbours = NearestNeighbors(n_neighbors=NEIGHBOURS).fit(projected)
    forest = RandomForestClassifier(TREES, random_state=0).fit(first, labels)
    return {
        "class densities": known.scores(test),
        "nearest 5": neighbours.kneighbors(found)[0].mean(axis=1),
        "local outlier factor": -LocalOutlierFactor(novelty=True).fit(projected).score_samples(found),
        "1 - confidence of a forest": 1 - forest.predict_proba(other).max(axis=1),
    }


def split(unknown: np.ndarray, random: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Rows of the training, and of the held-out parcels of known classes."""
    known = random.permutation(np.flatnonzero(~unknown))
    return known[len(known) // 4 :], known[: len(known) // 4]


def draws(values: np.ndarray, count: int, random: np.random.Generator) -> Iterator[np.ndarray]:
    names, counts = np.unique(values, return_counts=True)
    for _ in range(count):
        yield np.isin(values, random.choice(names[counts >= LEAST], LEFT_OUT, replace=False))


def judged(series: np.ndarray, crops: np.ndarray, bands: tuple[str, ...], unknown: np.ndarray, seed: int):
    """AUROC of each score, and the shares flagged of held-out and of left-out parcels."""
    train, held = split(unknown, np.random.default_rng(seed))
    test, labels = np.concatenate([held, np.flatnonzero(unknown)]), np.unique(crops[train], return_inverse=True)[1]
    known = estimate(series[train], labels, bands)
    truth = np.repeat([0, 1], [len(held), int(unknown.sum())])
    scores = several_scores(known, series[train], series[test], labels)
    above = known.ratios(series[test]) > 1
    flagged = above[truth == 0].mean(), above[truth == 1].mean()
    return {name: roc_auc_score(truth, found) for name, found in scores.items()}, flagged


def supervised(series: np.ndarray, one: np.ndarray) -> float:
    forest = RandomForestClassifier(TREES, class_weight="balanced", random_state=0)
    flat = series.reshape(len(series), -1)
    return roc_auc_score(one, cross_val_predict(forest, flat, one, cv=3, method="predict_proba")[:, 1])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--parcels", type=int, default=1000)
    parser.add_argument("--dates", type=int, default=18)
    parser.add_argument("--seeds", default="0,1,2")
    parser.add_argument("--draws", type=int, default=5)
    chosen = parser.parse_args()
    chosen.folder.mkdir(parents=True, exist_ok=True)
    seeds = [int(seed) for seed in chosen.seeds.split(",")]
    regions = {seed: read(store_of(chosen.folder, chosen.parcels, chosen.dates, seed)) for seed in seeds}
    print("| left out | score | AUROC, mean | least | most |\n|---|---|---|---|---|")
    for kind, place in (("3 crops", 1), ("3 groups", 2)):
        found = []
        for seed, region in regions.items():
            random = np.random.default_rng(seed)
            for draw, unknown in enumerate(draws(region[place], chosen.draws, random)):
                found.append(judged(region[0], region[1], region[3], unknown, draw))
        for name in found[0][0]:
            areas = [areas[name] for areas, _ in found]
            print(f"| {kind} | {name} | {np.mean(areas):.3f} | {min(areas):.3f} | {max(areas):.3f} |")
        false, true = np.mean([flagged for _, flagged in found], axis=0)
        print(f"{kind}, {len(found)} draws: flagged {false:.1%} of held-out parcels, {true:.1%} of left-out classes\n")
    print("| crop | parcels | AUROC | supervised |\n|---|---|---|---|")
    for crop in np.unique(next(iter(regions.values()))[1]):
        own = [
            (judged(s, c, b, c == crop, 0)[0]["class densities"], supervised(s, c == crop), (c == crop).sum())
            for s, c, _, b in regions.values()
        ]
        area, best, parcels = np.mean(own, axis=0)
        print(f"| {crop} | {parcels:.0f} | {area:.2f} | {best:.2f} |", flush=True)


if __name__ == "__main__":
    main()

"""How well the novelty score finds classes that were left out of a training, on simulated regions.

    python benchmarks/novelty.py DIR [--parcels 1000] [--dates 18] [--seeds 0,1,2] [--draws 5]

For each region (made in DIR, or found there) and draw, three classes of at least five parcels are left out, and a
quarter of the other parcels is held out; the score is learned from the rest. `groups` leaves out whole groups of the
French register instead (CODE_GROUP), so that no sibling of a class that is left out is known. The table has the area
under the ROC curve (left-out classes against held-out parcels) of several scores, and of the one in model files, beside
a forest, the share of flagged parcels. `supervised` has labels of the classes that are left out: linear discriminants
of all classes, cross-validated; no score without such labels can be expected to reach it. `among the classified`
compares the parcels with the training as a set: the share of a parcel's 20 nearest that are not of the training. It
is tested on half of the parcels, with a training of the other half drawn at random or of at most 30 of each class.
The last table has each class by itself, beside a random forest that has labels of the class.
"""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import argparse
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.ensemble import ExtraTreesClassifier, RandomForestClassifier
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import StratifiedKFold, cross_val_predict
from sklearn.neighbors import NearestNeighbors

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))
from backend.learning.novelty import estimate  # noqa: E402
from backend.models.novelty import Novelty, entropy  # noqa: E402
from backend.series.indices import available  # noqa: E402
from backend.series.mean_series import mean_series  # noqa: E402
from backend.series.store import open_store  # noqa: E402

LEAST, LEFT_OUT = 5, 3  # parcels of a class that may be left out; classes left out at a time
TREES, NEIGHBOURS = 100, 5
AMONG, OF_EACH = 20, 30  # neighbours among all parcels; training parcels of a class where they are not drawn at random
PARTS = StratifiedKFold(4, shuffle=True, random_state=0)


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


def standard(known: Novelty, series: np.ndarray) -> np.ndarray:
    return (series.reshape(len(series), -1) - known.mean) / known.scale


def several_scores(
    known: Novelty, forest: ExtraTreesClassifier, train: np.ndarray, test: np.ndarray
) -> dict[str, np.ndarray]:
    """Of the test parcels: ours, its parts, and the distance to the nearest along the same axes."""
    first, other = (standard(known, series) for series in (train, test))
    neighbours = NearestNeighbors(n_neighbors=NEIGHBOURS).fit(first @ known.axes.T)
    probabilities = forest.predict_proba(other)
    return {
        "in model files": known.ratios(test, probabilities),
        "densities only": known.scores(test),
        "entropy of a forest only": entropy(probabilities),
        "nearest 5": neighbours.kneighbors(other @ known.axes.T)[0].mean(axis=1),
    }


def supervised_draw(series: np.ndarray, crops: np.ndarray, unknown: np.ndarray) -> np.ndarray:
    """Probability of the classes that are left out, by a model that has labels of them, of each parcel."""
    names, labels = np.unique(np.where(unknown, np.char.add("?", crops), crops), return_inverse=True)
    discriminants = LinearDiscriminantAnalysis(solver="lsqr", shrinkage="auto")
    found = cross_val_predict(
        discriminants, series.reshape(len(series), -1), labels, cv=PARTS, method="predict_proba"
    )  # fmt: skip
    return found[:, np.char.startswith(names, "?")].sum(axis=1)


def among(series: np.ndarray, crops: np.ndarray, bands: tuple[str, ...], unknown: np.ndarray, seed: int, even: bool):
    """AUROC of the densities and of the share of neighbours, with half of the parcels as the training."""
    random = np.random.default_rng(seed)
    order = random.permutation(len(series))
    half, known = np.arange(len(series)) % 2 == 0, ~unknown[order]
    train, test = order[half & known], order[~half]
    if even:
        train = np.concatenate([train[crops[train] == crop][:OF_EACH] for crop in np.unique(crops[train])])
    densities = estimate(series[train], np.unique(crops[train], return_inverse=True)[1], bands)
    places = [standard(densities, series[rows]) @ densities.axes.T for rows in (train, test)]
    near = NearestNeighbors(n_neighbors=AMONG + 1).fit(np.concatenate(places)).kneighbors(places[1])[1][:, 1:]
    scores = densities.scores(series[test]), (near >= len(train)).mean(axis=1)
    return [roc_auc_score(unknown[test], score) for score in scores]


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
    flat, forest = series[train].reshape(len(train), -1), ExtraTreesClassifier(TREES, random_state=0)
    apart = cross_val_predict(forest, flat, labels, cv=PARTS, method="predict_proba")
    known = estimate(series[train], labels, bands, apart)
    forest.fit(standard(known, series[train]), labels)
    truth = np.repeat([0, 1], [len(held), int(unknown.sum())])
    scores = several_scores(known, forest, series[train], series[test])
    above = scores["in model files"] > 1
    scores["supervised"] = supervised_draw(series, crops, unknown)[test]
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
        found, together = [], []
        for seed, region in regions.items():
            random = np.random.default_rng(seed)
            for draw, unknown in enumerate(draws(region[place], chosen.draws, random)):
                own = (region[0], region[1], region[3], unknown, draw)
                found.append(judged(*own))
                together.append([among(*own, even) for even in (False, True)])
        for name in found[0][0]:
            areas = [areas[name] for areas, _ in found]
            print(f"| {kind} | {name} | {np.mean(areas):.3f} | {min(areas):.3f} | {max(areas):.3f} |")
        false, true = np.mean([flagged for _, flagged in found], axis=0)
        print(f"{kind}, {len(found)} draws: flagged {false:.1%} of held-out parcels, {true:.1%} of left-out classes")
        for training, pair in zip(("at random", f"of {OF_EACH} of each class"), np.mean(together, axis=0)):
            print(f"training {training}: densities {pair[0]:.3f}, among the classified {pair[1]:.3f}")
    print("| crop | parcels | AUROC | supervised |\n|---|---|---|---|")
    for crop in np.unique(next(iter(regions.values()))[1]):
        own = [
            (judged(s, c, b, c == crop, 0)[0]["in model files"], supervised(s, c == crop), (c == crop).sum())
            for s, c, _, b in regions.values()
        ]
        area, best, parcels = np.mean(own, axis=0)
        print(f"| {crop} | {parcels:.0f} | {area:.2f} | {best:.2f} |", flush=True)


if __name__ == "__main__":
    main()

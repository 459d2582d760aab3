"""Report documents for the tests, made from a confusion matrix so that every figure in them agrees."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import numpy as np
from scipy.stats import binomtest
from sklearn.metrics import precision_recall_fscore_support

from backend.parcels.palette import palette


def scores(names: list[str], seed: int = 0, size: int = 4000) -> dict[str, Any]:
    """Scores of a made-up classification: rare classes are distinguished less well."""
    random = np.random.default_rng(seed)
    share = 1 / (1 + np.arange(len(names))) ** 1.3
    truth = random.choice(len(names), size, p=share / share.sum())
    right = random.random(size) < 0.97 - 0.6 * truth / len(names)
    prediction = np.where(right, truth, random.choice(len(names), size, p=share / share.sum()))
    return scored(names, truth, prediction)


def scored(names: list[str], truth: np.ndarray, prediction: np.ndarray) -> dict[str, Any]:
    """The `scores` of docs/contracts.md for these classes."""
    every = np.arange(len(names))
    confusion = np.zeros((len(names), len(names)), dtype=np.int64)
    np.add.at(confusion, (truth, prediction), 1)
    figures = precision_recall_fscore_support(truth, prediction, labels=every, zero_division=0)
    present = figures[3] > 0
    means = [float(values[present].mean()) for values in figures[:3]]
    rows = zip(names, palette(len(names)), *(values.tolist() for values in figures), strict=True)
    keys = ("code", "name", "colour", "precision", "recall", "f", "support", "predicted")
    predicted = confusion.sum(axis=0).tolist()
    classes = [dict(zip(keys, (f"c{i}", *row, predicted[i]), strict=True)) for i, row in enumerate(rows)]
    right = int((truth == prediction).sum())
    return {
        "parcels": len(truth),
        "oa": right / len(truth),
        "oa_interval": list(binomtest(right, len(truth)).proportion_ci(0.95, "wilson")),
        "mean_f_interval": [max(0.0, means[2] - 0.1), min(1.0, means[2] + 0.1)],
        "mean_precision": means[0],
        "mean_recall": means[1],
        "mean_f": means[2],
        "classes": classes,
        "confusion": confusion.tolist(),
    }


def curves(folds: int, epochs: int = 50) -> list[dict[str, Any]]:
    random = np.random.default_rng(1)
    rows = []
    for fold in range(1, folds + 1):
        for epoch in range(1, epochs + 1):
            fit = 1 - np.exp(-epoch / (8 + fold))
            noise = random.normal(0, 0.008, 4)
            rows.append(
                {
                    "fold": fold,
                    "epoch": epoch,
                    "train_loss": 2.2 * (1 - fit) + 0.12 + noise[0],
                    "validation_loss": 2.2 * (1 - fit) + 0.25 + 0.002 * epoch + noise[1],
                    "validation_oa": 0.94 * fit + noise[2],
                    "validation_mean_f": 0.62 * fit + noise[3],
                }
            )
    return rows


def reliability() -> list[dict[str, Any]]:
    confidence = np.arange(0.15, 1, 0.1)
    parcels = [3, 12, 40, 80, 120, 260, 500, 900, 2085]
    return [
        {"confidence": c, "accuracy": c - 0.06 + 0.04 * (i % 3), "parcels": n}
        for i, (c, n) in enumerate(zip(confidence, parcels, strict=True))
    ]


def class_reliability(names: list[str]) -> list[dict[str, Any]]:
    """As of two bins of each class; the shares add up to 1."""
    rows = []
    for number, (name, colour) in enumerate(zip(names, palette(len(names)), strict=True)):
        bins = [{"confidence": p, "accuracy": share, "parcels": n} for p, share, n in ((0.05, 0, 90), (0.85, 1, 10))]
        means = {"probability": 0.13, "share": 1 / len(names), "ece": 0.06 + number / 1000, "bins": bins}
        rows.append({"code": f"c{number}", "name": name, "colour": colour, **means})
    return rows


def acquisitions(count: int = 24) -> list[dict[str, Any]]:
    random = np.random.default_rng(2)
    days = [date(2017, 1, 3) + timedelta(days=12 * i) for i in range(count)]
    return [{"date": day.isoformat(), "clear_share": float(random.uniform(0.1, 1))} for day in days]


def breakdown(names: list[str]) -> list[dict[str, Any]]:
    random = np.random.default_rng(3)
    parcels = [int(9000 / (1 + i) ** 1.2) for i in range(len(names))]
    return [
        {"code": f"c{i}", "name": name, "colour": colour, "parcels": n, "area_ha": n * float(random.uniform(0.8, 3))}
        for i, (name, colour, n) in enumerate(zip(names, palette(len(names)), parcels, strict=True))
    ]


def training(names: list[str], folds: int = 3) -> dict[str, Any]:
    return {
        "title": "CNN + GRU on the region of Toulouse",
        "kind": "training",
        "made": "2026-11-22 21:00",
        "engine": "Crop Classifier 0.1.0",
        "scores": scores(names),
        "breakdown": breakdown(names),
        "curves": curves(folds),
        "reliability": reliability(),
        "class_reliability": class_reliability(names),
        "flags": [
            {"quality": "ok", "meaning": "Classified from enough clear pixels", "parcels": 3900},
            {"quality": "few_pixels", "meaning": "Fewer pixels than required", "parcels": 100},
        ],
        "acquisitions": acquisitions(),
        "provenance": {"Model": "cnn-gru-0.9", "Parameters": 90179, "Bands": ["B02", "B03"], "Learning rate": 0.001},
        "notes": [
            "This region is simulated: its parcels and images are made up.",
            "Two codes were too rare.",
        ],
    }


def classification(names: list[str]) -> dict[str, Any]:
    """A report without a truth."""
    return {
        "title": "Parcels of the Gers, 2017",
        "kind": "classification",
        "made": "2026-11-22 21:00",
        "engine": "Crop Classifier 0.1.0",
        "scores": None,
        "breakdown": breakdown(names),
        "curves": [],
        "reliability": [],
        "flags": [
            {"quality": "ok", "meaning": "Classified from enough clear pixels", "parcels": 30120},
            {"quality": "few_pixels", "meaning": "Fewer pixels than required", "parcels": 812},
            {"quality": "outside", "meaning": "Outside the images; not classified", "parcels": 41},
            {"quality": "invalid_geometry", "meaning": "The outline is missing or broken", "parcels": 0},
        ],
        "acquisitions": [*acquisitions(10), {"date": "2017-06-01", "clear_share": None}],
        "provenance": {"Model": "toulouse.cropmodel", "Parcels": "gers_2017.gpkg"},
        "notes": [],
    }

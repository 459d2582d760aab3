"""The report's `scores` (computed by scikit-learn), and the reliability of the confidence."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import accuracy_score, confusion_matrix, f1_score, log_loss, precision_recall_fscore_support

from backend.vocabulary import CropClass

from .intervals import accuracy_interval, mean_f_interval

BINS = 10


def scores(truth: NDArray[np.int64], predicted: NDArray[np.int64], classes: tuple[CropClass, ...]) -> dict[str, Any]:
    """The `scores` of the contracts, for numbers of `classes`, both `(N,)` with N >= 1.

    Means are unweighted and over the classes present in the truth, as scikit-learn's are when given these labels: one
    that is absent is not counted, though parcels wrongly given it lower the recall of other classes. A score whose
    denominator is zero is 0, such as the precision of a class never predicted. The
    intervals hold for 95 % of samples of as many parcels.
    """
    numbers = np.arange(len(classes))
    precision, recall, f, support = precision_recall_fscore_support(truth, predicted, labels=numbers, zero_division=0.0)
    confusion = confusion_matrix(truth, predicted, labels=numbers)
    figures = zip(precision.tolist(), recall.tolist(), f.tolist(), support.tolist(), confusion.sum(axis=0).tolist())
    names = ("precision", "recall", "f", "support", "predicted")
    present = support > 0
    return {
        "parcels": len(truth),
        "oa": float(accuracy_score(truth, predicted)),
        "oa_interval": list(accuracy_interval(int(np.trace(confusion)), len(truth))),
        "mean_f": float(f[present].mean()),
        "mean_f_interval": list(mean_f_interval(confusion)),
        "mean_precision": float(precision[present].mean()),
        "mean_recall": float(recall[present].mean()),
        "weighted_f": float(np.average(f, weights=support)),
        "classes": [
            {"code": crop.code, "name": crop.name, "colour": crop.colour, **dict(zip(names, row))}
            for crop, row in zip(classes, figures)
        ],
        "confusion": confusion.tolist(),
        "confusion_axes": ["truth", "prediction"],  # rows, columns
    }


def probabilistic(truth: NDArray[np.int64], found: NDArray[np.floating]) -> dict[str, float]:
    """Of probabilities `(N, classes)`: `nll`, the mean negative log-likelihood in nats; `brier`, the mean squared
    distance to the truth (0 to 2; Brier 1950); `ece`, the expected calibration error of the confidence (Guo et al.
    2017); `class_ece`, the mean of that of each class over all classes (Kull et al. 2019).
    """
    exact = _exact(found)
    numbers = np.arange(exact.shape[1])
    right = truth == exact.argmax(axis=1)
    return {
        "nll": float(log_loss(truth, exact, labels=numbers)),
        "brier": float(np.square(exact - (truth[:, None] == numbers)).sum(axis=1).mean()),
        "ece": calibration_error(reliability(exact.max(axis=1), right)),
        "class_ece": float(np.mean([row["ece"] for row in class_reliability(truth, exact)])),
    }


def class_reliability(truth: NDArray[np.int64], found: NDArray[np.floating]) -> list[dict[str, Any]]:
    """For each class, of all parcels: `probability`, the mean of its predicted probability, and `share`, that of the
    parcels that are of it, which are equal where it is calibrated; `ece`; and the `bins` that this is made of.

    `found` are probabilities `(N, classes)`. A bin is as in `reliability`: its `confidence` is the mean probability of
    this class, its `accuracy` the share of its parcels that are of this class.
    """
    rows = []
    for number, of_class in enumerate(_exact(found).T):
        right = truth == number
        bins = reliability(of_class, right)
        means = {"probability": float(of_class.mean()), "share": float(right.mean())}
        rows.append({**means, "ece": calibration_error(bins), "bins": bins})
    return rows


def calibration_error(bins: Sequence[Mapping[str, Any]]) -> float:
    """The mean distance of confidence to accuracy over the bins of `reliability`, weighted by their parcels."""
    distances = [abs(row["confidence"] - row["accuracy"]) for row in bins]
    return float(np.average(distances, weights=[row["parcels"] for row in bins]))


def _exact(found: NDArray[np.floating]) -> NDArray[np.float64]:
    """Probabilities stored in single precision, which add up to 1 again."""
    exact = np.asarray(found, dtype=np.float64)
    return np.asarray(exact / exact.sum(axis=1, keepdims=True))


def summary(truth: NDArray[np.int64], predicted: NDArray[np.int64]) -> tuple[float, float]:
    """Overall accuracy and unweighted mean F over the classes present in the truth."""
    present = np.unique(truth)
    mean_f = f1_score(truth, predicted, labels=present, average="macro", zero_division=0.0)
    return float(accuracy_score(truth, predicted)), float(mean_f)


def reliability(confidence: NDArray[np.floating], correct: NDArray[np.bool_]) -> list[dict[str, Any]]:
    """`{confidence, accuracy, parcels}`, both as means, for those of ten equal bins of confidence that hold parcels."""
    place = np.minimum((np.asarray(confidence, dtype=np.float64) * BINS).astype(int), BINS - 1)
    return [
        {
            "confidence": float(confidence[place == i].mean(dtype=np.float64)),
            "accuracy": float(correct[place == i].mean()),
            "parcels": int((place == i).sum()),
        }
        for i in np.unique(place)
    ]

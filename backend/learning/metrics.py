"""The report's `scores` (computed by scikit-learn), and the reliability of the confidence."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

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
    """`nll`, the mean negative log-likelihood in nats, and `brier`, the mean squared distance to the truth (0 to 2;
    Brier 1950), of probabilities `(N, classes)`.
    """
    exact = np.asarray(found, dtype=np.float64)
    exact = exact / exact.sum(axis=1, keepdims=True)  # stored in single precision
    numbers = np.arange(exact.shape[1])
    return {
        "nll": float(log_loss(truth, exact, labels=numbers)),
        "brier": float(np.square(exact - (truth[:, None] == numbers)).sum(axis=1).mean()),
    }


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

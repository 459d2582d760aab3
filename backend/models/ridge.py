"""Ridge regression on weighted samples, its penalty chosen by leave-one-out without fitting anew."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import eigh

PENALTIES = np.logspace(-2, 6, 17)
_ROWS = 4096  # samples taken at once in double precision
_NONE = 1e-10  # of the largest eigenvalue: a direction without variance


@dataclass(frozen=True)
class Ridge:
    """`values @ coefficients.T + intercept` `(N, targets)`; `errors` are the mean squared ones left out, by penalty."""

    coefficients: NDArray[np.float64]  # (targets, features)
    intercept: NDArray[np.float64]  # (targets,)
    penalty: float
    errors: NDArray[np.float64]


def fit_ridge(
    values: NDArray[np.float32],
    targets: NDArray[np.float64],
    weights: NDArray[np.float64],
    penalties: NDArray[np.float64] = PENALTIES,
    score: Callable[[NDArray[np.int64]], float] = lambda guesses: 0,
) -> Ridge:
    """Fits `targets` `(N, targets)` by `values` `(N, features)`, with an intercept that is not penalised.

    With the eigenvectors of the covariance every penalty is a division, and the error of a sample that is left out is
    its residual over 1 less its own influence (Golub, Heath and Wahba 1979, for weighted samples). The penalty with the
    best score is taken, of equal ones that with the least weighted error. `score` takes for each sample the target
    with the greatest value `(N,)`, found without that sample.
    """
    total = weights.sum()
    mean = weights @ values / total  # (features,)
    middle = weights @ targets / total  # (targets,)
    root = np.sqrt(weights)[:, None]
    pieces = [slice(start, start + _ROWS) for start in range(0, len(values), _ROWS)]

    def centred(piece: slice) -> NDArray[np.float64]:
        return (values[piece] - mean) * root[piece]

    axes, power = _axes(map(centred, pieces), values.shape)
    about = (targets - middle) * root
    along = sum(axes.T @ (centred(piece).T @ about[piece]) for piece in pieces)  # (axes, targets)
    errors, guesses = np.zeros(len(penalties)), np.zeros((len(penalties), len(values)), dtype=np.int64)
    for piece in pieces:
        scores = centred(piece) @ axes  # (rows, axes)
        own = weights[piece, None] / total + np.square(scores) @ (1 / (power[:, None] + penalties))  # (rows, penalties)
        for number, penalty in enumerate(penalties):
            residual = about[piece] - scores @ (along / (power + penalty)[:, None])
            left_out = residual / np.maximum(1 - own[:, number, None], _NONE)
            errors[number] += np.square(left_out).sum()
            guesses[number, piece] = (targets[piece] - left_out / root[piece]).argmax(axis=1)
    best = max(range(len(penalties)), key=lambda number: (score(guesses[number]), -errors[number]))
    coefficients = (axes @ (along / (power + penalties[best])[:, None])).T  # (targets, features)
    return Ridge(coefficients, middle - coefficients @ mean, float(penalties[best]), errors / total)


def _axes(pieces: Iterable[NDArray[np.float64]], shape: tuple[int, ...]) -> tuple[NDArray[Any], NDArray[Any]]:
    """The eigenvectors `(features, axes)` of the centred samples' sums of products, and the eigenvalues, above 0.

    Through the smaller of the two matrices: of features or of samples.
    """
    samples, features = shape
    if samples > features:
        power, axes = eigh(sum(piece.T @ piece for piece in pieces))
        kept = power > _NONE * power[-1]
        return axes[:, kept], power[kept]
    whole = np.concatenate(list(pieces))
    power, vectors = eigh(whole @ whole.T)
    kept = power > _NONE * power[-1]
    return whole.T @ (vectors[:, kept] / np.sqrt(power[kept])), power[kept]

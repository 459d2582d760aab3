"""How sure a score is: 95 % intervals of overall accuracy and mean F for the number of parcels behind them."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

_Z = 1.959963984540054  # of the normal distribution, 95 % two-sided
_DRAWS, _AT_ONCE = 1000, 50
_PERCENTILES = (2.5, 97.5)


def accuracy_interval(right: int, parcels: int) -> tuple[float, float]:
    """Wilson's score interval of a share `right / parcels`, parcels >= 1 (Wilson 1927), good near 0 and 1 too."""
    share, spread = right / parcels, _Z**2 / parcels
    centre = (share + spread / 2) / (1 + spread)
    half = _Z / (1 + spread) * np.sqrt(share * (1 - share) / parcels + spread / (4 * parcels))
    return max(0.0, float(centre - half)), min(1.0, float(centre + half))


def mean_f_interval(confusion: NDArray[np.int64]) -> tuple[float, float]:
    """Percentiles of the mean F over 1,000 samples of as many parcels from a confusion matrix (rows: truth).

    The mean is over the classes present in the truth of each sample. The seed is fixed, so that a report made
    again is the same. A class with few parcels makes the interval wide, as it should.
    """
    rows, columns = np.nonzero(confusion)
    counts, parcels, classes = confusion[rows, columns], int(confusion.sum()), len(confusion)
    generator = np.random.default_rng(0)
    samples = [
        _mean_f(generator.multinomial(parcels, counts / parcels, size=_AT_ONCE), rows, columns, classes)
        for _ in range(_DRAWS // _AT_ONCE)
    ]
    low, high = np.percentile(np.concatenate(samples), _PERCENTILES)
    return float(low), float(high)


def _mean_f(
    drawn: NDArray[np.int64], rows: NDArray[np.int64], columns: NDArray[np.int64], classes: int
) -> NDArray[np.float64]:
    """Mean F `(samples,)` of the drawn counts `(samples, cells)` of cells at these rows and columns."""
    truth, predicted, right = (np.zeros((len(drawn), classes)) for _ in range(3))
    np.add.at(truth.T, rows, drawn.T)
    np.add.at(predicted.T, columns, drawn.T)
    hits = rows == columns
    right[:, rows[hits]] = drawn[:, hits]
    f = 2 * right / np.maximum(truth + predicted, 1)
    present = truth > 0
    return np.asarray((f * present).sum(axis=1) / present.sum(axis=1))

"""Learns what the series of a training look like, so that parcels unlike all of them can be recognised elsewhere.

The density of each class is a Gaussian on principal components, as in the Mahalanobis detector of Lee et al. (2018,
Advances in Neural Information Processing Systems 31), with a covariance of its own that is drawn to the one of all
classes (Friedman 1989, Journal of the American Statistical Association 84): grassland varies otherwise than maize.
The threshold is a quantile of the scores of training parcels that the densities had not seen.
"""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from sklearn.covariance import LedoitWolf
from sklearn.decomposition import PCA

from backend.models.novelty import Novelty

COMPONENTS = 80  # at most; benchmarks/novelty.py compares these choices
COMMON = 20.0  # parcels' worth of the covariance of all classes in that of each
HELD_OUT = 0.97  # share of the parcels left out that the threshold accepts
MOST_PARCELS = 20_000  # of a larger training a random draw
LEAST_PARCELS = 50  # fewer say too little about the 3 % at the edge
PARTS, SEED = 5, 0
_LEAST_SCALE = 1e-6

Series = NDArray[np.floating]  # (parcels, dates, bands)
Labels = NDArray[np.int64]


def sample(rows: Labels) -> Labels:
    """The training parcels that are described: all `rows`, or MOST_PARCELS of them drawn at random, in their order."""
    if len(rows) <= MOST_PARCELS:
        return rows
    return np.sort(np.random.default_rng(SEED).choice(rows, MOST_PARCELS, replace=False))


def estimate(series: Series, labels: Labels, bands: Sequence[str]) -> Novelty | None:
    """The densities of the training parcels; `labels` `(parcels,)` are their classes, `series` in reflectance, NaN
    where unobserved. None for fewer than LEAST_PARCELS.
    """
    if len(series) < LEAST_PARCELS:
        return None
    order = np.random.default_rng(SEED).permutation(len(series))
    scores = np.empty(len(series))
    for part in range(PARTS):
        tested = order[part::PARTS]
        trained = np.setdiff1d(order, tested)
        scores[tested] = fit(series[trained], labels[trained], bands).scores(series[tested])
    threshold = max(float(np.quantile(scores, HELD_OUT)), _LEAST_SCALE)
    return replace(fit(series, labels, bands), threshold=threshold)


def fit(series: Series, labels: Labels, bands: Sequence[str]) -> Novelty:
    """The densities with a threshold of 1."""
    flat = series.reshape(len(series), -1).astype(np.float64)
    mean, scale = _moments(flat)
    standard = np.nan_to_num((flat - mean) / scale)
    components = min(COMPONENTS, len(standard) // 4, standard.shape[1])
    axes = PCA(components, svd_solver="covariance_eigh").fit(standard).components_  # of standardised values: mean 0
    covariances, centres = _gaussians(standard @ axes.T, labels)
    whitening = np.linalg.inv(np.linalg.cholesky(covariances))
    volumes = np.linalg.slogdet(covariances)[1]
    return Novelty(
        bands=tuple(bands),
        threshold=1.0,
        mean=mean.astype(np.float32),
        scale=scale.astype(np.float32),
        axes=axes.astype(np.float32),
        whitening=whitening.astype(np.float32),
        centres=np.einsum("cij,cj->ci", whitening, centres).astype(np.float32),
        volumes=(volumes - volumes.min()).astype(np.float32),
    )


def _moments(flat: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Mean and standard deviation of each feature `(features,)`; 0 and 1 for one that no parcel has."""
    present = ~np.isnan(flat)
    count = np.maximum(present.sum(axis=0), 1)
    mean = np.nansum(flat, axis=0) / count
    scale = np.sqrt(np.nansum((flat - mean) ** 2, axis=0) / count)
    return mean, np.where(scale > _LEAST_SCALE, scale, 1.0)


def _gaussians(values: NDArray[np.float64], labels: Labels) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Covariances `(classes, components, components)` and means `(classes, components)` of the classes."""
    classes, of = np.unique(labels, return_inverse=True)
    centres = np.stack([values[of == number].mean(axis=0) for number in range(len(classes))])
    apart = values - centres[of]
    common = LedoitWolf(assume_centered=True).fit(apart).covariance_ + _LEAST_SCALE * np.eye(values.shape[1])
    covariances = []
    for number in range(len(classes)):
        own = apart[of == number]
        covariances.append((own.T @ own + COMMON * common) / (len(own) + COMMON))
    return np.stack(covariances), centres

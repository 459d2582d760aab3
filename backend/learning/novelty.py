"""Learns what the series of a training look like, so that parcels unlike all of them can be recognised elsewhere.

The density of each class is a Gaussian, as in the Mahalanobis detector of Lee et al. (2018, Advances in Neural
Information Processing Systems 31), with a covariance of its own that is drawn to the one of all classes (Friedman 1989,
Journal of the American Statistical Association 84): grassland varies otherwise than maize. Its axes are the linear
discriminants of the classes, and a few along which parcels of one class differ most, for what is new in another way.
The doubt of the model itself, the entropy of its probabilities, is added to that. The threshold is a quantile of the
scores of training parcels that neither the densities nor the model had seen.
"""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from sklearn.covariance import LedoitWolf

from backend.models.novelty import Novelty, entropy

COMPONENTS = 80  # at most, of which WITHIN within the classes
WITHIN = 5
COMMON = 20.0  # parcels' worth of the covariance of all classes in that of each
HELD_OUT = 0.97  # share of the parcels left out that the threshold accepts
MOST_PARCELS = 20_000  # of a larger training a random draw
LEAST_PARCELS = 50  # fewer say too little about the 3 % at the edge
PARTS, SEED = 5, 0
DOUBT = 0.5  # the spread of the weighted entropy as a part of that of the densities
_LEAST_SCALE = 1e-6
_LEAST_DOUBT = 1e-3  # nats

Series = NDArray[np.floating]  # (parcels, dates, bands)
Labels = NDArray[np.int64]


def sample(rows: Labels) -> Labels:
    """The training parcels that are described: all `rows`, or MOST_PARCELS of them drawn at random, in their order."""
    if len(rows) <= MOST_PARCELS:
        return rows
    return np.sort(np.random.default_rng(SEED).choice(rows, MOST_PARCELS, replace=False))


def estimate(
    series: Series, labels: Labels, bands: Sequence[str], probabilities: Series | None = None
) -> Novelty | None:
    """The densities of the training parcels; `labels` `(parcels,)` are their classes, `series` in reflectance, NaN
    where unobserved. None for fewer than LEAST_PARCELS.

    `probabilities` `(parcels, classes)`: what models say that had not seen the parcel, NaN where there is none. Where
    fewer than LEAST_PARCELS have them, the score is that of the densities only.
    """
    if len(series) < LEAST_PARCELS:
        return None
    order = np.random.default_rng(SEED).permutation(len(series))
    scores = np.empty(len(series))
    for part in range(PARTS):
        tested = order[part::PARTS]
        trained = np.setdiff1d(order, tested)
        scores[tested] = fit(series[trained], labels[trained], bands).scores(series[tested])
    found = fit(series, labels, bands)
    if probabilities is not None:
        tested = ~np.isnan(probabilities[:, 0])
        if tested.sum() >= LEAST_PARCELS:
            found = replace(found, doubt=_doubt(scores[tested], doubts := entropy(probabilities[tested])))
            scores = scores[tested] + found.doubt * doubts
    return replace(found, threshold=max(float(np.quantile(scores, HELD_OUT)), _LEAST_SCALE))


def _doubt(scores: NDArray[np.float64], doubts: NDArray[np.float64]) -> float:
    """The weight of the entropies; 0 where a model is sure of most parcels, so that they have no spread."""
    spread, own = (float(np.subtract(*np.quantile(values, [0.75, 0.25]))) for values in (scores, doubts))
    return DOUBT * spread / own if own > _LEAST_DOUBT else 0.0


def fit(series: Series, labels: Labels, bands: Sequence[str]) -> Novelty:
    """The densities with a threshold of 1."""
    flat = series.reshape(len(series), -1).astype(np.float64)
    mean, scale = _moments(flat)
    standard = np.nan_to_num((flat - mean) / scale)
    axes = _axes(standard, labels)
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


def _axes(standard: NDArray[np.float64], labels: Labels) -> NDArray[np.float64]:
    """`(components, features)`: the discriminants of the classes, by the shrunk covariance within them, then its
    leading principal axes; the parcels of a class have on average an identity covariance along all of them.
    """
    centres, of = _centres(standard, labels)
    variances, vectors = np.linalg.eigh(_common(standard - centres[of]))
    whitening = (vectors / np.sqrt(variances))[:, ::-1]  # (features, features), the leading axes first
    apart = np.sqrt(np.bincount(of))[:, None] * (centres @ whitening)  # of standardised values: their mean is 0
    _, sizes, directions = np.linalg.svd(apart, full_matrices=False)
    between = directions[: len(centres) - 1][sizes[: len(centres) - 1] > _LEAST_SCALE * sizes[0]]
    within = np.eye(len(whitening))[:WITHIN]
    components = min(COMPONENTS, len(standard) // 4, len(whitening), len(between) + WITHIN)
    between = between[: max(components - WITHIN, 1)]
    orthonormal = np.linalg.qr(np.concatenate([between, within]).T)[0][:, :components]
    return np.asarray((whitening @ orthonormal).T)


def _centres(values: NDArray[np.float64], labels: Labels) -> tuple[NDArray[np.float64], Labels]:
    """Means of the classes `(classes, features)`, and of each parcel the number of its class."""
    classes, of = np.unique(labels, return_inverse=True)
    return np.stack([values[of == number].mean(axis=0) for number in range(len(classes))]), of


def _common(apart: NDArray[np.float64]) -> NDArray[np.float64]:
    """The covariance within all classes, of the values less the means of their classes."""
    shrunk = LedoitWolf(assume_centered=True).fit(apart).covariance_
    return np.asarray(shrunk + _LEAST_SCALE * np.eye(apart.shape[1]))


def _gaussians(values: NDArray[np.float64], labels: Labels) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Covariances `(classes, components, components)` and means `(classes, components)` of the classes."""
    centres, of = _centres(values, labels)
    apart = values - centres[of]
    common, covariances = _common(apart), []
    for number in range(len(centres)):
        own = apart[of == number]
        covariances.append((own.T @ own + COMMON * common) / (len(own) + COMMON))
    return np.stack(covariances), centres

"""MiniRocket (Dempster, Schmidt and Webb 2021, KDD, "A very fast (almost) deterministic transform") with a ridge.

84 fixed kernels run along the dates at several dilations, each over a few channels; of every output the share above
some thresholds is a feature. Written from the paper; for several channels and for few dates see `_draw` and `_margins`.
"""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import combinations
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.metrics import f1_score
from torch import Tensor, nn
from torch.nn import functional

from .ridge import fit_ridge

LENGTH = 9
TRIPLES = tuple(combinations(range(LENGTH), 3))  # where each of the 84 kernels is 2; it is -1 elsewhere
MOST_DILATIONS, MOST_CHANNELS = 32, 9
MOST_PARCELS = 30_000  # that the ridge learns from: their features take 1.2 GB
ROWS = 128  # samples transformed at once: they stay in the processor's cache
LOGITS_PER_UNIT = 10.0  # the ridge's targets are -1 and 1; calibration finds the temperature around this scale
GOLDEN = (5**0.5 + 1) / 2  # its multiples, modulo 1, spread evenly


class MiniRocket(nn.Module):
    """`thresholds`: features for each kernel; 84 times as many in all. `fit`, then logits as the networks give them."""

    channels: Tensor
    biases: Tensor
    coefficients: Tensor
    intercept: Tensor

    def __init__(self, bands: int, days: Sequence[int], classes: int, thresholds: int = 119) -> None:
        super().__init__()
        self.dates, self.classes = len(days), classes
        self.dilations = dilations(len(days), thresholds)
        kernels, features = len(TRIPLES), len(TRIPLES) * thresholds
        self.register_buffer("channels", torch.zeros(len(self.dilations), kernels, 2 * bands))  # 1: used
        self.register_buffer("biases", torch.zeros(kernels, thresholds))  # of the first dilation, then of the next
        self.register_buffer("coefficients", torch.zeros(classes, features))
        self.register_buffer("intercept", torch.zeros(classes))

    def fit(
        self,
        values: NDArray[Any],
        labels: NDArray[Any],
        seed: int = 0,
        done: Callable[[float], None] = lambda share: None,
        weights: NDArray[Any] | None = None,
    ) -> MiniRocket:
        """Draws channels and thresholds from the samples `(N, dates, 2 * bands)`, then fits the ridge to the labels
        `(N,)`, where a sample counts as much as its weight; of more than MOST_PARCELS, to as many drawn by class.

        The penalty is the one with the best mean F of samples left out: by squared errors, balanced classes would take
        one at which frequent classes are lost.
        """
        device, random = self.channels.device, np.random.default_rng(seed)
        rows, stands_for = drawn(labels, MOST_PARCELS, random)
        series, truth = torch.as_tensor(np.asarray(values, dtype=np.float32)[rows]), labels[rows]
        self.cpu()  # so that a seed gives the same model on any device
        self._draw(series, random)
        done(0.1)
        features = self.features(series).numpy()
        deviation = _deviations(features)
        features /= deviation
        done(0.5)
        targets = np.where(truth[:, None] == np.arange(self.classes), 1.0, -1.0)
        own = stands_for if weights is None else stands_for * weights[rows]
        mean_f = partial(f1_score, truth, average="macro", sample_weight=stands_for, zero_division=0)
        ridge = fit_ridge(features, targets, own, score=mean_f)
        self.coefficients = torch.as_tensor(ridge.coefficients / deviation).float()
        self.intercept = torch.as_tensor(ridge.intercept).float()
        self.to(device)
        done(1.0)
        return self

    def forward(self, values: Tensor) -> Tensor:  # (N, T, 2 * bands)
        return LOGITS_PER_UNIT * functional.linear(self.features(values), self.coefficients, self.intercept)

    def features(self, values: Tensor) -> Tensor:
        """Of every kernel, dilation and threshold the share of dates above it: `(N, 84 * thresholds)`."""
        return torch.cat([self._features(part) for part in values.split(ROWS)])

    def _features(self, values: Tensor) -> Tensor:
        parts, start = [], 0
        for number, (dilation, count) in enumerate(self.dilations.items()):
            output = self._output(number, dilation, values)
            thresholds = self.biases[:, start : start + count]
            start += count
            for kernels, margin in _margins(number, dilation, self.dates):
                seen = output[:, kernels, margin : self.dates - margin]
                parts.append(_above(seen, thresholds[kernels]).flatten(1))
        return torch.cat(parts, dim=1)

    def _output(self, number: int, dilation: int, values: Tensor) -> Tensor:
        """Of the 84 kernels at one dilation `(N, 84, T)`; beyond the ends the dates are 0, the mean of the training."""
        kernels = values.new_full((len(TRIPLES), 1, LENGTH), -1.0)
        kernels[torch.arange(len(TRIPLES))[:, None], 0, torch.tensor(TRIPLES)] = 2.0
        weights = self.channels[number][:, :, None] * kernels  # (84, channels, 9)
        return functional.conv1d(values.transpose(1, 2), weights, padding=dilation * (LENGTH // 2), dilation=dilation)

    def _draw(self, series: Tensor, random: np.random.Generator) -> None:
        """Channels by chance among those that vary; thresholds as quantiles of what a kernel gives for one sample.

        A kernel takes few channels more often than many: their number is even in its logarithm.
        """
        varying = np.flatnonzero(series.flatten(0, 1).std(dim=0, correction=0).numpy() > 0)
        varying = varying if len(varying) else np.arange(series.shape[2])
        most = min(len(varying), MOST_CHANNELS)
        chosen = np.zeros(self.channels.shape, dtype=np.float32)
        for row in chosen.reshape(-1, chosen.shape[2]):
            row[random.choice(varying, int(2 ** random.uniform(0, np.log2(most + 1))), replace=False)] = 1
        self.channels = torch.as_tensor(chosen)
        quantiles = np.arange(1, self.biases.numel() + 1) * GOLDEN % 1
        biases, start = torch.zeros(self.biases.shape), 0
        samples = torch.as_tensor(random.integers(len(series), size=chosen.shape[:2]))  # (dilations, 84)
        for number, (dilation, count) in enumerate(self.dilations.items()):
            outputs = self._output(number, dilation, series[samples[number]])  # (84, 84, T), a sample for each kernel
            own = np.sort(outputs.diagonal().T.numpy(), axis=1)  # (84, T)
            at = quantiles[start * len(TRIPLES) : (start + count) * len(TRIPLES)].reshape(len(TRIPLES), count)
            biases[:, start : start + count] = torch.as_tensor(_interpolated(own, at * (self.dates - 1)))
            start += count
        self.biases = biases


def dilations(dates: int, thresholds: int) -> dict[int, int]:
    """The dilations, and how many of a kernel's thresholds each has: exponents evenly from 0 to the widest that fits.

    For fewer dates than a kernel is long only 1.
    """
    widest = np.log2(max(1, (dates - 1) / (LENGTH - 1)))
    exponents = np.linspace(0, widest, min(thresholds, MOST_DILATIONS))
    found, shares = np.unique(np.floor(2**exponents + 1e-9).astype(int), return_counts=True)
    counts = thresholds * shares // shares.sum()
    counts[: thresholds - counts.sum()] += 1
    return {int(dilation): int(count) for dilation, count in zip(found, counts) if count}


def _above(values: Tensor, thresholds: Tensor) -> Tensor:
    """The share of the dates of `(N, kernels, dates)` above each of `(kernels, count)`: `(N, kernels, count)`.

    Date by date, which on a CPU takes a quarter of the time of one large comparison.
    """
    count = torch.zeros((*values.shape[:2], thresholds.shape[1]), dtype=torch.int16, device=values.device)
    for date in values.permute(2, 0, 1).contiguous():  # (N, kernels)
        count += (date[:, :, None] > thresholds).view(torch.uint8)
    return count.float() / values.shape[2]


def _margins(number: int, dilation: int, dates: int) -> Iterator[tuple[slice, int]]:
    """Which kernels see the dates beyond the ends (margin 0), and which only whole windows: in turn, and the other way
    round at the next dilation. Where no window fits, all see them."""
    margin = dilation * (LENGTH // 2)
    yield slice(number % 2, None, 2), 0
    yield slice(1 - number % 2, None, 2), margin if dates > 2 * margin else 0


def _interpolated(values: NDArray[Any], place: NDArray[Any]) -> NDArray[Any]:
    """Of each sorted row `(N, T)` the values at places between 0 and T - 1 `(N, count)`."""
    before = place.astype(int)
    after = np.minimum(before + 1, values.shape[1] - 1)
    low, high = (np.take_along_axis(values, at, axis=1) for at in (before, after))
    return low + (place - before) * (high - low)


def _deviations(features: NDArray[np.float32]) -> NDArray[np.float32]:
    """Of each feature of `(N, features)`, without a copy of them; 1 where it never changes."""
    squares = np.einsum("nf,nf->f", features, features, dtype=np.float64) / len(features)
    variance = squares - np.square(features.mean(axis=0, dtype=np.float64))
    return np.sqrt(np.where(variance > 1e-9, variance, 1)).astype(np.float32)


def drawn(
    labels: NDArray[Any], most: int, random: np.random.Generator
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """At most `most` of the rows of `labels` `(N,)`, ascending, and how many each stands for.

    Rare classes stay whole: each class has the same limit, and the weights give its share back.
    """
    if len(labels) <= most:
        return np.arange(len(labels)), np.ones(len(labels))
    _, number, counts = np.unique(labels, return_inverse=True, return_counts=True)
    limit = max(1, most // len(counts))
    while np.minimum(counts, limit + 1).sum() <= most:
        limit += 1
    order = random.permutation(len(labels))
    rows = np.sort(np.concatenate([order[number[order] == one][:limit] for one in range(len(counts))]))
    return rows, (counts / np.minimum(counts, limit))[number[rows]]

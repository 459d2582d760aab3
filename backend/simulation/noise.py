"""Random fields: smooth ones that can be evaluated anywhere, and turbulent ones on a grid."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import fft

Floats = NDArray[np.float64]
Grid = NDArray[np.float32]


@dataclass(frozen=True)
class Waves:
    """A smooth random field of about mean 0 and deviation 1: a sum of plane waves (random Fourier features)."""

    wave: Floats  # (waves, 2) rad/m
    phase: Floats  # (waves,)

    @classmethod
    def draw(cls, rng: np.random.Generator, length_m: float, count: int = 12) -> Waves:
        """Waves of random direction whose lengths scatter around `length_m`."""
        angle = rng.uniform(0, 2 * np.pi, count)
        number = 2 * np.pi / (length_m * np.exp(rng.normal(0, 0.25, count)))
        return cls(np.stack([np.cos(angle), np.sin(angle)], axis=1) * number[:, None], rng.uniform(0, 2 * np.pi, count))

    def __call__(self, xy: Floats) -> Floats:
        """Values (n,) at positions (n, 2) in metres."""
        return np.asarray(np.sqrt(2 / len(self.phase)) * np.cos(xy @ self.wave.T + self.phase).sum(axis=1))


def turbulence(rng: np.random.Generator, shape: tuple[int, int], scale_px: float, steepness: float = 3.0) -> Grid:
    """A field (rows, columns) of mean 0 and deviation 1 with the von Karman spectrum.

    Flat above `scale_px`, falling as wavenumber to the power `-steepness` below it: 2 is ragged, 4 is smooth.
    """
    rows, columns = (fft.next_fast_len(n + int(2 * scale_px), real=True) for n in shape)  # the margin hides the period
    white = fft.rfft2(rng.standard_normal((rows, columns), dtype=np.float32))
    down = fft.fftfreq(rows).astype(np.float32)[:, None]
    across = fft.rfftfreq(columns).astype(np.float32)[None, :]
    square = (down**2 + across**2) * np.float32((2 * np.pi * scale_px) ** 2)
    white *= (1 + square) ** np.float32(-steepness / 2)
    field = fft.irfft2(white, s=(rows, columns))[: shape[0], : shape[1]]
    return np.asarray((field - field.mean()) / max(float(field.std()), 1e-9), dtype=np.float32)

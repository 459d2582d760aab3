"""From the ground's reflectance to the digital numbers of one acquisition: relief, blur, shift, air, noise."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import correlate1d

from backend.simulation.acquisitions import Acquisition
from backend.simulation.noise import Grid, turbulence
from backend.simulation.sky import Sky
from backend.simulation.spectra import HAZE
from backend.vocabulary import BANDS, REFLECTANCE_SCALE

BANDS_20M = ("B05", "B06", "B07", "B8A", "B11", "B12")
BLUR_PX = {10: 0.55, 20: 0.85}  # point spread (Gaussian sigma, in 10 m pixels); 20 m detectors average 2 x 2 besides
SHIFT_PX = 0.22  # deviation of the registration between dates
GAIN, BAND_GAIN = 0.035, 0.012  # angles and calibration: all bands together, each band separately
HAZE_MEAN = 0.007  # what the atmospheric correction leaves in B02
NOISE, SHOT = 0.0012, 0.006  # absolute, and per unit of reflectance


@dataclass(frozen=True)
class Relief:
    """Slope of the ground, metres per metre, towards the east and towards the north; `(rows, columns)`."""

    east: Grid
    north: Grid

    def light(self, acquisition: Acquisition) -> Grid:
        """Sunlight relative to level ground."""
        azimuth, steep = np.radians(acquisition.sun_azimuth_deg), np.tan(np.radians(acquisition.sun_zenith_deg))
        facing = self.east * np.float32(np.sin(azimuth)) + self.north * np.float32(np.cos(azimuth))
        return np.clip(
            1 - np.float32(0.5 * min(steep, 1.5)) * facing, 0.8, 1.2
        )  # half: the correction takes out the rest


def acquire(
    ground: NDArray[np.float32], relief: Relief, sky: Sky, acquisition: Acquisition, rng: np.random.Generator
) -> NDArray[np.uint16]:
    """Digital numbers (10, rows, columns), reflectance x 10,000, never 0; 20 m bands are replicated 2 x 2.

    `ground` is reflectance (10, rows, columns) with an even number of rows and columns.
    """
    shift = rng.normal(0, SHIFT_PX, 2)
    gain = np.exp(rng.normal(0, GAIN) + rng.normal(0, BAND_GAIN, len(BANDS)))
    haze = rng.exponential(HAZE_MEAN) * (1 + 0.35 * turbulence(rng, ground.shape[1:], 150.0, 3.0)) - HAZE_MEAN / 2
    light, above = relief.light(acquisition), sky.at_10m()
    numbers = np.empty(ground.shape, dtype=np.uint16)
    for band, name in enumerate(BANDS):
        coarse = name in BANDS_20M
        signal = _blurred(ground[band] * light, BLUR_PX[20 if coarse else 10], shift)
        signal = above.over(signal * np.float32(gain[band]) + haze * np.float32(HAZE[band]), band)
        numbers[band] = _digital(halved(signal) if coarse else signal, rng, 2 if coarse else 1)
    return numbers


def halved(layer: Grid) -> Grid:
    """Means of 2 x 2 pixels."""
    rows, columns = layer.shape
    return np.asarray(layer.reshape(rows // 2, 2, columns // 2, 2).mean(axis=(1, 3), dtype=np.float32))


def _blurred(layer: Grid, sigma_px: float, shift_px: NDArray[np.float64]) -> Grid:
    """A band under the instrument's point spread, moved by a fraction of a pixel."""
    taps = np.arange(-4, 5)
    for axis, shift in enumerate(shift_px):
        weights = np.exp(-((taps - shift) ** 2) / (2 * sigma_px**2))
        layer = correlate1d(layer, weights / weights.sum(), axis=axis, mode="nearest")
    return layer


def _digital(layer: Grid, rng: np.random.Generator, repeat: int) -> NDArray[np.uint16]:
    """Noise and quantisation at the detector's own pixel."""
    noise = rng.standard_normal(layer.shape, dtype=np.float32) * (np.float32(NOISE) + np.float32(SHOT) * layer)
    numbers = np.clip(np.rint((layer + noise) * REFLECTANCE_SCALE), 1, 65535).astype(np.uint16)
    return numbers.repeat(repeat, axis=0).repeat(repeat, axis=1) if repeat > 1 else numbers

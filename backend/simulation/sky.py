"""Clouds, their shadows and thin cirrus of one date, and the scene classification that misses some of them."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import uniform_filter

from backend.simulation.acquisitions import Acquisition
from backend.simulation.noise import Grid, turbulence
from backend.simulation.spectra import CLOUD, SHADE

CELL_M = 20.0
DARK, SHADOW, VEGETATION, BARE, WATER, UNCLASSIFIED, CLOUD_MEDIUM, CLOUD_HIGH, CIRRUS = 2, 3, 4, 5, 6, 7, 8, 9, 10
CONTAMINATED = 0.10  # opacity from which a pixel's reflectance is of no more use
MOST_SHIFT_M = 4000.0
MOST_COVER = 0.9  # cloudier products are not distributed (Theia) or not chosen
CIRRUS_CHANCE = 0.2
RAGGED = 2.3  # steepness of the spectrum that clouds are cut from: their outlines are fractal


@dataclass(frozen=True)
class Sky:
    """Opacities 0..1 `(rows, columns)`, drawn at 20 m: of clouds, of their shadows, of thin cirrus."""

    cloud: Grid
    shadow: Grid
    cirrus: Grid
    brightness: float

    @property
    def contaminated(self) -> NDArray[np.bool_]:
        """Where the ground is truly hidden, dimmed or veiled."""
        return np.maximum(self.cloud, self.shadow) > CONTAMINATED

    def over(self, ground: Grid, band: int) -> Grid:
        """Reflectance of one band as seen through this sky, on the same grid."""
        lit = ground * (1 - self.shadow * np.float32(1 - SHADE[band]))
        veiled = lit + self.cirrus * (np.float32(0.55 * CLOUD[band]) - lit)
        top = np.float32(self.brightness * CLOUD[band]) * (0.6 + 0.4 * self.cloud)  # thick clouds are whiter
        return np.asarray(veiled + self.cloud * (top - veiled), dtype=np.float32)

    def at_10m(self) -> Sky:
        """The same sky on the 10 m grid, without steps."""
        return Sky(_finer(self.cloud), _finer(self.shadow), _finer(self.cirrus), self.brightness)


def draw_sky(acquisition: Acquisition, side_cells: int, rng: np.random.Generator) -> Sky:
    """Clouds of one pass; the season decides how many there tend to be, the sun where their shadows fall."""
    season = np.cos(2 * np.pi * (acquisition.day_of_year - 15) / 365)
    cover = MOST_COVER * float(rng.beta(0.4 + 0.15 * season, 1.1 - 0.1 * season))
    down, right = _shadow_shift(acquisition, rng)
    margin = int(MOST_SHIFT_M / CELL_M)
    wide = side_cells + 2 * margin
    size = float(np.exp(rng.uniform(np.log(350), np.log(2500)))) / CELL_M
    field = turbulence(rng, (wide, wide), size / 4, RAGGED)
    edge = np.quantile(field, 1 - cover) if cover > 0.01 else np.inf
    depth = np.maximum(field - edge, 0) * np.float32(np.exp(rng.uniform(np.log(0.8), np.log(6))))
    opacity = (1 - np.exp(-depth)).astype(np.float32)
    cloud = opacity[margin : margin + side_cells, margin : margin + side_cells]
    top, left = margin - down, margin - right
    shadow = opacity[top : top + side_cells, left : left + side_cells] * (1 - cloud)
    return Sky(cloud, shadow, _cirrus(side_cells, rng), float(rng.uniform(0.7, 1.15)))


def scene_classes(sky: Sky, blue: Grid, red: Grid, nir: Grid, rng: np.random.Generator) -> NDArray[np.uint8]:
    """Sen2Cor's classes (rows, columns) on the 20 m grid, from the 20 m reflectances that it would see.

    Clouds and shadows are found where they are thick; edges and thin veils pass as ground, and some bright bare soil
    passes as cloud.
    """
    ndvi = (nir - red) / np.maximum(nir + red, 1e-3)
    classes = np.where(ndvi > 0.35, VEGETATION, np.where(ndvi > 0.22, UNCLASSIFIED, BARE))
    classes = np.where((nir < 0.10) & (ndvi < 0.15), WATER, classes)
    classes = np.where((nir < 0.13) & (ndvi >= 0.15), DARK, classes)
    doubt = np.clip(turbulence(rng, nir.shape, 12.0, 2.6), -2, 2)  # where the thresholds happen to be higher or lower
    bright = (blue > 0.155) & (ndvi < 0.2) & (doubt > 1.1)
    classes = np.where(bright, CLOUD_MEDIUM, classes)
    classes = np.where(sky.cirrus > 0.12 + 0.04 * doubt, CIRRUS, classes)
    classes = np.where(sky.shadow > 0.36 + 0.12 * doubt, SHADOW, classes)
    classes = np.where(sky.cloud > 0.32 + 0.10 * doubt, CLOUD_MEDIUM, classes)
    return np.where(sky.cloud > 0.6, CLOUD_HIGH, classes).astype(np.uint8)


def _shadow_shift(acquisition: Acquisition, rng: np.random.Generator) -> tuple[int, int]:
    """The offset of a shadow from its cloud in cells, down and right."""
    height = float(np.exp(rng.normal(np.log(1300), 0.4)))
    length = min(height * np.tan(np.radians(acquisition.sun_zenith_deg)), MOST_SHIFT_M - CELL_M) / CELL_M
    azimuth = np.radians(acquisition.sun_azimuth_deg)
    return round(length * np.cos(azimuth)), round(-length * np.sin(azimuth))


def _cirrus(side_cells: int, rng: np.random.Generator) -> Grid:
    strength = rng.uniform(0.04, 0.18) if rng.random() < CIRRUS_CHANCE else 0.0
    veil = turbulence(rng, (side_cells, side_cells), 60.0, 3.2)
    return np.asarray(np.clip(strength * (0.5 + 0.5 * veil), 0, 0.4).astype(np.float32))


def _finer(layer: Grid) -> Grid:
    return np.asarray(uniform_filter(layer.repeat(2, axis=0).repeat(2, axis=1), 3, mode="nearest"))

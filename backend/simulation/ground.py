"""What the ground reflects on a given day, object by object and then pixel by pixel, before air and instrument."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from backend.simulation.allotment import Codes
from backend.simulation.coverage import Strip
from backend.simulation.covers import COVERS
from backend.simulation.noise import Grid, Waves
from backend.simulation.phenology import Calendar, Canopy, canopy, of_covers
from backend.simulation.spectra import SOILS, WET, spectrum

Floats = NDArray[np.float64]

EXTINCTION = 0.7  # Beer's law: cover = 1 - exp(-0.7 LAI)
NIR, SWIR = slice(4, 8), slice(8, 10)
LEAF_TEXTURE = 0.03  # log deviation of a closed canopy's brightness
SOIL_TEXTURE = 0.07  # log deviation of the soil's brightness from pixel to pixel
POROUS = {"soil": 1.0, "litter": 0.6, "asphalt": 0.3, "roof": 0.2, "water": 0.0}  # how much rain darkens it


@dataclass(frozen=True)
class Materials:
    """End members of every object, each `(10, objects)`, and `porous`, `patchy` `(objects,)`."""

    green: Floats
    dead: Floats
    soil: Floats
    bloom: Floats
    porous: Floats
    patchy: Floats


@dataclass(frozen=True)
class Ground:
    """All that stays the same from date to date. `vigour`, `texture`: fields of deviation 1 over the pixels."""

    calendar: Calendar
    materials: Materials
    strips: Sequence[Strip]
    vigour: Grid
    texture: Grid

    def reflectance(self, day: float, wetness: Floats) -> NDArray[np.float32]:
        """Mean reflectance of every pixel `(10, rows, columns)`; `wetness` of each object's soil, 0 dry to 1 wet."""
        state = canopy(self.calendar, day)
        members = _members(self.materials, state, wetness)
        scene = np.empty((10, *self.vigour.shape), dtype=np.float32)
        for strip in self.strips:
            rows = slice(strip.top, strip.top + strip.rows)
            share = self._shares(strip, state, rows)
            for band in range(10):
                mixed = sum(part * member[band][strip.item] for part, member in zip(share, members))
                flat = np.bincount(strip.pixel, weights=mixed, minlength=strip.rows * scene.shape[2])
                scene[band, rows] = flat.reshape(strip.rows, -1)
        return scene

    def _shares(self, strip: Strip, state: Canopy, rows: slice) -> tuple[NDArray[np.float32], ...]:
        """Parts of each entry's pixel under green canopy, dead matter and bare soil (with its local brightness)."""
        vigour, texture = self.vigour[rows].ravel()[strip.pixel], self.texture[rows].ravel()[strip.pixel]
        item = strip.item
        lai = state.lai.astype(np.float32)[item] * np.exp(self.materials.patchy.astype(np.float32)[item] * vigour)
        most = self.calendar.rows.astype(np.float32)[item]
        green = most * (1 - np.exp(-EXTINCTION * lai / most))
        dead = (1 - green) * state.dry.astype(np.float32)[item]
        bare = (1 - green - dead) * np.exp(SOIL_TEXTURE * texture)
        lush = green * np.exp(LEAF_TEXTURE * vigour)
        return strip.part * lush, strip.part * dead, strip.part * bare


def draw_materials(kinds: Codes, centre: Floats, rng: np.random.Generator) -> Materials:
    """Every object's own end members: its cover's, varied by nutrition, variety, water and soil."""
    n = len(kinds)
    pale = np.clip(rng.normal(0.12, 0.09, n), 0, 0.6)
    green = (1 - pale) * _spectra(kinds, "leaf") + pale * spectrum("pale")[:, None]
    green[:4] *= np.exp(rng.normal(0, 0.07, n))
    green[NIR] *= np.exp(rng.normal(0, 0.045, n))
    green[SWIR] *= np.exp(rng.normal(0, 0.055, n))
    decay = rng.uniform(0, 1, n)
    dead = decay * spectrum("thatch")[:, None] + (1 - decay) * spectrum("straw")[:, None]
    bloom = np.stack([spectrum(cover.flower or "yellow") for cover in COVERS], axis=1)[:, kinds]
    porous = np.array([POROUS[cover.ground] for cover in COVERS])[kinds]
    soil = np.where(_bare(kinds), _soils(centre, rng), _spectra(kinds, "ground")) * np.exp(rng.normal(0, 0.10, n))
    return Materials(green, dead, soil, bloom, porous, of_covers(kinds, "patchy"))


def _members(materials: Materials, state: Canopy, wetness: Floats) -> tuple[NDArray[np.float32], ...]:
    """Green, dead and bare reflectance `(10, objects)` of the day."""
    thick = 1 - np.exp(-0.35 * state.lai)  # leaves above leaves scatter more near infrared and hold more water
    ageing = 0.5 * state.dry
    green = (1 - ageing) * materials.green + ageing * spectrum("pale")[:, None]
    green[NIR] *= 0.74 + 0.32 * thick
    green[SWIR] *= 1.18 - 0.22 * thick
    green = (1 - state.flower) * green + state.flower * materials.bloom
    damp = materials.porous * wetness
    bare = materials.soil * (1 - damp * (1 - WET[:, None]))
    dead = materials.dead * (1 - 0.3 * wetness)
    return green.astype(np.float32), dead.astype(np.float32), bare.astype(np.float32)


def _spectra(kinds: Codes, column: str) -> Floats:
    names = [getattr(cover, column) for cover in COVERS]
    return np.stack([spectrum("loam" if name == "soil" else name) for name in names], axis=1)[:, kinds]


def _bare(kinds: Codes) -> NDArray[np.bool_]:
    return np.array([cover.ground == "soil" for cover in COVERS])[kinds]


def _soils(centre: Floats, rng: np.random.Generator) -> Floats:
    """Dry soil (10, objects): loam, chalk and clay change over a few kilometres."""
    weight = np.stack([Waves.draw(rng, 4000.0)(centre) + rng.normal(0, 0.4, len(centre)) for _ in SOILS])
    weight = np.exp(1.3 * weight)
    return np.asarray(np.stack([spectrum(name) for name in SOILS], axis=1) @ (weight / weight.sum(axis=0)))

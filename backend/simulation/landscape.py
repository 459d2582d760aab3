"""The simulated countryside: blocks between roads and hedges, fields in the blocks, woods, villages, a river.

Everything is laid out with straight lines and then bent by one smooth displacement, so that no boundary stays straight
and neighbours still fit.
"""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.spatial import Voronoi, cKDTree

from backend.simulation.covers import INDEX
from backend.simulation.noise import Waves
from backend.simulation.subdivision import Ring, subdivide

Shapes = NDArray[np.object_]  # of shapely geometries

BLOCK_M2 = 260_000.0
COMMUNE_M2 = 3_200_000.0
FIELD_M2 = (
    38_000.0  # where a piece of land is as likely left whole as cut again; the median field comes out near 1.5 ha
)
LOT_M2 = 2_500.0
MARGIN_M = 500.0  # laid out beyond the images, so that nothing ends at their edge
LEAST_FIELD_M2 = 300.0
WOOD_SHARE, VILLAGE_SHARE, COPSE_SHARE = 0.11, 0.6, 0.03
_BENDS = ((420.0, 7.0), (1000.0, 18.0), (2600.0, 45.0))  # wavelength and displacement, metres


@dataclass(frozen=True)
class Landscape:
    """Outlines in the order they are painted, local metres from the lower left corner of the images.

    cover: index into COVERS, -1 where a field awaits its crop. field: True where a farmer could declare the ground.
    """

    side_m: float
    outline: Shapes  # (objects,)
    cover: NDArray[np.int64]  # (objects,)

    @property
    def field(self) -> NDArray[np.bool_]:
        return self.cover < 0


def lay_out(side_m: float, rng: np.random.Generator) -> Landscape:
    """Draws the countryside of a square region of `side_m` metres."""
    bend = _Bend.draw(rng)
    blocks = _Blocks.draw(side_m, rng)
    base = _base(blocks, rng)
    roads = _roads(blocks, rng)
    plots, cover = _plots(blocks, rng)
    bank, river = _river(side_m, rng)
    plots, cover = _without(plots, cover, bank)
    outline = np.concatenate([base[0], roads, plots, [bank, river]])
    kinds = np.concatenate([base[1], np.full(len(roads), INDEX["road"]), cover, [INDEX["wood"], INDEX["water"]]])
    return _inside(side_m, bend(outline), kinds.astype(np.int64))


@dataclass(frozen=True)
class _Bend:
    """The displacement that makes straight boundaries irregular; its gradient stays below 1, so nothing folds over."""

    waves: tuple[tuple[Waves, Waves], ...]

    @classmethod
    def draw(cls, rng: np.random.Generator) -> _Bend:
        return cls(tuple((Waves.draw(rng, length), Waves.draw(rng, length)) for length, _ in _BENDS))

    def __call__(self, outlines: Shapes) -> Shapes:
        fine = shapely.segmentize(outlines, 20.0)
        return np.asarray(shapely.simplify(shapely.transform(fine, self._move), 0.3))

    def _move(self, xy: NDArray[np.float64]) -> NDArray[np.float64]:
        shifts = [np.stack([x(xy), y(xy)], axis=1) * size for (x, y), (_, size) in zip(self.waves, _BENDS)]
        return np.asarray(xy + np.sum(shifts, axis=0))


@dataclass(frozen=True)
class _Blocks:
    """Voronoi cells of scattered seeds; `commune` numbers the village each belongs to, `ridges` are pairs and ends."""

    seed: NDArray[np.float64]  # (blocks, 2)
    ring: list[Ring]
    commune: NDArray[np.int64]
    centre: NDArray[np.int64]  # block of each commune's village
    ridge_pair: NDArray[np.int64]  # (ridges, 2)
    ridge_ends: NDArray[np.float64]  # (ridges, 2, 2)

    @classmethod
    def draw(cls, side_m: float, rng: np.random.Generator) -> _Blocks:
        low, high = -MARGIN_M, side_m + MARGIN_M
        area = (high - low) ** 2
        seed = rng.uniform(low, high, (max(int(area / BLOCK_M2), 4), 2))
        villages = rng.uniform(low, high, (max(int(area / COMMUNE_M2), 1), 2))
        far = (high - low) * 3
        frame = np.array([[low - far, low], [high + far, low], [low, low - far], [low, high + far]])
        cells = Voronoi(np.concatenate([seed, frame]))
        cell = _polygons([cells.vertices[cells.regions[cells.point_region[i]]] for i in range(len(seed))])
        cell = shapely.intersection(cell, shapely.box(low, low, high, high))
        ring = [shapely.get_coordinates(c)[:-1] for c in cell]
        known = (cells.ridge_points < len(seed)).all(axis=1)
        ends = np.array([v for v, k in zip(cells.ridge_vertices, known) if k], dtype=np.int64).reshape(-1, 2)
        commune = cKDTree(villages).query(seed)[1]
        centre = cKDTree(seed).query(villages)[1]
        return cls(seed, ring, commune, centre, cells.ridge_points[known], cells.vertices[ends])


def _base(blocks: _Blocks, rng: np.random.Generator) -> tuple[Shapes, NDArray[np.int64]]:
    """The ground between the fields of each block: verge, hedge or track."""
    kinds = [INDEX["verge"], INDEX["hedge"], INDEX["track"]]
    return _polygons(blocks.ring), rng.choice(kinds, len(blocks.ring), p=(0.45, 0.3, 0.25))


def _roads(blocks: _Blocks, rng: np.random.Generator) -> Shapes:
    """Roads run between communes, which makes them a network."""
    apart = blocks.commune[blocks.ridge_pair[:, 0]] != blocks.commune[blocks.ridge_pair[:, 1]]
    lines = shapely.linestrings(blocks.ridge_ends[apart])
    return np.asarray(shapely.buffer(lines, rng.uniform(2.2, 4.0, len(lines))))


def _plots(blocks: _Blocks, rng: np.random.Generator) -> tuple[Shapes, NDArray[np.int64]]:
    """Fields, woods and lots of all blocks with their cover (-1 for fields)."""
    wooded, farm_size = Waves.draw(rng, 2500.0)(blocks.seed), Waves.draw(rng, 3000.0)(blocks.seed)
    woods = wooded > np.quantile(wooded, 1 - WOOD_SHARE)
    villages = np.isin(np.arange(len(woods)), blocks.centre[rng.random(len(blocks.centre)) < VILLAGE_SHARE])
    gaps = rng.uniform(2.5, 5.5, len(woods))
    inner = shapely.buffer(_polygons(blocks.ring), -gaps, join_style="mitre")
    plots: list[Shapes] = []
    covers: list[NDArray[np.int64]] = []
    for index in np.flatnonzero(~shapely.is_empty(inner)):
        size = LOT_M2 if villages[index] else BLOCK_M2 if woods[index] else FIELD_M2 * np.exp(0.45 * farm_size[index])
        rings = list(subdivide(shapely.get_coordinates(inner[index])[:-1], size, rng.uniform(0, 180), rng))
        plots.append(_fields(rings, rng))
        covers.append(_covers(len(rings), bool(woods[index]), bool(villages[index]), rng))
    return _whole(np.concatenate(plots), np.concatenate(covers))


def _fields(rings: list[Ring], rng: np.random.Generator) -> Shapes:
    """Pieces of a block drawn back from each other by a furrow, now and then by a hedge."""
    gaps = np.where(rng.random(len(rings)) < 0.2, rng.uniform(1.5, 3.5, len(rings)), rng.uniform(0.4, 0.9, len(rings)))
    return np.asarray(shapely.buffer(_polygons(rings), -gaps, join_style="mitre"))


def _covers(count: int, wood: bool, village: bool, rng: np.random.Generator) -> NDArray[np.int64]:
    if village:
        return rng.choice([INDEX["garden"], INDEX["built"], -1], count, p=(0.6, 0.35, 0.05))
    if wood:
        return np.full(count, INDEX["conifer"] if rng.random() < 0.25 else INDEX["wood"])
    return rng.choice(
        [-1, INDEX["wood"], INDEX["scrub"]], count, p=(1 - 1.5 * COPSE_SHARE, COPSE_SHARE, COPSE_SHARE / 2)
    )


def _river(side_m: float, rng: np.random.Generator) -> tuple[shapely.Polygon, shapely.Polygon]:
    """The wooded bank and the water of a river that wanders across the region."""
    along = np.arange(-MARGIN_M, side_m + MARGIN_M + 1, 60.0)
    wander = 0.12 * side_m * np.sin(2 * np.pi * along / (0.9 * side_m) + rng.uniform(0, 6))
    meander = 55 * np.sin(2 * np.pi * along / 640 + rng.uniform(0, 6)) + 30 * np.sin(2 * np.pi * along / 270)
    course = rng.uniform(0.3, 0.7) * side_m + wander + meander
    line = shapely.linestrings(np.stack([along, course] if rng.random() < 0.5 else [course, along], axis=1))
    half = rng.uniform(6, 14)
    return shapely.buffer(line, half + 9), shapely.buffer(line, half)


def _without(plots: Shapes, cover: NDArray[np.int64], bank: shapely.Polygon) -> tuple[Shapes, NDArray[np.int64]]:
    """Plots with the river's corridor taken out; of a plot cut in two both parts stay."""
    shapely.prepare(bank)
    hit = shapely.intersects(bank, plots)
    kept, rows = shapely.get_parts(shapely.difference(plots[hit], bank), return_index=True)
    outline = np.concatenate([plots[~hit], kept])
    return _whole(outline, np.concatenate([cover[~hit], cover[hit][rows]]))


def _whole(outline: Shapes, cover: NDArray[np.int64]) -> tuple[Shapes, NDArray[np.int64]]:
    """Leaves out what shrank to nothing."""
    good = (shapely.area(outline) > LEAST_FIELD_M2) & (shapely.get_type_id(outline) == shapely.GeometryType.POLYGON)
    return outline[good], cover[good]


def _inside(side_m: float, outline: Shapes, cover: NDArray[np.int64]) -> Landscape:
    inside = shapely.intersects(shapely.box(0, 0, side_m, side_m), outline)
    return Landscape(side_m, outline[inside], cover[inside])


def _polygons(rings: list[Ring]) -> Shapes:
    """Polygons of open rings of any number of corners."""
    owner = np.repeat(np.arange(len(rings)), [len(ring) for ring in rings])
    return np.asarray(shapely.polygons(shapely.linearrings(np.concatenate(rings), indices=owner)))

"""The simulated region from end to end: landscape, growth, and images date by date."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray

from backend.errors import BadArgument
from backend.protocol import Reporter
from backend.simulation import files
from backend.simulation.acquisitions import Acquisition, acquisitions
from backend.simulation.allotment import Codes, allot, counts, grown, shares, undeclared
from backend.simulation.coverage import PIXEL_M, strips
from backend.simulation.covers import COVERS
from backend.simulation.ground import Ground, draw_materials
from backend.simulation.landscape import Landscape, lay_out
from backend.simulation.noise import Floats, Waves, turbulence
from backend.simulation.phenology import Calendar, draw_calendar
from backend.simulation.rotation import follow
from backend.simulation.sensor import Relief, acquire, halved
from backend.simulation.sky import draw_sky, scene_classes
from backend.simulation.spec import SimulatedRegion, SimulationSpec
from backend.vocabulary import BANDS, REFLECTANCE_SCALE

PARCEL_M2 = 29_000.0  # of the region per parcel, to begin with
LEAST_SIDE_M = 1500.0
HILL_M, HILLS_M = 1800.0, 16.0  # length and height of the relief
NEIGHBOUR_DAYS = 2.0  # differences in calendar between neighbourhoods
_LAND, _CROPS, _GROWTH, _YEAR, _SURFACE, _AIR, _SKY = range(7)  # independent streams of random numbers


@dataclass(frozen=True)
class World:
    """The landscape with what grows on it. parcels: rows of the landscape that are declared; declared: their crops."""

    landscape: Landscape
    kinds: Codes  # (objects,) what truly covers each object
    parcels: NDArray[np.int64]
    declared: Codes
    centre: Floats  # (objects, 2)
    hills: Waves

    @property
    def side_px(self) -> int:
        return round(self.landscape.side_m / PIXEL_M)


@dataclass(frozen=True)
class Season:
    """One year of a region, ready to be photographed; `last` is the year before, where it was simulated too."""

    spec: SimulationSpec
    world: World
    last: World | None
    ground: Ground


def simulate(spec: SimulationSpec, output: Path, reporter: Reporter) -> SimulatedRegion:
    """Makes the region in the folder `output`, replacing an earlier simulated one; the same spec gives the same pixels.

    Raises NotWritable when the folder has other content or cannot be written, DiskFull when it does not fit.
    """
    return simulate_years(spec, 1, output, reporter)[0]


def simulate_years(spec: SimulationSpec, years: int, output: Path, reporter: Reporter) -> tuple[SimulatedRegion, ...]:
    """The same fields in `years` consecutive years from `spec.year`, the crops of each following those of the last.

    One year is written to `output`, several to a folder each, `output/2017` and so on; the first holds the images
    that `simulate` makes of `spec`. Raises as `simulate` does, and BadArgument for years that cannot be had.
    """
    if years < 1:
        raise BadArgument("years", "a whole number from 1", years)
    if years > 1 and not spec.has_all_crops():
        raise BadArgument("years", "1 where the crops are chosen, as crops rotate among all", years)
    replace(spec, year=spec.year + years - 1)  # the last year is one that can be simulated
    reporter.progress(0.0, "simulate", "Creating parcels")
    world, images, done = make_world(spec), years * spec.dates, count(1)

    def tell(acquisition: Acquisition) -> None:
        reporter.progress(next(done) / (images + 1), "simulate", f"Image of {acquisition.iso_day}")

    regions = []
    with files.replacing(output, years * _megabytes(world, spec)) as folder:
        files.write_notice(folder, spec, years)
        for season in _seasons(spec, world, years):
            place = Path() if years == 1 else Path(str(season.spec.year))
            (folder / place).mkdir(exist_ok=True)
            files.write_parcels(folder / place / "parcels.gpkg", parcel_table(season.world, season.last))
            _photograph(season, folder / place, tell)
            regions.append(_region(season, output / place))
    reporter.progress(1.0, "simulate", f"{spec.parcels} simulated parcels on {images} dates")
    return tuple(regions)


def make_world(spec: SimulationSpec) -> World:
    """The land and what grows on it, with exactly `spec.parcels` declared parcels."""
    landscape, parcels = _enough_land(spec)
    rng = _stream(spec, _CROPS)
    hills = Waves.draw(rng, HILL_M)
    centre = shapely.get_coordinates(shapely.centroid(landscape.outline))
    area = shapely.area(landscape.outline[parcels])
    quota = counts(len(parcels), spec.crops, spec.least_parcels)
    declared = allot(centre[parcels], area, -hills(centre[parcels]), quota, rng)
    kinds = np.where(landscape.field, undeclared(len(centre), rng), landscape.cover)
    kinds[parcels] = grown(declared, shares(spec.crops), rng)
    return World(landscape, kinds, parcels, declared, centre, hills)


def make_ground(spec: SimulationSpec, world: World) -> Ground:
    """Calendars, end members and pixel shares: all that the dates have in common."""
    rng = _stream(spec, _GROWTH)
    shape = (world.side_px, world.side_px)
    calendar = _calendar(spec, world, rng)
    surface = _stream(spec, _SURFACE)
    vigour = 0.8 * turbulence(surface, shape, 9.0, 2.6) + 0.6 * turbulence(surface, shape, 1.5, 2.0)
    texture = turbulence(surface, shape, 5.0, 2.0)
    materials = draw_materials(world.kinds, world.centre, rng)
    return Ground(calendar, materials, list(strips(world.landscape, world.side_px)), vigour, texture)


def next_world(spec: SimulationSpec, last: World) -> World:
    """The same land in the year of `spec`, which follows that of `last`: crops rotate, and again a few are wrong."""
    rng = _stream(spec, _CROPS)
    declared = follow(last.declared, rng)
    kinds = last.kinds.copy()
    kinds[last.parcels] = grown(declared, shares(spec.crops), rng)
    return replace(last, kinds=kinds, declared=declared)


def next_ground(spec: SimulationSpec, world: World, last: Ground) -> Ground:
    """What grows is new, the soil and its unevenness are last year's."""
    rng = _stream(spec, _GROWTH)
    materials = replace(draw_materials(world.kinds, world.centre, rng), soil=last.materials.soil)
    return replace(last, calendar=_calendar(spec, world, rng), materials=materials)


def parcel_table(world: World, last: World | None = None) -> gpd.GeoDataFrame:
    """The declared parcels with the field names of the French LPIS (RPG); the crop of the year before where known."""
    outline = shapely.transform(world.landscape.outline[world.parcels], lambda xy: xy + (files.EAST_M, files.SOUTH_M))
    fields = {
        "ID_PARCEL": [f"S{number:07d}" for number in range(1, len(outline) + 1)],
        "SURF_PARC": np.round(shapely.area(outline) / 1e4, 2),
        files.CLASS_FIELD: [COVERS[crop].code for crop in world.declared],
        "CODE_GROUP": [COVERS[crop].group for crop in world.declared],
    }
    if last is not None:
        fields[files.PREVIOUS_FIELD] = [COVERS[crop].code for crop in last.declared]
    return gpd.GeoDataFrame(fields, geometry=outline, crs=files.CRS)


def relief(world: World) -> Relief:
    """Slopes of the hills under every pixel."""
    coarse = 4  # hills are smooth: one slope per 4 x 4 pixels
    steps = (np.arange(-(-world.side_px // coarse)) + 0.5) * coarse * PIXEL_M
    xy = np.stack(np.meshgrid(steps, world.landscape.side_m - steps), axis=-1)
    height = HILLS_M * world.hills(xy.reshape(-1, 2)).reshape(xy.shape[:2])
    south, east = np.gradient(height, coarse * PIXEL_M)
    fine = [
        g.astype(np.float32).repeat(coarse, 0).repeat(coarse, 1)[: world.side_px, : world.side_px]
        for g in (east, -south)
    ]
    return Relief(*fine)


def _seasons(spec: SimulationSpec, world: World, years: int) -> Iterator[Season]:
    ground = make_ground(spec, world)
    yield Season(spec, world, None, ground)
    for later in range(1, years):
        season = replace(spec, year=spec.year + later)
        last, world = world, next_world(season, world)
        ground = next_ground(season, world, ground)
        yield Season(season, world, last, ground)


def _photograph(season: Season, folder: Path, tell: Callable[[Acquisition], None]) -> None:
    imagery, masks = folder / "imagery", folder / "masks"
    imagery.mkdir()
    masks.mkdir()
    slopes = relief(season.world)
    for acquisition in acquisitions(season.spec.year, season.spec.dates):
        tell(acquisition)
        numbers, classes = picture(season.spec, season.world, season.ground, slopes, acquisition)
        files.write_image(imagery, acquisition, numbers)
        files.write_mask(masks, acquisition, classes)


def picture(
    spec: SimulationSpec, world: World, ground: Ground, slopes: Relief, acquisition: Acquisition
) -> tuple[NDArray[np.uint16], NDArray[np.uint8]]:
    """Digital numbers (10, rows, columns) and scene classes (rows / 2, columns / 2) of one date."""
    day = acquisition.day_of_year
    air = _stream(spec, _AIR, day)
    wetness = air.beta(0.8, 1.2) + 0.15 * Waves.draw(air, 2000.0)(world.centre) + air.normal(0, 0.1, len(world.centre))
    sky = draw_sky(acquisition, world.side_px // 2, _stream(spec, _SKY, day))
    numbers = acquire(ground.reflectance(day, np.clip(wetness, 0, 1)), slopes, sky, acquisition, air)
    scaled = np.float32(1 / REFLECTANCE_SCALE)
    blue, red, nir = (halved(numbers[BANDS.index(name)] * scaled) for name in ("B02", "B04", "B08"))
    return numbers, scene_classes(sky, blue, red, nir, air)


def _region(season: Season, folder: Path) -> SimulatedRegion:
    days = tuple(acquisition.iso_day for acquisition in acquisitions(season.spec.year, season.spec.dates))
    places = (folder / "imagery", folder / "masks", folder / "parcels.gpkg")
    previous = files.PREVIOUS_FIELD if season.last else None
    return SimulatedRegion(*places, files.CLASS_FIELD, season.spec.parcels, days, previous)


def _calendar(spec: SimulationSpec, world: World, rng: np.random.Generator) -> Calendar:
    regional = spec.season_shift_days + NEIGHBOUR_DAYS * Waves.draw(rng, 3000.0)(world.centre)
    return draw_calendar(world.kinds, regional, rng, _stream(spec, _YEAR, seed=False))


def _enough_land(spec: SimulationSpec) -> tuple[Landscape, NDArray[np.int64]]:
    """A landscape, and which of its fields are declared: drawn again larger until enough are inside the images."""
    side_m = max(LEAST_SIDE_M, np.sqrt(spec.parcels * PARCEL_M2))
    while True:
        even = 2 * PIXEL_M * round(side_m / (2 * PIXEL_M))  # whole 20 m pixels
        rng = _stream(spec, _LAND)
        landscape = lay_out(even, rng)
        fields = np.flatnonzero(landscape.field & shapely.contains(shapely.box(0, 0, even, even), landscape.outline))
        if len(fields) >= spec.parcels:
            return landscape, np.sort(rng.choice(fields, spec.parcels, replace=False))
        side_m *= 1.04


def _stream(spec: SimulationSpec, *keys: int, seed: bool = True) -> np.random.Generator:
    """An independent generator per purpose; without the seed it is the same for all regions of a year."""
    return np.random.default_rng([spec.seed if seed else 0, spec.year, *keys])


def _megabytes(world: World, spec: SimulationSpec) -> float:
    return spec.dates * world.side_px**2 * (2 * len(BANDS) + 0.25) / 1e6

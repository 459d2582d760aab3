"""A small store built by hand: Sentinel-2 and a second source, a radar with other bands and dates and its own mask."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import geopandas
import numpy as np
import pandas
import shapely

from backend.imagery.grid import Grid
from backend.series import store as stores
from backend.series.finishing import finish
from backend.series.manifest import Manifest, ParcelsRecord, Skipped
from backend.series.source import AcquisitionRecord, Masks, Source
from backend.series.store import Store
from backend.vocabulary import SENTINEL_2, UNOBSERVED, Band, sentinel_2_band

SEASON = 2018
GRID = Grid("EPSG:32631", 500_000.0, 5_000_000.0, 10.0, 20, 12)
COUNTS = (6, 4, 0, 9)  # pixels of the parcels; the third lies outside
SIDES = (3, 2, 0, 3)  # rows and columns of their boxes; the first's last three pixels are not its own
RADAR_BANDS = tuple(Band(name, "backscatter", "dB", "int16", 0.01, "radar") for name in ("VV", "VH"))


def records(days: tuple[int, ...]) -> tuple[AcquisitionRecord, ...]:
    return tuple(AcquisitionRecord(date(SEASON, 1, 1) + timedelta(day), (f"S{day}",), (f"{day}.tif",)) for day in days)


OPTICAL_DAYS, RADAR_DAYS = (-20, 40, 95, 160), (5, 17, 29, 41, 53)
OPTICAL = Source(
    SENTINEL_2, tuple(map(sentinel_2_band, ("B02", "B04", "B08"))), OPTICAL_DAYS, OPTICAL_DAYS, records(OPTICAL_DAYS),
    ("made by hand",), masks=Masks((4, 5), 0.0, None),
)  # fmt: skip
RADAR = Source("radar", RADAR_BANDS, RADAR_DAYS, RADAR_DAYS, records(RADAR_DAYS), ("made by hand",))


def index() -> pandas.DataFrame:
    count, side = np.array(COUNTS), np.array(SIDES)
    return pandas.DataFrame(
        {
            "parcel_id": list("abcd"), "first_pixel": np.cumsum(count) - count, "n_pixels": count,
            "row_px": np.array([0, 4, 0, 8]), "column_px": np.array([1, 5, 0, 16]), "height_px": side, "width_px": side,
            "by_touch": False, "valid": True, "narrow": False, "covered_share": 1.0, "inside_share": 1.0,
            "area_m2": count * 100.0, "perimeter_m": side * 40.0, "shared_px": 0,
            "outline": ["", "repaired", "", "repaired,overlapping"],
        }
    )  # fmt: skip


def positions() -> np.ndarray:
    """Row by row from the upper left corner of each box."""
    return np.concatenate(
        [[divmod(k, max(side, 1)) for k in range(count)] for count, side in zip(COUNTS, SIDES) if count]
    )


def build(path: Path, *sources: Source) -> Store:
    """A finished store whose values differ in every pixel, date and band; a third of each source's mask is False."""
    manifest = Manifest(
        False, SEASON, GRID, sources or (OPTICAL, RADAR), ParcelsRecord("parcels.gpkg", "parcels"),
        {"images": [], "inner_buffer_m": 0.0}, skipped=(Skipped("a.tif", "imagery.unreadable", "it is damaged"),),
    )  # fmt: skip
    with stores.staging(path):
        layer = geopandas.GeoDataFrame({"crop": list("abab")}, geometry=[shapely.Point(0, 0)] * 4, crs=GRID.crs)
        stores.write_parcels(path, [layer])
        store = stores.create(path, manifest, index(), positions().astype(np.uint16), 1)
    for number, source in enumerate(manifest.sources):
        values, clear = store.values(source), store.array(source.clear_array)
        values[:] = np.arange(values.size).reshape(values.shape) % 9000 + 100 * number
        clear[:] = (np.arange(clear.size).reshape(clear.shape) + number) % 3 > 0
    return finish(store, few_pixels=4)


def unobserve(store: Store, source: Source, *where: object) -> None:
    """Makes numbers of a source's series `(pixels, days, bands)` unobserved."""
    writable = Store(store.path, store.manifest, store.index, writable=True)
    values = writable.values(source)
    values[where] = np.nan if values.dtype.kind == "f" else UNOBSERVED

"""Layers that GDAL reads: GeoPackage, Shapefile, FlatGeobuf, GeoJSON, file geodatabases and the rest."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import geopandas
import numpy as np
import pandas
import pyarrow
import pyogrio
import shapely
from numpy.typing import NDArray

from backend.errors import BadArgument, UnreadableParcels
from backend.parcels.sources import chunk, inferred_types, locations
from backend.parcels.sources.chunk import ARROW, Chunk
from backend.parcels.sources.cut_off import require_whole
from backend.parcels.sources.locations import Place, quiet, reading

_CURVED = tuple(kind + 1000 * axes for kind in range(8, 15) if kind not in (13, 14) for axes in range(4))
# A null outline of a FlatGeobuf ends the process in GDAL's own stream of columns (3.12), not in its general one.
GENERAL_STREAM = {"OGR_FLATGEOBUF_STREAM_BASE_IMPL": "YES"}


@dataclass(frozen=True)
class VectorFile:
    """A Source. Formats that cannot begin within a file, such as GeoJSON, come as a single chunk."""

    place: Place
    name: str | None  # None for a file that has but tables without geometry
    encoding: str | None
    guessed: bool

    @property
    def layer(self) -> str:
        return self.name or self.place.stem

    def chunks(self, geometry: bool = True, features: int | None = None) -> Iterator[Chunk]:
        with reading(self.place.path):
            most = (features or chunk.FEATURES) if self._can_begin_within() else None
            start = 0
            while True:
                part = self._chunk({"skip_features": start, "max_features": most}, geometry)
                if len(part.table) or not start:
                    yield part
                start += len(part.table)
                if most is None or len(part.table) < most:
                    break
            self._require_all(start)

    def stamp(self) -> list[Any]:
        return [*locations.stamp(self.place.path), self.layer]

    @cached_property
    def _format(self) -> tuple[str, str]:
        """The name of GDAL's driver, and that of the layer for it."""
        with quiet(self.place.for_gdal):
            facts = pyogrio.read_info(self.place.for_gdal, layer=self.name, encoding=self.encoding)
        return str(facts["driver"]), str(facts["layer_name"])

    def _require_all(self, found: int) -> None:
        """Raises UnreadableParcels for a FlatGeobuf that ends before its last feature, which GDAL does not say."""
        with quiet(self.place.for_gdal):
            facts = pyogrio.read_info(self.place.for_gdal, layer=self.name, encoding=self.encoding)
        if facts["driver"] == "FlatGeobuf" and facts["features"] > found:
            reason = (
                f"it says that it has {facts['features']} features and ends after {found}; it is cut off or damaged"
            )
            raise UnreadableParcels(self.place.path, reason)

    def _can_begin_within(self) -> bool:
        """Whether a part of the layer can be read without all before it, or nearly so as of a FlatGeobuf.

        Of a shapefile with deleted records that are still in it GDAL counts these when it skips.
        """
        with quiet(self.place.for_gdal):
            facts = pyogrio.read_info(self.place.for_gdal, layer=self.name, encoding=self.encoding)
        if facts["driver"] == "ESRI Shapefile":
            only_ids = {"columns": [], "read_geometry": False, "return_fids": True}
            _, ids = pyogrio.read_arrow(self.place.for_gdal, encoding=self.encoding, **only_ids)
            return not len(ids) or ids.column(0)[-1].as_py() == len(ids) - 1
        return bool(facts["driver"] == "FlatGeobuf" or facts["capabilities"]["fast_set_next_by_index"])

    def _chunk(self, which: dict[str, Any], geometry: bool) -> Chunk:
        part = self._columns(which, geometry)
        driver, layer = self._format
        if not inferred_types.may_be(driver):
            return part
        with quiet(self.place.for_gdal):
            return replace(part, table=inferred_types.restored(part.table, self.place.for_gdal, driver, layer, which))

    def _columns(self, which: dict[str, Any], geometry: bool) -> Chunk:
        """By columns, so that types survive; broken outlines and curves one by one, null or straightened."""
        how = {"layer": self.name, "fid_as_index": True, "encoding": self.encoding, **which}
        by_columns = {"use_arrow": True, "arrow_to_pandas_kwargs": ARROW}
        pyogrio.set_gdal_config_options(GENERAL_STREAM)
        with quiet(self.place.for_gdal):
            with suppress(pyarrow.ArrowException, shapely.errors.GEOSException, NotImplementedError):
                table = pyogrio.read_dataframe(self.place.for_gdal, **how, **by_columns, read_geometry=geometry)
                return Chunk(table, broken=_mend(table))
            fields = pyogrio.read_dataframe(self.place.for_gdal, **how, **by_columns, read_geometry=False)
            how["max_features"] = len(fields)  # of a last feature that is broken, pyogrio takes one more for an error
            outlines = pyogrio.read_dataframe(self.place.for_gdal, **how, columns=[], on_invalid="ignore")
            curved = self._curved(which)
        broken = _mend(fields)
        return Chunk(geopandas.GeoDataFrame(fields, geometry=outlines.geometry.array, crs=outlines.crs), curved, broken)

    def _curved(self, which: dict[str, Any]) -> int:
        """How many outlines are curves."""
        try:
            _, raw = pyogrio.read_arrow(self.place.for_gdal, layer=self.name, columns=[], **which)
        except pyarrow.ArrowException:
            return 0
        starts = [bytes(wkb.as_py()[:5]) for wkb in raw.column(raw.num_columns - 1) if wkb.is_valid]
        return int(np.isin(_kinds(starts) & 0x0FFFFFFF, _CURVED).sum())


def layer_in(place: Place, layer: str | None) -> str | None:
    """The layer to read; where none is named, tables without a geometry, such as QGIS's styles, do not count.

    Raises BadArgument, UnreadableParcels.
    """
    require_whole(place)
    with reading(place.path):
        layers = locations.layers_in(place.for_gdal)
    if not layers:
        raise UnreadableParcels(place.path, "it holds no layer")
    if layer is not None and layer not in layers:
        raise BadArgument("layer", f"one of the layers of {place.path.name}, {', '.join(layers)}", layer)
    shown = [name for name, geometry in layers.items() if geometry is not None]
    if layer is None and len(shown) > 1:
        raise BadArgument("layer", f"one of the layers of {place.path.name}, {', '.join(shown)}", None)
    return layer or next(iter(shown), None)


def _kinds(starts: list[bytes]) -> NDArray[np.int64]:
    """Types of geometry by the first five bytes of their WKB."""
    kinds = [int.from_bytes(s[1:], "little" if s[0] else "big") for s in starts if len(s) == 5]
    return np.array(kinds, np.int64)


def _mend(table: pandas.DataFrame) -> tuple[str, ...]:
    """Makes texts that hold bytes of another encoding readable, letter by letter: one costs no other. Their fields."""
    broken = []
    for name, kind in table.dtypes.items():
        if isinstance(kind, pandas.ArrowDtype) and pyarrow.types.is_string(kind.pyarrow_dtype):
            texts = pyarrow.chunked_array(table[name].array.__arrow_array__())
            try:
                texts.validate(full=True)
            except pyarrow.ArrowInvalid:
                raw = texts.cast(pyarrow.binary()).to_pylist()
                table[name] = pandas.array([b if b is None else b.decode("utf-8", "replace") for b in raw], kind)
                broken.append(str(name))
    return tuple(broken)

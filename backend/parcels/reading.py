"""Parcel layers: every feature with its own fields, its geometry and a stable id."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any, Protocol

import geopandas
import numpy as np
import pandas
import pyarrow
import pyproj
import pyproj.exceptions
import shapely
from numpy.typing import NDArray

from backend.crop_codes import as_code
from backend.errors import BadArgument, MissingField, NoCrs, NoParcels, UnreadableParcels
from backend.messages import WARNINGS, compose
from backend.parcels import sources
from backend.parcels.database import Database
from backend.parcels.sources.chunk import Chunk, Source

_MOST_EXACT = 2**53  # whole numbers that floating point holds
_POLYGONS = (3, 6)  # shapely's type numbers of Polygon and MultiPolygon


@dataclass(frozen=True)
class Remark:
    """A note on how a layer was read: a warning's code and the fields of its texts."""

    code: str
    fields: Mapping[str, Any]

    @property
    def message(self) -> str:
        return compose(WARNINGS[self.code], self.fields)[0]

    @property
    def advice(self) -> str:
        return compose(WARNINGS[self.code], self.fields)[1]


@dataclass(frozen=True)
class ParcelLayer:
    """A layer's features in file order: their `ids`, which do not repeat, and how to read them, some at a time."""

    path: Path | Database
    source: Source
    crs: pyproj.CRS
    bounds: tuple[float, float, float, float]  # west, south, east, north of what has an outline
    ids: NDArray[np.str_]  # (parcels,)
    encoding: str = ""  # that was requested
    given_crs: pyproj.CRS | None = None  # in place of the layer's own
    remarks: tuple[Remark, ...] = ()
    id_field: str | None = None
    _counted: bool = False  # ids are positions, because there are no others
    _types: dict[str, Any] = field(default_factory=dict, repr=False)  # of all chunks, where theirs differ
    _only: geopandas.GeoDataFrame | None = field(default=None, repr=False)  # the layer, where it is one chunk

    @property
    def name(self) -> str:
        return self.source.layer

    @property
    def table(self) -> geopandas.GeoDataFrame:
        """All features in one table, for a layer that fits into memory."""
        tables = list(self.tables())
        return tables[0] if len(tables) == 1 else pandas.concat(tables)

    def tables(self) -> Iterator[geopandas.GeoDataFrame]:
        """All features, some at a time, with the same fields and types, which are the layer's own, unchanged.

        Raises UnreadableParcels where the layer is no longer the one that was opened.
        """
        for table in self._tables():
            yield table if self.given_crs is None else table.set_crs(self.given_crs, allow_override=True)

    def _tables(self) -> Iterator[geopandas.GeoDataFrame]:
        if self._only is not None:
            yield self._only
            return
        rows = 0
        for chunk in self.source.chunks():
            expected = self.ids[rows : rows + len(chunk.table)]
            if not self._counted and not np.array_equal(_ids(chunk.table, self.id_field, self.path), expected):
                raise UnreadableParcels(self.path, "its features changed or came in another order the second time")
            rows += len(chunk.table)
            yield with_types(chunk.table, self._types)
        if rows != len(self.ids):
            raise UnreadableParcels(self.path, f"it had {len(self.ids)} features and now has {rows}; start again")


def read(
    parcels: sources.Parcels, layer: str | None = None, id_field: str | None = None, encoding: str | None = None,
    crs: str | None = None, geometry: str | None = None,
) -> ParcelLayer:  # fmt: skip
    """Opens a polygon layer and reads it once; `crs` replaces its own coordinate system.

    Raises NoParcels, NoCrs, and what `sources.find` and `column` raise; BadArgument for ids that repeat and an
    invalid `crs`.
    """
    given = _given(crs)
    source = sources.find(parcels, layer, encoding, geometry)
    path = Path("GeoDataFrame") if isinstance(parcels, geopandas.GeoDataFrame) else parcels
    looks: list[_Look] = []
    only: pandas.DataFrame | None = None
    for chunk in source.chunks():
        looks.append(_Look.at(chunk, id_field, path))
        only = chunk.table if len(looks) == 1 else None
    if not any(look.polygons for look in looks):
        raise NoParcels(path)
    own = given or looks[0].crs
    if own is None:
        raise NoCrs(path)
    ids = np.concatenate([look.ids for look in looks])
    counted = not _all_different(ids, id_field)
    types = agreed_types(looks)
    if types is None:
        only = next(iter(source.chunks(features=len(ids) + 1))).table
    west, south, east, north = zip(*(look.bounds for look in looks), strict=True)
    bounds = (np.fmin.reduce(west), np.fmin.reduce(south), np.fmax.reduce(east), np.fmax.reduce(north))
    remarks = tuple(_remarks(path, source, looks))
    return ParcelLayer(
        path, source, own, bounds, np.arange(len(ids)).astype(np.str_) if counted else ids, encoding or "", given,
        remarks, id_field, counted, types or {}, only,
    )  # fmt: skip


def _given(crs: str | None) -> pyproj.CRS | None:
    """Raises BadArgument."""
    try:
        return pyproj.CRS.from_user_input(crs) if crs else None
    except pyproj.exceptions.CRSError as error:
        raise BadArgument("parcels_crs", "a coordinate system such as EPSG:31370", crs) from error


def read_fields(path: Path, layer: str | None = None) -> pandas.DataFrame:
    """A layer's fields without its outlines. Raises what `sources.find` raises, UnreadableParcels."""
    return pandas.concat([chunk.table for chunk in sources.find(path, layer).chunks(geometry=False)])


def column(table: pandas.DataFrame, name: str, where: object) -> NDArray[np.object_]:
    """A field's values, null as None. Raises MissingField with the existing fields, to which a geometry does not count.

    Raises BadArgument for a field of lists.
    """
    fields = [field for field, kind in table.dtypes.items() if not isinstance(kind, geopandas.array.GeometryDtype)]
    if name not in fields:
        raise MissingField(where, name, map(str, fields))
    kind = table[name].dtype
    if isinstance(kind, pandas.ArrowDtype) and pyarrow.types.is_nested(kind.pyarrow_dtype):
        raise BadArgument("field", "a field with one value per parcel", f"{name}: {kind.pyarrow_dtype}")
    values = table[name].astype(object)
    return values.where(values.notna(), None).to_numpy()


def _ids(table: pandas.DataFrame, id_field: str | None, path: Path | Database) -> NDArray[np.str_]:
    """A field's values, else the feature ids. Raises BadArgument for a field of rounded numbers."""
    values = table.index.to_numpy() if id_field is None else column(table, id_field, path)
    return np.array([id_text(value) for value in values], dtype=np.str_)


def id_text(value: object) -> str:
    """A whole number that is kept as floating point has no decimals; it is rounded beyond 2^53."""
    if isinstance(value, (float, np.floating)) and abs(float(value)) > _MOST_EXACT:
        raise BadArgument("id_field", "a field of text or of whole numbers", f"{value}, rounded to floating point")
    number = isinstance(value, (float, np.floating, Decimal))
    return number and as_code(value) or str(value)


class Look(Protocol):
    """The types of a chunk's fields, and which of them have no value in it."""

    @property
    def types(self) -> dict[str, Any]: ...

    @property
    def empty(self) -> frozenset[str]: ...


@dataclass(frozen=True)
class _Look:
    """The facts of a chunk that describe the whole layer."""

    ids: NDArray[np.str_]
    polygons: bool
    crs: pyproj.CRS | None
    bounds: tuple[float, float, float, float]
    types: dict[str, Any]
    empty: frozenset[str]  # fields without a value
    curved: int
    broken: tuple[str, ...]

    @classmethod
    def at(cls, chunk: Chunk, id_field: str | None, path: Path | Database) -> _Look:
        """Raises NoParcels for a table without geometries, MissingField, BadArgument."""
        table = chunk.table
        if not isinstance(table, geopandas.GeoDataFrame):
            raise NoParcels(path)
        kinds = shapely.get_type_id(np.asarray(table.geometry.array))
        fields = table.drop(columns=table.geometry.name)
        return cls(
            _ids(table, id_field, path),
            bool(np.isin(kinds, _POLYGONS).any()),
            table.crs,
            tuple(table.total_bounds),
            dict(fields.dtypes),
            frozenset(fields.columns[fields.isna().all()]),
            chunk.curved,
            chunk.broken,
        )


def agreed_types(looks: Sequence[Look]) -> dict[str, Any] | None:
    """The types of fields that differ between chunks only for lack of values; None where they differ otherwise.

    A field's type is GDAL's or the file's, but times and JSON are recognised by their values.
    """
    agreed = {}
    for name in looks[0].types if len(looks) > 1 else ():
        types = {look.types[name] for look in looks}
        found = {look.types[name] for look in looks if name not in look.empty} or {looks[0].types[name]}
        if len(found) > 1 or np.dtype(object) in types:
            return None
        if len(types) > 1:
            agreed[name] = found.pop()
    return agreed


def with_types(table: geopandas.GeoDataFrame, types: dict[str, Any]) -> geopandas.GeoDataFrame:
    """The table with fields that are empty in it as fields of the type they have elsewhere."""
    empty = {name: kind for name, kind in types.items() if table[name].dtype != kind}
    return table.assign(**{name: pandas.array([None] * len(table), dtype=kind) for name, kind in empty.items()})


def _remarks(path: Path | Database, source: Source, looks: Sequence[_Look]) -> Iterator[Remark]:
    if source.guessed:
        yield Remark("parcels.encoding_guessed", {"layer": path.name})
    curved = sum(look.curved for look in looks)
    if curved:
        yield Remark("parcels.curved", {"outlines": curved, "layer": path.name})
    broken = dict.fromkeys(name for look in looks for name in look.broken)
    if broken:
        yield Remark("parcels.broken_text", {"names": list(broken)})


def _all_different(ids: NDArray[np.str_], id_field: str | None) -> bool:
    """Whether each id names one parcel, which a view's feature ids may not. Raises BadArgument for a field's."""
    repeated = ids[pandas.Series(ids).duplicated().to_numpy()]
    if len(repeated) and id_field is not None:
        times = int((ids == repeated[0]).sum())
        raise BadArgument("id_field", "a field whose values are all different", f"{repeated[0]} {times} times")
    return not len(repeated)

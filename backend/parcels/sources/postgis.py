"""PostGIS: a table or view of a PostgreSQL database, read in one transaction that sees no later change.

The driver is Arrow's own (ADBC), which copies a query's rows in binary, batch by batch.
"""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import re
import weakref
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import geopandas
import pandas
import pyarrow
import pyproj
import pyproj.exceptions
import shapely

from backend.errors import BadArgument, NoParcels, UnreadableParcels
from backend.parcels.database import Database
from backend.parcels.sources import chunk
from backend.parcels.sources.chunk import ARROW, Chunk

if TYPE_CHECKING:
    from adbc_driver_postgresql import dbapi

_SNAPSHOT = (
    "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY",
    "SET LOCAL synchronize_seqscans = off",  # rows without an order come in the same one again
)
_LAYERS = """SELECT f_table_schema, f_table_name, f_geometry_column::text FROM geometry_columns
    UNION ALL SELECT f_table_schema, f_table_name, f_geography_column::text FROM geography_columns ORDER BY 1, 2, 3"""
_FIELDS = """SELECT a.attname::text, t.typname::text FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid
    WHERE a.attrelid = {literal}::regclass AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum"""
_KEY = """SELECT a.attname::text, t.typname::text FROM pg_index i
    JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = ANY(i.indkey) JOIN pg_type t ON t.oid = a.atttypid
    WHERE i.indrelid = {literal}::regclass AND i.indisprimary ORDER BY array_position(i.indkey::int2[], a.attnum)"""
_PLACES = "SELECT ST_SRID({outline}), count(*), count(*) FILTER (WHERE ST_HasArc({outline})) FROM {table} GROUP BY 1"
_FEATURES = "SELECT {fields} FROM {table}{order}"
_SYSTEM = "SELECT auth_name::text, auth_srid, srtext::text FROM spatial_ref_sys WHERE srid = {srid}"
# The same rows give the same number in whatever order they come.
_DIGEST = "SELECT count(*), coalesce(sum(hashtextextended(r::text, 0)), 0)::text FROM {table} AS r"
_WHOLE = ("int2", "int4", "int8")
_FINITE = ("date", "timestamp", "timestamptz")  # infinity is none that another format knows
_AS_THEY_ARE = (*_WHOLE, "float4", "float8", "bool", "bytea", "text", "varchar")
_MALFORMED = re.compile(r"connection info string|connection option|URI|translate host name .*@")
_ADDRESS = "the address is expected as postgresql://USER@HOST:PORT/DATABASE, or PG:host=HOST dbname=DATABASE user=USER"


@dataclass(frozen=True)
class _Table:
    """A table or view, and the column of its outlines."""

    schema: str
    table: str
    geometry: str

    @property
    def name(self) -> str:
        """As SQL takes it."""
        return f"{_quoted(self.schema)}.{_quoted(self.table)}"

    @property
    def outline(self) -> str:
        return f"{_quoted(self.geometry)}::geometry"

    @property
    def layer(self) -> str:
        return f"{self.schema}.{self.table}"

    def called(self, layer: str | None) -> bool:
        """Whether it is meant by TABLE, SCHEMA.TABLE or, where it has several outlines, SCHEMA.TABLE(COLUMN)."""
        return layer in (None, self.table, self.layer, f"{self.layer}({self.geometry})")


class PostGis:
    """A Source. Numbers of any precision come as float64, infinite dates as null, what has no Arrow type as text."""

    guessed = False

    def __init__(self, database: Database, layer: str | None) -> None:
        """Raises UnreadableParcels (no connection, no such thing as PostGIS there), BadArgument, NoParcels."""
        self._database = database
        with _asking(database):
            self._connection = _connect(database)
            weakref.finalize(self, self._connection.close)
            for command in _SNAPSHOT:
                self._run(command)
            self._table = self._chosen(layer)
            self._key = self._rows(_KEY)
            self._crs, self._curved = self._ground()

    @property
    def layer(self) -> str:
        return self._table.layer

    def chunks(self, geometry: bool = True, features: int | None = None) -> Iterator[Chunk]:
        with _asking(self._database), closing(self._connection.cursor()) as cursor:
            cursor.execute(self._query(geometry))
            start = 0
            for rows in _gathered(cursor.fetch_record_batch(), features or chunk.FEATURES):
                yield Chunk(self._tabulated(rows, start, geometry), 0 if start else self._curved)
                start += len(rows)

    def stamp(self) -> list[Any]:
        count, digest = self._rows(_DIGEST)[0]
        return [str(self._database), self.layer, int(count), digest]

    def _chosen(self, layer: str | None) -> _Table:
        """The table that is called so; the only one for None."""
        tables = [_Table(*row) for row in self._fetched(_LAYERS)]
        if not tables:
            raise UnreadableParcels(self._database, "it has no table of outlines that this user may read")
        found = [table for table in tables if table.called(layer)]
        if len(found) != 1:
            known = ", ".join(f"{table.layer}({table.geometry})" for table in tables)
            raise BadArgument("layer", f"one of the tables of {self._database}, {known}", layer)
        return found[0]

    def _ground(self) -> tuple[pyproj.CRS | None, int]:
        """The coordinate system of all outlines, None where it is not known, and how many are curves."""
        found = [(srid, count, curved) for srid, count, curved in self._rows(_PLACES) if srid is not None]
        if not found:
            raise NoParcels(self._database)
        if len(found) > 1:
            counts = ", ".join(f"SRID {srid} ({count})" for srid, count, _ in found)
            raise UnreadableParcels(self._database, f"the outlines of {self.layer} are in several systems: {counts}")
        return self._system(found[0][0]), int(found[0][2])

    def _system(self, srid: int) -> pyproj.CRS | None:
        """None for SRID 0, one that the database does not list, and one whose description cannot be read."""
        for authority, code, text in self._fetched(_SYSTEM.format(srid=srid)):
            with suppress(pyproj.exceptions.CRSError):
                return pyproj.CRS.from_authority(authority, code)
            with suppress(pyproj.exceptions.CRSError):  # one of the database's own
                return pyproj.CRS.from_wkt(text)
        return None

    def _query(self, geometry: bool) -> str:
        fields = [_field(name, kind) for name, kind in self._rows(_FIELDS) if name != self._table.geometry]
        if geometry:
            outline = self._table.outline
            straight = f"CASE WHEN ST_HasArc({outline}) THEN ST_CurveToLine({outline}) ELSE {outline} END"
            fields.append(f"ST_AsBinary({straight}) AS {_quoted(self._table.geometry)}")
        order = f" ORDER BY {', '.join(_quoted(name) for name, _ in self._key)}" if self._key else ""
        return _FEATURES.format(fields=", ".join(fields), table=self._table.name, order=order)

    def _tabulated(self, rows: pyarrow.Table, start: int, geometry: bool) -> pandas.DataFrame:
        """A single whole number that is the table's key is the feature id, as in QGIS; else rows are counted."""
        table = rows.to_pandas(**ARROW)
        table.index = pandas.RangeIndex(start, start + len(table))
        if len(self._key) == 1 and self._key[0][1] in _WHOLE:
            table.index = pandas.Index(table[self._key[0][0]].to_numpy("int64"), name="fid")
        if not geometry:
            return table
        name = self._table.geometry
        outlines = shapely.from_wkb(table.pop(name).to_numpy(object, na_value=None), on_invalid="ignore")
        return geopandas.GeoDataFrame(table.assign(**{name: outlines}), geometry=name, crs=self._crs)

    def _run(self, command: str) -> None:
        with closing(self._connection.cursor()) as cursor:
            cursor.execute(command)

    def _rows(self, query: str) -> list[tuple[Any, ...]]:
        table = self._table
        literal = "'" + table.name.replace("'", "''") + "'"
        return self._fetched(query.format(table=table.name, literal=literal, outline=table.outline))

    def _fetched(self, query: str) -> list[tuple[Any, ...]]:
        with closing(self._connection.cursor()) as cursor:
            cursor.execute(query)
            return list(cursor.fetchall())


def _connect(database: Database) -> dbapi.Connection:
    from adbc_driver_postgresql import dbapi

    return dbapi.connect(database.conninfo)


@contextmanager
def _asking(database: Database) -> Iterator[None]:
    """What the server or the driver says, as UnreadableParcels; never the address itself, it may hold a password."""
    from adbc_driver_postgresql import dbapi

    try:
        yield
    except dbapi.Error as error:
        text = " ".join(str(error).split("Query was:")[0].split())
        raise UnreadableParcels(database, _ADDRESS if _MALFORMED.search(text) else text) from None


def _gathered(reader: pyarrow.RecordBatchReader, features: int) -> Iterator[pyarrow.Table]:
    """The driver's batches, of some megabytes, as tables of so many rows, the last of fewer; at least one table."""
    held = reader.schema.empty_table()
    given = False
    for batch in reader:
        held = pyarrow.concat_tables([held, pyarrow.Table.from_batches([batch])])
        while len(held) >= features:
            yield held[:features]
            held, given = held[features:], True
    if len(held) or not given:
        yield held


def _field(name: str, kind: str) -> str:
    if kind in _FINITE:
        return f"CASE WHEN isfinite({_quoted(name)}) THEN {_quoted(name)} END AS {_quoted(name)}"
    if kind in _AS_THEY_ARE:
        return _quoted(name)
    return f"{_quoted(name)}::{'float8' if kind == 'numeric' else 'text'} AS {_quoted(name)}"


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'

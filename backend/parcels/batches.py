"""A layer's features as the Arrow batches that GDAL's writers take, some at a time."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

import geopandas
import numpy as np
import pandas
import pyarrow
import shapely
from numpy.typing import NDArray

from backend.errors import EngineError
from backend.parcels.read_back import Tally
from backend.parcels.storable import Contents, for_gdal, polygons_only

_ONE_KIND = ("GPKG", "FlatGeobuf")  # a layer of these holds single or multiple geometries, not both
_MULTIPLE = {"Point": shapely.multipoints, "LineString": shapely.multilinestrings, "Polygon": shapely.multipolygons}


@dataclass(frozen=True)
class Batches:
    """`tables` for a driver; a field `fid` of feature ids goes before theirs where it has a name.

    `broken` holds what a table could not be had for, which the stream cannot tell; `written` counts what went out.
    """

    tables: Iterable[geopandas.GeoDataFrame]
    contents: Contents
    driver: str
    fid: str | None
    geometry_name: str
    broken: list[Exception] = field(default_factory=list)
    written: Tally = field(default_factory=Tally)

    @property
    def geometry_type(self) -> str:
        """As pyogrio takes it."""
        kinds = set(self.contents.kinds)
        if self._promoted:
            kinds = {f"Multi{self._promoted}"}
        elif self.driver == "ESRI Shapefile" and "MultiPolygon" in kinds:
            kinds = {"Polygon"}  # of any number of parts
        name = kinds.pop() if len(kinds) == 1 else "Unknown"
        return f"{name} Z" if self.contents.heights and name != "Unknown" else name

    def reader(self) -> pyarrow.RecordBatchReader:
        """The stream of all features."""
        schema = self._arrow(next(iter(self.tables)))[0].schema
        return pyarrow.RecordBatchReader.from_batches(schema, self._batches(schema))

    def _batches(self, schema: pyarrow.Schema) -> Iterator[pyarrow.RecordBatch]:
        try:
            for table in self.tables:
                arrow, outlines = self._arrow(table)
                self.written.add(outlines)
                yield from arrow.cast(schema).to_batches()
        except (EngineError, OSError, pyarrow.ArrowException) as error:
            self.broken.append(error)
            raise

    def _arrow(self, table: geopandas.GeoDataFrame) -> tuple[pyarrow.Table, NDArray[np.object_]]:
        if self.driver == "ESRI Shapefile":
            table = polygons_only(table, self.contents.kinds)
        table = for_gdal(table, self.contents.huge)
        rows = pandas.DataFrame(table.drop(columns=table.geometry.name))
        if self.fid is not None:
            rows.insert(0, self.fid, table.index.to_numpy())
        outlines = self._shaped(table)
        wkb = pyarrow.array(shapely.to_wkb(outlines, flavor="iso"), pyarrow.binary())
        arrow = pyarrow.Table.from_pandas(rows, preserve_index=False).replace_schema_metadata(None)
        return arrow.append_column(self.geometry_name, wkb), outlines

    def _shaped(self, table: geopandas.GeoDataFrame) -> NDArray[np.object_]:
        """The outlines in the one kind and number of dimensions that the driver's layers have."""
        outlines = np.asarray(table.geometry.array).copy()
        if self._promoted:
            single = np.flatnonzero(table.geom_type == self._promoted)
            outlines[single] = _MULTIPLE[self._promoted](outlines[single], indices=np.arange(len(single)))
        if self.driver == "FlatGeobuf" and self.contents.measures:  # which pyogrio cannot declare there
            outlines = shapely.from_wkb(shapely.to_wkb(outlines, output_dimension=3))
        if self.driver == "FlatGeobuf" and self.contents.heights:
            outlines = shapely.force_3d(outlines)  # 0 where there was none, as ogr2ogr
        return outlines

    @property
    def _promoted(self) -> str | None:
        """The kind of geometry of which the layer holds single and multiple ones, where these are to become one."""
        kinds = self.contents.kinds
        return next((k for k in _MULTIPLE if kinds == {k, f"Multi{k}"} and self.driver in _ONE_KIND), None)

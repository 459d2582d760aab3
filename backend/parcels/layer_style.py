"""The style of a classified layer inside its GeoPackage: QGIS colours the layer by it wherever the file is opened.

QGIS keeps styles in a table `layer_styles` (its own OGR provider writes the same columns); the default one of a layer
is used when the layer is loaded. The style is QGIS's own format, QML.
"""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree  # nosec B405

from backend.vocabulary import CropClass

TABLE = "layer_styles"
NAME = "Crop classes"
UNCLASSIFIED = CropClass("", "Not classified", "#d9d9d9")  # QGIS: null, and any code that has no category
_CREATE = """
CREATE TABLE layer_styles (
    id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, f_table_catalog TEXT(256), f_table_schema TEXT(256),
    f_table_name TEXT(256), f_geometry_column TEXT(256), styleName TEXT(30), styleQML TEXT, styleSLD TEXT,
    useAsDefault BOOLEAN, description TEXT, owner TEXT(30), ui TEXT(30), update_time DATETIME DEFAULT CURRENT_TIMESTAMP
)"""
_REGISTER = "INSERT INTO gpkg_contents (table_name, data_type, identifier) VALUES ('layer_styles', 'attributes', ?)"
_COLUMN = "SELECT column_name FROM gpkg_geometry_columns WHERE lower(table_name) = lower(?)"
_REMOVE = "DELETE FROM layer_styles WHERE lower(f_table_name) = lower(?)"
_INSERT = """
INSERT INTO layer_styles (
    f_table_catalog, f_table_schema, f_table_name, f_geometry_column, styleName, styleQML, styleSLD, useAsDefault,
    description, owner, ui
) VALUES ('', '', ?, ?, ?, ?, '', 1, ?, '', '')"""


@dataclass(frozen=True)
class LayerStyle:
    """A colour for each of `classes`, by the code in `field`; grey for parcels without one."""

    classes: tuple[CropClass, ...]
    field: str = "crop_code"

    def qml(self, points: bool = False) -> str:
        """QGIS's style document, for polygons or for points."""
        root = ElementTree.Element("qgis", version="3.22.0", styleCategories="Symbology")
        renderer = ElementTree.SubElement(
            root, "renderer-v2", type="categorizedSymbol", attr=self.field, symbollevels="0", forceraster="0"
        )
        categories = ElementTree.SubElement(renderer, "categories")
        symbols = ElementTree.SubElement(renderer, "symbols")
        for position, crop in enumerate((*self.classes, UNCLASSIFIED)):
            facts = {"symbol": str(position), "value": crop.code, "label": _label(crop.name), "render": "true"}
            ElementTree.SubElement(categories, "category", facts)
            symbols.append(_symbol(str(position), crop.colour, points))
        document = "<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>\n"
        return document + ElementTree.tostring(root, encoding="unicode")

    def add(self, path: Path, layer: str, points: bool = False) -> None:
        """Makes this the default style of the layer in a GeoPackage, in place of one that it had; those of other layers
        stay. A table of styles that has other columns than QGIS's is left as it is. Raises OSError.
        """
        with closing(sqlite3.connect(path, isolation_level=None)) as database:
            try:
                database.execute("BEGIN")
                if _has_own_table(database):
                    column = database.execute(_COLUMN, (layer,)).fetchone()
                    database.execute(_REMOVE, (layer,))
                    words = (layer, column[0] if column else "", NAME, self.qml(points), NAME)
                    database.execute(_INSERT, words)
                database.execute("COMMIT")
            except sqlite3.DatabaseError as error:
                raise OSError(str(error)) from error


def _has_own_table(database: sqlite3.Connection) -> bool:
    """Makes the table where there is none."""
    found = {str(row[1]) for row in database.execute("PRAGMA table_info(layer_styles)")}
    if not found:
        database.execute(_CREATE)
        database.execute(_REGISTER, (TABLE,))
        return True
    return found >= {"f_table_catalog", "f_table_schema", "f_table_name", "f_geometry_column", "styleName", "styleQML",
                     "styleSLD", "useAsDefault", "description", "owner", "ui"}  # fmt: skip


def _label(name: str) -> str:
    """QGIS evaluates what stands between `[%` and `%]` in a legend."""
    return name.replace("[%", "[ %")


def _symbol(name: str, colour: str, points: bool) -> ElementTree.Element:
    kind, layer = ("marker", "SimpleMarker") if points else ("fill", "SimpleFill")
    symbol = ElementTree.Element("symbol", name=name, type=kind, alpha="1", clip_to_extent="1", force_rhr="0")
    element = ElementTree.SubElement(symbol, "layer", {"class": layer, "enabled": "1", "locked": "0"})
    options = ElementTree.SubElement(element, "Option", type="Map")
    values = {"color": _rgba(colour), "outline_color": _rgba(_darker(colour)), "outline_width": "0.1", "style": "solid"}
    for key, value in values.items():
        ElementTree.SubElement(options, "Option", name=key, type="QString", value=value)
    return symbol


def _channels(colour: str) -> Iterable[int]:
    return (int(colour[start : start + 2], 16) for start in (1, 3, 5))


def _rgba(colour: str) -> str:
    return ",".join(map(str, (*_channels(colour), 255)))


def _darker(colour: str) -> str:
    """As the outline in the plugin: divided by 1.4."""
    return "#" + "".join(f"{round(value / 1.4):02x}" for value in _channels(colour))

"""Small parcel layers and model files for the plugin's tests."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import Any, Iterable, Optional

from qgis.core import QgsFeature, QgsGeometry, QgsProject, QgsVectorFileWriter, QgsVectorLayer

ROOT = Path(__file__).resolve().parents[2]
FIELDS = "field=code:string(10)&field=area:double"
ROWS = (
    ("BTH", 1.5, 0),
    ("MIS", 2.5, 100),
    (None, 0.5, 200),
    ("VRC", 3.0, None),
)  # code, area, left edge; None: no geometry


def memory_layer(rows: Iterable[tuple] = ROWS, fields: str = FIELDS, crs: str = "epsg:2154") -> QgsVectorLayer:
    """A square of 50 m per row; the last value of a row is its left edge in metres."""
    layer = QgsVectorLayer(f"Polygon?crs={crs}&{fields}", "parcels", "memory")
    features = []
    for *values, left in rows:
        feature = QgsFeature(layer.fields())
        feature.setAttributes(values)
        if left is not None:
            x, y = 700_000 + left, 6_600_000
            feature.setGeometry(
                QgsGeometry.fromWkt(f"Polygon(({x} {y},{x + 50} {y},{x + 50} {y + 50},{x} {y + 50},{x} {y}))")
            )
        features.append(feature)
    layer.dataProvider().addFeatures(features)
    return layer


def file_layer(path: Path, driver: str = "GPKG", **options: Any) -> QgsVectorLayer:
    """The same on disk."""
    save = QgsVectorFileWriter.SaveVectorOptions()
    save.driverName = driver
    QgsVectorFileWriter.writeAsVectorFormatV3(
        memory_layer(**options), str(path), QgsProject.instance().transformContext(), save
    )
    layer = QgsVectorLayer(str(path), path.stem, "ogr")
    assert layer.isValid()
    return layer


def model_document(classes: Iterable[dict], **changes: Any) -> dict:
    """A model.json of a GRU as the engine writes it."""
    document = {
        "schema": 1,
        "architecture": "gru",
        "figures": {"hidden": 156},
        "view": "statistics",
        "bands": ["B02", "B03"],
        "calendar": [3, 13, 43],
        "season": 2017,
        "classes": list(classes),
        "class_table": [{"code": "BTH", "name": "Winter wheat", "class": "Cereal", "colour": "#e3b23c"}],
        "calibration": {"temperature": 1.0},
        "scores": {"oa": 0.9},
        "provenance": {"parcels": 500},
        **changes,
    }
    shape = [[0.1] * (2 * len(document["bands"]))] * len(document["calendar"])
    return {"normalisation": {"mean": shape, "std": shape}, **document}


CLASSES = (
    {"code": "cereal", "name": "Cereal", "colour": "#e3b23c"},
    {"code": "maize", "name": "Maize", "colour": "#e8743b"},
)
DOCUMENT = model_document(CLASSES)


def model_file(path: Path, document: Any = DOCUMENT, text: Optional[bytes] = None, members: tuple = ()) -> Path:
    """A .cropmodel whose weights are of no use."""
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("model.json", json.dumps(document).encode() if text is None else text)
        for name in members or ("weights.safetensors", "report.json"):
            archive.writestr(name, b"0")
    return path


def store_folder(path: Path) -> Path:
    """A folder that the plugin takes for a parcel series store."""
    path.mkdir(exist_ok=True)
    (path / "manifest.json").write_text('{"schema": 2, "complete": true, "season": 2018}', encoding="utf-8")
    return path

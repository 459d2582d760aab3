"""A STAC item that was downloaded with its assets: a JSON file beside them, which holds their scale and offset."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from backend.errors import BadCatalogue, UnreadableImage
from backend.imagery.acquisition import ImageryOptions, Scene
from backend.imagery.rasters import SUFFIXES
from backend.imagery.stac.fetching import fetch
from backend.imagery.stac.scenes import scene_of
from backend.imagery.stac.walking import Found

_MOST_BYTES = 4 * 2**20  # items have 10 to 100 kB


def claims(path: Path) -> bool:
    """Whether a JSON file is an item, any of whose assets is a raster in the same folder."""
    if path.suffix.lower() not in (".json", ".geojson") or not path.is_file() or path.stat().st_size > _MOST_BYTES:
        return False
    try:
        return bool(_local_assets(path, fetch(str(path))))
    except (BadCatalogue, UnreadableImage):
        return False


def scenes(path: Path, options: ImageryOptions) -> list[Scene]:
    """Its one scene, of the assets that are beside it. Raises what `backend.imagery.stac` raises for an item."""
    document = fetch(str(path))
    found = Found({**document, "assets": _local_assets(path, document)}, str(path))
    return [scene_of(found, str(document.get("id") or path.stem), options)]


def _local_assets(path: Path, document: Mapping[str, Any]) -> dict[str, Any]:
    """The assets whose files are in the item's folder, wherever their addresses lead."""
    assets = document.get("assets")
    if document.get("type") != "Feature" or "stac_version" not in document or not isinstance(assets, Mapping):
        return {}
    beside = {key: _beside(path, asset) for key, asset in assets.items() if isinstance(asset, Mapping)}
    return {key: {**assets[key], "href": str(file), "alternate": None} for key, file in beside.items() if file}


def _beside(path: Path, asset: Mapping[str, Any]) -> Path | None:
    name = unquote(urlsplit(str(asset.get("href") or "")).path).rpartition("/")[2]
    file = path.with_name(name) if name else path
    return file if file.suffix.lower() in SUFFIXES and file.is_file() else None

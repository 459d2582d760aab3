"""An item as a scene: its date, place, bands and mask, and the offset that is still to be applied."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from rasterio.crs import CRS
from rasterio.errors import CRSError

from backend.errors import (
    BadCatalogue,
    BadMetadata,
    EngineError,
    MissingBands,
    UnreadableDate,
    UnsupportedProduct,
    UnusableGrid,
)
from backend.imagery.acquisition import ImageryOptions, Layer, Mask, Scene, Skipped
from backend.imagery.grid import Grid, crs_name
from backend.imagery.names import platform_in, tile_in
from backend.imagery.rasters import read_facts, require_metres
from backend.imagery.stac import assets
from backend.imagery.stac.assets import BandAsset, Json
from backend.imagery.stac.walking import SCHEME, Bounds, Found, Query, items, resolve
from backend.memory import require_memory
from backend.protocol import Reporter

_ESA_SCALE, _ESA_OFFSET = 1e-4, -0.1  # quantification 10,000; BOA_ADD_OFFSET -1000 from processing baseline 04.00 on
_OFFSET_SINCE = "04.00"
_BASELINES = ("s2:processing_baseline", "sentinel:processing_baseline", "processing:version")


def scenes(
    source: str, options: ImageryOptions, bounds: Bounds | None, reporter: Reporter
) -> tuple[list[Scene], list[Skipped]]:
    """The scenes of a `stac:` source that may show `bounds` (degrees), and the items that cannot be used, with why.

    Raises UnreachableCatalogue, BadCatalogue.
    """
    address, query = source.removeprefix(SCHEME), Query(bounds, options.start, options.end)
    found, skipped = [], []

    def on_page(number: int) -> None:
        reporter.progress(0, "searching", f"{number} pages of the catalogue")

    for item in items(address, query, on_page):
        name = str(item.document.get("id") or item.base)
        try:
            found.append(scene_of(item, name, options))
        except EngineError as error:
            require_memory(error)
            skipped.append(Skipped(Path(name), error.code, getattr(error, "reason", error.message)))
            reporter.warning(error.code, **error.fields)
    return found, skipped


@dataclass(frozen=True)
class _Item:
    name: str
    base: str
    properties: Json
    assets: Json

    @property
    def baseline(self) -> str:
        """ "05.09", and "" where there is none; software has versions of other forms."""
        versions = [str(self.properties.get(name) or "") for name in _BASELINES]
        matches = [re.fullmatch(r"(\d{1,2})\.(\d{2})", version) for version in versions]
        return next((f"{int(match[1]):02d}.{match[2]}" for match in matches if match), "")

    @property
    def harmonised(self) -> bool:
        """Whether the pixels hold reflectance without ESA's offset already, which no other field may add again."""
        return any(name.endswith("boa_offset_applied") and value is True for name, value in self.properties.items())


def scene_of(found: Found, name: str, options: ImageryOptions) -> Scene:
    """An item as a scene.

    Raises UnreadableDate, MissingBands, BadMetadata, UnusableGrid, UnreadableImage (where a header is needed).
    """
    properties, described = found.document.get("properties"), found.document.get("assets")
    if not isinstance(properties, Mapping) or not isinstance(described, Mapping):
        raise BadMetadata(name, "expected an item with properties and assets")
    item = _Item(name, found.base, properties, described)
    _require_level_2a(item)
    chosen = assets.best(item.assets, name)
    bands = {band: asset for band, asset in chosen.items() if band != assets.MASK}
    if not bands:
        raise MissingBands(name, ["any asset of a known band"], map(str, item.assets))
    layers = {band: _layer(item, asset, options) for band, asset in bands.items()}
    finest = min(bands.values(), key=lambda asset: asset.resolution_m)
    collection = str(found.document.get("collection") or "")
    return Scene(
        name=name,
        moment=_moment(item),
        layers=layers,
        grid=_grid(item, finest, options) or read_facts(layers[finest.band].source, options).grid,
        product=f"STAC {collection}".strip() + (", offset already applied" if item.harmonised else ""),
        platform=platform_in(str(properties.get("platform") or "")) or platform_in(name),
        tile=_tile(item),
        baseline=item.baseline,
        masks=tuple(
            Mask(_source(item, asset), "scl", asset.index) for band, asset in chosen.items() if band == assets.MASK
        ),
    )


def _require_level_2a(item: _Item) -> None:
    facts = item.properties
    platform = str(facts.get("platform") or facts.get("constellation") or "sentinel-2").lower()
    level = re.search(r"L1C|S2MSI1C", f"{facts.get('processing:level')} {facts.get('s2:product_type')}")
    if "sentinel-2" not in platform.replace("_", "-"):
        raise UnsupportedProduct(item.name, f"an item of {platform}", "Sentinel-2 L2A")
    if level:
        raise UnsupportedProduct(item.name, f"{level[0]}, reflectance above the atmosphere", "Sentinel-2 L2A")


def _layer(item: _Item, asset: BandAsset, options: ImageryOptions) -> Layer:
    """Scale and offset: the option, else those of the item, else those of ESA's format."""
    scale = asset.scale or (_ESA_SCALE if asset.whole_numbers else 1.0)
    nodata = 0.0 if asset.nodata is None and asset.whole_numbers else asset.nodata
    return Layer(
        source=_source(item, asset),
        index=asset.index,
        scale=scale if options.scale is None else options.scale,
        offset=_offset(item, asset) if options.offset is None else options.offset,
        nodata=nodata,
    )


def _offset(item: _Item, asset: BandAsset) -> float:
    """What is still to be added. Catalogues declare ESA's offset by one template for all items: for pixels that have it
    already, and for baselines that had none.
    """
    if item.harmonised:
        return 0.0
    before = bool(item.baseline) and item.baseline < _OFFSET_SINCE
    if asset.offset is not None:
        return 0.0 if before and asset.offset == _ESA_OFFSET else asset.offset
    return _ESA_OFFSET if asset.whole_numbers and item.baseline >= _OFFSET_SINCE else 0.0


def _source(item: _Item, asset: BandAsset) -> str:
    """The address or path of an asset; where that is not an http address, the first alternative that is."""
    alternate = asset.asset.get("alternate")
    others = list(alternate.values()) if isinstance(alternate, Mapping) else []
    hrefs = [entry.get("href") for entry in (asset.asset, *others) if isinstance(entry, Mapping)]
    refused = ""
    for href in hrefs:
        try:
            return resolve(item.base, str(href or ""))
        except (BadCatalogue, ValueError) as error:
            refused = refused or str(error)
    raise BadMetadata(item.name, f"the asset {asset.key} cannot be read from here: {refused or 'it has no address'}")


def _grid(item: _Item, asset: BandAsset, options: ImageryOptions) -> Grid | None:
    """From the projection extension; None where it does not tell all. Raises BadMetadata, UnusableGrid."""
    facts: dict[str, Any] = {**item.properties, **asset.asset}
    code, transform, shape = _crs_text(facts), _numbers(facts, "proj:transform"), _numbers(facts, "proj:shape")
    if not code or len(transform) < 6 or len(shape) != 2:
        return None
    try:
        crs = CRS.from_user_input(code)
    except CRSError as error:
        raise BadMetadata(item.name, f"expected a coordinate system, found {str(code)[:60]!r}") from error
    (width_m, row_x, left, column_y, height_m, top), (rows, columns) = transform[:6], shape
    if row_x or column_y or width_m <= 0 or height_m >= 0 or not (0 < rows < 1e6 and 0 < columns < 1e6):
        raise UnusableGrid(item.name, f"its pixels lie as {transform} with {rows} rows and {columns} columns")
    grid = Grid.covering(crs_name(crs), (left, top + rows * height_m, left + columns * width_m, top), width_m)
    require_metres(crs, grid, item.name, options)
    return grid


def _crs_text(facts: Json) -> str | int | None:
    for name in ("proj:code", "proj:epsg", "proj:wkt2"):
        value = facts.get(name)
        if value and isinstance(value, (str, int)) and not isinstance(value, bool):
            return value
    return None


def _numbers(facts: Json, name: str) -> list[float]:
    """Empty where it is not a list of numbers that a grid may have."""
    values = facts.get(name)
    usable = isinstance(values, list) and all(isinstance(v, (int, float)) and abs(v) < 1e12 for v in values)
    return values if usable else []  # type: ignore[return-value]


def _moment(item: _Item) -> datetime:
    """UTC, to the second. Raises UnreadableDate."""
    text = str(item.properties.get("datetime") or item.properties.get("start_datetime") or "")
    try:
        moment = datetime.fromisoformat(text)
        return (moment.astimezone(timezone.utc) if moment.tzinfo else moment).replace(tzinfo=None, microsecond=0)
    except (ValueError, OverflowError) as error:
        raise UnreadableDate(item.name, text) from error


def _tile(item: _Item) -> str:
    """The MGRS tile, as "31TFM"."""
    facts = item.properties
    square = "".join(str(facts.get(f"mgrs:{part}", "")) for part in ("utm_zone", "latitude_band", "grid_square"))
    for code in (facts.get("s2:mgrs_tile"), facts.get("grid:code"), facts.get("s2:tile_id"), square):
        text = str(code or "").replace("_", " ")
        if match := re.search(r"(?<![A-Z0-9])T?(\d{1,2}[C-X][A-Z]{2})(?![A-Z0-9])", text):
            return match[1].zfill(5)
    return tile_in(item.name)

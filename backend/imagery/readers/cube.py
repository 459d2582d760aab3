"""netCDF and Zarr cubes: a variable for each band (openEO), or one variable with a band axis (xarray); read by GDAL."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import re
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import product
from math import prod
from pathlib import Path
from zipfile import BadZipFile, ZipFile

import rasterio
from rasterio.errors import NotGeoreferencedWarning

from backend.errors import BadMetadata, UnreadableImage, UnsupportedZarr
from backend.imagery.acquisition import ImageryOptions, Layer, Mask, Scene
from backend.imagery.grid import Grid
from backend.imagery.locations import NETCDF_SUFFIXES, in_netcdf, in_zarr, in_zip, is_netcdf, turned
from backend.imagery.names import band_called, moment_in, platform_in, tile_in
from backend.imagery.rasters import RasterFacts, ground, opened, read_facts
from backend.imagery.turned import corner_of, is_turned
from backend.memory import require_memory

_ZARR_FILES = (".zmetadata", ".zgroup", "zarr.json")
_MASK = "SCL"
_TIMES = ("t", "time", "date", "datetime")
_EPOCH = re.compile(r"(\w+) since (\d+)-(\d+)-(\d+)(?:[T ]+(\d+):(\d+)(?::(\d+))?)?")
_SECONDS = {
    "d": 86400, "day": 86400, "h": 3600, "hr": 3600, "hour": 3600, "min": 60, "minute": 60, "s": 1, "sec": 1,
    "second": 1, "millisecond": 1e-3, "microsecond": 1e-6, "nanosecond": 1e-9,
}  # fmt: skip
_CALENDARS = ("", "standard", "gregorian", "proleptic_gregorian")  # which agree on every date of a satellite


@dataclass(frozen=True)
class _Variable:
    """A raster variable; `labels` has, for each of its layers, the value on every axis besides y and x."""

    name: str
    source: str
    labels: Sequence[Mapping[str, str]]
    units: Mapping[str, str]
    calendar: str = ""

    @property
    def axes(self) -> tuple[str, ...]:
        return tuple(self.labels[0]) if self.labels else ()

    @property
    def time(self) -> str | None:
        """The axis of time."""
        dated = [axis for axis in self.axes if " since " in self.units.get(axis, "")]
        return next(iter([*dated, *(axis for axis in self.axes if axis.lower() in _TIMES)]), None)


@dataclass(frozen=True)
class _Plane:
    """One layer of a variable: what it shows, and when."""

    band: str
    moment: datetime
    layer: Layer
    grid: Grid


def claims(path: Path) -> bool:
    """A netCDF file, a Zarr store, or a zipped one."""
    name = path.name.lower()
    if path.is_dir():
        return any((path / file).is_file() for file in _ZARR_FILES)
    return name.endswith((*NETCDF_SUFFIXES, ".zarr.zip"))


def scenes(path: Path, options: ImageryOptions) -> list[Scene]:
    """One scene per date. Raises UnreadableImage, BadMetadata, UnsupportedZarr, UnusableGrid."""
    variables = _variables(path)
    corner = _corner(variables)
    planes = [plane for variable in variables for plane in _planes(path, variable, corner, options)]
    if all(plane.band == _MASK for plane in planes):
        found = ", ".join(f"{v.name} ({', '.join((*v.axes, 'y, x'))})" for v in variables) or "no raster variable"
        expected = "variables called B02, B03 ..., or one with a band axis of such names (or --band-names)"
        raise BadMetadata(path, f"expected {expected}; found {found}")
    moments = sorted({plane.moment for plane in planes if plane.band != _MASK})
    return [_scene(path, moment, [plane for plane in planes if plane.moment == moment]) for moment in moments]


def _corner(variables: Sequence[_Variable]) -> tuple[float, float] | None:
    """The least x and y of a netCDF file, which its variables share."""
    source = next((variable.source for variable in variables), "")
    if not is_netcdf(source):
        return None
    with opened(source) as dataset:
        return corner_of(dataset, source)


def _scene(path: Path, moment: datetime, planes: Sequence[_Plane]) -> Scene:
    images = sorted((plane for plane in planes if plane.band != _MASK), key=lambda plane: plane.band)
    return Scene(
        name=f"{path.stem} {moment:%Y-%m-%d}",
        moment=moment,
        layers={plane.band: plane.layer for plane in images},
        grid=min((plane.grid for plane in images), key=lambda grid: grid.resolution_m),
        product="netCDF cube" if path.suffix.lower() in NETCDF_SUFFIXES else "Zarr cube",
        platform=platform_in(path.stem),
        tile=tile_in(path.stem),
        masks=tuple(Mask(p.layer.source, "scl", p.layer.index) for p in planes if p.band == _MASK),
    )


def _variables(path: Path) -> list[_Variable]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", NotGeoreferencedWarning)  # axes are rasters to GDAL, too, and lie nowhere
        if path.suffix.lower() in NETCDF_SUFFIXES:
            sources = {name: in_netcdf(path, name) for name in _names(str(path))}
        else:
            store = _zarr_store(path)
            sources = {name: in_zarr(store, name) for name in _names(f'ZARR:"{store}"')}
        found = [_variable(path, name, source) for name, source in sources.items()]
    return [variable for variable in found if variable]


def _names(source: str) -> list[str]:
    """The variables of a file; GDAL opens one that has a single raster variable as that variable."""
    with opened(source) as dataset:
        listed = [name.rpartition(":")[2].strip('/"') for name in dataset.subdatasets]
        return listed or [dataset.tags(1).get("NETCDF_VARNAME", "")] if dataset.count or listed else []


def _zarr_store(path: Path) -> str:
    """The store as GDAL opens it: the folder, or the place inside the archive that holds the uppermost group."""
    if path.is_dir():
        return path.as_posix()
    try:
        with ZipFile(path) as archive:
            groups = [Path(name).parent for name in archive.namelist() if Path(name).name in _ZARR_FILES]
    except (BadZipFile, OSError) as error:
        require_memory(error)
        raise UnreadableImage(path, error) from error
    if not groups:
        raise BadMetadata(path, f"expected a Zarr group in the archive ({' or '.join(_ZARR_FILES)}); found none")
    return in_zip(path, min(groups, key=lambda group: len(group.parts)).as_posix().removeprefix(".")).rstrip("/")


def _variable(path: Path, name: str, source: str) -> _Variable | None:
    """None where a variable is not a raster: an axis, the coordinate system, a text."""
    try:
        with opened(source) as dataset:
            if min(dataset.shape) < 2:
                return None
            read = _netcdf_variable if dataset.driver == "netCDF" else _zarr_variable
            return read(dataset, name, source)
    except UnreadableImage as error:
        if not is_netcdf(source) and ("codec" in error.reason or "compressor" in error.reason):
            raise UnsupportedZarr(path, error.reason) from error
        if any(word in error.reason for word in ("number of dimensions", "numeric data types", "data_type")):
            return None
        raise


def _netcdf_variable(dataset: rasterio.DatasetReader, name: str, source: str) -> _Variable:
    """From the tags NETCDF_DIM_EXTRA={time,band}, NETCDF_DIM_band_VALUES={B02,B03}, time#units."""
    tags = dataset.tags()
    axes = [axis for axis in tags.get("NETCDF_DIM_EXTRA", "").strip("{}").split(",") if axis]
    values = [tags.get(f"NETCDF_DIM_{axis}_VALUES", "").strip("{}").split(",") for axis in axes]
    lacking = dataset.count // prod(map(len, values))  # layers along an axis whose values the file does not tell
    values = [["?"] * lacking if place == [""] else place for place in values]
    calendars = [tags[key] for axis in axes if (key := f"{axis}#calendar") in tags]
    labels = [dict(zip(axes, place)) for place in product(*values)]
    return _Variable(name, source, labels, {axis: tags.get(f"{axis}#units", "") for axis in axes}, *calendars[:1])


def _zarr_variable(dataset: rasterio.DatasetReader, name: str, source: str) -> _Variable:
    """From each layer's tags DIM_time_VALUE, DIM_time_UNIT; the calendar stands with the axis, an array of its own."""
    tags = [dataset.tags(index) for index in dataset.indexes]
    axes = [key[4:-6] for key in tags[0] if key.startswith("DIM_") and key.endswith("_INDEX")]
    labels = [{axis: layer.get(f"DIM_{axis}_VALUE", "") for axis in axes} for layer in tags]
    variable = _Variable(name, source, labels, {axis: tags[0].get(f"DIM_{axis}_UNIT", "") for axis in axes})
    if variable.time is None or not labels[0][variable.time]:
        return variable
    with opened(f"{source.removesuffix(name)}{variable.time}") as axis:
        return replace(variable, calendar=axis.tags().get("calendar", ""))


def _planes(
    path: Path, variable: _Variable, corner: tuple[float, float] | None, options: ImageryOptions
) -> list[_Plane]:
    """The layers of a variable that show a band or the scene classification."""
    bands = _bands(variable, options)
    if not any(bands):
        return []
    facts = _facts(variable, corner, options)
    if len(facts.layers) != len(bands):
        raise BadMetadata(path, f"{variable.name} has {len(facts.layers)} layers; its axes have {len(bands)} places")
    moments = [_moment(path, variable, label) for label in variable.labels]
    found = zip(bands, moments, map(_with_nodata, facts.layers))
    return [_Plane(band, moment, layer, facts.grid) for band, moment, layer in found if band]


def _facts(variable: _Variable, corner: tuple[float, float] | None, options: ImageryOptions) -> RasterFacts:
    """Those of the variable, on the ground: where its axes are (x, y), its layers are read turned."""
    facts = read_facts(variable.source, options)
    if corner is None:
        return facts
    with opened(variable.source) as dataset:
        if not is_turned(dataset, corner):
            return facts
    source = turned(variable.source)
    with opened(source) as dataset:
        layers = tuple(replace(layer, source=source) for layer in facts.layers)
        return replace(facts, layers=layers, grid=ground(dataset, source))


def _with_nodata(layer: Layer) -> Layer:
    """GDAL gives zeros for a chunk that a Zarr store lacks; where it declares no fill value, these must not count."""
    return layer if is_netcdf(layer.source) or layer.nodata is not None else replace(layer, nodata=0.0)


def _bands(variable: _Variable, options: ImageryOptions) -> list[str | None]:
    """What each layer shows: what the variable is called, else the names along the axis that is not time."""
    own = _called(variable.name.rpartition("/")[2])
    axis = next((axis for axis in variable.axes if axis != variable.time), None)
    if own or axis is None:
        return [own] * len(variable.labels)
    values = list(dict.fromkeys(label[axis] for label in variable.labels))
    given = options.band_names if len(options.band_names) == len(values) else map(_called, values)
    names = dict(zip(values, given))
    return [names[label[axis]] for label in variable.labels]


def _called(name: str) -> str | None:
    return _MASK if name.strip().upper() == _MASK else band_called(name)


def _moment(path: Path, variable: _Variable, label: Mapping[str, str]) -> datetime:
    """The date on the axis of time, else in the file's name. Raises BadMetadata."""
    text, unit = (label[variable.time], variable.units.get(variable.time, "")) if variable.time else (path.stem, "")
    epoch = _EPOCH.match(unit)
    moment = _since(text, epoch) if epoch and variable.calendar in _CALENDARS else moment_in(text)
    if moment is None:
        calendar = f" in the calendar {variable.calendar}" if variable.calendar not in _CALENDARS else ""
        found = f"{text!r} {unit}{calendar}".strip()
        raise BadMetadata(
            path, f"expected dates on a time axis (days since ..., or ISO), or in the name; found {found}"
        )
    return moment


def _since(text: str, epoch: re.Match[str]) -> datetime | None:
    """A CF time to the second; None where it is none."""
    word, *parts = epoch.groups()
    step = _SECONDS.get(word.lower()) or _SECONDS.get(word.lower().removesuffix("s"))
    try:
        start = datetime(*(int(part or 0) for part in parts))  # type: ignore[arg-type]
        return start + timedelta(seconds=round(float(text) * step)) if step else None
    except (ValueError, OverflowError):
        return None

"""The locations of parcel layers: files, folders, zip archives as agencies publish them."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import glob
import warnings
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import pyogrio
import pyproj.exceptions
import shapely.errors

from backend.errors import BadArgument, UnreadableParcels
from backend.memory import require_memory

_MEASURES = r"Measured \(M\) geometry types"  # pyogrio says that it drops them; it does not
_TEXT_FORMATS = (".gml", ".csv", ".xml")
# What GDAL says of a value that is not of the type it inferred; such fields are read as text (`inferred_types`).
_NOT_OF_THE_TYPE = r"64 bit integer overflow|Value .* parsed incompletely|Invalid value type found in record"
_ARCHIVED = (".shp", ".gpkg", ".geojson", ".json", ".fgb", ".gml", ".kml", ".sqlite", ".tab", ".mif")
_MOST = 64 << 20  # bytes looked at of a file beside
_ERRORS = (
    pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError, pyproj.exceptions.CRSError,
    shapely.errors.GEOSException, ValueError, OSError,
)  # fmt: skip
_HINTS = {".7z": "unpack it first", ".rar": "unpack it first", ".dbf": "choose the .shp beside it"}


@dataclass(frozen=True)
class Place:
    """A file or folder, or, with `member`, one of the files of a zip archive."""

    path: Path
    member: str = ""

    @property
    def for_gdal(self) -> str:
        return f"/vsizip/{self.path}/{self.member}" if self.member else str(self.path)

    @property
    def stem(self) -> str:
        return Path(self.member or self.path).stem

    @property
    def suffix(self) -> str:
        return Path(self.member or self.path).suffix.lower()

    def beside(self, suffix: str) -> bytes | None:
        """The first megabytes of the file of the same name with another ending, in small letters or capitals; None
        without.
        """
        if self.member:
            with zipfile.ZipFile(self.path) as archive:
                wanted = str(Path(self.member).with_suffix(suffix)).lower()
                found = [name for name in archive.namelist() if _slashed(name).lower() == wanted]
                return _begin(archive.open(found[0])) if found else None
        names = (self.path.with_suffix(ending) for ending in (suffix, suffix.upper()))
        return next((_begin(name.open("rb")) for name in names if name.exists()), None)


def layers_in(place: str) -> dict[str, str | None]:
    """The layers of a file, with their kind of geometry, None for a table without."""
    with quiet(place):
        return {str(name): kind for name, kind in pyogrio.list_layers(place)}


@contextmanager
def quiet(place: str) -> Iterator[None]:
    """Without the warnings of libraries that have no consequence for a layer at `place`, as GDAL names it."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=_MEASURES)
        warnings.filterwarnings("ignore", message=".* as JSON; leaving as string")
        warnings.filterwarnings("ignore", message="Non closed ring detected")  # for each; they are repaired and counted
        if place.lower().endswith(_TEXT_FORMATS):
            warnings.filterwarnings("ignore", message=_NOT_OF_THE_TYPE)
        yield


@contextmanager
def reading(path: Path) -> Iterator[None]:
    """Errors of libraries that cannot read a file, as UnreadableParcels."""
    try:
        yield
    except _ERRORS as error:
        require_memory(error)
        reason = " ".join(str(error).split()).partition("; It might help to")[0]  # GDAL's advice for programmers
        raise UnreadableParcels(path, reason.rstrip(".")) from error


def stamp(path: Path) -> list[Any]:
    """The path, and name, size and time of each file that the layer consists of."""
    if path.is_dir():  # a file geodatabase
        parts = sorted(part for part in path.iterdir() if part.suffix != ".lock")
    else:
        parts = sorted(path.parent.glob(f"{glob.escape(path.stem)}.*")) if path.suffix.lower() == ".shp" else [path]
    return [str(path.resolve()), *([p.name, p.stat().st_size, p.stat().st_mtime_ns] for p in parts)]


def _slashed(name: str) -> str:
    """A member's name as GDAL has it: some programs on Windows write folders with backslashes."""
    return name.replace("\\", "/")


def _begin(file: IO[bytes]) -> bytes:
    with file:
        return file.read(_MOST)


def find(path: Path, layer: str | None) -> tuple[Place, str | None]:
    """The location of the layer, and its name there. Raises UnreadableParcels, BadArgument (several)."""
    if not path.exists():
        raise UnreadableParcels(path, "there is no such file")
    if path.is_file() and not path.stat().st_size:
        raise UnreadableParcels(path, "it is empty")
    if path.suffix.lower() in _HINTS:
        raise UnreadableParcels(path, _HINTS[path.suffix.lower()])
    if path.suffix.lower() != ".zip":
        return Place(path), layer
    return _in_archive(path, layer)


def _in_archive(path: Path, layer: str | None) -> tuple[Place, str | None]:
    """The archive's only file of parcels, or the one of the layer's name."""
    try:
        with zipfile.ZipFile(path) as archive:
            names = [_slashed(name) for name in archive.namelist()]
    except zipfile.BadZipFile as error:
        raise UnreadableParcels(path, "it is not a zip archive, or is cut off") from error
    kept = [name for name in names if "__MACOSX" not in name]
    members = [name for name in kept if name.lower().endswith(_ARCHIVED)]
    members += sorted({name[: name.lower().index(".gdb/") + 4] for name in kept if ".gdb/" in name.lower()})
    chosen = [name for name in members if Path(name).stem == layer]
    if len(chosen) == 1:
        return Place(path, chosen[0]), None if chosen[0].lower().endswith(".shp") else layer
    if len(members) == 1:
        return Place(path, members[0]), layer
    if not members:
        raise UnreadableParcels(path, f"the archive holds no layer but {', '.join(names[:5])}")
    raise BadArgument("layer", f"one of those in {path.name}, {', '.join(Path(name).stem for name in members)}", layer)

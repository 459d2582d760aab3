"""The parcel series store on disk: memory-mapped arrays, a GeoParquet index, a JSON manifest (docs/contracts.md)."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import IO, Any

import geopandas
import numpy as np
import pandas
import pyarrow
import pyarrow.parquet
from filelock import FileLock, Timeout
from numpy.lib.format import open_memmap
from numpy.typing import NDArray

from backend.errors import DiskFull, NoPositions, NotAStore, NotWritable, StoreOfOtherInputs, StoreTooNew
from backend.files import FORMER, PART, discard, write_beside, writing_to
from backend.json_document import Fault, NewerSchema, read_object
from backend.memory import require_memory
from backend.parcels.sources import geoparquet
from backend.series import arrays
from backend.series.arrays import arrays_of
from backend.series.index import read_index
from backend.series.manifest import MOST_BYTES, MOST_VALUES, SCHEMA, Manifest
from backend.series.source import Source
from backend.store_files import INDEX as _INDEX
from backend.store_files import MANIFEST as _MANIFEST
from backend.store_files import PARCELS as _PARCELS

_WHILE_FILLED = ("done", "removed")


@dataclass(frozen=True)
class Store:
    """An open store. `index` has one row per parcel, in the layer's order; arrays are opened on first use."""

    path: Path
    manifest: Manifest
    index: pandas.DataFrame
    writable: bool = False

    @property
    def bands(self) -> tuple[str, ...]:
        """The names of Sentinel-2's bands; other sources are in the manifest."""
        return self.manifest.sentinel_2.band_names

    @property
    def days(self) -> tuple[int, ...]:
        """The time axis of `reflectance`: days since 1 January of the season year."""
        return self.manifest.sentinel_2.days

    def require_positions(self) -> None:
        """Raises NoPositions where the store says that its pixels are a set without rows and columns."""
        if not self.manifest.positions:
            raise NoPositions(self.path)

    def values(self, source: Source) -> NDArray[Any]:
        """`(pixels, days, bands)` of one of the manifest's sources, in the units of its bands."""
        return self.array(source.values_array)

    @cached_property
    def reflectance(self) -> NDArray[np.int16]:
        """Sentinel-2's `(pixels, dates, bands)`, reflectance x 10,000; UNOBSERVED where no date was clear."""
        return self.values(self.manifest.sentinel_2)

    @cached_property
    def position(self) -> NDArray[np.uint16]:
        """`(pixels, 2)`: row and column in the parcel's bounding box; zeros where `require_positions` refuses."""
        return self.array("position")

    @cached_property
    def clear(self) -> NDArray[np.bool_]:
        """Sentinel-2's `(pixels, acquisitions)`: where a pixel was observed."""
        return self.array(self.manifest.sentinel_2.clear_array)

    @cached_property
    def done(self) -> NDArray[np.bool_]:
        """`(blocks,)`: which blocks of imagery are written; a killed run continues from here."""
        return self.array("done")

    @cached_property
    def removed(self) -> NDArray[np.int64] | None:
        """`(blocks, acquisitions)`: the outliers found while it is filled; None without a test for them."""
        return self.array("removed") if (self.path / "removed.npy").exists() else None

    def tables(self, geometry: bool = True) -> Iterator[geopandas.GeoDataFrame]:
        """The original parcel layer, some parcels at a time: fields, geometry, its system. Raises NotAStore."""
        try:
            yield from geoparquet.tables(self.path / _PARCELS, geometry, ids=True)
        except (OSError, ValueError, KeyError, TypeError, pyarrow.ArrowException, AttributeError) as error:
            require_memory(error)
            raise NotAStore(self.path, f"{_PARCELS} is missing or damaged ({error})") from error

    def parcels(self) -> geopandas.GeoDataFrame:
        """The same in one table, for a layer that fits into memory."""
        return pandas.concat(self.tables())

    def fields(self) -> pandas.DataFrame:
        """The parcels' own fields, without their outlines."""
        return pandas.concat(self.tables(geometry=False))

    def replace_index(self, index: pandas.DataFrame) -> None:
        write_beside(self.path / _INDEX, lambda path: index.to_parquet(path))

    def replace_manifest(self, manifest: Manifest) -> None:
        write_json(self.path / _MANIFEST, manifest.to_document())

    def array(self, name: str) -> NDArray[Any]:
        """A fresh memory map of an array: its pages are freed with it. Raises NotAStore."""
        try:
            return open_memmap(self.path / f"{name}.npy", mode="r+" if self.writable else "r")
        except (OSError, ValueError) as error:
            require_memory(error)
            raise NotAStore(self.path, f"{name}.npy is missing or damaged ({error})") from error


def open_store(path: Path, writable: bool = False) -> Store:
    """Opens a finished store (or, writable, an unfinished one), every file checked. Raises NotAStore, StoreTooNew."""
    manifest = read_manifest(path)
    if not manifest.complete and not writable:
        raise NotAStore(path, "its extraction was not finished; run extract again to continue it")
    with _naming(path, _INDEX):
        index = read_index(path / _INDEX, manifest)
    with _naming(path, _PARCELS):
        _require_rows(path / _PARCELS, len(index))
    for name, layout in arrays_of(manifest, int(index["n_pixels"].sum())).items():
        with _naming(path, f"{name}.npy"):
            arrays.require(path / f"{name}.npy", layout)
    return Store(path, manifest, index, writable)


def read_manifest(path: Path) -> Manifest:
    """The manifest of a store, finished or not. Raises NotAStore, StoreTooNew."""
    with _naming(path, _MANIFEST):
        document = read_object(path / _MANIFEST, MOST_BYTES, MOST_VALUES)
        try:
            return Manifest.from_document(document)
        except NewerSchema as error:
            raise StoreTooNew(path, error.found, SCHEMA) from error


@contextmanager
def _naming(path: Path, file: str) -> Iterator[None]:
    """Turns errors while a file is read into NotAStore with the file's name."""
    try:
        yield
    except Fault as fault:
        raise NotAStore(path, f"{file} cannot be used: {fault}") from fault
    except (OSError, ValueError) as error:
        require_memory(error)
        raise NotAStore(path, f"{file} is missing or damaged ({error})") from error


def _require_rows(path: Path, parcels: int) -> None:
    """Raises OSError, Fault unless the parcel layer has a row for each parcel of the index."""
    try:
        rows = pyarrow.parquet.read_metadata(path).num_rows
    except pyarrow.ArrowException as error:
        require_memory(error)
        raise Fault(str(error)[:200]) from error
    if rows != parcels:
        raise Fault(f"expected the {parcels} parcels of {_INDEX}, found {rows}")


def resumable(path: Path, inputs: Mapping[str, Any], overwrite: bool) -> bool:
    """Whether `path` holds a store, finished or not, of the same inputs; with `overwrite`, removes one of other inputs.

    Raises StoreOfOtherInputs, NotWritable (a folder with other content).
    """
    if not path.exists() or (path.is_dir() and not any(path.iterdir())):
        return False
    try:
        found = read_manifest(path).inputs
    except NotAStore as error:
        if not _is_debris(path):
            raise NotWritable(path, "the folder holds other files, and no store") from error
        shutil.rmtree(path)
        return False
    different = [key for key in inputs if inputs[key] != found.get(key)]
    if different and not overwrite:
        raise StoreOfOtherInputs(path, different)
    if different:
        shutil.rmtree(path)
        return False
    return True


@contextmanager
def staging(path: Path) -> Iterator[None]:
    """While a store is laid out: a failure leaves nothing, a killed run leaves remains. Raises NotWritable."""
    with writing_to(path):
        path.mkdir(parents=True, exist_ok=True)
        (path / _MANIFEST).unlink(missing_ok=True)  # of an earlier layout
        finished = False
        try:
            yield
            finished = True
        finally:
            if not finished:
                shutil.rmtree(path, ignore_errors=True)


def write_parcels(path: Path, tables: Iterable[geopandas.GeoDataFrame]) -> None:
    """Writes a draft's parcel layer, some parcels at a time."""
    write_beside(path / _PARCELS, lambda beside: geoparquet.write(beside, tables))


def create(
    path: Path, manifest: Manifest, index: pandas.DataFrame, position: NDArray[np.uint16] | None, blocks: int
) -> Store:
    """Lays out a draft whose parcels are written: every array at its full size, the manifest last. Raises DiskFull.

    `position` None leaves zeros, for stores whose positions are written with the blocks, or that have none.
    """
    layouts = arrays_of(manifest, int(index["n_pixels"].sum()), blocks)
    require_space(path, sum(layout.nbytes for layout in layouts.values()))
    for name, layout in layouts.items():
        file = path / f"{name}.npy"
        open_memmap(file, mode="w+", dtype=np.dtype(layout.dtype), shape=layout.shape)  # type: ignore[arg-type]
        with file.open("r+b") as whole:
            reserve(whole, file.stat().st_size)
    store = Store(path, manifest, index, writable=True)
    if position is not None:
        store.position[:] = position
    store.replace_index(index)
    store.replace_manifest(manifest)
    return store


def require_blocks(store: Store, blocks: int) -> None:
    """Raises NotAStore unless an unfinished store was laid out in so many blocks."""
    for name, found in (("done", store.done), ("removed", store.removed)):
        if found is not None and len(found) != blocks:
            raise NotAStore(store.path, f"{name}.npy has {len(found)} blocks, expected {blocks}")


def require_space(path: Path, needed: int) -> None:
    """Raises DiskFull unless `needed` bytes and a margin of 5 % fit on the disk of `path`."""
    free = shutil.disk_usage(path).free
    if needed * 1.05 > free:
        raise DiskFull(path, needed * 1.05 / 1e6, free / 1e6)


def reserve(file: IO[bytes], size: int) -> None:
    """Allocates the file's blocks now: a write to a hole of a mapped file on a full disk would kill the process."""
    if hasattr(os, "posix_fallocate"):
        os.posix_fallocate(file.fileno(), 0, size)


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Allows one run at a time on `path`; the lock of a killed run is free. Raises NotWritable."""
    beside = path.with_name(f".{path.name.removeprefix('.')}.lock")
    lock = FileLock(beside, timeout=0)
    with writing_to(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            lock.acquire()
        except Timeout as error:
            raise NotWritable(path, "another run is working on it") from error
        except NotImplementedError:  # a disk without locks, as some network drives are
            pass
    try:
        yield
    finally:
        lock.release()
        with suppress(OSError):  # Windows keeps it while another run has it open
            beside.unlink()


def remove_unused(path: Path) -> None:
    """Removes a store of a killed run that no other run works on."""
    if path.is_dir():
        with suppress(NotWritable), locked(path):
            discard(path)


def write_json(path: Path, document: Mapping[str, Any]) -> None:
    write_beside(path, lambda beside: beside.write_text(json.dumps(document, indent=1), encoding="utf-8"))


def _is_debris(path: Path) -> bool:
    """Whether a folder holds only the arrays of a layout that stopped before its manifest was written."""
    arrays_known = {"reflectance", "clear", "position", *_WHILE_FILLED}
    known = {f"{name}.npy" for name in arrays_known} | {_PARCELS, _INDEX}
    unfinished = re.compile(rf"\.(.+)\.(?:new|\d+\.(?:{PART}|{FORMER}))")  # of version 0.1.0 and of this one
    names = {unfinished.sub(r"\1", entry.name) for entry in path.iterdir()} if path.is_dir() else {""}
    return names <= known | {_MANIFEST}

"""Outputs that appear together: prepared beside their targets, then moved there one after the other.

No file system moves several files at once. So before the first move a list of all is written (`.NAME.PID.moves`); where
a run is killed between two moves, the next run of the same output completes them before it does anything else.
"""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import errno
import json
import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from backend.files import FORMER, PART, beside, remove, remove_leftovers, writing_to
from backend.processes import is_running

MOVES = "moves"
_MOST_BYTES = 1 << 20  # of a list of moves; a dozen are some kilobytes
_MAIN_PART = ".shp"  # the part of a shapefile that opens it


@dataclass(frozen=True)
class Move:
    """`source` replaces `path`; without a source, `path` is removed."""

    path: Path
    source: Path | None = None


@dataclass
class Staging:
    """The files that appear together with the output at `path`. None is moved before `staged` ends."""

    path: Path
    _moves: list[Move] = field(default_factory=list)
    _prepared: list[Path] = field(default_factory=list)

    def file(self, path: Path) -> Path:
        """Where to write the file, or make the folder, that is to be at `path`."""
        self._moves.append(Move(path, self._prepare(path)))
        return beside(path)

    def layer(self, path: Path) -> Path:
        """A new folder in which to write the layer of files that is to be at `path`; `place_layer` when it is there."""
        folder = self._prepare(path)
        folder.mkdir()
        return folder

    def place_layer(self, path: Path, without: tuple[str, ...] = ()) -> None:
        """The files in the folder of `layer` are to be beside `path`; files of the endings `without` go.

        A shapefile's .shp goes first and comes last: between the two it cannot be opened, so half of the old and half
        of the new one never look like a layer.
        """
        parts = sorted(beside(path).iterdir(), key=lambda part: part.suffix.lower() == _MAIN_PART)
        if len(parts) > 1 or without:
            self._moves.append(Move(path))
        self._moves += [Move(path.with_suffix(ending)) for ending in without]
        self._moves += [Move(path.with_name(part.name), part) for part in parts]

    def without(self, path: Path) -> None:
        """What a former run left at `path`, and this one does not make, goes with the rest of the former output."""
        self._moves.append(Move(path))

    def write_all(self, files: Mapping[Path, bytes]) -> None:
        """Files of a few megabytes, such as those of a report."""
        for path, content in files.items():
            with writing_to(path):
                self.file(path).write_bytes(content)

    def _prepare(self, path: Path) -> Path:
        with writing_to(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            remove_leftovers(path)
        self._prepared.append(beside(path))
        return beside(path)

    def commit(self) -> None:
        """Moves all. Raises NotWritable, DiskFull before the first move, where one is known to fail."""
        for move in self._moves:
            with writing_to(move.path):
                _require_replaceable(move)
        listed = self.path.with_name(f".{self.path.name}.{os.getpid()}.{MOVES}")
        with writing_to(self.path):
            _write_list(listed, self._moves)
        for move in self._moves:
            with writing_to(move.path):
                _carry(move)
        remove(listed)
        for move in self._moves:  # last, since it takes time in which a kill would leave half of the moves
            remove(beside(move.path, FORMER))

    def clear(self) -> None:
        for path in self._prepared:
            remove(path)


@contextmanager
def staged(path: Path) -> Iterator[Staging]:
    """Outputs that appear together with the one at `path` when the block ends; where it raises, all is as it was.

    The caller holds the lock of `path`. Raises NotWritable, DiskFull and the like.
    """
    recover(path)
    staging = Staging(path)
    try:
        yield staging
        staging.commit()
    finally:
        staging.clear()


def recover(path: Path) -> None:
    """Completes the moves of a run of the output at `path` that was killed between them."""
    for entry in path.parent.glob(f".{_escaped(path.name)}.*.{MOVES}"):
        pid = entry.name.removesuffix(f".{MOVES}").rpartition(".")[2]
        if not pid.isdigit() or is_running(int(pid)):
            continue
        with suppress(OSError, ValueError, KeyError, TypeError):  # what cannot be completed is replaced by this run
            moves = _read_list(entry, pid)
            for move in _left(moves):
                _carry(move)
            for move in moves:
                remove_leftovers(move.path)
                remove(beside(move.path, FORMER))
        remove(entry)


def _left(moves: list[Move]) -> list[Move]:
    """The moves that were not made; nothing is removed whose replacement has been moved already."""
    placed = {move.path for move in moves if move.source is not None and not move.source.exists()}
    return [m for m in moves if (m.path not in placed if m.source is None else m.source.exists())]


def _carry(move: Move) -> None:
    """A file is replaced in one step; a folder cannot be, so the former one is put aside first."""
    if move.source is not None and not move.source.is_dir():
        move.source.replace(move.path)
        return
    former = beside(move.path, FORMER)
    if move.path.exists():
        remove(former)
        move.path.rename(former)
    if move.source is not None:
        move.source.rename(move.path)


def _require_replaceable(move: Move) -> None:
    """Raises OSError where a program holds the file open so that it cannot be replaced, as on Windows."""
    if move.path.is_dir() and not (move.source is not None and move.source.is_dir()):
        raise IsADirectoryError(errno.EISDIR, "it is a folder")
    if move.path.is_file():
        with move.path.open("r+b"):
            pass
    if move.source is not None and move.source.is_file():
        with move.source.open("r+b") as file:  # what a disk reports only when it has to store it
            os.fsync(file.fileno())


def _write_list(listed: Path, moves: list[Move]) -> None:
    """Whole or not there, as `recover` takes it at its word."""
    words = [[str(m.path.absolute()), None if m.source is None else str(m.source.absolute())] for m in moves]
    part = beside(listed)
    try:
        part.write_text(json.dumps({"moves": words}), encoding="utf-8")
        part.replace(listed)
    finally:
        remove(part)


def _read_list(listed: Path, pid: str) -> list[Move]:
    """Raises ValueError for moves that no run of process `pid` listed: of other files than it prepared."""
    if listed.stat().st_size > _MOST_BYTES:
        raise ValueError("too large")
    words = json.loads(listed.read_text(encoding="utf-8"))["moves"]
    moves = [Move(Path(path), None if source is None else Path(source)) for path, source in words]
    folders = {move.path.parent for move in moves if move.source is not None}
    for move in moves:
        if not (_is_prepared(move, pid) or (move.source is None and move.path.parent in folders)):
            raise ValueError(f"{move} is of no run of process {pid}")
    return moves


def _is_prepared(move: Move, pid: str) -> bool:
    """Whether the source is beside its target, or in a folder that is, under a name of the process."""
    if move.source is None:
        return False
    prepared = move.source if move.source.parent == move.path.parent else move.source.parent
    return prepared.parent == move.path.parent and bool(re.fullmatch(rf"\..*\.{pid}\.{PART}", prepared.name))


def _escaped(name: str) -> str:
    """For a pattern of `Path.glob`."""
    return re.sub(r"([*?[])", r"[\1]", name)

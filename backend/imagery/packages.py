"""A product as it was downloaded, a folder or a zip archive: its members, their text, and how GDAL opens them."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import os
import re
import zipfile
import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from backend.errors import BadMetadata, UnreadableImage
from backend.imagery.locations import in_zip
from backend.memory import require_memory

_MOST_BYTES = 32 * 2**20  # real metadata have 0.1 to 1 MB; a zip may promise anything
_BROKEN_ZIP = (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError)  # RuntimeError: it has a password


@dataclass(frozen=True)
class Package:
    """`members` are the paths of the files inside, with "/" between folders, in order."""

    path: Path
    members: tuple[str, ...]

    def find(self, pattern: str) -> list[str]:
        """The members whose path, from the start of a name in it, matches `pattern` to its end, in any case."""
        wanted = re.compile(rf"(?:.*/|.*_|){pattern}", re.IGNORECASE)
        return [member for member in self.members if wanted.fullmatch(member)]

    def source(self, member: str) -> str:
        """How GDAL opens a member."""
        return in_zip(self.path, member) if self.zipped else str(self.path / member)

    def text(self, member: str) -> bytes:
        """A small member's bytes. Raises UnreadableImage, BadMetadata when it is far larger than metadata are."""
        try:
            if self.zipped:
                with zipfile.ZipFile(self.path) as archive, archive.open(member) as file:
                    data = file.read(_MOST_BYTES + 1)
            else:
                with (self.path / member).open("rb") as file:
                    data = file.read(_MOST_BYTES + 1)
        except (OSError, *_BROKEN_ZIP) as error:
            require_memory(error)
            raise UnreadableImage(self.source(member), error) from error
        if len(data) > _MOST_BYTES:
            raise BadMetadata(self.source(member), f"expected at most {_MOST_BYTES >> 20} MB of metadata, found more")
        return data

    def sizes(self, members: Iterable[str]) -> dict[str, int]:
        """Bytes of each of these members, unpacked. Raises UnreadableImage."""
        try:
            if self.zipped:
                with zipfile.ZipFile(self.path) as archive:
                    return {member: archive.getinfo(member).file_size for member in members}
            return {member: (self.path / member).stat().st_size for member in members}
        except (OSError, *_BROKEN_ZIP) as error:
            require_memory(error)
            raise UnreadableImage(self.path, error) from error

    @property
    def zipped(self) -> bool:
        return self.path.suffix.lower() == ".zip"


def open_package(path: Path) -> Package:
    """Lists a folder or an archive. Raises UnreadableImage."""
    try:
        names = _archived(path) if path.suffix.lower() == ".zip" else _lying_in(path)
    except (OSError, *_BROKEN_ZIP) as error:
        require_memory(error)
        raise UnreadableImage(path, error) from error
    return Package(path, tuple(sorted(name for name in names if not _left_by_macos(name))))


def names_in(folder: Path) -> list[str]:
    """The content of a folder; nothing where it is not a folder, or may not be read."""
    try:
        return [path.name for path in folder.iterdir()]
    except OSError:
        return []


def top_names(path: Path) -> list[str]:
    """What is at the top of a folder or an archive, whatever it is called; nothing where it cannot be listed."""
    if path.suffix.lower() != ".zip" or path.is_dir():
        return names_in(path)
    try:
        return sorted({name.partition("/")[0] for name in _archived(path)})
    except (OSError, *_BROKEN_ZIP):
        return []


def _archived(path: Path) -> list[str]:
    with zipfile.ZipFile(path) as archive:
        return [entry.filename for entry in archive.infolist() if not entry.is_dir()]


def _lying_in(path: Path) -> list[str]:
    return [
        Path(folder, name).relative_to(path).as_posix()
        for folder, _, files in os.walk(path, followlinks=False)
        for name in files
    ]


def _left_by_macos(name: str) -> bool:
    return name.startswith("__MACOSX/") or name.rpartition("/")[2].startswith("._")

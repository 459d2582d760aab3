"""The files of a parcel series store: their names, whether a folder is a store, its size and its removal.

Standard library only and valid on Python 3.9: the plugin loads this file by path.
"""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

MANIFEST, PARCELS, INDEX, ARRAY = "manifest.json", "parcels.parquet", "index.parquet", ".npy"
_KEYS = {"schema", "complete", "season"}  # of the manifest, in every schema


class NotStoreFiles(ValueError):
    """Raised when a folder is not a parcel series store, or holds other files, too; `str()` gives the reason."""


def require_store(folder: Path) -> None:
    """Raises NotStoreFiles unless the folder holds a manifest and only files of a store."""
    if folder.is_symlink() or not folder.is_dir():
        raise NotStoreFiles(f"{folder} is not a folder")
    foreign = sorted(entry.name for entry in os.scandir(folder) if not _is_known(entry))
    if foreign:
        raise NotStoreFiles(f"{folder} also holds {foreign[0]}, which is not part of a parcel series store")
    require_manifest(folder)


def require_manifest(folder: Path) -> None:
    """Raises NotStoreFiles unless the folder has the manifest of a parcel series store."""
    if not folder.is_dir():
        raise NotStoreFiles(f"{folder} is not a folder")
    try:
        document = json.loads((folder / MANIFEST).read_bytes())
    except (OSError, ValueError, RecursionError) as error:
        raise NotStoreFiles(f"{folder} has no readable {MANIFEST}") from error
    if not isinstance(document, dict) or not set(document) >= _KEYS:
        raise NotStoreFiles(f"{MANIFEST} in {folder} does not describe a parcel series store")


def _is_known(entry: os.DirEntry[str]) -> bool:
    named = entry.name in (MANIFEST, PARCELS, INDEX) or entry.name.endswith(ARRAY)
    return named and entry.is_file(follow_symlinks=False)


def size_bytes(folder: Path) -> int:
    """The sum of the sizes of the files; raises OSError."""
    return sum(entry.stat().st_size for entry in os.scandir(folder) if entry.is_file(follow_symlinks=False))


def remove(folder: Path) -> None:
    """Deletes a parcel series store. Raises NotStoreFiles for any other folder, OSError."""
    require_store(folder)
    shutil.rmtree(folder)

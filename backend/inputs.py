"""A path that is to be read: what is missing is called missing, before anything tries to open it."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import difflib
import errno
from pathlib import Path

from backend.errors import NotFound
from backend.files import existing

_ALIKE = 3  # names that are given at most
_LOOKED_AT = 2000  # of a folder's names


def require_path(name: str, expected: str, path: Path) -> None:
    """Raises NotFound with what is nearest to a path at which nothing is."""
    if _is_there(path):
        return
    folder = existing(path.absolute().parent)
    whole = folder == path.absolute().parent
    raise NotFound(
        name=name,
        expected=expected,
        path=path,
        folder="" if whole else folder,
        alike=_alike(path.name, folder) if whole else [],
        start="" if path.is_absolute() else Path.cwd(),
    )


def _is_there(path: Path) -> bool:
    """True also for what may not be looked at, which is reported when it is opened."""
    try:
        path.stat()
    except PermissionError:
        return True
    except ValueError:  # a zero byte
        return False
    except OSError as error:
        if error.errno == errno.ENAMETOOLONG:
            raise
        return False
    return True


def _alike(name: str, folder: Path) -> list[str]:
    """Names in the folder that may be meant."""
    try:
        names = [entry.name for entry, _ in zip(folder.iterdir(), range(_LOOKED_AT))]
    except OSError:
        return []
    plain = {entry.lower(): entry for entry in names}
    found = difflib.get_close_matches(name.lower(), plain, _ALIKE)
    same_stem = [entry for entry in sorted(names) if Path(entry).stem.lower() == Path(name).stem.lower()]
    return list(dict.fromkeys([*(plain[entry] for entry in found), *same_stem]))[:_ALIKE]

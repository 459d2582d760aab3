"""Where the files that come with the engine are: class tables and the report's template."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent


def resource(name: str) -> Path:
    """The folder `name` of the resources, such as `nomenclatures`.

    They are inside the package where it was installed (`pip install .`), and beside it in the repository and in the
    plugin's zip.
    """
    inside = _PACKAGE / "resources"
    return (inside if inside.is_dir() else _PACKAGE.parent / "resources") / name

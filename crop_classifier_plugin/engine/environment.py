"""The environment variables of the engine process: those of QGIS, less what would mislead another Python."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import os
from pathlib import Path
from typing import Dict, Mapping

# QGIS points these at its own libraries and data; another GDAL, PROJ or Python breaks on them.
MISLEADING = (
    "PYTHON", "__PYVENV", "VIRTUAL_ENV", "CONDA_", "PIP_", "UV_",
    "GDAL_", "OGR_", "CPL_", "PROJ_", "GEOTIFF_CSV",
    "QT_", "QML", "QGIS_", "LD_LIBRARY_PATH", "LD_PRELOAD", "DYLD_",
)  # fmt: skip


def clean_environment(environment: Mapping[str, str] = os.environ) -> Dict[str, str]:
    """A copy for the engine process; on Windows QGIS's own DLL folders leave PATH as well."""
    kept = {name: value for name, value in environment.items() if not name.upper().startswith(MISLEADING)}
    home = environment.get("OSGEO4W_ROOT", "")
    if home and "PATH" in kept:
        folders = (folder for folder in kept["PATH"].split(os.pathsep) if not _inside(folder, home))
        kept["PATH"] = os.pathsep.join(folders)
    return kept


def _inside(folder: str, home: str) -> bool:
    path = Path(os.path.normcase(folder))
    root = Path(os.path.normcase(home))
    return path == root or root in path.parents

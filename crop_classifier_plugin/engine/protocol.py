"""What plugin and engine share, loaded by path: protocol, messages, options, models, class tables, codes, files.

QGIS plugins share one interpreter and `backend` is a common name, so the files get private names and nothing is
imported as `backend`. The files are standard library only.
"""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import importlib
import sys
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

ROOT = Path(__file__).resolve().parents[2]  # the folder that holds `backend`
PACKAGE = "_crop_classifier_backend"  # what the files are called here; they import each other by relative names


def _load(name: str) -> ModuleType:
    return importlib.import_module(f"{PACKAGE}.{name}")


def _make_package() -> None:
    """An empty package over the folder `backend`; files of a former version of the plugin go, which was reloaded."""
    for name in [name for name in sys.modules if name.split(".")[0] == PACKAGE]:
        del sys.modules[name]
    package = ModuleType(PACKAGE)
    package.__path__ = [str(ROOT / "backend")]
    sys.modules[PACKAGE] = package


if TYPE_CHECKING:  # the same files under the names that a type checker finds them by; never run
    from backend import crop_codes as crop_codes
    from backend import messages as messages
    from backend import model_file as model_file
    from backend import options as options
    from backend import parcel_course as parcel_course
    from backend import protocol as protocol
    from backend import rare_classes as rare_classes
    from backend import results_folder as results_folder
    from backend import spreadsheet as spreadsheet
    from backend import store_files as store_files
    from backend import store_pixels as store_pixels
    from backend import vocabulary as vocabulary
    from backend.models import MODELS as MODELS
    from backend.parcels import class_table as class_table
    from backend.parcels import geopackage_tables as geopackage_tables
else:
    _make_package()
    protocol, messages, options = map(_load, ("protocol", "messages", "options"))
    spreadsheet, store_files, vocabulary = map(_load, ("spreadsheet", "store_files", "vocabulary"))
    crop_codes, class_table, model_file = map(_load, ("crop_codes", "parcels.class_table", "model_file"))
    rare_classes = _load("rare_classes")
    results_folder, store_pixels, parcel_course = map(_load, ("results_folder", "store_pixels", "parcel_course"))
    geopackage_tables = _load("parcels.geopackage_tables")
    MODELS = _load("models").MODELS
FORMATS = options.FORMATS
Job = protocol.Job

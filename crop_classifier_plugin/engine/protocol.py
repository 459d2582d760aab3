"""What plugin and engine share, loaded by path: protocol, messages, options, models, class tables, codes and stores.

QGIS plugins share one interpreter and `backend` is a common name, so the files get private names and nothing is
imported as `backend`. The files are standard library only.
"""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

ROOT = Path(__file__).resolve().parents[2]  # the folder that holds `backend`
PACKAGE = "_crop_classifier_backend"  # of the files that import each other


def _load(name: str, path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise ImportError(f"{path} cannot be loaded; install the plugin again")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # dataclasses look their module up here
    spec.loader.exec_module(module)
    return module


def _load_together(*names: str) -> ModuleType:
    """Files of `backend` that import each other, each after those that it imports; gives the last."""
    sys.modules[PACKAGE] = ModuleType(PACKAGE)
    return [_load(f"{PACKAGE}.{name}", ROOT / "backend" / f"{name}.py") for name in names][-1]


if TYPE_CHECKING:  # the same files under the names that a type checker finds them by; never run
    from backend import crop_codes as crop_codes
    from backend import messages as messages
    from backend import model_file as model_file
    from backend import options as options
    from backend import protocol as protocol
    from backend import spreadsheet as spreadsheet
    from backend import store_files as store_files
    from backend.models import MODELS as MODELS
    from backend.parcels import class_table as class_table
else:
    protocol = _load("_crop_classifier_protocol", ROOT / "backend" / "protocol.py")
    messages = _load("_crop_classifier_messages", ROOT / "backend" / "messages.py")
    options = _load("_crop_classifier_options", ROOT / "backend" / "options.py")
    spreadsheet = _load("_crop_classifier_spreadsheet", ROOT / "backend" / "spreadsheet.py")
    store_files = _load("_crop_classifier_store_files", ROOT / "backend" / "store_files.py")
    MODELS = _load("_crop_classifier_models", ROOT / "backend" / "models" / "__init__.py").MODELS
    crop_codes = _load("_crop_classifier_crop_codes", ROOT / "backend" / "crop_codes.py")
    class_table = _load("_crop_classifier_class_table", ROOT / "backend" / "parcels" / "class_table.py")
    model_file = _load_together("json_document", "model_zip", "model_file")
FORMATS = options.FORMATS
Job = protocol.Job

"""What the plugin shares with the engine, loaded by path: protocol, options, architectures, class tables and codes.

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


def _load(name: str, path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise ImportError(f"{path} cannot be loaded; install the plugin again")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # dataclasses look their module up here
    spec.loader.exec_module(module)
    return module


if TYPE_CHECKING:  # the same files under the names that a type checker finds them by; never run
    from backend import crop_codes, options, protocol
    from backend.models import MODELS
    from backend.parcels import class_table
else:
    protocol = _load("_crop_classifier_protocol", ROOT / "backend" / "protocol.py")
    options = _load("_crop_classifier_options", ROOT / "backend" / "options.py")
    MODELS = _load("_crop_classifier_models", ROOT / "backend" / "models" / "__init__.py").MODELS
    crop_codes = _load("_crop_classifier_crop_codes", ROOT / "backend" / "crop_codes.py")
    class_table = _load("_crop_classifier_class_table", ROOT / "backend" / "parcels" / "class_table.py")
FORMATS = options.FORMATS
Job = protocol.Job

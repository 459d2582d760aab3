"""The model reader as the plugin has it: the engine's files, loaded by path into a package of another name."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from types import ModuleType

from tests.contract.files import ROOT

BY_PATH = (
    f"root = {str(ROOT)!r}"
    + """
import sys
from importlib.util import module_from_spec, spec_from_file_location
from types import ModuleType
sys.modules["private"] = ModuleType("private")
def by_path(name, path):
    spec = spec_from_file_location("private." + name, path)
    module = sys.modules["private." + name] = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
models = by_path("models", root + "/backend/models/__init__.py")
for name in ("json_document", "model_zip", "model_preparation", "model_region", "model_file"):
    private = by_path(name, f"{root}/backend/{name}.py")
"""
)


def plugin_reader() -> ModuleType:
    scope: dict[str, ModuleType] = {}
    exec(BY_PATH, scope)
    return scope["private"]

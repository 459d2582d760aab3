"""The engine: from Sentinel-2 images and parcel outlines to a crop for each parcel.

`backend.inspect`, `extract`, `import_series`, `train`, `classify`, `evaluate`, `export`, `experiment`, `simulate` are
the public API (docs/api.md); they load on first use, so that `import backend` takes no time.
"""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"
__all__ = [
    "classify", "evaluate", "experiment", "export", "extract", "finetune", "import_series", "inspect", "simulate",
    "train",
]  # fmt: skip

if TYPE_CHECKING:
    from backend.api import classify, evaluate, experiment, export, extract, import_series, inspect, simulate, train


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from backend import api

    return getattr(api, name)


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])

"""Reads the description in a `.cropmodel` file, without the engine and with the engine's own checks."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from contextlib import contextmanager
from pathlib import Path
from typing import Iterator

from .engine.protocol import MODELS, model_file, options
from .translation import tr

ModelDescription = model_file.ModelDescription
AT_ONCE_BYTES = 1 << 18  # of model.json; real ones have some 65 kB, which take a few milliseconds


class NotAModelFile(ValueError):
    """Raised when a file cannot be used as a model; `str()` can be shown to the user."""

    def __init__(self, path: Path, problem: str) -> None:
        super().__init__(tr("{path} is not a usable .cropmodel file: {problem}.").format(path=path, problem=problem))


def is_large(path: Path) -> bool:
    """Whether `describe` could block the window, for it has much to parse. Raises NotAModelFile."""
    with _model_errors(path):
        return model_file.document_bytes(path) > AT_ONCE_BYTES


def describe(path: Path) -> ModelDescription:
    """The description in `model.json`; raises NotAModelFile with the reason."""
    with _model_errors(path):
        return model_file.describe(path, MODELS, options.FILLINGS)


@contextmanager
def _model_errors(path: Path) -> Iterator[None]:
    try:
        yield
    except model_file.NewerSchema as error:
        raise NotAModelFile(path, tr("{problem}; update the plugin").format(problem=error)) from error
    except model_file.Fault as error:
        raise NotAModelFile(path, str(error)) from error

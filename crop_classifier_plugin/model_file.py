"""Reads what a `.cropmodel` file says of itself, without the engine and by the engine's own checks."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from pathlib import Path

from .engine.protocol import MODELS, model_file, protocol
from .translation import tr

ModelDescription = model_file.ModelDescription


class NotAModelFile(ValueError):
    """Raised when a file cannot be used as a model; `str()` is fit to be shown."""

    def __init__(self, path: Path, problem: str) -> None:
        super().__init__(tr("{path} is not a usable .cropmodel file: {problem}.").format(path=path, problem=problem))


def describe(path: Path) -> ModelDescription:
    """The description in `model.json`; raises NotAModelFile with the reason in plain words.

    Sizes are bounded before anything is read, so this takes milliseconds and may be called from the window.
    """
    try:
        return model_file.describe(path, MODELS, protocol.FILLINGS)
    except model_file.NewerSchema as error:
        raise NotAModelFile(path, tr("{problem}; update the plugin").format(problem=error)) from error
    except model_file.Fault as error:
        raise NotAModelFile(path, str(error)) from error

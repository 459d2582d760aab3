"""Everything the plugin remembers between sessions, in one Enum under one QgsSettings prefix.

It imports nothing of the plugin, so that every part may use it. What to take where nothing is remembered is therefore
not written here but in the engine's tables, and the widgets take it from there.
"""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from enum import Enum
from typing import Union

from qgis.core import QgsSettings

PREFIX = "crop_classifier"
Value = Union[str, int, float, bool]


class Setting(Enum):
    """`Setting.X.get()` has the type of the default here, which is empty: nothing is remembered."""

    ENGINE_PYTHON = ("engine/python", "")  # an existing Python; empty: the environment the plugin made
    ENGINE_LOCATION = ("engine/location", "")  # where that environment is; empty: the installer's default
    ENGINE_TORCH = ("engine/torch", "")
    ENGINE_WHEELS = ("engine/wheels", "")
    MODEL_FOLDER = ("library/folder", "")  # of saved models; empty: beside the engine
    OUTPUT_FOLDER = ("last/output_folder", "")
    DEVICE = ("last/device", "")
    CLASS_FIELD = ("last/class_field", "")
    CLASS_TABLE = ("last/class_table_name", "")
    CLASS_TABLE_FILE = ("last/class_table_file", "")
    ARCHITECTURE = ("last/architecture", "")
    EPOCHS = ("last/epochs", 0)
    FOLDS = ("last/folds", 0)

    @property
    def key(self) -> str:
        return f"{PREFIX}/{self.value[0]}"

    @property
    def default(self) -> Value:
        return self.value[1]

    def get(self) -> Value:
        """The stored value, or the default where none is stored or it is of another type."""
        try:
            return QgsSettings().value(self.key, self.default, type=type(self.default))
        except TypeError:  # someone wrote text where a number belongs
            return self.default

    def set(self, value: Value) -> None:
        """Stores `value`; raises TypeError where its type is not the default's."""
        if not isinstance(value, type(self.default)):
            raise TypeError(f"{self.key}: expected {type(self.default).__name__}, found {value!r}")
        QgsSettings().setValue(self.key, value)

    def forget(self) -> None:
        """Goes back to the default."""
        QgsSettings().remove(self.key)

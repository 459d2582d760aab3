"""The declared crop of each parcel as one of a model's classes."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from backend.models.bundle import ModelBundle
from backend.parcels import nomenclature
from backend.parcels.reading import column
from backend.series.store import Store


@dataclass(frozen=True)
class Declared:
    """`values` `(parcels,)` are those of the layer's field `field`, `classes` `(parcels,)` positions among the model's
    classes, -1 where a value is none of them.
    """

    field: str
    values: NDArray[np.object_]
    classes: NDArray[np.int64]

    @classmethod
    def read(cls, store: Store, bundle: ModelBundle, field: str) -> Declared:
        """By the model's own class table. Raises MissingField, BadArgument."""
        known = nomenclature.from_table(bundle.class_table)
        values = column(store.fields(), field, store.manifest.parcels.source)
        labels, _ = known.labels(values)
        codes = {crop.code: position for position, crop in enumerate(bundle.classes)}
        to_model = np.array([codes.get(crop.code, -1) for crop in known.classes] + [-1])
        return cls(field, values, to_model[labels])

"""Class probabilities as the attributes of a parcel (their names fit a shapefile's ten characters)."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas
from numpy.typing import NDArray

from backend.options import PREDICTION_FIELDS
from backend.vocabulary import CropClass

FIELDS = PREDICTION_FIELDS
_TEXTS = ("_code", "_name", "quality", "trained_on")


def tabulate(
    probabilities: NDArray[np.float32], rows: NDArray[np.int64], classes: Sequence[CropClass], index: pandas.DataFrame,
    trained_on: NDArray[np.object_], novelty: NDArray[np.float64],
) -> pandas.DataFrame:  # fmt: skip
    """One row of FIELDS per parcel of `index`; classes are null where a parcel is not among `rows`.

    probabilities: `(rows, classes)`. `margin` is the confidence less the second class's; a model of two classes or
    more has a second. `trained_on` and `novelty` `(parcels,)` are the fields of these names, NaN for null.
    """
    best_two = np.argsort(-probabilities, axis=1, kind="stable")[:, :2]
    first, second = np.take_along_axis(probabilities, best_two, axis=1).T
    codes, names = np.array([[c.code, c.name] for c in classes], object).T
    table = pandas.DataFrame(index=range(len(index)))
    filled = {
        "crop_code": codes[best_two[:, 0]],
        "crop_name": names[best_two[:, 0]],
        "confidence": first,
        "crop2_code": codes[best_two[:, 1]],
        "crop2_name": names[best_two[:, 1]],
        "margin": first - second,
    }
    for name, values in filled.items():
        table[name] = _placed(values, rows, len(index))
    table["n_pixels"] = index["n_pixels"].to_numpy().astype(np.int32)
    table["observed"] = np.round(index["observed"].to_numpy(), 4)
    table["novelty"] = np.round(novelty, 4)
    table["quality"] = index["quality"].astype("string[pyarrow]").to_numpy(object)
    table["trained_on"] = trained_on
    return table.astype({name: "string[pyarrow]" for name in FIELDS if name.endswith(_TEXTS)})


def _placed(values: NDArray[Any], rows: NDArray[np.int64], count: int) -> NDArray[Any]:
    """`values` at `rows` of a column of nulls."""
    text = values.dtype == object
    column = np.full(count, None if text else np.nan, object if text else np.float64)
    column[rows] = values if text else np.round(values.astype(np.float64), 4)
    return column

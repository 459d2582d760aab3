"""From a data set's numbers to the store's: reflectance x 10,000 as int16, and what was really observed."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from backend.published.spec import ImportSpec
from backend.vocabulary import REFLECTANCE_SCALE

_MOST = 32767  # of int16; its least number means unobserved
_COUNTS_FROM = 10  # no reflectance is as large, so whole numbers with larger ones are counts


@dataclass(frozen=True)
class Encoding:
    """Reflectance is `number * scale + offset`; `nodata` and what is not finite are gaps."""

    scale: float
    offset: float
    nodata: float | None

    @classmethod
    def of(cls, spec: ImportSpec, numbers: NDArray[Any]) -> Encoding:
        """The scale that was given, else 1/10,000 where these numbers of the set are counts, else 1."""
        scale = spec.scale if spec.scale is not None else (1 / REFLECTANCE_SCALE if _are_counts(numbers) else 1.0)
        return cls(scale, spec.offset, spec.nodata)

    def encode(self, values: NDArray[Any]) -> tuple[NDArray[np.int16], NDArray[np.bool_], int]:
        """`(pixels, dates, bands)` as int16; `(pixels, dates)` where all bands were observed; how many numbers were
        too large for the store and are set to its limit, reflectance 3.27, which only clouds reach.
        """
        clear = np.asarray(self.observed(values).all(axis=2))
        if self._as_they_are and values.dtype.kind == "u" and clear.all():
            saturated = int((values > _MOST).sum())
            return np.minimum(values, _MOST).astype(np.int16, order="C"), clear, saturated
        exact = np.where(clear[:, :, None], values, 0) * (self.scale * REFLECTANCE_SCALE)
        exact = np.rint(exact + self.offset * REFLECTANCE_SCALE)
        saturated = int((np.abs(exact) > _MOST).sum())
        # in C order, as in-place filling requires
        return np.clip(exact, -_MOST, _MOST).astype(np.int16, order="C"), clear, saturated

    @property
    def _as_they_are(self) -> bool:
        return self.scale * REFLECTANCE_SCALE == 1 and self.offset == 0

    def observed(self, values: NDArray[Any]) -> NDArray[np.bool_]:
        """Which of the set's numbers are data, each by itself."""
        observed = np.isfinite(values) if values.dtype.kind == "f" else np.broadcast_to(True, values.shape)
        return observed if self.nodata is None else observed & (values != self.nodata)


def _are_counts(numbers: NDArray[Any]) -> bool:
    if numbers.dtype.kind in "ui":
        return True
    finite = numbers[np.isfinite(numbers)]
    return bool(finite.size and (finite == np.rint(finite)).all() and np.abs(finite).max() > _COUNTS_FROM)

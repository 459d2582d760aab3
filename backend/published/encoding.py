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
# Usual fill values, which are no reflectance: 65535, -9999, the least and largest numbers of their types
FILLS = (65535.0, -9999.0, -32768.0, 2147483647.0, -2147483648.0, 4294967295.0)
_COUNTS_FROM = 10  # no reflectance is as large, so whole numbers with larger ones are counts


@dataclass(frozen=True)
class Encoding:
    """Reflectance is `number * scale + offset`; `nodata` and what is not finite are gaps, and, without a `nodata`, the
    usual fill values.
    """

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
        too large for the store and are set to its limit, reflectance 3.27, which only clouds reach, or are fill values
        that nobody declared.
        """
        observed = self.observed(values)
        clear, fills = np.asarray(observed.all(axis=2)), self._undeclared(values, observed)
        if self._as_they_are and values.dtype.kind == "u" and clear.all():
            saturated = int((values > _MOST).sum())
            return np.minimum(values, _MOST).astype(np.int16, order="C"), clear, saturated
        exact = np.where(clear[:, :, None], values, 0) * (self.scale * REFLECTANCE_SCALE)
        exact = np.rint(exact + self.offset * REFLECTANCE_SCALE)
        saturated = int((np.abs(exact) > _MOST).sum()) + fills
        # in C order, as in-place filling requires
        return np.clip(exact, -_MOST, _MOST).astype(np.int16, order="C"), clear, saturated

    def _undeclared(self, values: NDArray[Any], observed: NDArray[np.bool_]) -> int:
        """How many fill values there are although no `nodata` was given."""
        if self.nodata is not None or observed.all():
            return 0
        return int((np.isfinite(values) & ~observed).sum())

    @property
    def _as_they_are(self) -> bool:
        return self.scale * REFLECTANCE_SCALE == 1 and self.offset == 0

    def observed(self, values: NDArray[Any]) -> NDArray[np.bool_]:
        """Which of the set's numbers are data, each by itself."""
        observed = np.isfinite(values) if values.dtype.kind == "f" else np.broadcast_to(True, values.shape)
        if self.nodata is not None:
            return np.asarray(observed & (values != self.nodata))
        if not _reaches_fills(values):
            return observed
        fills = np.asarray(FILLS, values.dtype if values.dtype.kind == "f" else np.float64)  # as float32 rounds them
        return np.asarray(observed & ~np.isin(values, fills))


def _reaches_fills(values: NDArray[Any]) -> bool:
    """Whether any number is as large or as small as a fill value may be, which spares most sets the comparisons."""
    return bool(values.size) and bool(
        np.fmax.reduce(values, None) >= FILLS[0] or np.fmin.reduce(values, None) <= FILLS[1]
    )


def _are_counts(numbers: NDArray[Any]) -> bool:
    if numbers.dtype.kind in "ui":
        return True
    finite = numbers[np.isfinite(numbers)]
    return bool(finite.size and (finite == np.rint(finite)).all() and np.abs(finite).max() > _COUNTS_FROM)

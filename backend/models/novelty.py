"""How unlike a parcel's series is to all that a model was trained on: a score that goes with any architecture."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from backend.json_document import Fault
from backend.model_region import NUMBER_BYTES, NoveltyDescription

_STORED = f"<f{NUMBER_BYTES}"
Numbers = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Novelty:
    """A Gaussian for each class of the training, along axes of the mean series.

    `mean` and `scale` `(features,)` standardise a series (features: dates, and in each the bands), `axes`
    `(components, features)` project it. Of each class `whitening` `(classes, components, components)` W, `centres`
    `(classes, components)` W m and `volumes` `(classes,)` the logarithm of its covariance's determinant, less the
    least one of all classes. The score is the least over the classes of |W z - W m|^2 + volume, which is
    -2 log density up to a constant, and `doubt` times the entropy of the model's probabilities; above `threshold` a
    parcel is unlike the training's.
    """

    bands: tuple[str, ...]
    threshold: float
    mean: Numbers
    scale: Numbers
    axes: Numbers
    whitening: Numbers
    centres: Numbers
    volumes: Numbers
    doubt: float = 0.0

    def scores(self, series: NDArray[np.floating]) -> NDArray[np.float64]:
        """Of the densities, of each of the series `(N, dates, bands)` in reflectance, at least 0; what is NaN counts as
        the mean.
        """
        found = np.nan_to_num((series.reshape(len(series), -1) - self.mean) / self.scale) @ self.axes.T
        least = np.full(len(found), np.inf)
        for whitening, centre, volume in zip(self.whitening, self.centres, self.volumes):
            apart = found @ whitening.T - centre
            np.minimum(least, np.einsum("nk,nk->n", apart, apart) + volume, out=least)
        return least

    def ratios(self, series: NDArray[np.floating], probabilities: NDArray[np.floating]) -> NDArray[np.float64]:
        """The scores divided by the threshold; `probabilities` `(N, classes)` are the model's."""
        return (self.scores(series) + self.doubt * entropy(probabilities)) / self.threshold

    @property
    def description(self) -> NoveltyDescription:
        classes, components = self.centres.shape
        return NoveltyDescription(self.bands, components, classes, self.threshold, self.doubt)

    def document(self) -> dict[str, Any]:
        """The key `novelty` of model.json."""
        classes, components = self.centres.shape
        sizes = {"components": components, "classes": classes}
        return {"bands": list(self.bands), **sizes, "threshold": self.threshold, "doubt": self.doubt}

    def packed(self) -> bytes:
        """The member novelty.bin: little-endian float32, array after array, each in C order."""
        arrays = (self.mean, self.scale, self.axes, self.whitening, self.centres, self.volumes)
        return b"".join(np.ascontiguousarray(array, _STORED).tobytes() for array in arrays)

    @classmethod
    def unpacked(cls, content: bytes, described: NoveltyDescription, dates: int) -> Novelty:
        """Raises Fault where the bytes are not those described, or numbers are not finite."""
        if len(content) != described.bytes(dates):
            raise Fault(f"novelty.bin has {len(content)} bytes, expected {described.bytes(dates)}")
        numbers = np.frombuffer(content, _STORED).astype(np.float32)
        shapes = described.shapes(dates)
        ends = np.cumsum([int(np.prod(shape)) for shape in shapes])
        arrays = [part.reshape(shape) for part, shape in zip(np.split(numbers, ends[:-1]), shapes)]
        if not np.isfinite(numbers).all() or not (arrays[1] > 0).all():
            raise Fault("novelty.bin: expected finite numbers and scales above 0")
        mean, scale, axes, whitening, centres, volumes = arrays
        return cls(
            described.bands, described.threshold, mean, scale, axes, whitening, centres, volumes, described.doubt
        )


def entropy(probabilities: NDArray[np.floating]) -> NDArray[np.float64]:
    """Of each row of `(N, classes)`, in nats."""
    values = np.asarray(probabilities, np.float64)
    return -np.sum(values * np.log(np.where(values > 0, values, 1)), axis=1)

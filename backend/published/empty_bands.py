"""Bands that hold no data in a whole set: left out with a warning, since otherwise no date would count as observed."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from backend.protocol import Reporter
from backend.published.axes import Axes
from backend.published.encoding import Encoding


def without_empty_bands(
    axes: Axes, parts: Iterable[NDArray[Any]], encoding: Encoding, where: object, reporter: Reporter
) -> Axes:
    """The axes less the bands that are nodata in all `parts` `(pixels, source dates, source bands)` of a set.

    Reads on only until every band has a number, so of most sets the first part. A set without any data keeps its bands.
    """
    found = np.zeros(len(axes.bands), bool)
    for values in parts:
        found |= encoding.observed(axes.picked(values)).any(axis=(0, 1))
        if found.all():
            return axes
    if not found.any():
        return axes
    left = axes.of_bands(found)
    reporter.warning("import.band_without_data", path=where, empty=left.empty_bands, bands=left.bands)
    return left

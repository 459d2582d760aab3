"""Dilation: the pixels within some metres of a cloud, a shadow or whatever else the masks hide."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from rasterio.windows import Window

from backend.imagery.grid import Grid

Hidden = NDArray[np.bool_]  # (rows, columns)


def padded_window(window: Window, grid: Grid, reach_m: float) -> tuple[Window, tuple[slice, slice]]:
    """The window with all pixels of the grid that can reach into it, and the position of the window itself in it."""
    margin = math.ceil(reach_m / grid.resolution_m)
    top, left = max(window.row_off - margin, 0), max(window.col_off - margin, 0)
    bottom = min(window.row_off + window.height + margin, grid.height)
    right = min(window.col_off + window.width + margin, grid.width)
    rows, columns = window.row_off - top, window.col_off - left
    inner = slice(rows, rows + window.height), slice(columns, columns + window.width)
    return Window(left, top, right - left, bottom - top), inner


def dilated(hidden: Hidden, reach_m: float, resolution_m: float) -> Hidden:
    """Pixels whose centres lie within `reach_m` of the centre of a hidden one, in every direction as far."""
    from scipy.ndimage import distance_transform_edt  # only where masks are dilated

    if not hidden.any():
        return hidden
    return np.asarray(distance_transform_edt(~hidden) * resolution_m <= reach_m * (1 + 1e-9))

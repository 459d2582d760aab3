"""The learning rate as a function of the step only, so that a resumed run needs no state of it."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from math import cos, pi

RISE = 0.3  # of the steps; these three are torch's defaults for one cycle
START, END = 1 / 25, 1 / 25 / 1e4


def lr_factor(schedule: str, step: int, steps: int) -> float:
    """What the learning rate is multiplied by at `step` (from 0) of `steps`, at most 1.

    `constant`; `cosine` falls to 0 (Loshchilov and Hutter 2017, without restarts); `one-cycle` rises, then falls (Smith
    2018). All use the requested number of epochs, even if the training stops earlier.
    """
    if schedule == "cosine":
        return _between(1.0, 0.0, step / steps)
    if schedule == "one-cycle":
        top = RISE * steps - 1
        return _between(START, 1.0, step / top) if step <= top else _between(1.0, END, (step - top) / (steps - 1 - top))
    return 1.0


def _between(first: float, last: float, way: float) -> float:
    """Half a cosine wave from `first` (way 0) to `last` (way 1)."""
    return last + (first - last) * (1 + cos(pi * way)) / 2

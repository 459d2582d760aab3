"""The flags of parcels, at the very values at which they change."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import numpy as np
import pandas
import pytest

from backend.series.quality import flags


def flag(few_pixels: int = 4, seen: float = 9, **facts: object) -> str:
    """The flag of a parcel that is usable but for these facts."""
    whole = {"n_pixels": 9, "valid": True, "inside_share": 1.0, "by_touch": False}
    return str(flags(pandas.DataFrame([{**whole, **facts}]), np.array([seen]), few_pixels)[0])


@pytest.mark.parametrize(
    ("share", "expected"),
    [(1.0, "ok"), (0.9991, "ok"), (0.999, "ok"), (0.9989, "partly_outside"), (0.99, "partly_outside")],
)
def test_a_parcel_is_partly_outside_once_a_thousandth_of_it_is(share, expected):
    assert flag(inside_share=share) == expected


@pytest.mark.parametrize(("pixels", "expected"), [(3, "few_pixels"), (4, "ok"), (5, "ok")])
def test_as_many_pixels_as_asked_for_are_enough(pixels, expected):
    assert flag(n_pixels=pixels, seen=pixels) == expected


def test_the_gravest_flag_wins():
    """In the order of docs/contracts.md, each parcel lacking one thing less than the one before."""
    lacking = [
        ("invalid_geometry", {"valid": False}),
        ("outside", {"n_pixels": 0}),
        ("no_clear_observation", {"seen": 0}),
        ("partly_outside", {"inside_share": 0.5}),
        ("few_pixels", {"by_touch": True}),
    ]
    found = [flag(**{k: v for _, facts in lacking[n:] for k, v in facts.items()}) for n in range(len(lacking))]
    assert found == [name for name, _ in lacking]

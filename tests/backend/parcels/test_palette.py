"""Colours for classes without one."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import re
from itertools import combinations

import numpy as np
import pytest

from backend.parcels.palette import palette

# Machado, Oliveira and Fernandes 2009, severity 1.0: linear RGB as a deuteranope and a protanope see it.
DEUTERANOPE = [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]]
PROTANOPE = [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]


def linear(colour: str) -> np.ndarray:
    rgb = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    return np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)


@pytest.mark.parametrize("count", [0, 1, 12, 40, 1000])
def test_as_many_as_asked_for_and_always_the_same(count: int) -> None:
    colours = palette(count)
    assert len(colours) == count
    assert all(re.fullmatch("#[0-9a-f]{6}", colour) for colour in colours)
    assert colours == palette(count)


def test_more_classes_keep_the_colours_of_fewer() -> None:
    assert palette(40)[:17] == palette(17)
    assert len(set(palette(100))) == 100


def test_colours_in_use_are_not_given_again() -> None:
    taken = palette(12)[:5]
    assert not set(palette(20, taken)) & set(taken)


def test_a_colour_near_one_in_use_is_passed_over() -> None:
    first = palette(1)[0]
    near = f"{first[:-1]}{'8' if first[-1] == '9' else '9'}"
    assert palette(1, [near])[0] != first


@pytest.mark.parametrize("eye", [np.eye(3), DEUTERANOPE, PROTANOPE])
def test_the_first_six_stay_apart_for_the_colour_blind(eye: np.ndarray) -> None:
    seen = [np.clip(np.asarray(eye) @ linear(colour), 0, 1) ** (1 / 2.2) for colour in palette(6)]
    assert min(np.linalg.norm(a - b) for a, b in combinations(seen, 2)) > 0.2

"""Which classes have parcels enough to be learnt."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import numpy as np
import pytest

from backend.errors import TooFewClasses
from backend.learning.labels import UNLABELLED, learnable


def test_a_class_with_as_many_parcels_as_asked_for_is_kept_and_one_with_fewer_is_left_out(crops, recorder):
    """Of classes 0 to 3 there are 6, 4, 5 and 0 usable parcels; unusable and unlabelled ones do not count."""
    labels = np.array([0] * 6 + [1] * 4 + [2] * 5 + [1] * 3 + [UNLABELLED] * 2)
    usable = np.ones(20, bool)
    usable[15:18] = False
    found = learnable(labels, usable, crops[:4], 5, recorder)
    assert found.classes == (crops[0], crops[2])
    assert found.left_out == ((crops[1], 4),)
    assert found.labels.tolist() == [0] * 6 + [UNLABELLED] * 4 + [1] * 5 + [UNLABELLED] * 5
    (message,) = recorder.of("labels.rare_class")
    assert "fewer than 5" in message and "Crop 1 (4)" in message and "Crop 2" not in message


def test_no_warning_where_every_class_has_exactly_enough(crops, recorder):
    found = learnable(np.arange(10) % 2, np.ones(10, bool), crops[:2], 5, recorder)
    assert found.left_out == () and not recorder.of("labels.rare_class")
    with pytest.raises(TooFewClasses):
        learnable(np.arange(10) % 2, np.ones(10, bool), crops[:2], 6, recorder)

"""Features are matched with parcels whatever a format made of their ids."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import pytest

from crop_classifier_plugin.ui.results.parcel_map import AnotherLayer, match

CONFIDENCES = [0.91234, 0.5, None, 0.75, 0.33333]


def parcels(names):
    return [(at, name, confidence) for at, (name, confidence) in enumerate(zip(names, CONFIDENCES))]


def features(ids, keys=(None,) * 5, order=range(5)):
    return [(ids[at], keys[at], None if CONFIDENCES[at] is None else round(CONFIDENCES[at], 4)) for at in order]


@pytest.mark.parametrize(
    ("names", "found", "expected"),
    [
        ("ABCDE", features([5, 6, 7, 8, 9], "ABCDE", (3, 1, 0, 2, 4)), [5, 6, 7, 8, 9]),  # by a field, in any order
        (["3", "5", "7", "8", "20"], features([3, 5, 7, 8, 20]), [3, 5, 7, 8, 20]),  # ids are kept
        (["1", "2", "3", "4", "5"], features([0, 1, 2, 3, 4]), [0, 1, 2, 3, 4]),  # a shapefile counts from 0
        (["0", "1", "2", "3", "4"], features([1, 2, 3, 4, 5]), [1, 2, 3, 4, 5]),  # a new GeoPackage from 1
        (["0", "1", "2", "3", "4"], features([1, 2, 3, 4, 5], order=(4, 0)), [1, -1, -1, -1, 5]),  # others are gone
    ],
)
def test_features_are_found_by_what_they_say(names, found, expected):
    assert match(found, parcels(list(names))).features.tolist() == expected


def test_edited_confidences_do_not_hide_the_others():
    found = features([0, 1, 2, 3, 4])
    found[1] = (1, None, 0.99)
    made = match(found, parcels(["1", "2", "3", "4", "5"]))
    assert made.found([0, 1, 4, 99]) == [0, 1, 4] and made.position(3) == 3 and made.position(77) is None


def test_another_layer_is_refused_and_an_empty_one_is_not():
    strange = [(at, None, 0.111 * at) for at in range(1, 6)]
    with pytest.raises(AnotherLayer, match="does not have the parcels"):
        match(strange, parcels("ABCDE"))
    assert match([], parcels("ABCDE")).found(range(5)) == []

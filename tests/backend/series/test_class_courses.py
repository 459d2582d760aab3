"""The mean course of a class is that of its parcels' mean series, computed by numpy at one go."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import numpy as np
import pytest

from backend.results_folder import DECLARED, PREDICTED
from backend.series import class_courses
from backend.series.class_courses import ClassCourses
from backend.series.indices import INDICES
from backend.series.mean_series import mean_series
from tests.backend.series import hand_made

BANDS = ("B02", "B04", "B08", "NDVI")
PREDICTIONS, DECLARATIONS = np.array([1, 1, -1, 3]), np.array([2, -1, 0, 2])


@pytest.fixture(scope="module")
def gappy(tmp_path_factory):
    """One whose first parcel has no value at its second date, and whose others have no B04 at the last."""
    store = hand_made.build(tmp_path_factory.mktemp("courses") / "s.parcels", hand_made.OPTICAL)
    hand_made.unobserve(store, store.manifest.sentinel_2, slice(0, 6), 1)
    hand_made.unobserve(store, store.manifest.sentinel_2, slice(6, None), 3, 1)
    return store


def expected(store):
    """`(parcels, days, bands)` of the store's four parcels, NaN for nothing."""
    numbers = store.reflectance.astype(np.float64)
    numbers[numbers == -32768] = np.nan
    means = np.full((4, len(store.days), 4), np.nan)
    for row, (first, count) in enumerate(zip(store.index["first_pixel"], store.index["n_pixels"])):
        own = numbers[first : first + count]
        if count:
            seen = ~np.isnan(own).all(axis=0)
            means[row, ..., :3][seen] = np.nanmean(own[:, seen], axis=0) / 10_000
    red, infrared = means[..., 1], means[..., 2]
    means[..., 3] = (infrared - red) / (infrared + red)
    return means


@pytest.mark.parametrize("at_once", [True, False])
def test_means_and_deviations_are_those_of_numpy(gappy, at_once):
    courses = ClassCourses(gappy, BANDS, {PREDICTED: PREDICTIONS, DECLARED: DECLARATIONS}, 4)
    rows = np.array([0, 1, 3])
    if at_once:
        courses.complete(rows)
    else:  # as another pass over the series serves them, on other days
        assert len(list(mean_series(gappy, (0, 50), BANDS, rows, courses.add))) >= 1
    courses.complete(rows)  # counts nothing twice
    found = {(course.kind, course.crop): course for course in courses.courses()}
    means = expected(gappy)
    groups = {(PREDICTED, 1): [0, 1], (PREDICTED, 3): [3], (DECLARED, 2): [0, 3]}
    assert {key: course.parcels for key, course in found.items()} == {key: len(rows) for key, rows in groups.items()}
    for key, rows in groups.items():
        some = ~np.isnan(means[rows]).all(axis=0)
        assert some.sum() < some.size or key != (PREDICTED, 3)
        for values, over in ((found[key].mean, np.nanmean), (found[key].deviation, np.nanstd)):
            values = np.reshape(values, some.shape)
            np.testing.assert_array_equal(np.isnan(values), ~some)
            np.testing.assert_allclose(values[some], over(means[rows][:, some], axis=0), atol=1e-6)


def test_where_no_work_reads_all_parcels_some_of_each_class_count(gappy, monkeypatch):
    monkeypatch.setattr(class_courses, "MOST_READ", 1)
    courses = ClassCourses(gappy, BANDS, {PREDICTED: np.array([1, 1, -1, 3]), DECLARED: np.full(4, -1)}, 4)
    courses.complete(np.array([0, 1, 3]))
    found = courses.courses()
    assert [(course.crop, course.parcels) for course in found] == [(1, 1), (3, 1)]
    first = expected(gappy)[0]
    np.testing.assert_allclose(np.reshape(found[0].mean, first.shape), first, atol=1e-6)


def test_nothing_classified_has_no_course(gappy):
    courses = ClassCourses(gappy, BANDS, {PREDICTED: np.full(4, -1)}, 4)
    courses.complete(np.zeros(0, np.int64))
    assert courses.courses() == [] and set(INDICES) > {"NDVI"}

"""The last step of a store, where a run is killed in the middle of it."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import numpy as np
import pandas
import pytest

from backend.errors import Cancelled
from backend.protocol import Silent
from backend.published.importing import import_set
from backend.published.spec import ImportSpec
from backend.series import finishing
from backend.series.build import ExtractionSpec, build
from backend.series.options import SeriesOptions
from backend.series.store import open_store
from tests.backend.published.layouts import write_patches
from tests.backend.recorder import Recorder

PROGRESS = {"done.npy", "removed.npy"}


def files(path):
    return {entry.name: entry.stat().st_mtime_ns for entry in path.iterdir()}


@pytest.fixture
def kinds(season, tmp_path):
    """What makes a store: from images, with outliers removed, and from a published set."""
    published = write_patches(tmp_path / "set")
    spec = ExtractionSpec(season.options, series=SeriesOptions(remove_outliers=True))
    return {
        "images": lambda reporter: build(season.catalogue, season.layer, spec, tmp_path / "a.parcels", reporter),
        "set": lambda reporter: import_set(published.path, ImportSpec(), tmp_path / "b.parcels", reporter),
    }


@pytest.mark.parametrize(("kind", "left"), [("images", PROGRESS), ("set", {"done.npy"})])
def test_a_store_whose_run_ended_before_its_progress_was_removed(kinds, kind, left, tmp_path, monkeypatch):
    def killed(path):
        raise Cancelled

    monkeypatch.setattr(finishing, "remove_progress", killed)
    with pytest.raises(Cancelled):
        kinds[kind](Silent())
    monkeypatch.undo()
    (path,) = tmp_path.glob("*.parcels")
    before = files(path)
    assert PROGRESS & before.keys() == left
    whole = open_store(path)  # complete, and can be used as it is
    index, values = whole.index, np.array(whole.reflectance)

    recorder = Recorder()
    again = kinds[kind](recorder)
    assert "is used again" in recorder.logs[0]
    after = files(path)
    assert after == {name: time for name, time in before.items() if name not in PROGRESS}
    pandas.testing.assert_frame_equal(again.index, index)
    np.testing.assert_array_equal(again.reflectance, values)


def test_progress_is_removed_once_or_not_there(tmp_path):
    (tmp_path / "done.npy").touch()
    (tmp_path / "clear.npy").touch()
    for _ in range(2):
        finishing.remove_progress(tmp_path)
        assert files(tmp_path).keys() == {"clear.npy"}

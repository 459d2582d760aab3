"""Sets that are broken, each in one way: the error names the file; and what is kept although something is missing."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import json
import shutil
from datetime import date

import numpy as np
import pandas
import pytest

from backend.errors import (
    BadArgument,
    BadMeta,
    BadSample,
    Cancelled,
    MissingBands,
    MissingField,
    NotAStore,
    RepeatedSamples,
    StoreOfOtherInputs,
    UnknownLayout,
    UnreadableDate,
)
from backend.published.cube import Cube
from backend.published.importing import import_set
from backend.published.patches import Patches
from backend.published.spec import ImportSpec
from backend.series.store import open_store
from tests.backend.published import layouts
from tests.backend.published.layouts import DATES, write_npz, write_patches, write_pixel_sets
from tests.backend.recorder import Recorder


def brought_in(path, folder, reporter=None, **spec):
    return import_set(path, ImportSpec(**spec), folder / "set.parcels", reporter or Recorder())


def refused(error, path, tmp_path, *words, **spec):
    with pytest.raises(error) as caught:
        brought_in(path, tmp_path, **spec)
    for word in words:
        assert word in caught.value.message
    assert caught.value.advice
    with pytest.raises(NotAStore):
        open_store(tmp_path / "set.parcels")


def change(path, edit):
    document = json.loads(path.read_text())
    path.write_text(json.dumps(edit(document)))


# Folders


@pytest.mark.parametrize("write", [write_patches, write_pixel_sets])
@pytest.mark.parametrize("damage", ["cut", "text", "dates", "bands", "kind", "nan"])
def test_a_broken_array_is_named(write, damage, tmp_path):
    published = write(tmp_path / "set")
    name = list(published.arrays)[3]
    path, values = published.path / "DATA" / f"{name}.npy", published.arrays[name]
    if damage == "cut":
        path.write_bytes(path.read_bytes()[:-7])
    elif damage == "text":
        path.write_text("<html>not found</html>")
    elif damage == "nan":
        np.save(path, np.where(values == values.max(), np.nan, values.astype(np.float32)))
    else:
        np.save(path, {"dates": values[1:], "bands": values[:, :9], "kind": values.astype(str)}[damage])
    refused(BadSample, published.path, tmp_path, f"{name}.npy")


@pytest.mark.parametrize(
    ("file", "edit", "error"),
    [
        ("labels.json", lambda d: d["label_44class"], BadMeta),
        ("labels.json", lambda d: [], BadMeta),
        ("dates.json", lambda d: {}, BadMeta),
        ("dates.json", lambda d: {**d, "1": d["0"]}, RepeatedSamples),
        ("dates.json", lambda d: {**d, "1": 20171345}, UnreadableDate),
        ("dates.json", lambda d: {**d, "6": 20171231}, BadSample),
        ("geomfeat.json", lambda d: {**d, "3": [1, 2, 3]}, BadMeta),
        ("geomfeat.json", lambda d: {**d, "3": [1, 2, 3, "x"]}, BadMeta),
    ],
)
def test_meta_that_contradicts_is_named(file, edit, error, tmp_path):
    published = write_pixel_sets(tmp_path / "set")
    change(published.path / "META" / file, edit)
    refused(error, published.path, tmp_path, "dates" if error is BadSample else file)


@pytest.mark.parametrize("file", ["labels.json", "dates.json"])
@pytest.mark.parametrize("damage", ["missing", "cut"])
def test_meta_that_cannot_be_read_is_named(file, damage, tmp_path):
    published = write_patches(tmp_path / "set")
    path = published.path / "META" / file
    path.unlink() if damage == "missing" else path.write_text(path.read_text()[:-4])
    refused(BadMeta, published.path, tmp_path, file)


def test_an_id_that_stands_twice_is_refused(tmp_path):
    published = write_pixel_sets(tmp_path / "set")
    path = published.path / "META" / "labels.json"
    path.write_text(path.read_text().replace('"1": ', '"0": ', 1))
    refused(RepeatedSamples, published.path, tmp_path, "labels.json", "0")


def test_dates_can_be_given_where_meta_has_none(tmp_path):
    published = write_patches(tmp_path / "set")
    (published.path / "META" / "dates.json").unlink()
    (tmp_path / "dates.txt").write_text("\n".join(DATES))
    assert brought_in(published.path, tmp_path, dates_file=tmp_path / "dates.txt").days == tuple(layouts.DAYS)


@pytest.mark.parametrize("write", [write_patches, write_pixel_sets])
def test_a_label_without_a_file_is_kept_and_flagged_and_a_file_without_a_label_too(write, tmp_path):
    published = write(tmp_path / "set")
    lost, bare = list(published.arrays)[2:4]
    (published.path / "DATA" / f"{lost}.npy").unlink()
    change(
        published.path / "META" / "labels.json",
        lambda d: {k: {i: v for i, v in m.items() if i != bare} for k, m in d.items()},
    )
    reporter = Recorder()
    store = brought_in(published.path, tmp_path, reporter)
    quality = dict(zip(store.index["parcel_id"], store.index["quality"], strict=True))
    assert (quality[lost], quality[bare]) == ("outside", "ok")
    assert len(quality) == 18
    labels = store.parcels().set_index("id")["label_44class"]
    assert pandas.isna(labels[bare])
    assert labels[lost] == published.labels[lost]
    assert [(code, lost in text) for code, text in reporter.warnings] == [("import.no_file", True)]


def test_a_sample_without_pixels_is_kept_and_flagged(tmp_path):
    published = write_pixel_sets(tmp_path / "set", geometry=False)
    np.save(published.path / "DATA" / "5.npy", published.arrays["5"][:, :, :0])
    assert brought_in(published.path, tmp_path).index["quality"][5] == "outside"


def test_what_is_no_set_is_refused(tmp_path):
    (tmp_path / "empty" / "DATA").mkdir(parents=True)
    refused(UnknownLayout, tmp_path / "empty", tmp_path, "no .npy")
    refused(UnknownLayout, tmp_path, tmp_path, "no folder DATA")
    np.save(tmp_path / "empty" / "DATA" / "0.npy", np.zeros((3, 4)))
    refused(UnknownLayout, tmp_path / "empty", tmp_path, "2 dimensions")
    (tmp_path / "set.h5").write_bytes(b"")
    refused(UnknownLayout, tmp_path / "set.h5", tmp_path, ".h5")


# Tables


def frame(**columns):
    values, fields = layouts.series()
    return layouts.wide(values, fields).assign(**columns)


@pytest.mark.parametrize(
    ("table", "error", "word"),
    [
        (frame()[["sample_id", "crop"]], UnknownLayout, "sample_id"),
        (frame(sample_id="p"), RepeatedSamples, "p"),
        (frame(B4_20170103="clear"), BadSample, "B4_20170103"),
        (frame().assign(**{"B04_2017-01-03": 1}), RepeatedSamples, "B04"),
        (layouts.long(*layouts.series()).drop(columns="sample_id"), MissingField, "id"),
        (layouts.long(*layouts.series()).drop(columns="timestamp"), UnknownLayout, "S2-L2A"),
        (pandas.concat([layouts.long(*layouts.series())] * 2), RepeatedSamples, "p"),
        (layouts.long(*layouts.series()).assign(timestamp="spring"), UnreadableDate, "spring"),
        (layouts.long(*layouts.series()).assign(B4=1), RepeatedSamples, "B04"),
    ],
)
def test_a_bad_table_is_refused(table, error, word, tmp_path):
    table.to_csv(tmp_path / "table.csv", index=False)
    refused(error, tmp_path / "table.csv", tmp_path, word)


@pytest.mark.parametrize(
    ("members", "error", "word"),
    [
        ({"X": np.zeros((3, 4))}, BadSample, "float64 (3, 4)"),
        ({"dates": None}, BadMeta, "--dates-file"),
        ({"dates": np.array(["2017-01-03"])}, BadSample, "1 dates"),
        ({"bands": np.array(["B02"])}, BadSample, "1 bands"),
        ({"bands": np.array([f"band{n}x" for n in range(10)])}, MissingBands, "band0x"),
        ({"bands": np.array(["B2", "B02", *"abcdefgh"])}, RepeatedSamples, "B02"),
        ({"sample_id": np.array(["p"] * 18)}, RepeatedSamples, "p"),
    ],
)
def test_a_bad_npz_is_refused(members, error, word, tmp_path):
    write_npz(tmp_path / "set.npz", **members)
    refused(error, tmp_path / "set.npz", tmp_path, word)


def test_damaged_files_are_named(tmp_path):
    write_npz(tmp_path / "set.npz")
    whole = (tmp_path / "set.npz").read_bytes()
    np.savez_compressed(tmp_path / "small.npz", X=layouts.series()[0])
    small = (tmp_path / "small.npz").read_bytes()
    flipped = [data[:400] + b"?" * 90 + data[490:] for data in (whole, small)]
    for number, damaged in enumerate((whole[:-40], b"", b"PK\x03\x04nothing", *flipped)):
        path = tmp_path / f"damaged{number}.npz"
        path.write_bytes(damaged)
        refused(BadSample, path, tmp_path, path.name)
    (tmp_path / "table.parquet").write_bytes(b"PAR1 nothing PAR1")
    refused(BadSample, tmp_path / "table.parquet", tmp_path, "table.parquet")


def test_labels_of_other_samples_are_refused(tmp_path):
    _, fields = write_npz(tmp_path / "set.npz")
    fields[:7].to_csv(tmp_path / "set_labels.csv", index=False)
    refused(BadMeta, tmp_path / "set.npz", tmp_path, "set_labels.csv", "found 7")


@pytest.mark.parametrize("spec", [{"id_field": "nobody"}, {"crs": "EPSG:nowhere"}, {"start": date(2019, 1, 1)}])
def test_options_that_cannot_be_are_refused(spec, tmp_path):
    layouts.wide(*layouts.series()).to_csv(tmp_path / "table.csv", index=False)
    refused((BadArgument, MissingField), tmp_path / "table.csv", tmp_path, **spec)


# Runs that stop


class Stopping(Recorder):
    """Cancels after a number of finished blocks."""

    def __init__(self, blocks: int) -> None:
        super().__init__()
        self.blocks = blocks

    def progress(self, fraction: float, stage: str, message: str = "") -> None:
        self.blocks -= stage == "importing"
        if self.blocks < 0:
            raise Cancelled


def test_a_stopped_import_goes_on_and_gives_the_same_store(tmp_path, monkeypatch):
    monkeypatch.setattr(Patches, "at_once", 5)
    published = write_patches(tmp_path / "set")
    whole = brought_in(published.path, tmp_path)
    output = tmp_path / "stopped.parcels"
    with pytest.raises(Cancelled):
        import_set(published.path, ImportSpec(), output, Stopping(1))
    with pytest.raises(NotAStore, match="not finished"):
        open_store(output)
    read = []
    monkeypatch.setattr(
        Patches, "read", lambda self, rows, read_rows=Patches.read: read.append(rows) or read_rows(self, rows)
    )
    store = import_set(published.path, ImportSpec(), output, Recorder())
    assert read == [range(10, 15), range(15, 18)]
    for name in ("reflectance", "position", "clear"):
        np.testing.assert_array_equal(getattr(store, name), getattr(whole, name))
    pandas.testing.assert_frame_equal(store.index, whole.index)


def test_a_stop_before_the_layout_leaves_nothing(tmp_path):
    class Impatient(Recorder):
        def progress(self, fraction, stage, message=""):
            raise Cancelled

    published = write_pixel_sets(tmp_path / "set")
    with pytest.raises(Cancelled):
        import_set(published.path, ImportSpec(), tmp_path / "set.parcels", Impatient())
    assert not (tmp_path / "set.parcels").exists()


def test_a_finished_store_is_used_again_and_never_taken_for_one_of_other_inputs(tmp_path):
    published = write_patches(tmp_path / "set")
    first = brought_in(published.path, tmp_path)
    made = (first.path / "reflectance.npy").stat().st_mtime_ns
    assert (brought_in(published.path, tmp_path).path / "reflectance.npy").stat().st_mtime_ns == made
    with pytest.raises(StoreOfOtherInputs, match="options"):
        brought_in(published.path, tmp_path, scale=1e-3)
    shutil.copy(published.path / "DATA" / f"{list(published.arrays)[0]}.npy", published.path / "DATA" / "77777.npy")
    with pytest.raises(StoreOfOtherInputs, match="source"):
        brought_in(published.path, tmp_path)
    assert len(brought_in(published.path, tmp_path, overwrite=True).index) == 19


def test_blocks_of_a_table_follow_each_other(tmp_path, monkeypatch):
    monkeypatch.setattr(Cube, "at_once", 4)
    values, _ = write_npz(tmp_path / "set.npz")
    store = brought_in(tmp_path / "set.npz", tmp_path)
    seen = (values != 65535).all(axis=2)
    np.testing.assert_array_equal(store.reflectance[:][seen], values[seen])

"""The store: its values, its flags, resuming, and what it refuses."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import json
import shutil
from collections import namedtuple
from dataclasses import replace

import geopandas.testing
import numpy as np
import pandas
import pytest
import shapely

from backend.errors import (
    Cancelled,
    DiskFull,
    MissingBands,
    NotAStore,
    NotWritable,
    ParcelsOutsideImagery,
    StoreOfOtherInputs,
    StoreTooNew,
    UnreadableImage,
)
from backend.imagery.acquisition import ImageryOptions
from backend.imagery.catalogue import find
from backend.parcels.reading import read
from backend.parcels.sources import chunk
from backend.protocol import Silent
from backend.series import extraction
from backend.series import store as stores
from backend.series.build import ExtractionSpec, build
from backend.vocabulary import BANDS, UNOBSERVED
from tests.backend.ground import DATES, clouds, write_masks, write_parcels, write_season
from tests.backend.recorder import Recorder
from tests.backend.series.conftest import ODD, interpolated

SPEC = ExtractionSpec(ImageryOptions())


def same(one, other):
    for name in ("reflectance", "position", "clear"):
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name))


def test_every_pixel_is_the_interpolated_image(season):
    image = interpolated(season.catalogue)
    index, store = season.store.index, season.store
    for parcel in range(len(index)):
        facts = index.iloc[parcel]
        where = slice(facts.first_pixel, facts.first_pixel + facts.n_pixels)
        row, column = (store.position[where].astype(int) + [facts.row_px, facts.column_px]).T
        expected = np.nan_to_num(np.moveaxis(image[:, :, row, column], 2, 0), nan=UNOBSERVED)
        assert np.abs(store.reflectance[where] - expected).max(initial=0) <= 0.51


def test_flags_and_shares(season):
    quality = season.store.index["quality"]
    expected = {
        "over_the_edge": "partly_outside", "outside": "outside", "sliver": "few_pixels",
        "null": "invalid_geometry", "bow_tie": "ok", "empty": "invalid_geometry",
    }  # fmt: skip
    assert {name: quality[season.row(name)] for name in ODD} == expected
    assert len(season.store.index) == len(season.layer.table)
    assert season.store.index["inside_share"][season.row("over_the_edge")] == pytest.approx(75 / 135)
    seen = ~np.stack([clouds(number)[0].astype(bool) for number in range(len(DATES))])
    facts = season.store.index.iloc[0]
    row, column = (season.store.position[: facts.n_pixels].astype(int) + [facts.row_px, facts.column_px]).T
    assert facts.observed == pytest.approx(seen[:, row, column].mean())


def test_a_parcel_that_no_date_saw(tmp_path):
    write_masks(tmp_path / "masks", share=1.0)
    options = ImageryOptions(masks=tmp_path / "masks")
    catalogue = find(write_season(tmp_path / "images"), options, Silent())
    layer = read(write_parcels(tmp_path / "p.gpkg", [ODD["bow_tie"]]))
    store = build(catalogue, layer, ExtractionSpec(options), tmp_path / "s.parcels", Silent())
    assert store.index["quality"].tolist() == ["no_clear_observation"]
    assert (store.reflectance == UNOBSERVED).all()


def test_a_calendar_is_interpolated_per_pixel(season):
    spec = ExtractionSpec(season.options, calendar="every:13")
    store = build(season.catalogue, season.layer, spec, season.folder / "calendar.parcels", Silent())
    assert store.days == tuple(range(2, 152, 13))
    image, days = interpolated(season.catalogue), season.catalogue.days
    row, column = (store.position[:30].astype(int) + store.index[["row_px", "column_px"]].to_numpy()[0]).T
    for pixel in np.flatnonzero(np.isfinite(image[0, 3, row, column])):
        expected = np.interp(store.days, days, image[:, 3, row[pixel], column[pixel]])
        assert np.abs(store.reflectance[pixel, :, 3] - expected).max() <= 1.01


def test_many_small_blocks_and_workers_give_the_same(season, monkeypatch):
    monkeypatch.setattr(extraction, "block_shape", lambda scene, grid: (17, 23))
    monkeypatch.setattr(extraction, "_IN_MEMORY", 0)  # all scratch in files
    spec = ExtractionSpec(season.options, workers=4)
    same(build(season.catalogue, season.layer, spec, season.folder / "small.parcels", Silent()), season.store)


def test_a_layer_laid_out_by_parts_is_the_one_laid_out_at_once(season, tmp_path, monkeypatch):
    twice = write_parcels(tmp_path / "twice.gpkg", [*season.layer.table.geometry, *season.layer.table.geometry[:3]])
    whole = build(season.catalogue, read(twice), SPEC, tmp_path / "whole.parcels", Silent())
    monkeypatch.setattr(chunk, "FEATURES", 4)
    parts = build(season.catalogue, read(twice), SPEC, tmp_path / "parts.parcels", Silent())
    assert len(list(parts.tables())) == 9
    same(parts, whole)
    pandas.testing.assert_frame_equal(parts.index, whole.index)
    kept = parts.parcels().reset_index(drop=True)
    geopandas.testing.assert_geodataframe_equal(kept, geopandas.read_file(twice), check_dtype=False)
    assert np.flatnonzero(parts.index["outline"].str.contains("duplicate")).tolist() == [0, 1, 2, 31, 32, 33]


def test_a_killed_run_goes_on_where_it_stopped(season, monkeypatch):
    monkeypatch.setattr(extraction, "block_shape", lambda scene, grid: (16, 16))
    path = season.folder / "killed.parcels"

    class Impatient(Recorder):
        def progress(self, fraction, stage, message=""):
            if fraction > 0.4:
                raise Cancelled

    spec = ExtractionSpec(season.options, workers=1)
    with pytest.raises(Cancelled):
        build(season.catalogue, season.layer, spec, path, Impatient())
    with pytest.raises(NotAStore, match="not finished"):
        stores.open_store(path)
    done = np.load(path / "done.npy")
    assert 0 < done.sum() < len(done)
    extracted = []
    real = extraction._extract_block
    monkeypatch.setattr(extraction, "_extract_block", lambda *a: (extracted.append(1), real(*a))[1])
    resumed = build(season.catalogue, season.layer, spec, path, Silent())
    assert len(extracted) == len(done) - done.sum()
    same(resumed, season.store)


def test_a_finished_store_is_used_as_it_is(season):
    recorder = Recorder()
    build(season.catalogue, season.layer, ExtractionSpec(season.options), season.store.path, recorder)
    assert "is used again" in recorder.logs[0]


def test_other_inputs_are_refused_or_replaced(season):
    path = season.folder / "other.parcels"
    shutil.copytree(season.store.path, path)
    with pytest.raises(StoreOfOtherInputs, match="bands"):
        build(season.catalogue, season.layer, ExtractionSpec(season.options, bands=("B04", "B08")), path, Silent())
    spec = ExtractionSpec(season.options, bands=("B04", "B08"), overwrite=True)
    store = build(season.catalogue, season.layer, spec, path, Silent())
    np.testing.assert_array_equal(store.reflectance, season.store.reflectance[:, :, [2, 6]])


def test_a_folder_of_something_else_is_left_alone(season, tmp_path):
    (tmp_path / "thesis.txt").write_text("three years of work")
    with pytest.raises(NotWritable, match="other files"):
        build(season.catalogue, season.layer, ExtractionSpec(season.options, overwrite=True), tmp_path, Silent())
    assert (tmp_path / "thesis.txt").exists()


def test_damaged_and_newer_stores(season, tmp_path):
    shutil.copytree(season.store.path, tmp_path / "s.parcels")
    manifest = tmp_path / "s.parcels" / "manifest.json"
    facts = json.loads(manifest.read_text())
    manifest.write_text(json.dumps({**facts, "schema": 99}))
    with pytest.raises(StoreTooNew, match="99"):
        stores.open_store(tmp_path / "s.parcels")
    manifest.write_text("{")
    with pytest.raises(NotAStore, match="manifest"):
        stores.open_store(tmp_path / "s.parcels")
    manifest.write_text(json.dumps(facts))
    (tmp_path / "s.parcels" / "reflectance.npy").write_bytes(b"\x93NUMPY")
    with pytest.raises(NotAStore, match="reflectance"):
        np.asarray(stores.open_store(tmp_path / "s.parcels").reflectance)


def damage(path):
    """Junk where the compressed pixels lie; the header stays whole."""
    content = bytearray(path.read_bytes())
    middle = len(content) // 2
    content[middle : middle + 4000] = b"\xff" * 4000
    path.write_bytes(content)


def test_a_damaged_image_is_named_or_left_out_of_all_parcels(tmp_path):
    images = write_season(tmp_path / "images", compress="deflate")
    damage(images / f"S2_{DATES[2]}.tif")
    catalogue = find(images, ImageryOptions(), Silent())
    layer = read(write_parcels(tmp_path / "p.gpkg", [ODD["bow_tie"]]))
    with pytest.raises(UnreadableImage, match=DATES[2]):
        build(catalogue, layer, ExtractionSpec(ImageryOptions()), tmp_path / "a.parcels", Silent())
    recorder = Recorder()
    skipping = ExtractionSpec(ImageryOptions(skip_unreadable=True))
    store = build(catalogue, layer, skipping, tmp_path / "b.parcels", recorder)
    assert [code for code, _ in recorder.warnings] == ["imagery.unreadable"]
    assert len(store.days) == len(DATES) - 1
    assert DATES[2] in store.manifest.left_out[0]
    (images / f"S2_{DATES[2]}.tif").unlink()
    whole = build(find(images, ImageryOptions(), Silent()), layer, skipping, tmp_path / "c.parcels", Silent())
    same(store, whole)


def test_disk_full_is_reported_before_anything_is_written(season, monkeypatch, tmp_path):
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage(100, 90, 10))
    with pytest.raises(DiskFull, match="needed"):
        build(season.catalogue, season.layer, ExtractionSpec(season.options), tmp_path / "s.parcels", Silent())
    assert not (tmp_path / "s.parcels" / "reflectance.npy").exists()


def test_missing_bands_and_parcels_elsewhere(season, tmp_path):
    with pytest.raises(MissingBands, match="B01"):
        build(
            season.catalogue,
            season.layer,
            ExtractionSpec(season.options, bands=(*BANDS, "B01")),
            tmp_path / "a",
            Silent(),
        )
    far = read(write_parcels(tmp_path / "far.gpkg", [ODD["outside"]]))
    with pytest.raises(ParcelsOutsideImagery, match="No parcel"):
        build(season.catalogue, far, ExtractionSpec(season.options), tmp_path / "b", Silent())
    assert not (tmp_path / "b").exists()


def test_axes_that_are_exchanged_are_reported(season, tmp_path):
    degrees = season.layer.table.to_crs("EPSG:4326").geometry[:5]
    turned = shapely.transform(np.asarray(degrees.array), lambda xy: xy[:, ::-1])
    layer = read(write_parcels(tmp_path / "turned.gpkg", turned, crs="EPSG:4326"))
    with pytest.raises(ParcelsOutsideImagery) as caught:
        build(season.catalogue, layer, SPEC, tmp_path / "b", Silent())
    assert "x and y exchanged" in caught.value.advice


@pytest.mark.parametrize("part", ["p.dbf", "p.prj"])
def test_a_change_of_any_of_a_shapefile_s_files_makes_other_inputs(season, tmp_path, part):
    path = write_parcels(tmp_path / "p.shp", season.layer.table.geometry[:5])
    build(season.catalogue, read(path), SPEC, tmp_path / "s", Silent())
    (tmp_path / part).touch()
    with pytest.raises(StoreOfOtherInputs, match="parcels"):
        build(season.catalogue, read(path), SPEC, tmp_path / "s", Silent())


def test_one_run_at_a_time_works_on_a_store(season, tmp_path):
    path = tmp_path / "s.parcels"
    with stores.locked(path), pytest.raises(NotWritable, match="another run"):
        build(season.catalogue, season.layer, SPEC, path, Silent())
    build(season.catalogue, season.layer, SPEC, path, Silent())
    assert [entry.name for entry in tmp_path.iterdir()] == ["s.parcels"]


def test_a_layout_cut_short_over_an_older_one_is_made_anew(season, tmp_path, monkeypatch):
    path = tmp_path / "s.parcels"
    build(season.catalogue, season.layer, SPEC, path, Silent())
    unfinished = replace(stores.read_manifest(path), complete=False)
    stores.write_json(path / "manifest.json", unfinished.to_document())
    (path / "done.npy").write_bytes((path / "clear.npy").read_bytes())
    monkeypatch.setattr(stores, "reserve", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
    monkeypatch.setattr(stores.shutil, "rmtree", lambda *_, **__: None)  # nobody clears up after a kill
    with pytest.raises(KeyboardInterrupt), stores.staging(path):
        stores.write_parcels(path, season.store.tables())
        stores.create(path, unfinished, season.store.index, season.store.position[:1], 1)
    monkeypatch.undo()
    same(build(season.catalogue, season.layer, SPEC, path, Silent()), season.store)


def test_scratch_that_the_disk_cannot_hold(season, tmp_path, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(extraction, "_IN_MEMORY", 0)
    monkeypatch.setattr(extraction, "reserve", full)
    with pytest.raises(DiskFull):
        build(season.catalogue, season.layer, SPEC, tmp_path / "s.parcels", Silent())


def test_a_disk_that_fills_up_at_the_very_end(season, tmp_path, monkeypatch):
    def full(*_args, **_kwargs):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(stores.Store, "replace_index", lambda *_: stores.write_beside(tmp_path / "index", full))
    with pytest.raises(DiskFull):
        build(season.catalogue, season.layer, SPEC, tmp_path / "s.parcels", Silent())


def test_a_manifest_that_lacks_a_part(tmp_path):
    stores.write_json(tmp_path / "manifest.json", {"schema": 1, "complete": True, "bands": []})
    with pytest.raises(NotAStore, match="lacks days"):
        stores.open_store(tmp_path)

"""Each layout as a store: its numbers against numpy's, its fields, its places."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import json
from datetime import date

import numpy as np
import pandas
import pytest
import torch

from backend.errors import NoPositions
from backend.published.importing import import_set
from backend.published.spec import ImportSpec
from backend.series.views import dataset_for
from backend.vocabulary import BANDS
from tests.backend.published import layouts
from tests.backend.published.layouts import DAYS, ISO, write_npz, write_patches, write_pixel_sets
from tests.backend.recorder import Recorder

CPU = torch.device("cpu")


def brought_in(path, folder, reporter=None, **spec):
    return import_set(path, ImportSpec(**spec), folder / "set.parcels", reporter or Recorder())


def filled(values, nodata=65535):
    """Each gap of `(samples, dates, bands)` by numpy.interp over the days: an independent filling."""
    out = values.astype(np.float64)
    for sample in range(len(values)):
        seen = (values[sample] != nodata).all(axis=1)
        for band in range(values.shape[2]):
            out[sample, :, band] = np.interp(DAYS, np.array(DAYS)[seen], values[sample, seen, band])
    return out


@pytest.fixture(scope="module")
def patches(tmp_path_factory):
    folder = tmp_path_factory.mktemp("patches")
    published = write_patches(folder / "s2-2017-IGARSS-NNI-NPY")
    return published, brought_in(published.path, folder)


@pytest.fixture(scope="module")
def pixel_sets(tmp_path_factory):
    folder = tmp_path_factory.mktemp("sets")
    published = write_pixel_sets(folder / "S2-2017-T31TFM-PixelSet")
    return published, brought_in(published.path, folder)


def test_the_patch_view_gives_the_published_patch_back_bit_for_bit(patches):
    published, store = patches
    dataset = dataset_for("patch", store)
    batch = dataset.batch(np.arange(len(dataset)), CPU)
    for place, name in enumerate(store.index["parcel_id"]):
        expected = torch.from_numpy(published.arrays[name].astype(np.float32)) * (1 / 10_000)
        assert torch.equal(batch.values[place], expected)
        assert torch.equal(batch.mask[place, 0, 0], torch.from_numpy(published.arrays[name].any(axis=(0, 1))))


def test_statistics_of_a_patch_are_numpys_over_the_pixels_inside(patches):
    published, store = patches
    found = dataset_for("statistics", store).batch(np.arange(len(store.index)), CPU).values.numpy()
    for place, name in enumerate(store.index["parcel_id"]):
        patch = published.arrays[name] / 10_000
        inside = patch[:, :, patch.any(axis=(0, 1))]
        expected = np.concatenate([inside.mean(axis=2), inside.std(axis=2)], axis=1)
        np.testing.assert_allclose(found[place], expected, rtol=2e-6, atol=1e-7)


def test_samples_stand_in_the_order_of_their_numbers_with_every_nomenclature(patches):
    published, store = patches
    parcels = store.parcels()
    assert parcels["id"].tolist() == sorted(published.arrays, key=int)
    assert parcels["label_44class"].tolist() == [published.labels[name] for name in parcels["id"]]
    assert parcels["label_19class"].tolist() == [published.labels[name] // 4 for name in parcels["id"]]
    assert parcels.geometry.isna().all()
    assert (store.days, store.bands, store.manifest.season) == (tuple(DAYS), BANDS, 2017)
    assert store.clear.all()


def test_pixel_sets_keep_each_pixel_and_know_no_patch(pixel_sets):
    published, store = pixel_sets
    for row in store.index.itertuples():
        pixels = store.reflectance[row.first_pixel : row.first_pixel + row.n_pixels]
        np.testing.assert_array_equal(pixels, published.arrays[row.parcel_id].transpose(2, 0, 1))
    with pytest.raises(NoPositions) as refused:
        dataset_for("patch", store)
    assert "pixel_set or statistics" in refused.value.advice


def test_published_figures_become_our_geometry(pixel_sets):
    published, store = pixel_sets
    geometry = dataset_for("pixel_set", store).batch(np.arange(len(store.index)), CPU).geometry.numpy()
    size = np.array([published.arrays[name].shape[2] for name in store.index["parcel_id"]], np.float64)
    # a square of `size` pixels of 10 m: perimeter, area, perimeter by area, and pixels by those of the box
    expected = np.stack([40 * size**0.5, 100 * size, 0.4 / size**0.5, size / (size + 7)], axis=1)
    np.testing.assert_allclose(geometry, expected, rtol=1e-6)


def test_hyperparameters_in_another_order_are_not_used(tmp_path):
    published = write_pixel_sets(tmp_path / "set")
    path = published.path / "META" / "geomfeat.json"
    figures = json.loads(path.read_text())
    path.write_text(json.dumps({name: row[::-1] for name, row in figures.items()}))
    reporter = Recorder()
    store = brought_in(published.path, tmp_path, reporter)
    assert [code for code, _ in reporter.warnings] == ["import.other_figures"]
    assert (store.index["area_m2"] == 0).all()


def test_without_figures_the_geometry_is_finite(tmp_path):
    published = write_pixel_sets(tmp_path / "set", geometry=False)
    reporter = Recorder()
    store = brought_in(published.path, tmp_path, reporter)
    assert any("geomfeat.json does not exist" in line for line in reporter.logs)
    assert torch.isfinite(dataset_for("pixel_set", store).batch(np.arange(18), CPU).geometry).all()


@pytest.mark.parametrize("kind", ["npz", "wide.csv", "wide.parquet", "long.csv", "long.parquet"])
def test_a_table_gives_filled_series_with_its_points_and_fields(kind, tmp_path):
    if kind == "npz":
        path = tmp_path / "set.npz"
        values, fields = write_npz(path)
    else:
        values, fields = layouts.series()
        table = (layouts.wide if kind.startswith("wide") else layouts.long)(values, fields)
        path = tmp_path / kind
        table.to_csv(path, index=False) if kind.endswith("csv") else table.to_parquet(path)
    reporter = Recorder()
    store = brought_in(path, tmp_path, reporter, nodata=65535)
    order = [fields["sample_id"].tolist().index(name) for name in store.index["parcel_id"]]
    assert np.abs(store.reflectance[:] - filled(values)[order]).max() <= 0.5 + 1e-6
    np.testing.assert_array_equal(store.clear, (values != 65535).all(axis=2)[order])
    parcels = store.parcels()
    pandas.testing.assert_frame_equal(
        pandas.DataFrame(parcels[fields.columns]).reset_index(drop=True),
        fields.iloc[order].reset_index(drop=True),
        check_dtype=False,
    )
    assert parcels.crs.to_epsg() == 4326
    np.testing.assert_allclose(parcels.geometry.x, fields["lon"].iloc[order])
    assert set(store.index["quality"]) == {"ok"}
    assert [a.date.isoformat() for a in store.manifest.sentinel_2.acquisitions] == list(ISO)
    if kind.startswith("long"):
        assert any("VH" in line for line in reporter.logs)


def test_a_row_never_observed_is_flagged_and_a_missing_column_is_a_gap(tmp_path):
    values, fields = layouts.series()
    values[4] = 65535
    table = layouts.wide(values, fields).drop(columns="B4_20170831")
    table.to_parquet(tmp_path / "wide.parquet")
    store = brought_in(tmp_path / "wide.parquet", tmp_path, nodata=65535)
    assert store.index["quality"][4] == "no_clear_observation"
    assert not store.clear[:, 4].any()


def test_dates_are_shifted_then_chosen_and_months_stand_for_their_middle(tmp_path):
    months = np.array(["2016-12-31", "2017-01-31", "2017-02-28", "2017-03-31", "2017-04-30", "2017-12-31"])
    write_npz(tmp_path / "ends.npz", dates=months)
    span = {"start": date(2017, 1, 1), "end": date(2017, 12, 31)}
    store = brought_in(tmp_path / "ends.npz", tmp_path, shift_days=15, **span)
    assert store.days == (14, 45, 73, 104, 134)  # 15 January, 15 February, 15 March, 15 April, 15 May
    write_npz(tmp_path / "named.npz", dates=np.array([f"2017-0{month}" for month in (5, 4, 3, 2, 1, 6)]))
    (tmp_path / "second").mkdir()
    store = brought_in(tmp_path / "named.npz", tmp_path / "second")
    assert store.days == (14, 45, 73, 104, 134, 165)
    values, _ = layouts.series()
    first = np.nonzero((values[:, 4] != 65535).all(axis=1))[0]  # the file's fifth month is January
    np.testing.assert_array_equal(store.reflectance[first, 0], values[first, 4])


def test_bands_are_sorted_and_radar_is_left_out_with_a_word(tmp_path):
    values, _ = layouts.series()
    bands = ["VV", "B12", *BANDS[:7]]
    reporter = Recorder()
    write_npz(tmp_path / "set.npz", X=values[:, :, [0, 9, *range(7)]], bands=np.array(bands))
    store = brought_in(tmp_path / "set.npz", tmp_path, reporter)
    assert store.bands == (*BANDS[:7], "B12")
    sample, day = np.argwhere((values != 65535).all(axis=2))[0]
    np.testing.assert_array_equal(store.reflectance[sample, day], values[sample, day, [*range(7), 9]])
    assert any("VV" in line for line in reporter.logs)


@pytest.mark.parametrize("kind", ["npz", "patches", "pixel_sets"])
def test_a_band_without_any_data_is_left_out_and_named(kind, tmp_path):
    """Before, every parcel of such a set was flagged no_clear_observation."""
    if kind == "npz":
        values, _ = layouts.series()
        values[:, :, [3, 9]] = 65535
        write_npz(tmp_path / "set.npz", X=values)
        path, spec = tmp_path / "set.npz", {}
    else:
        published = getattr(layouts, f"write_{kind}")(tmp_path / "set")
        for name, array in published.arrays.items():
            inside = array.any(axis=(0, 1))
            array[:, [3, 9]] = np.where(inside, 65535, 0)
            np.save(published.path / "DATA" / f"{name}.npy", array)
        path, spec = published.path, {"nodata": 65535}
    reporter = Recorder()
    store = brought_in(path, tmp_path, reporter, **spec)
    [message] = [message for code, message in reporter.warnings if code == "import.band_without_data"]
    assert "no data at all in B05, B12" in message
    kept = [0, 1, 2, 4, 5, 6, 7, 8]
    assert store.bands == tuple(BANDS[place] for place in kept)
    assert store.manifest.sentinel_2.bands_without_data == ("B05", "B12")
    assert "no_clear_observation" not in set(store.index["quality"])
    if kind == "npz":
        seen = (values[:, :, kept] != 65535).all(axis=2)
        np.testing.assert_array_equal(store.clear, seen)
        np.testing.assert_array_equal(store.reflectance[:][seen], values[:, :, kept][seen])


def test_a_set_without_any_data_keeps_its_bands(tmp_path):
    values, _ = layouts.series()
    write_npz(tmp_path / "set.npz", X=np.full_like(values, 65535))
    reporter = Recorder()
    store = brought_in(tmp_path / "set.npz", tmp_path, reporter)
    assert store.bands == BANDS and set(store.index["quality"]) == {"no_clear_observation"}
    assert not store.manifest.sentinel_2.bands_without_data
    assert "import.band_without_data" not in dict(reporter.warnings)


@pytest.mark.parametrize(("factor", "spec"), [(1e-4, {}), (2e-4, {"scale": 0.5}), (1, {})])
def test_reflectances_and_other_scales_come_to_the_same(factor, spec, tmp_path):
    values, _ = layouts.series()
    numbers = np.where(values == 65535, np.nan, values * factor)
    write_npz(tmp_path / "set.npz", X=numbers, nodata=None)
    store = brought_in(tmp_path / "set.npz", tmp_path, **spec)
    assert np.abs(store.reflectance[:] - filled(values)).max() <= 0.5 + 1e-3


def test_an_offset_is_added(tmp_path):
    values, _ = layouts.series()
    write_npz(tmp_path / "set.npz")
    store = brought_in(tmp_path / "set.npz", tmp_path, offset=-0.1)
    assert np.abs(store.reflectance[:] - (filled(values) - 1000)).max() <= 0.5 + 1e-6


def test_undeclared_fill_values_are_not_taken_for_reflectance(tmp_path):
    write_npz(tmp_path / "set.npz", nodata=None)
    reporter = Recorder()
    store = brought_in(tmp_path / "set.npz", tmp_path, reporter)
    assert [code for code, _ in reporter.warnings] == ["import.saturated"]
    values, _ = layouts.series()
    assert np.abs(store.reflectance[:] - filled(values)).max() <= 0.5 + 1e-6


def test_fields_join_by_id_where_the_file_has_ids(tmp_path):
    values, fields = layouts.series()
    write_npz(tmp_path / "set.npz", sample_id=fields["sample_id"].to_numpy().astype(str), y=np.arange(18))
    fields.iloc[::-1].to_csv(tmp_path / "set_labels.csv", index=False)
    parcels = brought_in(tmp_path / "set.npz", tmp_path).parcels()
    assert parcels["crop"].tolist() == fields["crop"].tolist()
    assert parcels["y"].tolist() == list(range(18))


def test_projected_coordinates_need_their_system(tmp_path):
    values, fields = layouts.series()
    fields = fields.rename(columns={"lon": "x", "lat": "y"}).assign(x=500_000.0, y=5_000_000.0)
    layouts.wide(values, fields).to_csv(tmp_path / "wide.csv", index=False)
    assert brought_in(tmp_path / "wide.csv", tmp_path).parcels().geometry.isna().all()
    (tmp_path / "placed").mkdir()
    parcels = brought_in(tmp_path / "wide.csv", tmp_path / "placed", crs="EPSG:32631").parcels()
    assert parcels.crs.to_epsg() == 32631
    assert (parcels.geometry.x == 500_000).all()

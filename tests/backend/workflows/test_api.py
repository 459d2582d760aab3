"""The public Python API: the page's example, options that are data, errors with codes, nothing heavy at import."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import re
import subprocess
import sys
from datetime import date
from pathlib import Path

import geopandas
import numpy as np
import pandas
import pytest

import backend
from backend.errors import BadArgument, StoreOfOtherInputs, UnreadableDate
from backend.series.store import open_store
from backend.workflows.arguments import typed
from tests.backend.recorder import Recorder

ROOT = Path(__file__).resolve().parents[3]


def test_the_example_of_the_page_runs(tmp_path, monkeypatch, capsys):
    (example,) = re.findall(r"```python\n(.*?)```", (ROOT / "docs" / "api.md").read_text(encoding="utf-8"), re.DOTALL)
    monkeypatch.chdir(tmp_path)
    values: dict[str, object] = {}
    exec(compile(example, "docs/api.md", "exec"), values)
    printed = capsys.readouterr().out
    assert "6 acquisitions of season" in printed and "overall accuracy on" in printed
    assert (tmp_path / "crops_report.html").exists()
    assert np.isclose(sum(values["first"].probabilities), 1, atol=1e-5)


def test_importing_the_package_loads_nothing_heavy():
    script = "import backend, sys; assert 'train' in dir(backend); print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    assert {"torch", "numpy", "click", "rasterio"} & set(done.stdout.split()) == set()


def test_a_name_that_is_not_there():
    with pytest.raises(AttributeError, match="no attribute 'clasify'"):
        _ = backend.clasify


def test_an_open_table_gives_the_store_of_its_file(region, tmp_path):
    table = geopandas.read_file(region.parcels)
    made = backend.extract(region.images, table, tmp_path / "open.parcels", masks=region.masks)
    assert made.parcels == 38 and made.quality == {"ok": 36, "outside": 1, "invalid_geometry": 1}
    ours, files = open_store(made.store), open_store(region.store)
    np.testing.assert_array_equal(ours.reflectance, files.reflectance)
    pandas.testing.assert_series_equal(ours.index["n_pixels"], files.index["n_pixels"])
    recorder = Recorder()
    backend.extract(region.images, table, tmp_path / "open.parcels", masks=region.masks, reporter=recorder)
    assert "is used again" in recorder.logs[-1]
    changed = table.assign(geometry=table.geometry.translate(10, 0))
    with pytest.raises(StoreOfOtherInputs):
        backend.extract(region.images, changed, tmp_path / "open.parcels", masks=region.masks)


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ({"filling": "nearest"}, ("series", "filling", "nearest")),
        ({"mask_dilation_m": 100.0}, ("masks", "mask_dilation_m", 100.0)),
        ({"inner_buffer_m": 20.0}, ("inputs", "inner_buffer_m", 20.0)),
        ({"max_gap_days": 0}, ("series", "max_gap_days", None)),
        ({"remove_outliers": False}, ("series", "remove_outliers", False)),
        ({"scl_classes": "4,5,6,7"}, ("masks", "scl_classes", (4, 5, 6, 7))),
    ],
)
def test_what_is_given_is_kept_and_not_taken_for_the_model_s(region, trained_otherwise, tmp_path, given, kept):
    """The defaults of a command line too: whether an option was given is data, for every caller."""
    backend.classify(
        region.images,
        trained_otherwise,
        tmp_path / "crops.gpkg",
        region.parcels,
        masks=region.masks,
        store=tmp_path / "series.parcels",
        device="cpu",
        **given,
    )
    manifest = open_store(tmp_path / "series.parcels").manifest
    series = manifest.sentinel_2.series
    part, name, value = kept
    parts = {"series": series, "masks": manifest.sentinel_2.masks, "inputs": manifest}
    assert getattr(parts[part], name) == value
    others = {"filling": "whittaker", "max_gap_days": 50, "remove_outliers": True}
    for other in set(others) - set(given):
        assert getattr(series, other) == others[other]


@pytest.fixture(scope="module")
def trained_otherwise(region, tmp_path_factory) -> Path:
    """A model whose series were made with none of the defaults."""
    folder = tmp_path_factory.mktemp("otherwise")
    options = {"filling": "whittaker", "max_gap_days": 50, "remove_outliers": True, "scl_classes": (4, 5)}
    backend.extract(
        region.images,
        region.parcels,
        folder / "series.parcels",
        masks=region.masks,
        mask_dilation_m=10,
        inner_buffer_m=5,
        **options,
    )
    output = folder / "forest.cropmodel"
    backend.train(folder / "series.parcels", "CODE_CULTU", output, model="random-forest", class_table="paper")
    return output


def test_kept_series_are_replaced_by_those_of_other_options(region, tmp_path):
    def run(**options):
        return backend.classify(
            region.images,
            region.model,
            tmp_path / "crops.gpkg",
            region.parcels,
            keep_series=True,
            device="cpu",
            **options,
        )

    first = run(masks=region.masks)
    assert first.store == tmp_path / "crops.parcels"
    assert open_store(first.store).manifest.sentinel_2.series.filling == "linear"
    again = run(masks=region.masks, filling="nearest")
    assert open_store(again.store).manifest.sentinel_2.series.filling == "nearest"
    with pytest.raises(BadArgument, match="keep_series"):
        run(store=tmp_path / "mine.parcels")


def test_evaluation_of_an_open_table(tmp_path):
    table = pandas.DataFrame({"crop": ["a", "a", "b", None], "crop_code": ["a", "b", "b", "a"]})
    found = backend.evaluate(table, "crop", report=tmp_path / "page.html")
    assert found.scores["oa"] == pytest.approx(2 / 3) and found.scores["parcels"] == 3
    with pytest.raises(BadArgument, match="report"):
        backend.evaluate(table, "crop")


def test_texts_become_what_the_specs_take():
    given = typed({"start": "20180501", "exclude": "2018-05-01, 2018-06-02", "masks": "m", "band_names": "B2,B8a"})
    assert given["start"] == date(2018, 5, 1) and given["exclude"] == (date(2018, 5, 1), date(2018, 6, 2))
    assert given["masks"] == Path("m") and given["band_names"] == ("B02", "B8A")
    assert typed({"season": None, "exclude": (), "offset": 0.0, "overwrite": False}) == {
        "offset": 0.0,
        "overwrite": False,
    }
    with pytest.raises(UnreadableDate):
        typed({"end": "yesterday"})


@pytest.mark.parametrize(
    "call",
    [
        lambda: backend.inspect("images", maskes="m"),
        lambda: backend.extract("images", "parcels.gpkg", "s.parcels", epochs=3),
        lambda: backend.train("s.parcels", "crop", "m.cropmodel", filling="linear"),
        lambda: backend.classify("s.parcels", "m.cropmodel", "o.gpkg", epochs=3),
        lambda: backend.evaluate("p.gpkg", "crop", device="cpu"),
        lambda: backend.experiment("table2", "out", "s.parcels", "crop", filling="linear"),
        lambda: backend.simulate("out", cows=3),
        lambda: backend.import_series("set", "s.parcels", filling="linear"),
    ],
)
def test_an_option_of_another_command_is_refused_by_name(call):
    with pytest.raises(BadArgument, match="maskes|epochs|filling|device|cows"):
        call()

"""What `inspect` says of each acquisition is what `extract` does with it."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from datetime import date

import numpy as np
import pytest

from backend import errors
from backend.commands.inspect import _text
from backend.imagery.acquisition import ImageryOptions
from backend.imagery.catalogue import find
from backend.series import acceptance
from backend.vocabulary import BANDS
from backend.workflows.extract import ExtractSpec, make_store
from backend.workflows.inspect import InspectSpec, inspect
from tests.backend.ground import DATES, FLANDERS, SIZE_PX, counts, outlines, write_parcels, write_raster, write_season
from tests.backend.recorder import Recorder

FIELD = np.array([300, 600, 400, 1000, 2500, 3000, 3200, 3400, 2000, 900])  # counts of a green field, by band
DAYS = [f"{text[:4]}-{text[4:6]}-{text[6:]}" for text in DATES]


def write(folder, dates, dtype="float32", nodata=None):
    for day, spectrum in zip(DATES, dates):
        planes = spectrum if np.ndim(spectrum) == 3 else np.reshape(spectrum, (10, 1, 1))
        plane = np.broadcast_to(planes, (10, SIZE_PX, SIZE_PX))
        write_raster(folder / f"S2_{day}.tif", plane.astype(dtype), BANDS, nodata=nodata)


def looked_at(folder, **options):
    return inspect(InspectSpec.of(imagery=folder, **options), Recorder())


def extracted(tmp_path, **options):
    parcels = write_parcels(tmp_path / "fields.gpkg", outlines())
    spec = ExtractSpec.of(imagery=tmp_path / "images", parcels=parcels, output=tmp_path / "s.parcels", **options)
    return make_store(spec, Recorder())


def verdicts(found):
    return {row["date"]: (row["extract"], row["extract_code"]) for row in found.acquisitions}


def test_a_season_that_can_be_used(tmp_path):
    write_season(tmp_path)
    found = looked_at(tmp_path)
    assert set(verdicts(found).values()) == {("used", None)} and found.extract_refuses is None


def test_every_date_that_extract_would_refuse_one_after_the_other(tmp_path):
    write(tmp_path / "images", [FIELD, FIELD + 1000, FIELD * 1.02, FIELD // 10, FIELD * 0.98], "uint16")
    found = looked_at(tmp_path / "images")
    refused = ("refused", "imagery.implausible")
    assert list(verdicts(found).values()) == [
        ("used", None), refused, ("used", None), refused, ("used", None),
    ]  # fmt: skip
    assert f"on {DAYS[1]} all bands differ by +0.1" in found.acquisitions[1]["extract_reason"]
    with pytest.raises(errors.ImplausibleValues) as raised:
        extracted(tmp_path)
    assert found.extract_refuses == f"{raised.value.message} {raised.value.advice}"
    assert f"refused [imagery.implausible]: on {DAYS[1]}" in _text(found)


def test_what_is_skipped_is_left_out_of_both(tmp_path):
    write(tmp_path / "images", [FIELD, FIELD + 1000, FIELD * 1.02, FIELD // 10, FIELD * 0.98], "uint16")
    found = looked_at(tmp_path / "images", skip_unreadable=True)
    assert found.extract_refuses is None
    used = [date.fromisoformat(day) for day, (outcome, _) in verdicts(found).items() if outcome == "used"]
    store = extracted(tmp_path, skip_unreadable=True)
    assert [a.date for a in store.manifest.sentinel_2.acquisitions] == used
    assert len(used) == 3


def test_a_scale_that_is_given_is_believed(tmp_path):
    write(tmp_path, [FIELD, FIELD * 1.02, FIELD + 1000, FIELD * 0.98, FIELD])
    found = looked_at(tmp_path, scale=1e-4, offset=-0.0001)
    assert verdicts(found)[DAYS[2]] == ("used", "imagery.implausible") and found.extract_refuses is None


def test_a_season_in_another_scale(tmp_path):
    write(tmp_path, [FIELD * 6.5535] * 3)
    found = looked_at(tmp_path)
    assert set(verdicts(found).values()) == {("refused", "imagery.implausible_season")}
    assert "over the season the median of the brightest band, B8A" in found.extract_refuses
    assert _text(found).count("over the season") == 1


def test_numbers_that_are_not_reflectance_are_named(tmp_path):
    plane = np.broadcast_to(FIELD[:, None, None], (10, SIZE_PX, SIZE_PX)).astype(np.float64)
    filled = plane.copy()
    filled[:, :, 30:] = -9999
    write(tmp_path, [plane, filled, plane], "int16")
    row = looked_at(tmp_path).acquisitions[1]
    assert (row["extract"], row["extract_code"]) == ("used", "imagery.undeclared_fill")
    assert "%: -0.9999)" in row["extract_reason"]


def test_a_date_that_lacks_bands_is_refused_whatever_is_skipped(tmp_path):
    write_season(tmp_path, DATES[:2])
    write_raster(tmp_path / f"S2_{DATES[2]}.tif", counts(2)[:4], BANDS[:4])
    found = looked_at(tmp_path, skip_unreadable=True)
    assert verdicts(found)[DAYS[2]] == ("refused", "imagery.missing_bands")
    assert verdicts(found)[DAYS[0]] == ("used", None)
    assert "lacks the bands" in found.extract_refuses and "--bands" in found.extract_refuses


def test_an_image_that_is_damaged(tmp_path):
    path = write_season(tmp_path, DATES[:3], compress="deflate") / f"S2_{DATES[1]}.tif"
    content = bytearray(path.read_bytes())
    content[len(content) // 4 : len(content) // 3] = bytes(len(content) // 3 - len(content) // 4)
    path.write_bytes(content)
    assert verdicts(looked_at(tmp_path))[DAYS[1]] == ("refused", "imagery.unreadable")
    assert verdicts(looked_at(tmp_path, skip_unreadable=True))[DAYS[1]] == ("left out", "imagery.unreadable")


def test_skipped_files_that_stop_an_extraction_and_others(tmp_path):
    write_season(tmp_path, DATES[:2])
    write_raster(tmp_path / f"S2A_MSIL1C_{DATES[2]}T105031_N0204_R051_T31UFS_{DATES[2]}T105031.tif", counts(2), BANDS)
    write_raster(tmp_path / f"S2_{DATES[3]}.tif", counts(3)[:3], ["B02", "B02", "B03"])
    found = looked_at(tmp_path)
    said = {entry["code"]: entry["extract"] for entry in found.skipped}
    assert said == {"imagery.unsupported_product": "left out", "imagery.bad_metadata": "refused"}
    text = _text(found)
    assert "skipped S2A_MSIL1C" in text and f"refused S2_{DATES[3]}.tif [imagery.bad_metadata]" in text
    skipping = looked_at(tmp_path, skip_unreadable=True)
    assert {entry["extract"] for entry in skipping.skipped} == {"left out"} and skipping.extract_refuses is None


def test_few_pixels_of_a_large_image_are_read(tmp_path, monkeypatch):
    size = 2000
    for day in DATES[:2]:
        plane = np.broadcast_to(FIELD[:, None, None], (10, size, size)).astype(np.uint16)
        options = {"tiled": True, "blockxsize": 256, "blockysize": 256, "compress": "deflate"}
        write_raster(tmp_path / f"S2_{day}.tif", plane, BANDS, **options)
    read = []
    whole = acceptance.read_acquisition
    monkeypatch.setattr(
        acceptance, "read_acquisition", lambda *given: read.append(given[3].width * given[3].height) or whole(*given)
    )
    catalogue = find(tmp_path, ImageryOptions(), Recorder())
    found = acceptance.judge(catalogue, ImageryOptions(), BANDS, Recorder())
    assert [verdict.outcome for verdict in found] == ["used", "used"]
    assert len(read) == 2 * 3 and sum(read) < 0.001 * 2 * size * size


@pytest.mark.skipif(not FLANDERS.exists(), reason="the Flemish images are not beside this checkout")
def test_a_real_season_is_used():
    found = looked_at(FLANDERS / "s2")
    assert len(found.acquisitions) == 118 and set(verdicts(found).values()) == {("used", None)}

"""VRTs: the rasters they are made of count once, whether a date, a band of a date or a whole season is put together."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from rasterio.windows import Window

from backend import errors
from backend.imagery.acquisition import ImageryOptions
from backend.imagery.blocks import read_acquisition
from backend.imagery.catalogue import find
from backend.vocabulary import BANDS
from tests.backend.ground import CRS, DATES, SIZE_PX, X0, Y0, counts, write_raster, write_season
from tests.backend.recorder import Recorder

WHOLE = Window(0, 0, SIZE_PX, SIZE_PX)


def write_vrt(path: Path, layers: list[tuple[str, int, str]]) -> Path:
    """A VRT of (file relative to it, its layer, description), as gdalbuildvrt writes them."""
    bands = "".join(
        f'<VRTRasterBand dataType="UInt16" band="{number}"><Description>{name}</Description>'
        "<NoDataValue>0</NoDataValue>"
        f'<SimpleSource><SourceFilename relativeToVRT="1">{file}</SourceFilename><SourceBand>{layer}</SourceBand>'
        "</SimpleSource></VRTRasterBand>"
        for number, (file, layer, name) in enumerate(layers, start=1)
    )
    place = f"<SRS>{CRS}</SRS><GeoTransform>{X0}, 10, 0, {Y0}, 0, -10</GeoTransform>"
    path.write_text(f'<VRTDataset rasterXSize="{SIZE_PX}" rasterYSize="{SIZE_PX}">{place}{bands}</VRTDataset>')
    return path


def check(source: Path, **options) -> None:
    recorder = Recorder()
    catalogue = find(source, ImageryOptions(**options), recorder)
    assert [a.day.strftime("%Y%m%d") for a in catalogue.acquisitions] == list(DATES)
    for number, acquisition in enumerate(catalogue.acquisitions):
        assert len(acquisition.scenes) == 1
        values, clear = read_acquisition(acquisition, BANDS, catalogue.grid, WHOLE)
        np.testing.assert_array_equal(values, counts(number))
        assert clear.all()
    assert [code for code, _ in recorder.warnings] == ["imagery.no_mask"]


def test_a_vrt_per_date_beside_the_bands_it_is_made_of(tmp_path):
    for number, stamp in enumerate(DATES):
        for band, plane in zip(BANDS, counts(number)):
            write_raster(tmp_path / "bands" / f"T31_{stamp}_{band}.tif", plane[None])
        write_vrt(tmp_path / f"S2_{stamp}.vrt", [(f"bands/T31_{stamp}_{band}.tif", 1, band) for band in BANDS])
    check(tmp_path)


@pytest.mark.parametrize("named", [True, False])
def test_one_vrt_of_all_dates(tmp_path, named):
    write_season(tmp_path / "images")
    layers = [
        (f"images/S2_{stamp}.tif", index, f"{stamp} {band}" if named else "")
        for stamp in DATES
        for index, band in enumerate(BANDS, start=1)
    ]
    path = write_vrt(tmp_path / "season.vrt", layers)
    dates = tmp_path / "dates.txt"
    dates.write_text("\n".join(DATES))
    check(path, **({} if named else {"dates_file": dates, "band_names": BANDS}))
    if named:
        check(tmp_path)


def test_a_part_that_is_missing_is_no_silent_hole(tmp_path):
    write_season(tmp_path / "images", DATES[:1])
    write_vrt(tmp_path / f"S2_{DATES[0]}.vrt", [(f"images/S2_{DATES[0]}.tif", 1, "B02"), ("gone.tif", 1, "B03")])
    catalogue = find(tmp_path, ImageryOptions(), Recorder())
    with pytest.raises(errors.UnreadableImage, match=r"S2_20170103\.vrt"):
        read_acquisition(catalogue.acquisitions[0], ("B02", "B03"), catalogue.grid, WHOLE)

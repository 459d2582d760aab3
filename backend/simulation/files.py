"""Writes a simulated region: images, masks, parcel layer and a README, all of which state that it is simulated."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

import geopandas as gpd
import numpy as np
import pyogrio
import rasterio
from numpy.typing import NDArray
from rasterio import Affine
from rasterio.io import DatasetWriter

from backend.errors import DiskFull, NotWritable
from backend.files import refusal
from backend.simulation.acquisitions import Acquisition
from backend.simulation.spec import NOTICE, SimulationSpec
from backend.vocabulary import BANDS

CRS = "EPSG:32631"
EAST_M, SOUTH_M = (
    648_000.0,
    5_048_000.0,
)  # lower left corner: inside the paper's tile T31TFM, where nothing of this exists
LAYER, CLASS_FIELD, PREVIOUS_FIELD = "parcels", "CODE_CULTU", "CULTU_PREC"
MARKER = "simulated_region.json"  # by this file an own output is known again
_README = """\
SIMULATED REGION
================

{notice}

Fields, crops, clouds and reflectances were drawn at random by the `simulate` command of Crop Classifier
({parcels} parcels, {dates} dates, seed {seed}, year {year}). Use it to try the software, to test and to measure speed.
Scores on it say nothing about real fields.

imagery/S2_L2A_YYYYMMDD.tif  one image per date: 10 bands ({bands}), 10 m, reflectance x 10,000, 0 is no data
masks/SCL_YYYYMMDD.tif       scene classification with Sen2Cor's classes, 20 m; like the real one it misses some clouds
parcels.gpkg                 layer `parcels`: ID_PARCEL, SURF_PARC (ha), CODE_CULTU (declared crop), CODE_GROUP
"""
_README_YEARS = """\

Each of the {years} years has a folder with these files: the same fields, their crops drawn from a crop rotation. From
the second year on, CULTU_PREC holds the crop declared the year before.
"""


@contextmanager
def replacing(output: Path, needed_mb: float) -> Iterator[Path]:
    """A folder beside `output` that replaces it at the end; a killed run leaves the old state.

    Raises NotWritable when the output holds anything but an earlier simulated region, or cannot be written, and
    DiskFull when the disk has less than `needed_mb` left.
    """
    _refuse_foreign_folder(output)
    draft, old = output.with_name(f".{output.name}.unfinished"), output.with_name(f".{output.name}.replaced")
    try:
        if old.exists() and not output.exists():  # killed between the two moves at the end
            old.rename(output)
        _clear(draft)
        draft.mkdir(parents=True)
        _check_space(draft, needed_mb)
        yield draft
        _clear(old)
        if output.exists():
            output.rename(old)
        draft.rename(output)
    except OSError as error:
        raise refusal(output, error) from error
    finally:
        _clear(draft)
        _clear(old)


def write_image(folder: Path, acquisition: Acquisition, numbers: NDArray[np.uint16]) -> None:
    """`S2_L2A_YYYYMMDD.tif` from digital numbers (10, rows, columns)."""
    path = folder / f"S2_L2A_{acquisition.stamp}.tif"
    with _geotiff(path, numbers, 10.0, predictor=2) as image:
        image.descriptions = BANDS
        image.update_tags(SCALE="0.0001", **_tags(acquisition))
        image.write(numbers)


def write_mask(folder: Path, acquisition: Acquisition, classes: NDArray[np.uint8]) -> None:
    """`SCL_YYYYMMDD.tif` from scene classes (rows, columns) at 20 m."""
    with _geotiff(folder / f"SCL_{acquisition.stamp}.tif", classes[None], 20.0) as mask:
        mask.descriptions = ("SCL",)
        mask.update_tags(**_tags(acquisition))
        mask.write(classes, 1)


def write_parcels(path: Path, parcels: gpd.GeoDataFrame) -> None:
    """The parcel layer; its metadata state that it is simulated."""
    pyogrio.write_dataframe(
        parcels,
        path,
        layer=LAYER,
        layer_options={"IDENTIFIER": "Simulated parcels", "DESCRIPTION": NOTICE},
        layer_metadata={"SIMULATED": NOTICE},
    )


def write_notice(folder: Path, spec: SimulationSpec, years: int = 1) -> None:
    """README.txt for people and the marker for the next run."""
    text = _README.format(notice=NOTICE, bands=" ".join(BANDS), **asdict(spec))
    facts = {"simulated": True, **asdict(spec)}
    if years > 1:
        text += _README_YEARS.format(years=years)
        facts["years"] = years
    (folder / "README.txt").write_text(text, encoding="utf-8")
    (folder / MARKER).write_text(json.dumps(facts, indent=1), encoding="utf-8")


def _tags(acquisition: Acquisition) -> dict[str, str]:
    when = acquisition.when.isoformat()
    zenith, azimuth = f"{acquisition.sun_zenith_deg:.2f}", f"{acquisition.sun_azimuth_deg:.2f}"
    sun = {"SUN_ZENITH": zenith, "SUN_AZIMUTH": azimuth}
    return {"ACQUISITION": when, "PLATFORM": acquisition.platform, "SIMULATED": NOTICE, **sun}


def _geotiff(
    path: Path, values: NDArray[np.uint16] | NDArray[np.uint8], pixel_m: float, predictor: int = 1
) -> DatasetWriter:
    bands, rows, columns = values.shape
    block = 512 if min(rows, columns) >= 512 else 256
    return rasterio.open(
        path,
        "w",
        driver="GTiff",
        dtype=values.dtype,
        count=bands,
        height=rows,
        width=columns,
        crs=CRS,
        transform=Affine(pixel_m, 0, EAST_M, 0, -pixel_m, SOUTH_M + rows * pixel_m),
        nodata=0,
        compress="deflate",
        zlevel=1,  # noise hardly compresses better at the usual level, and takes three times as long
        predictor=predictor,
        tiled=True,
        blockxsize=block,
        blockysize=block,
    )


def _refuse_foreign_folder(output: Path) -> None:
    if output.is_dir():
        if any(output.iterdir()) and not (output / MARKER).is_file():
            raise NotWritable(output, "the folder holds other files and is not a simulated region")
    elif output.exists():
        raise NotWritable(output, "a file of that name is in the way")


def _check_space(folder: Path, needed_mb: float) -> None:
    free_mb = shutil.disk_usage(folder).free / 1e6
    if free_mb < needed_mb:
        raise DiskFull(folder.parent, needed_mb, free_mb)


def _clear(folder: Path) -> None:
    if folder.exists():
        shutil.rmtree(folder)

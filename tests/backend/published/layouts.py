"""Small made-up data sets in the exact layouts that others publish, with what they hold."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas

from backend.vocabulary import BANDS

DATES = ("20170103", "20170213", "20170414", "20170602", "20170831", "20171015")
ISO = tuple(f"{day[:4]}-{day[4:6]}-{day[6:]}" for day in DATES)
DAYS = [2, 43, 103, 152, 242, 287]  # since 1 January, from a calendar
CANADA = Path(__file__).resolve().parents[3] / "../shared/data/canada2017_series"


@dataclass(frozen=True)
class Published:
    """`arrays` are the files as they stand; `labels` one nomenclature, by id."""

    path: Path
    arrays: dict[str, np.ndarray]
    labels: dict[str, int]


def courses(count: int, random: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """`(count, dates, bands)` of three classes that can be distinguished, none of them zero; and the classes."""
    crop = random.permutation(np.arange(count) % 3)
    season = np.sin(np.arange(len(DATES)) + 2 * crop[:, None])
    level = 1500 + 900 * season[:, :, None] + 60 * np.arange(len(BANDS)) + random.normal(0, 40, (count, 1, 1))
    return level.clip(1), crop


def write_patches(folder: Path, count: int = 18, seed: int = 0) -> Published:
    """As Zenodo 5815523: DATA/ID.npy uint16 (dates, bands, 32, 32), zero outside the parcel. Ids are not in order."""
    random = np.random.default_rng(seed)
    level, crop = courses(count, random)
    ids = [str(number) for number in random.choice(5000, count, replace=False)]
    arrays = {}
    for name, course in zip(ids, level, strict=True):
        row, column = np.indices((32, 32)) - random.uniform(10, 22, (2, 1, 1))
        inside = row**2 + 2 * column**2 < random.uniform(60, 200)
        inside[0, 31] = True  # so that the box is the patch
        values = course[:, :, None, None] + random.normal(0, 60, (*course.shape, 32, 32))
        arrays[name] = np.where(inside, values.clip(1), 0).astype(np.uint16)
        arrays[name][1, 3, 0, 31] = 0  # a pixel inside may be zero here and there
    return _write_folder(folder, arrays, dict(zip(ids, (crop + 3).tolist(), strict=True)))


def write_pixel_sets(folder: Path, count: int = 18, seed: int = 1, geometry: bool = True) -> Published:
    """As Zenodo 5815488 and the README of pytorch-psetae: (dates, bands, pixels), figures and normalisation beside."""
    random = np.random.default_rng(seed)
    level, crop = courses(count, random)
    ids = [str(number) for number in range(count)]
    sizes = [1, *random.integers(5, 90, count - 1).tolist()]
    arrays = {
        name: (course[:, :, None] + random.normal(0, 60, (*course.shape, size))).clip(1).astype(np.uint16)
        for name, course, size in zip(ids, level, sizes, strict=True)
    }
    published = _write_folder(folder, arrays, dict(zip(ids, (crop + 3).tolist(), strict=True)))
    if geometry:
        figures = {
            name: [40.0 * size**0.5, size, size / (size + 7), 0.4 / size**0.5]
            for name, size in zip(ids, sizes, strict=True)
        }
        _write_json(folder / "META" / "geomfeat.json", figures)
    _write_json(folder / "META" / "sizes.json", dict(zip(ids, sizes, strict=True)))
    (folder / "S2-2017-T31TFM-meanstd.pkl").write_bytes(b"a pickle, which nobody opens")
    return published


def _write_folder(folder: Path, arrays: dict[str, np.ndarray], labels: dict[str, int]) -> Published:
    (folder / "DATA").mkdir(parents=True)
    (folder / "META").mkdir()
    for name, values in arrays.items():
        np.save(folder / "DATA" / f"{name}.npy", values)
    coarse = {name: label // 4 for name, label in labels.items()}
    _write_json(folder / "META" / "labels.json", {"label_19class": coarse, "label_44class": labels})
    _write_json(folder / "META" / "dates.json", {str(number): int(day) for number, day in enumerate(DATES)})
    return Published(folder, arrays, labels)


def _write_json(path: Path, document: object) -> None:
    path.write_text(json.dumps(document), encoding="utf-8")


def series(count: int = 18, seed: int = 2) -> tuple[np.ndarray, pandas.DataFrame]:
    """`(samples, dates, bands)` uint16 with gaps of 65535, and the samples' fields."""
    random = np.random.default_rng(seed)
    level, crop = courses(count, random)
    values = level.round().astype(np.uint16)
    values[random.random((count, len(DATES))) < 0.25] = 65535
    values[:, 2] = np.where(values[:, 2] == 65535, 700, values[:, 2])  # nobody is left without any date
    fields = pandas.DataFrame(
        {
            "sample_id": [f"p{number:02d}" for number in range(count)],
            "crop": crop,
            "cell": [f"h{number % 5}" for number in range(count)],
            "lon": np.linspace(3.1, 3.9, count),
            "lat": np.linspace(50.2, 50.8, count),
        }
    )
    return values, fields


def write_npz(path: Path, **members: object) -> tuple[np.ndarray, pandas.DataFrame]:
    """NAME.npz and NAME_labels.csv, as the real Canadian series has them."""
    values, fields = series()
    own = {"X": values, "bands": np.array(BANDS), "dates": np.array(ISO), "nodata": 65535}
    np.savez(path, **{name: value for name, value in {**own, **members}.items() if value is not None})
    fields.to_csv(path.with_name(f"{path.stem}_labels.csv"), index=False)
    return values, fields


def wide(values: np.ndarray, fields: pandas.DataFrame) -> pandas.DataFrame:
    """Columns like B4_20170103."""
    columns = {
        f"B{band.lstrip('B0')}_{day}": values[:, date, place]
        for date, day in enumerate(DATES)
        for place, band in enumerate(BANDS)
    }
    return pandas.concat([fields, pandas.DataFrame(columns)], axis=1)


def long(values: np.ndarray, fields: pandas.DataFrame) -> pandas.DataFrame:
    """A row per sample and date, in no order; dates without any observation have no row. Columns like S2-L2A-B04."""
    rows = []
    for sample, date in zip(*np.nonzero((values != 65535).all(axis=2)), strict=True):
        bands = {f"S2-L2A-{band}": values[sample, date, place] for place, band in enumerate(BANDS)}
        rows.append({**fields.iloc[sample], "timestamp": f"{ISO[date]} 23:00:00", "VH": sample * date, **bands})
    return pandas.DataFrame(rows).sample(frac=1, random_state=0)

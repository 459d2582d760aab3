"""One made-up ground written in the layout of each product kind: ESA's SAFE, Theia's MUSCATE, EOPF's Zarr."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import json
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from backend.vocabulary import BANDS
from tests.backend.ground import SIZE_PX, X0, Y0, write_raster

FINE = ("B02", "B03", "B04", "B08")
SAFE_NAME = "S2A_MSIL2A_20230625T105621_N0509_R094_T31UFS_20230625T171500.SAFE"
THEIA_NAME = "SENTINEL2A_20170203-105541-541_L2A_T31UFS_C_V2-2"
_JP2 = {"driver": "JP2OpenJPEG", "QUALITY": 100, "REVERSIBLE": "YES", "nodata": None}
_IDS = ("B01", "B02", "B03", "B04", "B05", "B06", "B07", "B08", "B8A", "B09", "B10", "B11", "B12")


@dataclass(frozen=True)
class Ground:
    """`values` reflectance x 10,000 `(10, 60, 60)`, 20 m bands in 2 x 2 alike; `held` where the satellite saw it."""

    values: np.ndarray
    held: np.ndarray  # (60, 60)
    scl: np.ndarray  # (60, 60), alike in 2 x 2


def made_up_ground(seed: int = 0, least: int = -900) -> Ground:
    random = np.random.default_rng(seed)
    values = random.integers(least, 6000, (len(BANDS), SIZE_PX, SIZE_PX))
    for position, band in enumerate(BANDS):
        if band not in FINE:
            values[position] = np.kron(values[position][::2, ::2], np.ones((2, 2)))
    held = np.ones((SIZE_PX, SIZE_PX), bool)
    held[:8, :12] = False
    scl = np.kron(random.integers(1, 12, (SIZE_PX // 2, SIZE_PX // 2)), np.ones((2, 2))).astype(np.uint8)
    return Ground(values, held, np.where(held, scl, 0).astype(np.uint8))


def planes(ground: Ground) -> dict[str, np.ndarray]:
    """Each band at its own resolution."""
    return {band: plane if band in FINE else plane[::2, ::2] for band, plane in zip(BANDS, ground.values)}


def resolution_of(band: str) -> int:
    return 10 if band in FINE else 20


def write_safe(
    parent: Path, ground: Ground, name: str = SAFE_NAME, offset: int | dict[str, int] | None = -1000,
    quantification: int = 10_000, probability: np.ndarray | None = None,
) -> Path:  # fmt: skip
    """`offset` None: the metadata of a baseline before 04.00."""
    folder = parent / name
    granule = folder / "GRANULE" / f"L2A_{name[38:44]}_A041826_20230625T105624"
    start = name[11:26]
    offsets = {band: (offset or 0) if not isinstance(offset, dict) else offset[band] for band in _IDS}
    for band, plane in planes(ground).items():
        held = ground.held[:: resolution_of(band) // 10, :: resolution_of(band) // 10]
        counts = np.where(held, plane * quantification // 10_000 - offsets[band], 0).astype(np.uint16)
        image = f"IMG_DATA/R{resolution_of(band)}m/{name[38:44]}_{start}_{band}_{resolution_of(band)}m.jp2"
        write_raster(granule / image, counts[None], resolution_m=resolution_of(band), **_JP2)
    scl = ground.scl[::2, ::2][None]
    write_raster(granule / f"IMG_DATA/R20m/{name[38:44]}_{start}_SCL_20m.jp2", scl, resolution_m=20, **_JP2)
    if probability is not None:
        write_raster(granule / "QI_DATA/MSK_CLDPRB_20m.jp2", probability[None], resolution_m=20, **_JP2)
    (folder / "MTD_MSIL2A.xml").write_text(safe_metadata(name, None if offset is None else offsets, quantification))
    return folder


def safe_metadata(name: str, offsets: dict[str, int] | None, quantification: int = 10_000) -> str:
    start = f"{name[11:15]}-{name[15:17]}-{name[17:19]}T{name[20:22]}:{name[22:24]}:{name[24:26]}.024Z"
    listed = "".join(
        f'<BOA_ADD_OFFSET band_id="{_IDS.index(b)}">{v}</BOA_ADD_OFFSET>' for b, v in (offsets or {}).items()
    )
    special = "".join(
        f"<Special_Values><SPECIAL_VALUE_TEXT>{text}</SPECIAL_VALUE_TEXT>"
        f"<SPECIAL_VALUE_INDEX>{value}</SPECIAL_VALUE_INDEX></Special_Values>"
        for text, value in (("NODATA", 0), ("SATURATED", 65535))
    )
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<n1:Level-2A_User_Product xmlns:n1="https://example.org/PSD/User_Product_Level-2A.xsd"><n1:General_Info><Product_Info>
<PRODUCT_START_TIME>{start}</PRODUCT_START_TIME><PRODUCT_URI>{name}</PRODUCT_URI>
<PROCESSING_LEVEL>Level-2A</PROCESSING_LEVEL><PROCESSING_BASELINE>{name[28:30]}.{name[30:32]}</PROCESSING_BASELINE>
<Datatake><SPACECRAFT_NAME>Sentinel-{name[1:3]}</SPACECRAFT_NAME>
<DATATAKE_SENSING_START>{start}</DATATAKE_SENSING_START></Datatake></Product_Info>
<Product_Image_Characteristics>{special}<QUANTIFICATION_VALUES_LIST>
<BOA_QUANTIFICATION_VALUE unit="none">{quantification}</BOA_QUANTIFICATION_VALUE></QUANTIFICATION_VALUES_LIST>
<BOA_ADD_OFFSET_VALUES_LIST>{listed}</BOA_ADD_OFFSET_VALUES_LIST>
</Product_Image_Characteristics></n1:General_Info></n1:Level-2A_User_Product>"""


def write_theia(
    parent: Path, ground: Ground, name: str = THEIA_NAME, masks: dict[str, np.ndarray] | None = None
) -> Path:
    """FRE holds the ground, SRE holds it minus 7; `masks` by name and resolution, "CLM_R1", else nothing is masked."""
    folder = parent / name
    for band, plane in planes(ground).items():
        step = resolution_of(band) // 10
        for kind, change in (("FRE", 0), ("SRE", -7)):
            counts = np.where(ground.held[::step, ::step], plane + change, -10_000).astype(np.int16)
            path = folder / f"{name}_{kind}_{band.replace('B0', 'B')}.tif"
            write_raster(path, counts[None], resolution_m=10 * step, nodata=None)
    for kind in ("CLM", "EDG", "SAT", "MG2"):
        for group, step in (("R1", 1), ("R2", 2)):
            empty = np.zeros((SIZE_PX // step, SIZE_PX // step), np.uint8)
            mask = (masks or {}).get(f"{kind}_{group}", empty)
            write_raster(
                folder / "MASKS" / f"{name}_{kind}_{group}.tif", mask[None], resolution_m=10 * step, nodata=None
            )
    (folder / f"{name}_MTD_ALL.xml").write_text(theia_metadata(name))
    return folder


def theia_metadata(name: str) -> str:
    bands = "".join(f"<BAND_ID>{band.replace('B0', 'B')}</BAND_ID>" for band in BANDS)
    moment = f"{name[11:15]}-{name[15:17]}-{name[17:19]}T{name[20:22]}:{name[22:24]}:{name[24:26]}.541Z"
    return f"""<?xml version='1.0' encoding='UTF-8'?>
<Muscate_Metadata_Document><Dataset_Identification><GEOGRAPHICAL_ZONE type="Tile">{name[35:41]}</GEOGRAPHICAL_ZONE>
</Dataset_Identification><Product_Characteristics><PRODUCT_ID>{name}</PRODUCT_ID>
<ACQUISITION_DATE>{moment}</ACQUISITION_DATE><PRODUCT_VERSION>{name[-3:].replace("-", ".")}</PRODUCT_VERSION>
<PLATFORM>{name[:10]}</PLATFORM><Band_Global_List count="10">{bands}</Band_Global_List></Product_Characteristics>
<Radiometric_Informations><REFLECTANCE_QUANTIFICATION_VALUE>10000</REFLECTANCE_QUANTIFICATION_VALUE>
<Special_Values_List><SPECIAL_VALUE name="nodata">-10000</SPECIAL_VALUE></Special_Values_List>
</Radiometric_Informations></Muscate_Metadata_Document>"""


def write_eopf(parent: Path, ground: Ground, name: str = SAFE_NAME, probability: np.ndarray | None = None) -> Path:
    """A Zarr 2 store in chunks of 32 x 32, written by hand after the Zarr specification."""
    folder = parent / name.replace(".SAFE", ".zarr")
    facts = {"platform": "sentinel-2a", "datetime": "2023-06-25T10:56:21.024Z", "proj:code": "EPSG:32631"}
    write_json(folder / ".zgroup", {"zarr_format": 2})
    write_json(folder / ".zattrs", {"stac_discovery": {"id": name, "properties": facts}})
    scaled = {"scale_factor": 0.0001, "add_offset": -0.1, "_FillValue": 0}
    for band, plane in planes(ground).items():
        step = resolution_of(band) // 10
        counts = np.where(ground.held[::step, ::step], plane + 1000, 0).astype("<u2")
        write_array(folder / f"measurements/reflectance/r{10 * step}m/{band.lower()}", counts, scaled)
    reflectance = "measurements/reflectance"
    other = ("conditions/mask/l2a_classification/r20m", "quality/probability/r20m")
    for group in (f"{reflectance}/r10m", f"{reflectance}/r20m", *other):
        _write_axes(folder / group, int(group[-3:-1]))
        for depth in range(1, group.count("/") + 2):
            write_json(folder.joinpath(*group.split("/")[:depth]) / ".zgroup", {"zarr_format": 2})
    write_array(folder / "conditions/mask/l2a_classification/r20m/scl", ground.scl[::2, ::2], {})
    if probability is not None:
        write_array(folder / "quality/probability/r20m/cld", probability, {})
    return folder


def _write_axes(group: Path, resolution_m: int) -> None:
    centres = resolution_m / 2 + resolution_m * np.arange(SIZE_PX * 10 // resolution_m)
    write_array(group / "x", (X0 + centres).astype("<i8"), {"_ARRAY_DIMENSIONS": ["x"]})
    write_array(group / "y", (Y0 - centres).astype("<i8"), {"_ARRAY_DIMENSIONS": ["y"]})


def write_array(folder: Path, values: np.ndarray, attributes: dict[str, Any]) -> None:
    chunk = tuple(min(32, size) for size in values.shape)
    compressor = {"id": "zlib", "level": 1}
    header = {"zarr_format": 2, "shape": values.shape, "chunks": chunk, "dtype": values.dtype.str, "order": "C"}
    write_json(folder / ".zarray", {**header, "compressor": compressor, "fill_value": 0, "filters": None})
    write_json(folder / ".zattrs", {"_ARRAY_DIMENSIONS": ["y", "x"], **attributes})
    for position in np.ndindex(*(-(-size // part) for size, part in zip(values.shape, chunk))):
        part = values[tuple(slice(i * c, (i + 1) * c) for i, c in zip(position, chunk))]
        padded = np.zeros(chunk, values.dtype)
        padded[tuple(slice(0, size) for size in part.shape)] = part
        (folder / ".".join(map(str, position))).write_bytes(zlib.compress(padded.tobytes(), 1))


def write_json(path: Path, document: Any) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(document))


def zipped(folder: Path, into: Path, inner: str = "") -> Path:
    """The folder as an archive, its members under `inner`."""
    into.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(into, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                archive.write(path, inner + path.relative_to(folder).as_posix())
    return into

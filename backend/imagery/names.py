"""Dates and band names as they stand in file names, tags and layer descriptions."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

from backend.errors import UnreadableDate

_DATE = re.compile(r"(?<!\d)((?:19|20)\d{2})([-_.]?)(\d{2})\2(\d{2})(?:T?(\d{2}):?(\d{2}):?(\d{2}))?(?!\d)")
_DAY_OF_YEAR = re.compile(r"(?<!\d)((?:19|20)\d{2})([0-3]\d{2})T(\d{2})(\d{2})(\d{2})(?!\d)")  # of HLS, 2018091T105031
_BAND = re.compile(r"(?<![A-Za-z0-9])(?:B|Band)[ _]?(0?[1-9]|1[0-2]|8A)(?![A-Za-z0-9])", re.IGNORECASE)
_RESOLUTION = re.compile(r"(?<![A-Za-z0-9])(?:10|20|60)m(?![A-Za-z0-9])", re.IGNORECASE)
_PLATFORM = re.compile(r"(?:Sentinel-?2|SEN2|S2)([A-D])(?![A-Za-z])", re.IGNORECASE)
_TILE = re.compile(r"(?<![A-Za-z0-9])T(\d{2}[A-Z]{3})(?![A-Za-z0-9])")
COMMON_NAMES = {
    "coastal": "B01", "blue": "B02", "green": "B03", "red": "B04", "rededge1": "B05", "rededge2": "B06",
    "rededge3": "B07", "rededge071": "B05", "rededge075": "B06", "rededge078": "B07", "nir": "B08", "nir08": "B8A",
    "nir09": "B09", "cirrus": "B10", "swir16": "B11", "swir22": "B12",
}  # fmt: skip
_MOST_FOLDERS = 5  # around a file whose names may date it
_TAGS = (
    "ACQUISITION", "ACQUISITION_DATE", "ACQUISITIONDATETIME", "DATATAKE_SENSING_START",
    "DATATAKE_1_DATATAKE_SENSING_START", "PRODUCT_START_TIME", "SENSING_TIME", "DATETIME", "DATE",
)  # fmt: skip


def moment_in(text: str) -> datetime | None:
    """The first date (with its time, when there is one) that stands in `text`; None when there is none."""
    for match in _DATE.finditer(text):
        year, _, month, day, *time = match.groups()
        try:
            hour, minute, second = (int(part or 0) for part in time)
            return datetime(int(year), int(month), int(day), hour, minute, second)
        except ValueError:
            continue
    return _day_of_year(text)


def _day_of_year(text: str) -> datetime | None:
    for match in _DAY_OF_YEAR.finditer(text):
        try:
            return datetime.strptime("".join(match.groups()), "%Y%j%H%M%S")
        except ValueError:
            continue
    return None


def without_dates(text: str) -> str:
    """`text` with a space in place of every date and time."""
    return _DAY_OF_YEAR.sub(" ", _DATE.sub(" ", text))


def parse_day(text: str, where: object) -> datetime:
    """`text` as a date; raises UnreadableDate, which says where it stood."""
    moment = moment_in(text.strip())
    if moment is None:
        raise UnreadableDate(where, text.strip())
    return moment


def moment_of(path: Path, tags: Mapping[str, str]) -> datetime:
    """When a raster was acquired: the date in its name, else in a tag, else in the names of its folders from the
    nearest up, of which three may be year, month and day; a tag of the same day adds the time.

    Raises UnreadableDate where none of them holds one.
    """
    named = moment_in(path.stem)
    upper = {key.upper(): value for key, value in tags.items()}
    tagged = next((found for tag in _TAGS if (found := moment_in(upper.get(tag, "")))), None)
    if tagged is not None and (named is None or tagged.date() == named.date()):
        return tagged
    moment = named or moment_of_folder(path)
    if moment is None:
        raise UnreadableDate(path, path.stem)
    return moment


def moment_of_folder(path: Path) -> datetime | None:
    """The date of the nearest folder around a file whose name holds one, or that is the day in YYYY/MM/DD."""
    for folder in list(path.parents)[:_MOST_FOLDERS]:
        numbers = [part.name for part in (folder.parent.parent, folder.parent, folder)]
        whole = all(number.isdecimal() for number in numbers) and len(numbers[0]) == 4
        moment = moment_in(
            "-".join([numbers[0], *(number.zfill(2) for number in numbers[1:])]) if whole else folder.name
        )
        if moment is not None:
            return moment
    return None


def band_in(text: str) -> str | None:
    """The Sentinel-2 band that `text` names, as "B02" or "B8A"; None when it names none."""
    match = _BAND.search(text.replace("_", " ")) or _BAND.search(text)
    if match is None:
        return None
    number = match.group(1).upper()
    return "B8A" if number == "8A" else f"B{int(number):02d}"


def band_called(name: str) -> str | None:
    """The band that is called `name`, and nothing else: "B2", "b02_20m", "blue", "rededge1"; "B02_std" is none."""
    plain = re.sub(r"[ _-](?:10|20|60)m$", "", name.strip(), flags=re.IGNORECASE)
    return COMMON_NAMES.get(plain.lower()) or (band_in(plain) if _BAND.fullmatch(plain) else None)


def scene_key(path: Path) -> str:
    """The name of a single-band file without its band and resolution: the same for all files of one scene."""
    plain = path.stem.replace("_", " ")
    return " ".join(_RESOLUTION.sub(" ", _BAND.sub(" ", plain)).split())


def platform_in(text: str) -> str:
    match = _PLATFORM.search(text.replace("_", " "))
    return f"Sentinel-2{match.group(1).upper()}" if match else ""


def tile_in(text: str) -> str:
    match = _TILE.search(text.replace("_", " "))
    return match.group(1) if match else ""

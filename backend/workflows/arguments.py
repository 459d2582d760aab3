"""What is given to a workflow, as typed values: paths for texts, dates for `2018-05-01`."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields
from datetime import date
from pathlib import Path
from typing import Any

import geopandas

from backend.errors import BadArgument, UnreadableDate
from backend.imagery.names import band_in, parse_day
from backend.imagery.stac.walking import SCHEME
from backend.options import is_date, option
from backend.parcels.database import Database
from backend.workflows.input_paths import require_inputs

NOT_GIVEN: tuple[Any, ...] = (None, (), [])


def typed(options: Mapping[str, Any], command: str = "") -> dict[str, Any]:
    """The options that were given, by name, in the types that the specs have; the inputs of `command` are there.

    Raises BadArgument, UnreadableDate, NotFound.
    """
    given = {name: value for name, value in options.items() if not _is_missing(value)}
    values = {name: CONVERTERS[name](name, value) if name in CONVERTERS else value for name, value in given.items()}
    require_inputs(command, values)
    return values


def own_options(kind: type, given: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Those among `given` that are fields of the dataclass `kind`, and the others."""
    names = {field.name for field in fields(kind)}
    own = {name: value for name, value in given.items() if name in names}
    return own, {name: value for name, value in given.items() if name not in names}


def require_none(unknown: Mapping[str, Any]) -> None:
    """Raises BadArgument where an option is left that the workflow does not have."""
    for name, value in unknown.items():
        raise BadArgument(name, "an option of this command", value)


def _is_missing(value: Any) -> bool:
    return any(value is missing or (type(value) is type(missing) and value == missing) for missing in NOT_GIVEN)


def _path(_: str, value: Any) -> Path:
    return Path(value)


def _imagery(_: str, value: Any) -> Path | str:
    """A file or folder, or "stac:" and the address or file of a catalogue."""
    return str(value) if str(value).startswith(SCHEME) else Path(value)


def _parcels(_: str, value: Any) -> Path | Database | geopandas.GeoDataFrame:
    """A file or folder, the address of a PostGIS database, or an open table."""
    if isinstance(value, (geopandas.GeoDataFrame, Database)):
        return value
    return Database.at(str(value)) or Path(value)


def _table(_: str, value: Any) -> Any:
    """A layer's file, or an open table of its fields."""
    return Path(value) if isinstance(value, (str, Path)) else value


def _paths(_: str, value: Any) -> tuple[Path, ...]:
    return (Path(value),) if isinstance(value, (str, Path)) else tuple(map(Path, value))


def _day(name: str, value: Any) -> date:
    if isinstance(value, date):
        return value
    if not is_date(str(value)):
        raise UnreadableDate(name, str(value))
    return parse_day(str(value), name).date()


def _days(name: str, value: Any) -> tuple[date, ...]:
    values = value.split(",") if isinstance(value, str) else value
    return tuple(_day(name, item.strip() if isinstance(item, str) else item) for item in values)


def _bands(_: str, value: Any) -> tuple[str, ...]:
    """Names as users write them, "B2" for B02."""
    parts = value.split(",") if isinstance(value, str) else value
    return tuple(band_in(part) or part.strip() for part in parts if part.strip())


def _whole_numbers(name: str, value: Any) -> tuple[int, ...]:
    parts = [part for part in value.split(",") if part.strip()] if isinstance(value, str) else value
    try:
        return tuple(int(part) for part in parts)
    except (TypeError, ValueError) as error:
        raise BadArgument(name, "numbers such as 4,5,6,7", str(value)) from error


def _names(_: str, value: Any) -> tuple[str, ...]:
    parts = value.split(",") if isinstance(value, str) else value
    return tuple(part.strip() for part in parts if part.strip())


def _choice(name: str, value: Any) -> str:
    row = option(name)
    if not row.accepts(value):
        raise BadArgument(name, row.expected, value)
    return str(value)


CONVERTERS: dict[str, Callable[[str, Any], Any]] = {
    **dict.fromkeys(("output", "report", "store", "masks", "dates_file", "labels", "temperatures"), _path),
    **dict.fromkeys(("imagery", "source"), _imagery),
    **dict.fromkeys(("start", "end"), _day),
    "parcels": _parcels,
    "predictions": _table,
    **dict.fromkeys(("join", "results"), _path),
    **dict.fromkeys(("fields", "qualities"), _names),
    "stores": _paths,
    "exclude": _days,
    **dict.fromkeys(("band_names", "bands"), _bands),
    "scl_classes": _whole_numbers,
    "models": _names,
    "language": _choice,
}

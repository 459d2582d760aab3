"""Files and folders that a command reads are there: looked for once, before anything else is done with them."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from backend import options
from backend.imagery.locations import is_remote
from backend.imagery.stac.walking import SCHEME
from backend.inputs import require_path
from backend.options import Option
from backend.parcels import nomenclature

_EXPECTED = {
    options.FILE: "a file",
    options.FOLDER: "a folder",
    options.STORE: "a parcel series store",
    options.IMAGERY: "a folder or file of images",
    options.PARCELS: "a parcel layer",
    options.MODEL_FILE: "a model file (.cropmodel)",
}
_EXPECTED_OF = {  # where the name says more than the kind
    "source": "images or a parcel series store",
    "class_table": f"a CSV file or a built-in class table ({', '.join(nomenclature.built_in())})",
    "predictions": "a classified layer",
    "masks": "a folder of masks",
    "dates_file": "a list of dates",
    "labels": "a table of the samples",
    "join": "a parcel layer",
    "results": "the folder of a classification's results",
    "temperatures": "a CSV of daily mean temperatures",
}


def require_inputs(command: str, given: Mapping[str, Any]) -> None:
    """Raises NotFound for the first path among the options of `command` at which nothing is.

    Not where an option is of another command, which is refused for that.
    """
    rows = options.options_of(command)
    if not set(given) <= {"stores", *(row.name for row in rows)}:
        return
    for row in rows:
        if row.kind in _EXPECTED or row.name in _EXPECTED_OF:
            for path in _paths(row, given):
                require_path(row.name, _expected(row, command), path)


def _expected(row: Option, command: str) -> str:
    if row.name == "source" and command == "import":
        return "a published data set or a table of series"
    return _EXPECTED_OF.get(row.name) or _EXPECTED[row.kind]


def _paths(row: Option, given: Mapping[str, Any]) -> Iterator[Path]:
    """Open tables, addresses of servers and databases and names of built-in class tables are no paths."""
    value = given.get("stores" if row.kind == options.STORE else row.name)
    for item in value if isinstance(value, tuple) else (value,):
        text = str(item).removeprefix(SCHEME) if row.kind == options.IMAGERY else str(item)
        if not isinstance(item, (str, Path)) or is_remote(text):
            continue
        if row.name != "class_table" or text not in nomenclature.built_in():
            yield Path(text)

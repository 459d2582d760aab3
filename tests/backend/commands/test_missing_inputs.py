"""Every path that a command reads: where nothing is at it, the message says so, and nothing is made."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from pathlib import Path

import pytest

import backend
from backend import errors
from backend.inputs import require_path
from backend.options import FILE, FOLDER, IMAGERY, MODEL_FILE, PARCELS, STORE, options_of
from tests.backend.commands.conftest import run

READ = {
    "inspect": ("imagery", "masks", "dates_file"),
    "extract": ("imagery", "parcels", "masks", "dates_file"),
    "classify": ("source", "parcels", "model", "masks", "dates_file", "temperatures"),
    "experiment": ("store", "class_table"),
    "train": ("store", "class_table", "temperatures"),
    "import": ("source", "labels", "dates_file"),
    "evaluate": ("predictions", "class_table"),
}
OTHERS = {"class_field": "crop", "truth": "crop", "table": "table2"}


def given(command: str, missing: str, folder: Path) -> list[object]:
    """Arguments with one path at which nothing is; the others are there, although no command could use them."""
    (folder / "there").mkdir()
    arguments: list[object] = [command]
    for row in options_of(command):
        if row.required or row.positional or row.name in ("model", missing):
            value = folder / ("nowhere.xyz" if row.name == missing else "made" if row.name == "output" else "there")
            text = "gru" if command == "train" and row.name == "model" else OTHERS.get(row.name, value)
            arguments += [text] if row.positional else [f"--{row.name.replace('_', '-')}", text]
    return arguments


@pytest.mark.parametrize(("command", "name"), [(command, name) for command, names in READ.items() for name in names])
def test_what_is_missing_is_called_missing(tmp_path, command, name):
    with pytest.raises(errors.NotFound, match=f"{name}: expected .* there is nothing at .*nowhere.xyz") as caught:
        run(*given(command, name, tmp_path))
    assert caught.value.advice == "Check the path."
    assert [path.name for path in tmp_path.iterdir()] == ["there"]


def test_no_path_of_the_table_is_left_out():
    read = {(command, name) for command, names in READ.items() for name in names if name != "class_table"}
    kinds = (FILE, FOLDER, STORE, IMAGERY, PARCELS, MODEL_FILE)
    assert read == {(c, row.name) for c in READ for row in options_of(c) if row.kind in kinds}


def test_a_catalogue_on_disk_that_is_missing(tmp_path):
    with pytest.raises(errors.NotFound, match="imagery"):
        run("inspect", f"stac:{tmp_path / 'items.json'}")


def test_from_python_too(tmp_path):
    with pytest.raises(errors.NotFound, match="store"):
        backend.train([tmp_path, tmp_path / "nowhere"], "crop", tmp_path / "m.cropmodel")


def test_the_message_helps_to_find_it(tmp_path, monkeypatch):
    (tmp_path / "Flanders.cropmodel").write_text("")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(errors.NotFound) as caught:
        require_path("model", "a model", Path("flanders.cropmdel"))
    assert "similar names there: Flanders.cropmodel" in caught.value.message
    assert caught.value.advice == f"Check the path; it was looked for in {tmp_path}."
    with pytest.raises(errors.NotFound, match=f"the last folder that exists is {tmp_path}"):
        require_path("model", "a model", tmp_path / "a" / "b" / "m.cropmodel")
    for path in (tmp_path / "Flanders.cropmodel" / "m", Path("a\0b")):
        with pytest.raises(errors.NotFound):
            require_path("model", "a model", path)

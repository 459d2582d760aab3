"""Outputs appear together or not at all, and what a killed run leaves is completed or removed by the next one."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import errno
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from backend import errors, files, staging
from backend.processes import is_running

NAMES = ("o.gpkg", "o.results", "o_report.html", "o_report.json")


@pytest.fixture
def gone() -> int:
    """The number of a process that has ended."""
    child = subprocess.Popen([sys.executable, "-c", ""])
    child.wait()
    return child.pid


def put(folder: Path, text: str) -> None:
    """A layer, a folder of results, a report of two files."""
    with staging.staged(folder / "o.gpkg") as outputs:
        results = outputs.file(folder / "o.results")
        results.mkdir()
        (results / "results.json").write_text(text)
        outputs.write_all({folder / "o_report.html": text.encode(), folder / "o_report.json": text.encode()})
        (outputs.layer(folder / "o.gpkg") / "o.gpkg").write_text(text)
        outputs.place_layer(folder / "o.gpkg")


def content(folder: Path) -> dict[str, str]:
    return {path.relative_to(folder).as_posix(): path.read_text() for path in folder.rglob("*") if path.is_file()}


def whole(text: str) -> dict[str, str]:
    return dict.fromkeys(("o.gpkg", "o.results/results.json", "o_report.html", "o_report.json"), text)


def test_all_outputs_appear_and_replace_the_former_ones(tmp_path):
    put(tmp_path, "old")
    put(tmp_path, "new")
    assert content(tmp_path) == whole("new")


def test_nothing_appears_where_the_last_step_fails(tmp_path):
    put(tmp_path, "old")
    with pytest.raises(ZeroDivisionError), staging.staged(tmp_path / "o.gpkg") as outputs:
        outputs.write_all({tmp_path / "o_report.html": b"new"})
        outputs.file(tmp_path / "o.results").mkdir()
        raise ZeroDivisionError
    assert content(tmp_path) == whole("old")
    assert sorted(entry.name for entry in tmp_path.iterdir()) == sorted(NAMES)


@pytest.mark.parametrize("moves", range(5))
def test_a_run_that_is_killed_between_its_moves_is_completed_by_the_next(tmp_path, moves):
    put(tmp_path, "old")
    script = f"""
import os, pathlib, sys
sys.path.insert(0, {str(Path(__file__).parents[2])!r})
from backend import staging
from tests.backend.test_staging import put
carry, done = staging._carry, []
def dying(move):
    if len(done) == {moves}:
        os.kill(os.getpid(), 9)
    carry(move)
    done.append(move)
staging._carry = dying
put(pathlib.Path({str(tmp_path)!r}), "new")
"""
    killed = subprocess.run([sys.executable, "-c", script], cwd=Path(__file__).parents[2], check=False)
    assert killed.returncode == (-9 if moves < 4 else 0)
    staging.recover(tmp_path / "o.gpkg")
    assert content(tmp_path) == whole("new")
    put(tmp_path, "newer")
    assert content(tmp_path) == whole("newer")
    assert sorted(entry.name for entry in tmp_path.iterdir()) == sorted(NAMES)


def test_a_shapefile_cannot_be_opened_between_its_moves(tmp_path, monkeypatch):
    def put_shapefile(text: str) -> None:
        with staging.staged(tmp_path / "o.shp") as outputs:
            folder = outputs.layer(tmp_path / "o.shp")
            for ending in ("dbf", "shp", "shx", "prj"):
                (folder / f"o.{ending}").write_text(text)
            outputs.place_layer(tmp_path / "o.shp", (".qix",))

    put_shapefile("old")
    (tmp_path / "o.qix").write_text("old")
    states, carry = [], staging._carry

    def watched(move: staging.Move) -> None:
        carry(move)
        found = content(tmp_path)
        states.append({name: text for name, text in found.items() if name[0] != "." and name != "o.qix"})

    monkeypatch.setattr(staging, "_carry", watched)
    put_shapefile("new")
    assert states[-1] == dict.fromkeys(("o.dbf", "o.prj", "o.shp", "o.shx"), "new")
    assert all("o.shp" not in state for state in states[:-1])
    assert not (tmp_path / "o.qix").exists()
    staging.recover(tmp_path / "o.shp")
    assert len(content(tmp_path)) == 4


def test_a_removal_that_was_done_is_not_repeated(tmp_path, gone):
    """Killed after the last move: the list is still there, the .shp that it says to remove is the new one."""
    (tmp_path / "o.shp").write_text("new")
    part = tmp_path / f".o.shp.{gone}.part"
    moves = [[str(tmp_path / "o.shp"), None], [str(tmp_path / "o.shp"), str(part / "o.shp")]]
    (tmp_path / f".o.shp.{gone}.moves").write_text(json.dumps({"moves": moves}))
    staging.recover(tmp_path / "o.shp")
    assert content(tmp_path) == {"o.shp": "new"}


@pytest.mark.parametrize("foreign", ["elsewhere/secret", "o.gpkg", ".o.gpkg.1.part", "../secret"])
def test_a_list_moves_no_file_that_its_process_did_not_prepare(tmp_path, gone, foreign):
    folder = tmp_path / "outputs"
    (folder / "elsewhere").mkdir(parents=True)
    source = folder / foreign
    source.write_text("mine")
    moves = [[str(folder / "target"), str(source)], [str(tmp_path / "other"), None]]
    (tmp_path / "other").write_text("mine")
    (folder / f".o.gpkg.{gone}.moves").write_text(json.dumps({"moves": moves}))
    staging.recover(folder / "o.gpkg")
    assert source.read_text() == (tmp_path / "other").read_text() == "mine"
    assert not (folder / "target").exists()


def test_the_list_of_a_run_that_is_at_work_is_left(tmp_path):
    listed = tmp_path / f".o.gpkg.{os.getppid()}.moves"
    listed.write_text(json.dumps({"moves": []}))
    staging.recover(tmp_path / "o.gpkg")
    assert listed.exists()


def test_a_folder_is_not_replaced_by_a_file(tmp_path):
    (tmp_path / "o_report.json").mkdir()
    with pytest.raises(errors.NotWritable, match="o_report.json"):
        put(tmp_path, "new")
    assert [entry.name for entry in tmp_path.iterdir()] == ["o_report.json"]


def test_leftovers_go_when_their_process_is_gone(tmp_path, gone):
    running = os.getppid()
    left = [f".o.gpkg.{gone}.part", f"o.gpkg.{gone}.part", f".o.gpkg.{gone}.old", ".o.gpkg.0a1b2c3d.part"]
    kept = [f".o.gpkg.{running}.part", f".other.gpkg.{gone}.part", "o.gpkg", ".o.shp.0a1b2c3d.part", f"o.gpkg.{gone}"]
    for name in (*left, *kept):
        (tmp_path / name).touch()
    for folder, name in ((".o-ab12_x9z", "o.gpkg"), (".o-ffffffff", "o.shp"), ("o-ab12_x9z", "o.gpkg")):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / name).touch()
    (tmp_path / f".o.gpkg.{gone}.part").unlink()
    (tmp_path / f".o.gpkg.{gone}.part").mkdir()
    files.remove_leftovers(tmp_path / "o.gpkg")
    assert sorted(entry.name for entry in tmp_path.iterdir()) == sorted([*kept, ".o-ffffffff", "o-ab12_x9z"])


def test_processes_that_run_and_that_do_not(gone):
    assert is_running(os.getppid())
    assert is_running(1)
    assert not is_running(gone)
    assert not is_running(os.getpid())  # what this very process finds under its own number is another one's
    assert not is_running(0)
    assert not is_running(10**12)


@pytest.mark.parametrize(
    ("number", "kind", "advice"),
    [
        (errno.ENOSPC, errors.DiskFull, "Free some space"),
        (errno.EFBIG, errors.FileTooLarge, "ulimit -f"),
        (errno.EDQUOT, errors.QuotaExceeded, "quota"),
        (errno.EACCES, errors.NotWritable, "Choose another"),
        (errno.ENOMEM, errors.OutOfMemory, "not at fault"),
    ],
)
def test_the_advice_fits_the_cause(tmp_path, number, kind, advice):
    with pytest.raises(kind) as caught, files.writing_to(tmp_path / "o"):
        raise OSError(number, os.strerror(number))
    assert advice in caught.value.advice


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("Error writing: No space left on device", errors.DiskFull),
        ("database or disk is full", errors.DiskFull),
        ("write failed: File too large", errors.FileTooLarge),
        ("Disk quota exceeded", errors.QuotaExceeded),
        ("driver said nothing", errors.NotWritable),
    ],
)
def test_the_words_of_a_library_stand_for_a_cause(tmp_path, text, kind):
    assert isinstance(files.refusal(tmp_path / "o", RuntimeError(text)), kind)


def test_a_file_that_fails_half_way_is_removed_at_once(tmp_path):
    path = tmp_path / "fold-1.safetensors"
    path.write_text("old")

    def fail(part: Path) -> None:
        part.write_text("half")
        raise OSError(errno.ENOSPC, "No space left on device")

    with pytest.raises(errors.DiskFull):
        files.write_beside(path, fail)
    assert content(tmp_path) == {"fold-1.safetensors": "old"}


def test_a_folder_is_discarded_whole(tmp_path):
    (tmp_path / "store").mkdir()
    (tmp_path / "store" / "manifest.json").touch()
    files.discard(tmp_path / "store")
    files.discard(tmp_path / "store")
    assert not list(tmp_path.iterdir())

"""netCDF files that end the process of whoever opens them: named, while this process and the other files live on."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from backend.errors import NoAcquisitions, OutOfMemory, UnreadableImage
from backend.imagery import preflight
from backend.imagery.acquisition import ImageryOptions
from backend.imagery.catalogue import find, require_readable
from backend.imagery.readers import cube
from backend.protocol import Silent

h5py = pytest.importorskip("h5py")
pytest.importorskip("xarray")
pytest.importorskip("h5netcdf")

from tests.backend.imagery.test_fuzzed_cubes import SIDE_PX, outcome, small_cube  # noqa: E402 (needs xarray)

FLIPPED = 60  # files; of 1,000 such ones 32 ended the process
OPEN = """
import sys, rasterio
with rasterio.open(sys.argv[1]) as whole:
    variables = whole.subdatasets
for variable in variables:
    with rasterio.open(variable) as dataset:
        dataset.read()
"""
pytestmark = [
    pytest.mark.filterwarnings("ignore::rasterio.errors.NotGeoreferencedWarning"),
    pytest.mark.filterwarnings("ignore:(invalid value|overflow):RuntimeWarning"),
]


def write_cube(path: Path) -> Path:
    small_cube().to_netcdf(path, engine="h5netcdf")
    return path


def without_dimensions(path: Path) -> Path:
    """The dimensions of a band as a text, where an array of references to them belongs."""
    with h5py.File(write_cube(path), "r+") as file:
        del file["B02"].attrs["DIMENSION_LIST"]
        file["B02"].attrs["DIMENSION_LIST"] = "t"
    return path


def survives(path: Path) -> bool:
    """Whether a process of its own lives through reading all of the file."""
    run = subprocess.run([sys.executable, "-P", "-c", OPEN, str(path)], capture_output=True)
    return run.returncode in (0, 1)


@pytest.fixture(scope="module")
def crashing(tmp_path_factory):
    """Skips where a mended netCDF library lives through such files; the other tests hold for every library."""
    if survives(without_dimensions(tmp_path_factory.mktemp("cube") / "cube.nc")):
        pytest.skip("this netCDF library does not crash on a file without dimensions")


def test_a_file_whose_dimensions_are_damaged_is_named(tmp_path, crashing):
    path = without_dimensions(tmp_path / "S2_cube.nc")
    with pytest.raises(NoAcquisitions, match=r"S2_cube\.nc.*netCDF library crashes"):
        find(path, ImageryOptions(), Silent())
    write_cube(tmp_path / "good.nc")
    without_dimensions(tmp_path / "T2_CUBE.NC4")
    catalogue = find(tmp_path, ImageryOptions(), Silent())
    assert len(catalogue.acquisitions) == 2  # of the good one
    assert [(entry.path.name, entry.code) for entry in catalogue.skipped] == [
        ("S2_cube.nc", "imagery.unreadable"),
        ("T2_CUBE.NC4", "imagery.unreadable"),
    ]
    with pytest.raises(UnreadableImage, match=r"S2_cube\.nc"):
        require_readable(catalogue, skip_unreadable=False)


def test_a_name_of_letters_that_the_locale_lacks(tmp_path, monkeypatch, crashing):
    path = without_dimensions(tmp_path / "Würfel_поле.nc")
    for locale in ("C", "C.UTF-8"):
        monkeypatch.setenv("LC_ALL", locale)
        monkeypatch.setenv("PYTHONCOERCECLOCALE", "0")
        monkeypatch.setenv("PYTHONUTF8", "0")
        assert list(preflight.crashing([path])) == [path]


@pytest.mark.skipif(sys.platform == "win32", reason="processes end by signals on other systems")
def test_a_file_is_not_blamed_where_the_system_ends_the_child(tmp_path, monkeypatch):
    """The kernel does so when memory runs out; a damaged file ends it by another signal."""
    script = tmp_path / "child.py"
    script.write_text(
        "import os, signal, sys\n"
        "for path in sys.stdin.buffer.read().split(b'\\0'):\n"
        "    os.write(1, b'.')\n"
        "    if b'b.nc' in path: os.kill(os.getpid(), signal.SIGKILL)\n"
        "    if b'damaged' in path: os.kill(os.getpid(), signal.SIGSEGV)\n"
    )
    monkeypatch.setattr(preflight, "__file__", str(script))
    assert list(preflight.crashing([Path("damaged.nc"), Path("c.nc")])) == [Path("damaged.nc")]
    for name in ("S2_a.nc", "S2_b.nc"):
        write_cube(tmp_path / name)
    with pytest.raises(OutOfMemory, match=r"S2_b\.nc") as caught:
        find(tmp_path, ImageryOptions(), Silent())
    assert caught.value.code == "engine.out_of_memory"


def test_flipped_bits_of_the_header(tmp_path):
    """Who is not named is read to the end or refused with its name; who is ends any process that reads it."""
    whole = write_cube(tmp_path / "whole.nc").read_bytes()
    paths = []
    for seed in range(FLIPPED):
        random, content = np.random.default_rng(seed), bytearray(whole)
        for place in random.integers(0, len(whole), random.integers(1, 5)):
            content[place] ^= 1 << random.integers(8)
        paths.append(tmp_path / f"flipped_{seed}.nc")
        paths[-1].write_bytes(content)
    crashing = preflight.crashing(paths)
    codes = [outcome(cube, path, SIDE_PX) for path in paths if path not in crashing]  # and this process is still here
    assert set(codes) <= {"read", "imagery.unreadable", "imagery.bad_metadata"}
    assert [path for path in crashing if survives(path)] == []


def test_a_file_that_leads_the_library_in_a_circle(tmp_path, monkeypatch):
    """The child is given a time; the file that it was at is named, the ones behind it are tried."""
    script = tmp_path / "child.py"
    script.write_text(
        "import os, sys, time\n"
        "for path in sys.stdin.buffer.read().split(b'\\0'):\n"
        "    os.write(1, b'.')\n"
        "    if b'stuck' in path: time.sleep(600)\n"
        "    if b'dead' in path: os.abort()\n"
    )
    monkeypatch.setattr(preflight, "__file__", str(script))
    monkeypatch.setattr(preflight, "_START_S", 2.0)
    monkeypatch.setattr(preflight, "_EACH_S", 0.1)
    names = ["a.nc", "stuck.nc", "b.nc", "dead ü.nc", "c.nc"]
    found = preflight.crashing([Path(name) for name in names])
    assert {path.name: reason.partition("library ")[2] for path, reason in found.items()} == {
        "stuck.nc": "does not come to an end while it opens it",
        "dead ü.nc": "crashes while it opens it",
    }


def test_without_a_child_nothing_is_reported(tmp_path, monkeypatch):
    monkeypatch.setattr(preflight, "__file__", str(tmp_path / "gone.py"))
    assert preflight.crashing([without_dimensions(tmp_path / "cube.nc")]) == {}

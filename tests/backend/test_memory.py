"""A lack of memory is called so, whatever a library makes of it, and is blamed on no file."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import errno
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow
import pyogrio.errors
import pytest
import rasterio
import safetensors
import shapely
import torch
from pyogrio._err import CPLE_OutOfMemoryError as OgrOutOfMemory
from rasterio._err import CPLE_OutOfMemoryError

from backend import memory
from backend.errors import BadArgument, Cancelled, GridMismatch, NotAStore, OutOfMemory, UnreadableImage
from backend.imagery import preflight
from backend.imagery.rasters import opened
from backend.vocabulary import BANDS
from tests.backend.ground import write_raster

HUGE = {"driver": "MEM", "width": 2_000_000, "height": 2_000_000, "count": 10, "dtype": "float64"}


def raised(call: Callable[[], object]) -> Exception:
    try:
        call()
    except Exception as error:
        return error
    raise AssertionError("there was memory enough")


REAL = {
    "Python": lambda: bytearray(1 << 60),
    "numpy": lambda: np.empty(1 << 60, np.uint8),
    "torch on the CPU": lambda: torch.empty(2**50),
    "Arrow": lambda: pyarrow.allocate_buffer(1 << 50),
    "GDAL": lambda: rasterio.open("", "w", **HUGE),
}


@pytest.mark.parametrize("library", REAL)
def test_what_libraries_really_raise(library):
    error = raised(REAL[library])
    assert memory.is_lack_of_memory(error), repr(error)
    found = memory.true_cause(error)
    assert isinstance(found, OutOfMemory) and found.message.startswith("There is not enough memory for this step (")
    with pytest.raises(OutOfMemory):
        memory.require_memory(error)


def test_types_are_known_whatever_the_text():
    """Without a text, and so by the type only; of the GPU and of GDAL's reading none can be raised everywhere."""
    for error in (
        MemoryError(),
        torch.cuda.OutOfMemoryError(),
        CPLE_OutOfMemoryError(3, 2, ""),
        OgrOutOfMemory(3, 2, ""),
        pyarrow.ArrowMemoryError(),
        OSError(errno.ENOMEM, ""),
        OutOfMemory("x"),
    ):
        assert memory.is_lack_of_memory(error), type(error)


@pytest.mark.parametrize(
    "error",
    [
        RuntimeError(
            "[enforce fail at alloc_cpu.cpp:118] DefaultCPUAllocator: not enough memory: you tried to allocate"
        ),
        RuntimeError("CUDA error: out of memory"),
        RuntimeError("CUBLAS_STATUS_ALLOC_FAILED when calling cublasCreate"),
        RuntimeError("can't start new thread"),
        rasterio.errors.RasterioIOError("VSIMalloc3(): Out of memory allocating 8000000 bytes"),
        pyogrio.errors.DataSourceError("Cannot allocate 123 bytes"),
        shapely.errors.GEOSException("std::bad_alloc"),
        safetensors.SafetensorError("Error while mapping: Cannot allocate memory (os error 12)"),
        ImportError("libtorch_cpu.so: failed to map segment from shared object"),
        SystemError("std::bad_alloc"),
    ],
)
def test_texts_where_a_library_has_no_type_for_it(error):
    assert memory.is_lack_of_memory(error)


@pytest.mark.parametrize(
    "error",
    [
        UnreadableImage("out of memory/std__bad_alloc/cannot allocate.tif", "it is cut off"),
        FileNotFoundError(errno.ENOENT, "No such file or directory", "/data/out of memory.tif"),
        OSError(errno.ENOSPC, "No space left on device"),
        ValueError("out of memory"),
        KeyError("bad_alloc"),
    ],
)
def test_such_words_elsewhere_mean_nothing(error):
    assert not memory.is_lack_of_memory(error)
    memory.require_memory(error)


def test_numpy_names_what_it_wanted():
    assert "1.00 EiB" in memory.true_cause(raised(REAL["numpy"])).message


def test_it_is_found_behind_other_errors():
    store = NotAStore("s.parcels", "index.parquet is missing or damaged")
    store.__cause__ = OSError(errno.ENOMEM, "Cannot allocate memory")
    assert memory.true_cause(store).code == "engine.out_of_memory"
    damaged = UnreadableImage("a.tif", "it is cut off")
    damaged.__cause__ = OSError(errno.EIO, "Input/output error")
    assert memory.true_cause(damaged) is damaged
    memory.require_memory(damaged)


@pytest.mark.parametrize("error", [MemoryError(), OSError(errno.ENOMEM, "Cannot allocate memory")])
def test_an_image_is_not_blamed(tmp_path, error):
    write_raster(tmp_path / "S2_20180501.tif", np.ones((10, 20, 20), np.uint16), BANDS)
    with pytest.raises((OutOfMemory, MemoryError)), opened(tmp_path / "S2_20180501.tif"):
        raise error


@pytest.mark.parametrize(
    "error", [UnreadableImage("a.tif", "it has no coordinate system"), GridMismatch("a", "b", "c")]
)
def test_an_input_is_not_blamed_while_memory_is_at_its_end(monkeypatch, error):
    """GDAL and PROJ then leave things out without an error."""
    memory.require_memory(error)
    monkeypatch.setattr(memory, "is_short", lambda: True)
    assert isinstance(memory.true_cause(error), OutOfMemory)
    assert memory.explains(SystemError("error return without exception set"))
    for other in (BadArgument("epochs", "a number", "x"), Cancelled(), OSError(errno.ENOSPC, "full")):
        assert not memory.explains(other)


def test_this_process_has_memory():
    assert not memory.is_short()


AT_THE_LIMIT = """
import resource
from backend import memory
for room in (1 << 30, 32 << 20):
    now = int(open("/proc/self/statm").read().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (now + room, resource.RLIM_INFINITY))
    print(memory.is_short())
"""


@pytest.mark.skipif(sys.platform != "linux", reason="the limit on a process's memory is Linux's")
def test_the_limit_of_a_process_is_seen():
    command = [sys.executable, "-c", AT_THE_LIMIT]
    done = subprocess.run(command, cwd=Path(__file__).parents[2], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "True"]


@pytest.mark.skipif(sys.platform == "win32", reason="processes end by signals on other systems")
@pytest.mark.parametrize(
    ("end", "by_memory"),
    [
        ("os.kill(os.getpid(), 9)", True),
        ("sys.exit(137)", True),
        ("sys.stderr.write('terminate called after throwing an instance of std::bad_alloc'); os.abort()", True),
        ("sys.stderr.write('cannot allocate memory for thread-local data: ABORT'); os._exit(127)", True),
        ("sys.stderr.write('free(): invalid pointer'); os.abort()", False),
        ("os.kill(os.getpid(), 11)", False),
        ("sys.stderr.write('std::bad_alloc'); sys.exit(1)", False),
    ],
)
def test_how_a_child_ended(tmp_path, monkeypatch, end, by_memory):
    script = tmp_path / "child.py"
    script.write_text(
        f"import os, sys\nos.write(1, b'.')\nsys.stderr.flush()\n{end.replace('; os', '; sys.stderr.flush(); os')}\n"
    )
    done = subprocess.run([sys.executable, script], capture_output=True, text=True, check=False)
    assert memory.ended_by_memory(done.returncode, done.stderr) == by_memory
    monkeypatch.setattr(preflight, "__file__", str(script))
    if by_memory and done.returncode < 0:
        with pytest.raises(OutOfMemory, match=r"cube\.nc"):
            preflight.crashing([Path("cube.nc")])

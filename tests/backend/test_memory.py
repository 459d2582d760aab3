"""A lack of memory is called so, whatever a library makes of it, and is blamed on no file."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import errno
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pyarrow
import pytest

from backend import memory
from backend.errors import NotAStore, OutOfMemory, UnreadableImage
from backend.imagery.rasters import opened
from backend.vocabulary import BANDS
from tests.backend.ground import write_raster

ROOT = Path(__file__).parents[2]


def numpys() -> Exception:
    with pytest.raises(MemoryError) as caught:
        np.empty(1 << 60, np.uint8)
    return caught.value


TORCHS = "[enforce fail at alloc_cpu.cpp:118] err == 0. DefaultCPUAllocator: can't allocate memory: you tried"


@pytest.mark.parametrize(
    "error",
    [
        MemoryError(),
        OSError(errno.ENOMEM, "Cannot allocate memory"),
        RuntimeError(TORCHS),
        RuntimeError("CUDA out of memory. Tried to allocate 2.00 GiB"),
        RuntimeError("can't start new thread"),
        pyarrow.ArrowMemoryError("malloc of size 1073741824 failed"),
        ImportError("libtorch_cpu.so: failed to map segment from shared object"),
    ],
)
def test_lack_of_memory_in_the_words_of_libraries(error):
    assert memory.is_lack_of_memory(error)
    assert isinstance(memory.true_cause(error), OutOfMemory)
    with pytest.raises(OutOfMemory):
        memory.require_memory(error)


def test_numpy_names_what_it_wanted():
    assert "1.00 EiB" in memory.true_cause(numpys()).message


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


LIMITED = """
import json, resource, sys
from backend.memory import is_lack_of_memory, true_cause
from backend.workflows.extract import ExtractSpec, make_store
from backend.workflows.preparation import Preparation
from tests.backend.recorder import Recorder

def pages():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[0])

folder, room_mb = sys.argv[1], int(sys.argv[2])
spec = ExtractSpec.of(imagery=f"{folder}/images", parcels=f"{folder}/parcels.gpkg", output=f"{folder}/s.parcels",
                      skip_unreadable=True, workers=1)
import backend.series.build, backend.imagery.blocks, backend.parcels.reading
if room_mb:
    most = pages() * resource.getpagesize() + room_mb * (1 << 20)
    resource.setrlimit(resource.RLIMIT_AS, (most, most))
recorder, found = Recorder(), {}
try:
    store = make_store(spec, recorder)
    found["dates"] = len(store.manifest.sentinel_2.acquisitions)
except Exception as error:
    found["code"] = getattr(true_cause(error), "code", repr(error)) if is_lack_of_memory(error) else repr(error)
print(json.dumps(found))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="the limit on a process's memory is Linux's")
def test_no_date_is_dropped_where_memory_is_limited(region_of_large_blocks):
    """With ever less room a run makes a store of all its dates, says that memory is short, or is ended by a library."""
    outcomes = []
    for room_mb in (0, 300, 120, 60, 30):
        done = subprocess.run(
            [sys.executable, "-c", LIMITED, str(region_of_large_blocks), str(room_mb)],
            cwd=ROOT, capture_output=True, text=True, check=False,
        )  # fmt: skip
        if done.returncode == 0:
            outcomes.append(json.loads(done.stdout.splitlines()[-1]))
    short = [one for one in outcomes if one == {"code": "engine.out_of_memory"}]
    assert outcomes[0] == {"dates": 3}
    assert short
    assert [one for one in outcomes if one not in ({"dates": 3}, *short)] == []


@pytest.fixture
def region_of_large_blocks(tmp_path):
    """Three images of a single block of some megabytes."""
    import geopandas
    import shapely

    from tests.backend.ground import CRS, X0, Y0

    plane = np.random.default_rng(0).integers(500, 3000, (10, 700, 700)).astype(np.uint16)
    for day in ("20180501", "20180601", "20180701"):
        write_raster(tmp_path / "images" / f"S2_{day}.tif", plane, BANDS)
    boxes = [shapely.box(X0 + 10, Y0 - 6900, X0 + 6900, Y0 - 10)]
    geopandas.GeoDataFrame({"code": ["a"]}, geometry=boxes, crs=CRS).to_file(tmp_path / "parcels.gpkg")
    return tmp_path

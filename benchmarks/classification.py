"""Seconds to classify a store, one process per model: reading, predicting, layer, report and map included.

    python benchmarks/classification.py STORE [--models gru cnn-gru-0.9] [--rounds 3]

The weights are random, which costs the same as trained ones. A store of the case in benchmarks/extraction.py:
    python benchmarks/extraction.py --rounds 1 --folder DIR    (leaves DIR/bench.parcels)
"""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import torch

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))
from backend.models import FREE_DATES, MODELS, TWO_PER_BAND  # noqa: E402
from backend.models.build import build  # noqa: E402
from backend.models.bundle import Member, ModelBundle  # noqa: E402
from backend.series.store import Store, open_store  # noqa: E402
from backend.vocabulary import CropClass  # noqa: E402

NETWORKS = tuple(name for name, row in MODELS.items() if row.in_epochs)  # a forest without training has no trees
CLASSES = tuple(CropClass(f"c{n}", f"Class {n}", f"#{n * 12:02x}8040") for n in range(19))
TABLE = tuple({"code": c.code, "name": c.name, "class": c.name, "colour": c.colour} for c in CLASSES)


def random_model(name: str, store: Store, path: Path) -> Path:
    """A `.cropmodel` of fresh weights for the store's bands and dates."""
    torch.manual_seed(0)
    architecture = MODELS[name]
    dates = 1 if architecture.view in FREE_DATES else len(store.days)
    channels = len(store.bands) * (2 if architecture.view in TWO_PER_BAND else 1)
    network = build(name, len(store.bands), store.days, len(CLASSES))
    member = Member(
        architecture=name,
        hyperparameters=architecture.hyperparameters,
        view=architecture.view,
        bands=store.bands,
        mean=np.full((dates, channels), 0.2),
        std=np.full((dates, channels), 0.1),
        weights=network.state_dict(),
    )
    ModelBundle(
        members=(member,), calendar=store.days, season=store.manifest.season, classes=CLASSES, class_table=TABLE,
        temperature=1.0, scores=None, provenance={}, report={},
    ).save(path)  # fmt: skip
    return path


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("store", type=Path)
    parser.add_argument("--models", nargs="+", choices=NETWORKS, default=["gru", "cnn-gru-0.9"])
    parser.add_argument("--rounds", type=int, default=3)
    chosen = parser.parse_args()
    store = open_store(chosen.store)
    print(f"{len(store.index)} parcels, {len(store.days)} dates, {torch.get_num_threads()} threads")
    with tempfile.TemporaryDirectory() as folder:
        for name in chosen.models:
            model = random_model(name, store, Path(folder) / f"{name}.cropmodel")
            command = [sys.executable, "-m", "backend", "classify", chosen.store.resolve(), "--model", model]
            seconds = []
            for _ in range(chosen.rounds):
                began = time.perf_counter()
                output = Path(folder) / "out.gpkg"
                subprocess.run([*command, "-o", output], cwd=ROOT, check=True, capture_output=True)
                seconds.append(time.perf_counter() - began)
            listed = ", ".join(f"{value:.1f}" for value in seconds)
            middle = np.median(seconds)
            print(f"{name:14} {middle:7.1f} s   {len(store.index) / middle:7.0f} parcels/s   ({listed})")


if __name__ == "__main__":
    main()

"""A dataset of arrays, and a reporter that remembers."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest
import torch

from backend.console import warn
from backend.series.batch import Batch
from backend.vocabulary import BANDS, CropClass

CLASSES = tuple(CropClass(f"C{i}", f"Crop {i}", f"#{i}0{i}0{i}0") for i in range(6))


@dataclass
class FakeFeed:
    """Holds `values` whole; `inside` is the mask of a patch. Counts the parcels it has been asked for."""

    view: str
    values: np.ndarray
    inside: np.ndarray | None = None
    days: tuple[int, ...] = (10, 60, 120, 180)
    bands: tuple[str, ...] = BANDS
    usable: np.ndarray = field(default_factory=lambda: np.zeros(0, bool))
    served: int = 0

    def __post_init__(self) -> None:
        self.usable = np.ones(len(self.values), dtype=bool)

    def __len__(self) -> int:
        return len(self.values)

    def batch(self, rows: np.ndarray, device: torch.device) -> Batch:
        self.served += len(rows)
        mask = None if self.inside is None else torch.from_numpy(self.inside[rows]).to(device)
        return Batch(torch.from_numpy(self.values[rows]).to(device), mask)

    def mean_std(self, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        values = self.values[rows].astype(np.float64)
        if self.inside is None:
            return values.mean(axis=0), values.std(axis=0)
        pixels = np.where(self.inside[rows], values, np.nan)
        return np.nanmean(pixels, axis=(0, 3, 4)), np.nanstd(pixels, axis=(0, 3, 4))


def statistics_feed(labels: np.ndarray, noise: float = 0.02) -> FakeFeed:
    """A course of its own for each class, with noise between parcels."""
    rng = np.random.default_rng(5)
    courses = rng.random((labels.max() + 1, 4, 20)) * 0.1 + 0.2
    values = courses[labels] + rng.normal(scale=noise, size=(len(labels), 4, 20))
    return FakeFeed("statistics", values.astype(np.float32))


def patch_feed(labels: np.ndarray) -> FakeFeed:
    """The same in patches: each parcel a rectangle, zero outside."""
    rng = np.random.default_rng(6)
    courses = rng.random((labels.max() + 1, 4, 10)) * 0.1 + 0.2
    values = courses[labels][..., None, None] + rng.normal(scale=0.02, size=(len(labels), 4, 10, 32, 32))
    inside = np.zeros((len(labels), 1, 1, 32, 32), dtype=bool)
    for parcel, (top, left) in zip(inside, rng.integers(0, 12, (len(labels), 2))):
        parcel[..., top : 32 - left, left : 32 - top] = True
    return FakeFeed("patch", np.where(inside, values, 0).astype(np.float32), inside)


@dataclass
class Recorder:
    """A Reporter that keeps every word; `stop_at` raises in the metric of that epoch."""

    stop: Exception | None = None
    stop_at: int = -1
    said: list[tuple[str, Any]] = field(default_factory=list)

    def progress(self, fraction: float, stage: str, message: str = "") -> None:
        self.said.append(("progress", (fraction, stage, message)))

    def log(self, message: str) -> None:
        self.said.append(("log", message))

    def metric(self, name: str, **values: Any) -> None:
        self.said.append((name, values))
        if self.stop and values["epoch"] == self.stop_at:
            raise self.stop

    def warning(self, code: str, /, **fields: Any) -> None:
        self.said.append((code, warn(code, fields).message))

    def of(self, kind: str) -> list[Any]:
        return [values for name, values in self.said if name == kind]


@pytest.fixture(autouse=True, scope="session")
def _one_thread():
    """Batches this small gain nothing from threads, and lose much to waiting for them on a busy machine."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture
def recorder() -> Recorder:
    return Recorder()


@pytest.fixture
def make_recorder():
    return Recorder


@pytest.fixture
def crops() -> tuple[CropClass, ...]:
    return CLASSES


@pytest.fixture
def statistics():
    return statistics_feed


@pytest.fixture
def patches():
    return patch_feed

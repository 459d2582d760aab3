"""Thermal time: growing degree days in place of days of year, for models that read each image at its own day.

As Nyborg, Pelletier and Assent (2022), Generalized Classification of Satellite Image Time Series with Thermal
Positional Encoding, CVPR Workshops.
"""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from backend.errors import BadArgument, NeedsTemperatures, NoThermalTime
from backend.model_region import ThermalTime
from backend.models import MODELS
from backend.models.bundle import ModelBundle
from backend.series.store import Store
from backend.series.temperatures import Temperatures


@dataclass(frozen=True)
class ThermalDays:
    """`days`: for each store its acquisitions on the axis of `time`, a number near the day of year for each.

    `temperatures`: the file.
    """

    time: ThermalTime
    days: tuple[tuple[float, ...], ...]
    temperatures: Path

    @classmethod
    def of_training(cls, temperatures: Path, base: float, stores: Sequence[Store]) -> ThermalDays:
        """The axis is stretched so that the acquisitions of all seasons take as many days on it as they took.

        Raises BadTemperatures, BadArgument.
        """
        known, days, degrees = Temperatures.read(temperatures), 0.0, 0.0
        for store in stores:
            own = store.manifest.sentinel_2.acquisition_days
            sums = known.degree_days(base, store.manifest.season, own)
            days, degrees = days + own[-1] - own[0], degrees + sums[-1] - sums[0]
        if not (days and degrees):
            raise BadArgument("base_temperature", "one that the temperatures of the season exceed", base)
        return cls._on(ThermalTime(base, days / degrees), known, stores)

    @classmethod
    def of_model(
        cls, bundle: ModelBundle, model: Path, temperatures: Path | None, stores: Sequence[Store]
    ) -> ThermalDays | None:
        """None for a model by day of year. Raises NeedsTemperatures, NoThermalTime, BadTemperatures."""
        require_fitting(bundle, model, temperatures)
        if bundle.thermal_time is None or temperatures is None:
            return None
        return cls._on(bundle.thermal_time, Temperatures.read(temperatures), stores)

    @classmethod
    def _on(cls, time: ThermalTime, known: Temperatures, stores: Sequence[Store]) -> ThermalDays:
        found = []
        for store in stores:
            own = store.manifest.sentinel_2.acquisition_days
            sums = known.degree_days(time.base_temperature, store.manifest.season, own)
            found.append(tuple((sums * time.days_per_degree_day).tolist()))
        return cls(time, tuple(found), known.path)

    def checkpoint(self, folder: Path) -> Path:
        """Where runs with these temperatures keep their checkpoints."""
        return folder / f"thermal-{self._digest}"

    @property
    def _digest(self) -> str:
        return hashlib.sha256(np.concatenate([np.array(days) for days in self.days]).tobytes()).hexdigest()[:16]

    def facts(self) -> dict[str, Any]:
        """For the provenance."""
        return {"temperatures": str(self.temperatures), "base temperature": f"{self.time.base_temperature:g} °C"}


def require_fitting(bundle: ModelBundle, model: Path, temperatures: Path | None) -> None:
    """Before anything long: temperatures go with a model of thermal time, and only with one.

    Raises NeedsTemperatures, NoThermalTime.
    """
    if bundle.thermal_time and temperatures is None:
        raise NeedsTemperatures(model, bundle.thermal_time.base_temperature)
    if bundle.thermal_time is None and temperatures is not None:
        raise NoThermalTime(model)


def require_own_days(model: str) -> None:
    """Raises BadArgument for an architecture whose series are on the days of a calendar."""
    if not MODELS[model].free_dates:
        names = " or ".join(name for name, row in MODELS.items() if row.free_dates)
        raise BadArgument("model", f"with temperatures one that reads each image at its own day: {names}", model)

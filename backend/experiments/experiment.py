"""An experiment: one labelled region, one set of folds, and every run on them."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import os
import platform
import shutil
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from backend import __version__
from backend.errors import BadArgument, Diverged
from backend.learning.checkpoint import digest
from backend.learning.fitting import FOREST
from backend.learning.folds import Folding
from backend.learning.progress import Progress
from backend.learning.training import Fitted, Training, TrainingSpec
from backend.models import MODELS
from backend.models.build import count
from backend.protocol import Reporter
from backend.series.batch import Dataset
from backend.series.store import Store
from backend.vocabulary import CropClass

from .plan import Run, cost
from .progress import STAGE, RunReporter
from .records import NOT_SETTINGS, Record, Records, require_same

SAMPLE = 4096  # pixels by whose values two stores are distinguished


@dataclass(frozen=True)
class Region:
    """The parcels an experiment is about. `dataset` gives a view of them, with the indices that a training asks for;
    `labels` `(parcels,)` number `classes` (-1).

    `series` names the content of the stores.
    """

    dataset: Callable[[str, str], Dataset]
    labels: NDArray[np.int64]
    classes: tuple[CropClass, ...]
    series: str


@dataclass(frozen=True)
class Experiment:
    """`options` are those fields of TrainingSpec that the user gave; `base` holds the folds, the same for all runs."""

    region: Region
    options: Mapping[str, Any]
    folding: Folding
    folder: Path
    folds: int
    base: Training

    @classmethod
    def of(
        cls, region: Region, options: Mapping[str, Any], folding: Folding, folds: int | None, folder: Path,
        reporter: Reporter,
    ) -> Experiment:  # fmt: skip
        """`folds` None: all there are. Raises what Training.of raises."""
        spec = TrainingSpec.of(FOREST, **options)
        base = Training.of(spec, _dataset(region, spec), region.labels, region.classes, reporter, None, folding)
        if folds and folds > len(base.splits):
            raise BadArgument("folds", f"a whole number from 1 to {len(base.splits)} (split {folding.name})", folds)
        return cls(region, options, folding, folder, folds or len(base.splits), base)

    @cached_property
    def records(self) -> Records:
        return Records(self.folder / "runs")

    def spec(self, run: Run) -> TrainingSpec:
        return TrainingSpec.of(run.model, **{**self.options, "order": run.order, "folds": self.folds})

    def settings(self, run: Run) -> dict[str, Any]:
        """All settings that decide a run's result; records with other settings are not mixed in."""
        given = {name: value for name, value in asdict(self.spec(run)).items() if name not in NOT_SETTINGS}
        labelled = self.base.labelled
        splits = self.base.splits[run.fold : run.fold + 1]  # none, where a record is of a fold that is not there
        parts = [part for split in splits for part in (split.train, split.validation, split.test)]
        return {
            **given,
            "figures": dict(MODELS[run.model].hyperparameters),
            "split": self.folding.name,
            "classes": [crop.code for crop in labelled.classes],
            "parcels": digest({}, (labelled.labels, *parts)),
            "series": self.region.series,
        }

    def require_own(self, runs: Sequence[Run]) -> None:
        """Finds out at once what would stop a run later: a store that cannot serve a model's view, other settings.

        Raises RunOfOtherSettings where the folder holds runs of another experiment, BadRecord, what a dataset raises.
        """
        for run in {run.model: run for run in runs}.values():
            _dataset(self.region, self.spec(run))
        for record in self.records.read():
            require_same(self.records.path(record.run), record.settings, self.settings(record.run))

    def run(self, runs: Sequence[Run], reporter: Reporter, after_each: Callable[[], object]) -> list[Run]:
        """Does each run that is not done and not claimed by another process; gives those that it did.

        A run that diverges is left out with a warning. Raises what Training.fit raises else, Cancelled too: what was
        finished is kept, and a network's epochs of the unfinished run as well.
        """
        weights = [self._weight(run) for run in runs]
        total, passed, did = sum(weights) or 1, 0.0, []
        for run, weight in zip(runs, weights):
            with self.records.claimed(run) as ours:
                if ours:
                    self._attempt(run, RunReporter(reporter, run, passed / total, (passed + weight) / total))
            passed += weight
            if ours and self.records.done(run):
                did.append(run)
                after_each()
        reporter.progress(1.0, STAGE)
        return did

    def _attempt(self, run: Run, reporter: RunReporter) -> None:
        try:
            self.records.write(self._perform(run, reporter))
        except Diverged as error:
            reporter.warning(error.code, **error.fields)
        shutil.rmtree(self._checkpoint(run), ignore_errors=True)

    def _perform(self, run: Run, reporter: Reporter) -> Record:
        began, clock = datetime.now().astimezone(), time.monotonic()
        checkpoint = self._checkpoint(run)
        resumed = checkpoint.exists()
        training = self._training(run, reporter)
        split = training.splits[run.fold]
        fitted = training.fit(split, Progress(reporter, "training", training.work(split)))
        circumstances = {
            "engine": __version__,
            "began": began.isoformat(timespec="seconds"),
            "seconds": round(time.monotonic() - clock, 1),
            "resumed": resumed,  # then the seconds are those of the last part
            **machine(training.device),
        }
        return self._record(run, fitted, circumstances)

    def _training(self, run: Run, reporter: Reporter) -> Training:
        spec = self.spec(run)
        dataset = _dataset(self.region, spec)
        return replace(self.base, spec=spec, dataset=dataset, reporter=reporter, checkpoint=self._checkpoint(run))

    def _checkpoint(self, run: Run) -> Path:
        return self.folder / "unfinished" / run.name

    def _weight(self, run: Run) -> float:
        training = replace(self.base, spec=self.spec(run))
        return training.work(self.base.splits[run.fold]) * cost(run.model)

    def _record(self, run: Run, fitted: Fitted, circumstances: Mapping[str, Any]) -> Record:
        labelled, found = self.base.labelled, fitted.probabilities
        return Record(
            run=run,
            settings=self.settings(run),
            circumstances=circumstances,
            classes=labelled.classes,
            parameters=count(fitted.network) or None,
            best_epoch=fitted.best["epoch"],
            curves=fitted.curves,
            tested={
                "row": fitted.rows,
                "truth": labelled.labels[fitted.rows],
                "predicted": found.argmax(axis=1),
                "confidence": found.max(axis=1).astype(np.float64).round(4),
            },
            probabilities=found,
        )


def _dataset(region: Region, spec: TrainingSpec) -> Dataset:
    return region.dataset(MODELS[spec.model].view, spec.indices)


def machine(device: torch.device) -> dict[str, Any]:
    """What a run ran on."""
    name = torch.cuda.get_device_name(device) if device.type == "cuda" else device.type
    system = f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores"
    return {"device": name, "machine": system, "threads": torch.get_num_threads(), "torch": torch.__version__}


def series_digest(stores: Sequence[Store]) -> str:
    """A name for the stores' content that does not depend on their paths, from their days, bands, parcels and from
    pixels spread over them: a full digest of a country's store would take longer than a run."""
    settings = {"stores": [[store.days, store.bands, store.manifest.season] for store in stores]}
    arrays = [array for store in stores for array in _sampled(store)]
    return digest(settings, arrays)


def _sampled(store: Store) -> list[NDArray[Any]]:
    held = len(store.reflectance)
    pixels = np.linspace(0, held - 1, min(SAMPLE, held)).astype(np.int64)
    quality = np.frombuffer("\n".join(store.index["quality"]).encode(), dtype=np.uint8)
    counts = store.index["n_pixels"].to_numpy(np.int64)
    return [counts, quality, store.reflectance[pixels], store.clear[pixels]]

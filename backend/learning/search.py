"""`--model auto`: candidates are compared by folds inside the training part, and the chosen ones are tested outside it.

Of each outer fold the search sees four fifths: it fits every candidate on inner folds, picks members by what they say
of the parcels left out there, and only then are the members fitted on the four fifths and tested on the fifth. The
model itself is picked by the inner folds of all outer ones and fitted on all parcels. So the scores are those of the
whole procedure, its choice included.
"""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.model_selection import train_test_split

from backend.errors import BadArgument, Diverged, ObservationsNotKept, TooLittleTime
from backend.protocol import Reporter
from backend.series.batch import Dataset
from backend.vocabulary import CropClass

from .calibration import fit_temperature, probabilities
from .candidates import Candidate, SearchSpec
from .folds import INNER, Folding, Split
from .metrics import summary
from .progress import Progress
from .protocols import Mixture, calibrated
from .trained import Delivered, Trained
from .training import Fitted, Training

Serve = Callable[[str, str], Dataset]  # of a view and an option `indices`
MOST_SEARCHED = 2000  # parcels of a training part that the candidates are compared on
STAGE = "search"


@dataclass
class Tried:
    """One candidate. `rows`, `logits` and `log_prior` are of all inner folds of the outer folds so far."""

    candidate: Candidate
    training: Training
    seconds: float = 0.0
    left_out: str = ""  # why it is not chosen
    mixtures: list[Mixture] = field(default_factory=list)

    def whole(self) -> Mixture:
        parts = {
            name: np.concatenate([getattr(one, name) for one in self.mixtures])
            for name in ("rows", "logits", "log_prior")
        }
        return Mixture(**parts)


@dataclass(frozen=True)
class Choice:
    """Members, by candidate, and the temperatures that their logits are divided by."""

    members: tuple[Tried, ...]
    temperatures: tuple[float, ...]

    @property
    def numbered(self) -> list[tuple[Tried, int]]:
        """Each member with its number among those of its candidate: they differ by their seed."""
        return [(one, self.members[:place].count(one)) for place, one in enumerate(self.members)]


class TimeUp(Exception):
    """The search has used up its time."""


def search(
    spec: SearchSpec, serve: Serve, labels: NDArray[np.int64], classes: tuple[CropClass, ...], reporter: Reporter,
    checkpoint: Path | None, folding: Folding, previous: NDArray[np.object_] | None,
) -> Trained:  # fmt: skip
    """Arguments and errors are those of `protocols.train`; raises TooLittleTime, too."""
    run = Run.of(spec, serve, labels, classes, reporter, checkpoint, folding, previous)
    folds: list[list[Fitted]] = []
    mixtures: list[Mixture] = []
    for split in run.base.splits:
        if not run.has_time_for(len(folds)):
            break
        choice = run.choose(split, len(folds))
        folds.append(run.fit(choice, split))
        mixtures.append(Mixture.of(folds[-1], choice.temperatures))
    final = pick(run.tried, labels=run.base.labelled.labels, members=spec.members)
    networks = tuple(run.fit(final, run.base.everything()))
    temperature, tested = calibrated(run.base, mixtures)
    reporter.progress(1.0, "training")
    trained = Trained.of(
        run.base, Delivered(networks, final.temperatures, temperature), tested, _curves(folds)
    )  # fmt: skip
    return replace(trained, spec=spec, tried=tuple(run.rows(final)))


@dataclass
class Run:
    """A search under way."""

    spec: SearchSpec
    base: Training
    folding: Folding
    tried: list[Tried]
    began: float
    first_fold_s: float = 0.0

    @classmethod
    def of(
        cls, spec: SearchSpec, serve: Serve, labels: NDArray[np.int64], classes: tuple[CropClass, ...],
        reporter: Reporter, checkpoint: Path | None, folding: Folding, previous: NDArray[np.object_] | None,
    ) -> Run:  # fmt: skip
        """A candidate whose samples the series do not keep is left out, if others are left.

        Raises ObservationsNotKept.
        """
        began, base = time.monotonic(), None
        tried: list[Tried] = []
        for candidate in spec.candidates:
            try:
                dataset = serve(candidate.view, candidate.indices)
            except ObservationsNotKept:
                if candidate is spec.candidates[-1] and base is None:
                    raise
                continue
            own = replace(spec.spec(candidate), folds=spec.folds)
            if base is None:
                base = Training.of(own, dataset, labels, classes, reporter, checkpoint, folding, previous)
            place = None if checkpoint is None else checkpoint / f"{len(tried) + 1}-{candidate.model}"
            own = replace(own, folds=base.spec.folds)
            tried.append(Tried(candidate, replace(base, spec=own, dataset=dataset, checkpoint=place)))
        if base is None:
            raise BadArgument("candidates", "at least one", spec.candidates)
        return cls(spec, base, folding, tried, began)

    @property
    def budget_s(self) -> float:
        return 60 * self.spec.time_budget_min

    def has_time_for(self, fold: int) -> bool:
        """All folds that are asked for; by default as many as the time allows, at least one."""
        wanted = self.base.spec.folds or 1
        if fold >= min(wanted, len(self.base.splits)):
            return False
        spent = time.monotonic() - self.began
        return fold == 0 or self.spec.folds is not None or spent + self.first_fold_s <= self.budget_s

    def choose(self, split: Split, fold: int) -> Choice:
        """The members for this outer fold, by its inner folds alone."""
        labels, began = self.base.labelled.labels, time.monotonic()
        rows = sample(split.train, labels, self.spec.seed)
        inner = self.folding.inner(rows, labels[rows], self.spec.seed)
        inner = [replace(part, fold=INNER * (fold + 1) + part.fold) for part in inner]
        for number, one in enumerate(self.tried):
            if not one.left_out:
                share = (fold + number / len(self.tried)) / max(1, self.base.spec.folds or 1)
                self._try(one, inner, fold, number, 0.8 * share)
        if not fold:
            self.first_fold_s = time.monotonic() - began
        return pick(self.tried, labels, self.spec.members, fold)

    def _try(self, one: Tried, inner: Sequence[Split], fold: int, number: int, share: float) -> None:
        """Fits a candidate on the inner folds. In the first outer fold it is left out where the time is used up."""
        began, fits = time.monotonic(), []
        deadline = self.began + self.budget_s if number and not fold else None
        quiet = Quiet(self.base.reporter, f"{one.candidate.name}: ", share, deadline)
        training = replace(one.training, reporter=quiet)
        try:
            for done, part in enumerate(inner):
                fits.append(training.fit(part, Progress(quiet, STAGE, 1)))
                self._require_time(one, began, done, len(inner), first=not (number or fold))
        except TimeUp:
            one.left_out = "not compared: the time was used up"
        except Diverged:
            one.left_out = "its loss became infinite"
        one.seconds += time.monotonic() - began
        if not one.left_out:
            one.mixtures.append(Mixture(*(np.concatenate(part) for part in zip(*map(_plain, fits)))))

    def _require_time(self, one: Tried, began: float, done: int, parts: int, first: bool) -> None:
        """Raises TooLittleTime after the very first fit, where the budget is too short for one candidate."""
        needed = (time.monotonic() - began) * parts
        if first and not done and needed > self.budget_s:
            raise TooLittleTime(needed, self.budget_s)

    def fit(self, choice: Choice, split: Split) -> list[Fitted]:
        """The members on the training part of an outer fold, or on everything."""
        fitted: list[Fitted] = []
        for one, member in choice.numbered:
            title = "all parcels" if not len(split.test) else f"fold {split.fold + 1}"
            reporter = Quiet(self.base.reporter, f"{one.candidate.name}, {title}: ", 0.9, None, metrics=not fitted)
            training = replace(one.training, reporter=reporter)
            fitted.append(training.fit(split, Progress(reporter, STAGE, 1), member))
        return fitted

    def rows(self, final: Choice) -> list[dict[str, Any]]:
        """A row for each candidate: scores on the inner folds, seconds, and its share of the model."""
        found = []
        for one in self.tried:
            share = final.members.count(one) / len(final.members)
            row: dict[str, Any] = {"candidate": one.candidate.name, "seconds": round(one.seconds, 1), "share": share}
            found.append({**row, **_scores(one, self.base.labelled.labels), "note": one.left_out})
        return found


@dataclass(frozen=True)
class Quiet:
    """A reporter of the search: its own fraction, no curves of inner folds, and an end where the time is used up."""

    whole: Reporter
    prefix: str
    share: float
    deadline: float | None
    metrics: bool = False

    def progress(self, fraction: float, stage: str, message: str = "") -> None:
        if self.deadline is not None and time.monotonic() > self.deadline:
            raise TimeUp
        self.whole.progress(self.share, "training", f"{self.prefix}{message}")

    def log(self, message: str) -> None:
        self.whole.log(f"{self.prefix}{message}")

    def metric(self, name: str, **values: Any) -> None:
        if self.metrics:
            self.whole.metric(name, **values)

    def warning(self, code: str, /, **fields: Any) -> None:
        self.whole.warning(code, **fields)


def sample(rows: NDArray[np.int64], labels: NDArray[np.int64], seed: int) -> NDArray[np.int64]:
    """At most MOST_SEARCHED of the rows, with each class in nearly its share."""
    if len(rows) <= MOST_SEARCHED:
        return rows
    counts = np.bincount(labels[rows])
    strata = labels[rows] if counts[counts > 0].min() > 1 else None
    kept, _ = train_test_split(rows, train_size=MOST_SEARCHED, random_state=seed, stratify=strata)
    return np.sort(kept)


def pick(tried: Sequence[Tried], labels: NDArray[np.int64], members: int, fold: int | None = None) -> Choice:
    """Adds members one by one, each the candidate with which the average is best, the same ones again if need be
    (Caruana et al. 2004); of one outer fold, or of all.

    Best is the least sum of the cross entropy over parcels and over classes: the one counts what is frequent, the other
    each class the same, and neither jumps with single parcels as a mean F of few does.
    """
    found = [(one, one.mixtures[fold] if fold is not None else one.whole()) for one in tried if not one.left_out]
    if not found:
        raise Diverged(1, tried[0].training.spec.learning_rate)
    truth = labels[found[0][1].rows]
    temperatures = [fit_temperature(m.logits, truth, m.log_prior) for _, m in found]
    each = [probabilities(m.logits, t, m.log_prior) for (_, m), t in zip(found, temperatures)]
    places: list[int] = []
    total = np.zeros_like(each[0], dtype=np.float64)
    for count in range(1, members + 1):
        losses = [_loss((total + one) / count, truth) for one in each]
        places.append(int(np.argmin(losses)))
        total += each[places[-1]]
    return Choice(tuple(found[place][0] for place in places), tuple(temperatures[place] for place in places))


def _loss(found: NDArray[np.floating], truth: NDArray[np.int64]) -> float:
    surprise = -np.log(np.clip(found[np.arange(len(truth)), truth], 1e-9, 1))
    counts = np.bincount(truth)
    weights = 1 / counts[truth]
    return float(surprise.mean() + np.average(surprise, weights=weights))


def _plain(fitted: Fitted) -> tuple[NDArray[Any], ...]:
    return fitted.rows, fitted.logits, fitted.log_prior


def _scores(one: Tried, labels: NDArray[np.int64]) -> Mapping[str, Any]:
    if one.left_out or not one.mixtures:
        return {"oa": None, "mean_f": None}
    whole = one.whole()
    oa, mean_f = summary(labels[whole.rows], (whole.logits + whole.log_prior).argmax(axis=1))
    return {"oa": oa, "mean_f": mean_f}


def _curves(folds: Sequence[Sequence[Fitted]]) -> tuple[Mapping[str, Any], ...]:
    return tuple(row for fold in folds for row in fold[0].curves)

"""What came of a training: the networks of the model file, and the scores of parcels that they had not seen."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from backend.models import FREE_DATES
from backend.models.bundle import Member, ModelBundle, members_name
from backend.vocabulary import CropClass

from .candidates import SearchSpec
from .device import device_name
from .finetuning_spec import FinetuningSpec
from .metrics import class_reliability, probabilistic, reliability, scores
from .spec import TrainingSpec
from .training import Fitted, Training


@dataclass(frozen=True)
class Delivered:
    """The networks of a model file: their logits are divided by `temperatures`, their probabilities averaged, and the
    whole calibrated by `temperature`.
    """

    networks: tuple[Fitted, ...]
    temperatures: tuple[float, ...]
    temperature: float

    @property
    def name(self) -> str:
        return members_name([one.spec.model for one in self.networks])

    @property
    def learned_rows(self) -> NDArray[np.int64]:
        """The parcels that any of the networks, or their choice, depends on."""
        return np.unique(np.concatenate([one.learned_rows for one in self.networks]))

    def members(self) -> tuple[Member, ...]:
        return tuple(
            Member(
                architecture=one.spec.model,
                hyperparameters=one.hyperparameters,
                view=one.dataset.view,
                bands=one.dataset.bands,
                mean=one.normalisation.mean,
                std=one.normalisation.std,
                weights=one.network.state_dict(),
                share=1 / len(self.networks),
                temperature=temperature,
            )
            for one, temperature in zip(self.networks, self.temperatures)
        )


@dataclass(frozen=True)
class Tested:
    """The test parcels of one fold, or of several: `probabilities` `(len(rows), classes)`."""

    rows: NDArray[np.int64]
    probabilities: NDArray[np.float32]

    @classmethod
    def together(cls, parts: Sequence[Tested]) -> Tested:
        """In the order of the rows."""
        rows = np.concatenate([part.rows for part in parts])
        order = np.argsort(rows)
        return cls(rows[order], np.concatenate([part.probabilities for part in parts])[order])

    def scores(self, training: Training) -> dict[str, Any]:
        labelled = training.labelled
        return scores(labelled.labels[self.rows], self.probabilities.argmax(axis=1), labelled.classes)


@dataclass(frozen=True)
class Trained:
    """All scores are over the test parcels of all folds run."""

    spec: TrainingSpec | SearchSpec | FinetuningSpec
    device: str  # by name, where `spec` may say auto
    folds: int  # that there are, run or not
    classes: tuple[CropClass, ...]
    left_out: tuple[tuple[CropClass, int], ...]
    delivered: Delivered
    curves: tuple[Mapping[str, Any], ...]
    scores: Mapping[str, Any]
    fold_scores: tuple[Mapping[str, Any], ...]
    reliability: list[dict[str, Any]]
    class_reliability: list[dict[str, Any]]  # in the order of `classes`
    tested_rows: NDArray[np.int64]  # (tested,), sorted
    tested_labels: NDArray[np.int64]  # (tested,), numbers of `classes`
    tested_probabilities: NDArray[np.float32]  # (tested, classes)
    tried: tuple[Mapping[str, Any], ...] = ()  # of a search: a row for each candidate
    compared: tuple[Mapping[str, Any], ...] = ()  # of a fine-tuning: a row for each of COMPARED

    @classmethod
    def of(
        cls, training: Training, delivered: Delivered, parts: Sequence[Tested], curves: tuple[Mapping[str, Any], ...]
    ) -> Trained:  # fmt: skip
        """`parts`: the tested parcels of each fold."""
        labelled, tested = training.labelled, Tested.together(parts)
        truth = labelled.labels[tested.rows]
        right = truth == tested.probabilities.argmax(axis=1)
        return cls(
            spec=training.spec,
            device=device_name(training.device),
            folds=len(training.splits),
            classes=labelled.classes,
            left_out=labelled.left_out,
            delivered=delivered,
            curves=curves,
            scores={**tested.scores(training), **probabilistic(truth, tested.probabilities)},
            fold_scores=tuple(part.scores(training) for part in parts),
            reliability=reliability(tested.probabilities.max(axis=1), right),
            class_reliability=class_reliability(truth, tested.probabilities),
            tested_rows=tested.rows,
            tested_labels=truth,
            tested_probabilities=tested.probabilities,
        )

    @property
    def kept(self) -> Fitted:
        """The first network of the model file."""
        return self.delivered.networks[0]

    @property
    def _calendar(self) -> tuple[int, ...]:
        """That of the members which have one; of free dates those that they were trained on."""
        fixed = [one.dataset.days for one in self.delivered.networks if one.dataset.view not in FREE_DATES]
        return fixed[0] if fixed else self.kept.dataset.days

    def bundle(
        self,
        season: int | None,
        class_table: tuple[Mapping[str, str], ...],
        provenance: Mapping[str, Any],
        report: Mapping[str, Any],
    ) -> ModelBundle:
        """The model, ready to save."""
        return ModelBundle(
            members=self.delivered.members(),
            calendar=self._calendar,
            season=season,
            classes=self.classes,
            class_table=class_table,
            temperature=self.delivered.temperature,
            scores=self.scores,
            provenance=provenance,
            report=report,
            rotation=self.kept.rotation,
        )

"""What the paper concludes from its tables, as differences of mean F that can be looked up in ours."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from backend.learning.fitting import FOREST

from . import paper
from .plan import ORDERED, SHUFFLED
from .results import Results

Term = tuple[str, str]  # model, order of dates


@dataclass(frozen=True)
class Finding:
    """`more` less `fewer`, both sums of mean F, is above zero where the finding holds."""

    text: str
    more: tuple[Term, ...]
    fewer: tuple[Term, ...]

    def of_paper(self) -> float:
        figures = [sum(_printed(*term) for term in side) for side in (self.more, self.fewer)]
        return round(figures[0] - figures[1], 4)

    def by_fold(self, results: Mapping[Term, Results]) -> list[float]:
        """The difference in each fold that all terms have, by fold."""
        own = [[results[term].folds if term in results else {} for term in side] for side in (self.more, self.fewer)]
        common = set.intersection(*(set(folds) for side in own for folds in side))
        sums = [[sum(folds[fold]["mean_f"] for folds in side) for fold in sorted(common)] for side in own]
        return [more - fewer for more, fewer in zip(*sums)]


def _printed(model: str, order: str) -> float:
    figure = paper.table4(model, True) if order == SHUFFLED else paper.table2(model, "mean_f")
    if figure is None:
        raise KeyError((model, order))
    return figure


def _above(text: str, one: str, other: str) -> Finding:
    return Finding(text, ((one, ORDERED),), ((other, ORDERED),))


def _hurts(text: str, model: str) -> Finding:
    return Finding(text, ((model, ORDERED),), ((model, SHUFFLED),))


def _hurts_more(text: str, one: str, other: str) -> Finding:
    return Finding(text, ((one, ORDERED), (other, SHUFFLED)), ((one, SHUFFLED), (other, ORDERED)))


FINDINGS = (
    _above("The recurrent network is above the convolutional one", "gru", "cnn"),
    _above("Space and time, 90 % of the parameters in time, is above time alone", "cnn-gru-0.9", "gru"),
    _above("So is 80 % in time", "cnn-gru-0.8", "gru"),
    _above("70 % in time is below time alone", "gru", "cnn-gru-0.7"),
    _above("More parameters in time help: 90 % is above 70 %", "cnn-gru-0.9", "cnn-gru-0.7"),
    _above("Recurrence alone is above the convolutional LSTM", "gru", "conv-lstm"),
    _above("Networks that model time are above the forest: gru", "gru", FOREST),
    _above("... cnn-gru-0.7", "cnn-gru-0.7", FOREST),
    _above("... cnn-gru-0.8", "cnn-gru-0.8", FOREST),
    _above("... cnn-gru-0.9", "cnn-gru-0.9", FOREST),
    _above("... conv-lstm", "conv-lstm", FOREST),
    _above("The convolutional network is below the forest", FOREST, "cnn"),
    _hurts("Shuffled dates hurt: conv-lstm", "conv-lstm"),
    _hurts("... cnn-gru-0.7", "cnn-gru-0.7"),
    _hurts("... cnn-gru-0.9", "cnn-gru-0.9"),
    _hurts("... gru", "gru"),
    _hurts_more("They hurt more, the more is in time: 0.9 loses more than 0.7", "cnn-gru-0.9", "cnn-gru-0.7"),
    _hurts_more("... gru loses more than 0.9", "gru", "cnn-gru-0.9"),
    Finding("Shuffled, recurrence is still above convolution", (("gru", SHUFFLED),), (("cnn", ORDERED),)),
)

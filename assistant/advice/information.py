"""Information: how much the answer to an open question would tell about which framework is best.

Every drawn world carries an answer to every open question. So nothing is drawn again for an answer: the worlds that
have it are what would be left of all worlds if the person gave it. What a question is expected to tell is the drop
of the winner's entropy, averaged over its answers: their mutual information (Lindley 1956, "On a measure of the
information provided by an experiment").
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import log
from typing import Any

import numpy as np
from numpy.typing import NDArray

from assistant.advice.criteria import Situation
from assistant.advice.ranking import best_modes, drawn_scores
from assistant.advice.worlds import Column, Worlds, sample
from knowledge.collection import Knowledge
from probes.candidates import FRAMEWORKS

Counts = NDArray[np.intp]

# The outcome of a world in which nothing can be used, beside the frameworks.
NOTHING = len(FRAMEWORKS)
OUTCOMES = NOTHING + 1

# Another framework leads when it is ahead by this many standard deviations of what chance does to equal shares.
LEAST_LEAD = 3.0


@dataclass(frozen=True)
class Draws:
    """The drawn worlds, and `winners` (worlds,), the best framework of each; `NOTHING` where none can be used."""

    worlds: Worlds
    winners: NDArray[np.intp]

    @property
    def leader(self) -> str | None:
        """The framework that wins most worlds; None when nothing can be used."""
        return FRAMEWORKS[self._won.argmax()] if self._won.any() else None

    @property
    def confidence(self) -> float:
        """The share of worlds that the leading framework wins; 0 when nothing can be used."""
        return float(self._won.max()) / max(self.worlds.size, 1)

    @property
    def _won(self) -> Counts:
        return np.bincount(self.winners, minlength=NOTHING)[:NOTHING]

    def expected_bits(self, field: str) -> float:
        """How many bits an answer to the question is expected to tell about the winner; 0 when it is not open."""
        if field not in self.worlds.columns:
            return 0.0
        column = self.worlds.columns[field]
        # The last value is no answer: that a question does not matter in a world is not told by asking it.
        counts = self._count(column.codes, len(column.values))[:-1]
        told = _entropy(counts.sum(axis=1)) + _entropy(counts.sum(axis=0)) - _entropy(counts.ravel())
        return max(told, 0.0) * float(counts.sum()) / max(self.worlds.size, 1)

    def could_change(self, fields: Sequence[str]) -> frozenset[str]:
        """Those of the questions an answer to which makes another framework lead, or leaves none, alone or with one
        other answer.
        """
        columns = {field: self.worlds.columns[field] for field in fields if field in self.worlds.columns}
        nothing = Column((None,), np.zeros(self.worlds.size, np.intp))
        return frozenset(
            field
            for field, column in columns.items()
            if self._changes(column, nothing)
            or any(self._changes(column, other) for name, other in columns.items() if name != field)
        )

    def _changes(self, column: Column, other: Column) -> bool:
        """Whether an answer makes another framework lead than the one that leads with the other answer alone."""
        kinds = len(column.values), len(other.values)
        codes = np.ravel_multi_index((column.codes, other.codes), kinds)
        counts = self._count(codes, kinds[0] * kinds[1]).reshape(*kinds, OUTCOMES)
        leader = counts.sum(axis=0).argmax(axis=1)
        led = np.take_along_axis(counts, leader[None, :, None], axis=2)
        return bool((counts - led > LEAST_LEAD * np.sqrt(counts + led)).any())

    def _count(self, codes: NDArray[np.intp], kinds: int) -> Counts:
        """In how many worlds each answer comes with each outcome; (kinds, outcomes)."""
        counted = np.bincount(codes * OUTCOMES + self.winners, minlength=kinds * OUTCOMES)
        return counted.reshape(kinds, OUTCOMES)


def draw(answers: Mapping[str, Any], situation: Situation, knowledge: Knowledge, *, seed: int, draws: int) -> Draws:
    """Draw `draws` worlds that agree with `answers` and note who wins in each; the same seed gives the same."""
    worlds = sample(answers, knowledge, draws, seed)
    _modes, totals = best_modes(drawn_scores(worlds, situation, knowledge, seed))
    return Draws(worlds, np.where(np.isfinite(totals.max(axis=0)), totals.argmax(axis=0), NOTHING))


def _entropy(counts: Counts) -> float:
    """In bits, corrected for the number of draws (Miller 1955): few draws look more ordered than what they are of."""
    total = max(int(counts.sum()), 1)
    shares = counts[counts > 0] / total
    return float(-(shares * np.log2(shares)).sum() + (len(shares) - 1) / (2 * total * log(2)))

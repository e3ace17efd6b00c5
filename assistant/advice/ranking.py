"""Ranking: which framework wins, in how many plausible worlds, and in which of its modes.

Stochastic multicriteria acceptability (Lahdelma, Hokkanen and Salminen 1998, "SMAA"): many complete worlds are drawn
(weights, unknown answers, forecast errors), the share a framework wins is its acceptability. The framework is
decided first, its mode second.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from assistant.advice.criteria import FRAMEWORK_OF, Errors, Jobs, Situation, Values, criterion_values
from assistant.advice.eligibility import eligible
from assistant.advice.worlds import Mask, Worlds, certain, sample
from knowledge.collection import Knowledge
from knowledge.vocabulary import CRITERIA, RATED_CRITERIA
from probes.candidates import CANDIDATES, FRAMEWORKS

DRAWS = 10_000

# How firmly the rules' weights are believed: the Dirichlet's concentration. With eleven criteria of equal weight it
# lets each vary by about half of itself (coefficient of variation 0.49).
WEIGHT_CONCENTRATION = 40.0

# Modes of one framework whose ratings differ by less than this count as rated alike; among them, time decides.
LIKE_RATED = 0.05

# Two frameworks are tied when each is as good as the other, or better, in this share of the worlds at least. Those in
# which one of the two cannot be used speak for neither: who falls out by an open answer is no equal.
TIE_SHARE = 0.45

_MODES = tuple(np.flatnonzero(index == FRAMEWORK_OF) for index in range(len(FRAMEWORKS)))
_RATED = [CRITERIA.index(name) for name in RATED_CRITERIA]
_ERROR_STREAM, _WEIGHT_STREAM = 1_000, 1_001


@dataclass(frozen=True)
class Scores:
    """Values in some worlds: `weights` (criteria, worlds) add up to 1, `values` (candidates, criteria, worlds) are at
    most 1, `usable` (candidates, worlds), `job_s` (candidates, worlds) the seconds of the whole job, nan if unknown.
    """

    weights: Values
    values: Values
    usable: Mask
    job_s: Values

    @property
    def totals(self) -> Values:
        """The score of each candidate in each world; (candidates, worlds)."""
        return np.asarray(np.einsum("kw,ckw->cw", self.weights, self.values))

    @property
    def rated(self) -> Values:
        """The part of the score that does not come from measurements; (candidates, worlds)."""
        return np.asarray(np.einsum("kw,ckw->cw", self.weights[_RATED], self.values[:, _RATED]))

    @property
    def added(self) -> Values:
        """What each criterion adds to the score of each candidate, in the mean of the worlds in which that can be
        used, 0 where it never can; (candidates, criteria).
        """
        added = np.einsum("kw,ckw,cw->ck", self.weights, self.values, self.usable.astype(float))
        return np.asarray(added / self._usable_worlds)

    @property
    def most_added(self) -> Values:
        """What each criterion adds at most, its weight, in the mean of the same worlds; (candidates, criteria)."""
        return np.asarray(np.einsum("kw,cw->ck", self.weights, self.usable.astype(float)) / self._usable_worlds)

    @property
    def _usable_worlds(self) -> NDArray[np.intp]:
        """In how many worlds each candidate can be used, 1 where it never can; (candidates, 1)."""
        return np.asarray(np.maximum(self.usable.sum(axis=1, keepdims=True), 1))


@dataclass(frozen=True)
class Standing:
    """The outcome of the draws.

    `frameworks` and `candidates` are the shares of worlds won, `nothing` the share of those in which nothing is
    usable: with it each adds up to 1. `beats[f, g]` is the share of the other worlds in which framework f scores
    higher than g, or g cannot be used; `equals[f, g]` of those in which both can and f scores as high at least;
    `usable` tells which frameworks can be used in any world.
    """

    frameworks: NDArray[np.float64]
    candidates: NDArray[np.float64]
    nothing: float
    beats: NDArray[np.float64]
    equals: NDArray[np.float64]
    usable: Mask

    @property
    def order(self) -> tuple[int, ...]:
        """The usable frameworks, best first."""
        keys = zip(-self.frameworks, -self.beats.mean(axis=1), range(len(FRAMEWORKS)), strict=True)
        return tuple(index for _share, _beats, index in sorted(keys) if self.usable[index])

    @property
    def tied(self) -> tuple[int, ...]:
        """The frameworks that are as good as the winner, which comes first; empty without a tie."""
        if not self.order:
            return ()
        winner, *others = self.order
        alike = np.minimum(self.equals, self.equals.T)[winner] >= TIE_SHARE
        equal = [other for other in others if alike[other]]
        return (winner, *equal) if equal else ()


def weights(worlds: Worlds, knowledge: Knowledge) -> Values:
    """The importance of each criterion in each world, adding up to 1: 1 each, times every rule that holds."""
    importance = np.ones((len(CRITERIA), worlds.size))
    for rule in knowledge.weights:
        holds = worlds.matches(rule.when)
        if holds is not False:
            importance[CRITERIA.index(rule.criterion)] *= np.where(holds, rule.factor, 1.0)
    return np.asarray(importance / importance.sum(axis=0))


def central_scores(answers: Mapping[str, Any], situation: Situation, knowledge: Knowledge) -> Scores:
    """The scores in the one world of what is known, with the rules' own weights and no forecast error."""
    worlds = certain(answers)
    return _scores(worlds, weights(worlds, knowledge), situation, knowledge, Errors.none(worlds.size))


def drawn_scores(worlds: Worlds, situation: Situation, knowledge: Knowledge, seed: int) -> Scores:
    """The scores in `worlds`, with weights and forecast errors drawn for each."""
    errors = Errors.drawn(worlds.size, np.random.default_rng([seed, _ERROR_STREAM]))
    importance = np.random.default_rng([seed, _WEIGHT_STREAM]).standard_gamma(
        WEIGHT_CONCENTRATION * weights(worlds, knowledge)
    )
    return _scores(worlds, importance / importance.sum(axis=0), situation, knowledge, errors)


def rank(
    answers: Mapping[str, Any], situation: Situation, knowledge: Knowledge, *, seed: int, draws: int = DRAWS
) -> Standing:
    """Draw `draws` worlds that agree with `answers` and count who wins; the same seed gives the same standing."""
    worlds = sample(answers, knowledge, draws, seed)
    return standing(drawn_scores(worlds, situation, knowledge, seed))


def standing(scores: Scores) -> Standing:
    """Count the worlds that each framework, in its best mode there, wins."""
    modes, totals = best_modes(scores)
    winners = totals.argmax(axis=0)
    decided = np.isfinite(totals.max(axis=0))
    worlds = np.arange(totals.shape[1])
    won = np.bincount(winners[decided], minlength=len(FRAMEWORKS))
    won_by = np.bincount(modes[winners, worlds][decided], minlength=len(CANDIDATES))
    duels = totals[:, decided]
    beats = [[(one > other).sum() for other in duels] for one in duels]
    equals = [[(np.isfinite(other) & (one >= other)).sum() for other in duels] for one in duels]
    count = max(duels.shape[1], 1)
    return Standing(
        frameworks=won / decided.size,
        candidates=won_by / decided.size,
        nothing=1 - float(decided.mean()),
        beats=np.array(beats) / count,
        equals=np.array(equals) / count,
        usable=np.isfinite(totals.max(axis=1)),
    )


def best_modes(scores: Scores) -> tuple[NDArray[np.intp], Values]:
    """The mode to use of each framework in each world, an index into the candidates, and the framework's score (-inf
    where no mode is usable); both (frameworks, worlds).

    The score is that of the mode that scores highest, which need not be the one to use: a mode that gets faster, and
    is used for it, must not lower its framework.
    """
    totals = np.where(scores.usable, scores.totals, -np.inf)
    preference = _mode_preference(scores)
    modes = np.array([indices[preference[indices].argmax(axis=0)] for indices in _MODES])
    return modes, np.array([totals[indices].max(axis=0) for indices in _MODES])


def _mode_preference(scores: Scores) -> Values:
    """Higher is better among the modes of one framework: rated alike, then the less time for the job; by rating
    where no time is known. (candidates, worlds)
    """
    rated = np.where(scores.usable, scores.rated, -np.inf)
    preference = np.empty_like(rated)
    for indices in _MODES:
        best = rated[indices].max(axis=0)
        alike = rated[indices] >= best - LIKE_RATED
        by_time = np.where(alike, 1 / (1 + scores.job_s[indices]), -1 + rated[indices])
        preference[indices] = np.where(_timed(scores, indices), by_time, rated[indices])
    return np.where(scores.usable, preference, -np.inf)


def _timed(scores: Scores, indices: NDArray[np.intp]) -> Mask:
    """Where the time of every one of these candidates that can be used is known; (worlds,)."""
    return np.asarray((np.isfinite(scores.job_s[indices]) | ~scores.usable[indices]).all(axis=0))


def _scores(worlds: Worlds, importance: Values, situation: Situation, knowledge: Knowledge, errors: Errors) -> Scores:
    jobs = Jobs.of(worlds, situation)
    usable = eligible(worlds, knowledge) & jobs.possible
    values, job_s = criterion_values(worlds, jobs, usable, knowledge, errors)
    return Scores(importance, values, usable, job_s)

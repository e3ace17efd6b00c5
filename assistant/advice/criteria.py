"""The criteria matrix: how good each candidate is on each criterion, in every world; 1 is all a person needs.

Rated criteria: level 1 to 5 of the rules becomes 0, 0.25, 0.5, 0.75, 1. Of a time it counts how often it doubles
what the person can wait for: each doubling costs a level, less than that earns nothing, and who wants the fastest
gains by every bit. Memory is worth 1 up to half of what the machine has and 0 where it is full. Nothing is clipped:
sixteen times as slow is worth 0, still slower less.

What a candidate takes is held against the need alone, never against another candidate. Only then all times are
shifted alike, so that the best usable candidate has 1: who comes or goes reorders nobody else. A candidate without a
figure counts as the median of all that have one, usable or not, give or take `UNMEASURED_LOG_SD`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from math import log
from statistics import median
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from assistant.advice.estimates import MB_PER_GB, Estimate, JobForecast, correlated
from assistant.advice.worlds import Mask, Worlds
from assistant.target import EPOCHS
from knowledge.collection import Knowledge
from knowledge.vocabulary import CRITERIA, LIMITED_CRITERIA, MEASURED_CRITERIA, RATED_CRITERIA
from probes.candidates import CANDIDATES, FRAMEWORKS

Values = NDArray[np.float64]

# Seconds of training, and until the first step is done, that a person with this answer to `performance` can wait
# for without loss. Who wants the fastest training always gains by more speed.
JOB_NEED_S: Mapping[str | None, float] = {"prototype": 900, "balanced": 300, "fastest": 0, None: 300}
FIRST_RESULT_NEED_S: Mapping[str | None, float] = {"prototype": 5, "balanced": 20, "fastest": 60, None: 20}

# The spread between candidates: in a sketch on 33 workloads step times differed by about this standard deviation of
# the logarithm. A framework's modes share the doubt: having more of them makes a framework no likelier to be good.
UNMEASURED_LOG_SD = 0.5

BEST_LEVEL = 5
SPEED, FIRST_RESULT, MEMORY = (CRITERIA.index(name) for name in MEASURED_CRITERIA)

# Up to this share of the memory, more of it left over earns nothing.
ENOUGH_MEMORY = 0.5

# The place of each candidate's framework.
FRAMEWORK_OF = np.array([FRAMEWORKS.index(candidate.framework) for candidate in CANDIDATES])

# What sets the size of the job, and with it every forecast.
JOB_FIELDS = ("dataset_rows", "input_size", "model_scale")


@dataclass(frozen=True)
class Situation:
    """What the measured criteria depend on besides the answers.

    `forecasts` by candidate id; `steps_per_epoch` of the job; `memory_gb` by candidate id, of the device
    that it trains on, where that is known. `failed` says, by candidate id, why this very job did not run here.
    `resized` gives the situation with other answers to `JOB_FIELDS`; None where nothing depends on them.
    """

    forecasts: Mapping[str, JobForecast]
    steps_per_epoch: int
    memory_gb: Mapping[str, float] = field(default_factory=dict)
    resized: Callable[[Mapping[str, Any]], Situation] | None = None
    failed: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Jobs:
    """How large the job is in every world: the situations that occur, and `codes` (worlds,), which of them it is.

    `central` is the one of the job that the person is told about.
    """

    central: Situation
    situations: tuple[Situation, ...]
    codes: NDArray[np.intp]

    @classmethod
    def of(cls, worlds: Worlds, situation: Situation) -> Self:
        """One situation for each set of answers to the open ones of `JOB_FIELDS`."""
        columns = {name: worlds.columns[name] for name in JOB_FIELDS if name in worlds.columns}
        if situation.resized is None or not columns:
            return cls(situation, (situation,), np.zeros(worlds.size, np.intp))
        shape = tuple(len(column.values) for column in columns.values())
        distinct, codes = np.unique(
            np.ravel_multi_index([column.codes for column in columns.values()], shape), return_inverse=True
        )
        places = np.column_stack(np.unravel_index(distinct, shape))
        sizes = (
            {name: column.values[place] for (name, column), place in zip(columns.items(), row, strict=True)}
            for row in places
        )
        return cls(situation, tuple(map(situation.resized, sizes)), codes)

    @property
    def possible(self) -> Mask:
        """Which candidate has not failed: at the job that the person is told about or at the one of the world;
        (candidates, worlds).
        """
        failed = [[candidate.id in each.failed for each in self.situations] for candidate in CANDIDATES]
        told = [[candidate.id in self.central.failed] for candidate in CANDIDATES]
        return np.asarray(~(np.array(failed) | np.array(told))[:, self.codes])


@dataclass(frozen=True)
class Errors:
    """What is not as expected in every world, in standard deviations.

    `off` (measured criteria, candidates, worlds) is how far each forecast is off, and `unusual` (measured criteria,
    frameworks, worlds) how unusual those are that have none.
    """

    off: Values
    unusual: Values

    @classmethod
    def none(cls, worlds: int) -> Self:
        """Everything as expected."""
        return cls(*map(np.zeros, _shapes(worlds)))

    @classmethod
    def drawn(cls, worlds: int, random: np.random.Generator) -> Self:
        """What forecasts are off by goes together."""
        off, unusual = map(random.standard_normal, _shapes(worlds))
        return cls(correlated([candidate.id for candidate in CANDIDATES], off), unusual)


def _shapes(worlds: int) -> tuple[tuple[int, ...], ...]:
    return tuple((len(MEASURED_CRITERIA), each, worlds) for each in (len(CANDIDATES), len(FRAMEWORKS)))


def level_value(level: int | NDArray[np.float64]) -> float | NDArray[np.float64]:
    """The value, 0 to 1, of a level, 1 to 5."""
    return (level - 1) / (BEST_LEVEL - 1)


def criterion_values(
    worlds: Worlds, jobs: Jobs, usable: Mask, knowledge: Knowledge, errors: Errors
) -> tuple[Values, Values]:
    """The matrix in every world, (candidates, criteria, worlds), and the seconds that the whole job takes,
    (candidates, worlds), nan where they are not known.
    """
    values = np.empty((len(CANDIDATES), len(CRITERIA), worlds.size))
    for criterion in RATED_CRITERIA:
        values[:, CRITERIA.index(criterion)] = _rated(criterion, worlds, knowledge)
    doubts = errors.unusual[:, FRAMEWORK_OF]
    steps_per_epoch = np.array([each.steps_per_epoch for each in jobs.situations])[jobs.codes]
    steps = steps_per_epoch * worlds.lookup("performance", EPOCHS)
    job_s = _drawn(jobs, lambda row: row.step_ms, errors.off[SPEED]) * steps / 1e3
    first_s = _drawn(jobs, lambda row: row.first_result_s, errors.off[FIRST_RESULT])
    for place, seconds, need_s in ((SPEED, job_s, JOB_NEED_S), (FIRST_RESULT, first_s, FIRST_RESULT_NEED_S)):
        doublings = _doublings(seconds, worlds.lookup("performance", need_s), doubts[place])
        values[:, place] = _beside_best(doublings, usable)
    values[:, MEMORY] = _memory_worth(_memory_share(jobs, errors.off[MEMORY]), doubts[MEMORY])
    return values, job_s + first_s


def _rated(criterion: str, worlds: Worlds, knowledge: Knowledge) -> Values:
    """The value of every candidate: of the rules that hold in a world, the last in the file counts, or the lowest of
    those that name limits; (candidates, worlds).
    """
    limited = criterion in LIMITED_CRITERIA
    levels = np.full((len(CANDIDATES), worlds.size), float(BEST_LEVEL))
    for rule in knowledge.criteria:
        if rule.criterion != criterion:
            continue
        holds = worlds.matches(rule.when)
        if holds is False:
            continue
        for row, candidate in zip(levels, CANDIDATES, strict=True):
            if rule.concerns(candidate.id, candidate.framework):
                np.copyto(row, np.minimum(row, rule.level) if limited else rule.level, where=holds)
    return np.asarray(level_value(levels))


def _drawn(jobs: Jobs, figure: Callable[[JobForecast], Estimate | None], errors: Values) -> Values:
    """One figure of every candidate in every world, nan where it is not known; (candidates, worlds)."""
    rows = [[each.forecasts.get(candidate.id) for each in jobs.situations] for candidate in CANDIDATES]
    estimates = [[figure(row) if row else None for row in of_candidate] for of_candidate in rows]
    centres = np.log([[each.value if each else np.nan for each in of_candidate] for of_candidate in estimates])
    log_sds = np.array([[each.log_sd if each else np.nan for each in of_candidate] for of_candidate in estimates])
    if np.isnan(centres).all():
        return np.full(errors.shape, np.nan)
    return np.asarray(np.exp(centres[:, jobs.codes] + log_sds[:, jobs.codes] * errors))


def _memory_share(jobs: Jobs, errors: Values) -> Values:
    """Which share of the memory of the device each candidate takes; (candidates, worlds)."""
    memory_gb = jobs.central.memory_gb
    # Where nobody knows a limit, all are alike.
    usual_gb = median(memory_gb.values()) if memory_gb else np.inf
    limits_mb = MB_PER_GB * np.array([memory_gb.get(candidate.id, usual_gb) for candidate in CANDIDATES])
    return np.asarray(_drawn(jobs, lambda row: row.memory_mb, errors) / limits_mb[:, None])


def _doublings(figures: Values, enough: Values, doubts: Values) -> Values:
    """How many times each figure is twice what would be `enough`, at least 0; where nothing is (0), how many times it
    is twice 1. (candidates, worlds)

    `doubts` (candidates, worlds) are standard normal: how unusual those are whose figures are not known.
    """
    known = np.isfinite(figures)
    # Without any figure there is nothing that could be held against the need.
    supposed = UNMEASURED_LOG_SD / log(2) * doubts
    if not known.any():
        return np.asarray(supposed)
    least = np.where(enough > 0, 0, -np.inf)
    with np.errstate(divide="ignore"):
        doublings = np.maximum(np.log2(figures / np.where(enough > 0, enough, 1)), least)
    if known.all():
        return doublings
    some = known.any(axis=0)
    supposed = supposed + np.where(some, _median(doublings, known), 0)
    return np.where(known, doublings, np.maximum(supposed, np.where(some, least, -np.inf)))


def _median(figures: Values, known: Mask) -> Values:
    """Of the known ones in each world, nan without any; (worlds,)."""
    ordered, count = np.sort(figures, axis=0), known.sum(axis=0)
    middle = np.array([(count - 1) // 2, count // 2])
    return np.asarray(np.take_along_axis(ordered, middle, axis=0).mean(axis=0))


def _beside_best(doublings: Values, usable: Mask) -> Values:
    """What times are worth: 1 for the best that can be used, a level less for each doubling; (candidates, worlds)."""
    best = np.where(usable, doublings, np.inf).min(axis=0)
    return 1 - (doublings - np.where(np.isfinite(best), best, 0)) / (BEST_LEVEL - 1)


def _memory_worth(shares: Values, doubts: Values) -> Values:
    """What it is worth to take these shares of the memory: all alike where no candidate's is known.

    From enough of it to all of it is one doubling.
    """
    worth = 1 - _doublings(shares, np.full(shares.shape[1], ENOUGH_MEMORY), doubts)
    return np.where(np.isfinite(shares).any(axis=0), worth, 1)

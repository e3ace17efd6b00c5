"""The criteria matrix: how good each candidate is on each criterion, from 0 to 1, in every world.

Rated criteria: level 1 to 5 of the rules becomes 0, 0.25, 0.5, 0.75, 1. A time is worth 1 up to what the person can
wait for, or up to the fastest candidate's where none is that fast; being twice as slow costs a level, sixteen times
as slow is worth nothing. Ratios of times alone count, so taking the fastest away moves all others alike and
reorders none of them (only beyond a factor of sixteen it could). Memory is worth 1 up to half of what the machine
has and 0 where it is full.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from statistics import median
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from assistant.advice.estimates import MB_PER_GB, Estimate, JobForecast
from assistant.advice.worlds import Mask, Worlds
from assistant.target import EPOCHS
from knowledge.collection import Knowledge
from knowledge.vocabulary import CRITERIA, MEASURED_CRITERIA, RATED_CRITERIA
from probes.candidates import CANDIDATES

Values = NDArray[np.float64]

# Seconds of training, and until the first step is done, that a person with this answer to `performance` can wait
# for without loss. Who wants the fastest training always gains by more speed.
JOB_NEED_S: Mapping[str | None, float] = {"prototype": 900, "balanced": 300, "fastest": 0, None: 300}
FIRST_RESULT_NEED_S: Mapping[str | None, float] = {"prototype": 5, "balanced": 20, "fastest": 60, None: 20}

# A candidate that was not measured counts as the median of those that were, give or take the spread between
# candidates: in a sketch on 33 workloads step times differed by about this standard deviation of the logarithm.
UNMEASURED_LOG_SD = 0.5

BEST_LEVEL = 5
SPEED, FIRST_RESULT, MEMORY = (CRITERIA.index(name) for name in MEASURED_CRITERIA)


# What sets the size of the job, and with it every forecast.
JOB_FIELDS = ("dataset_rows", "input_size", "model_scale")


@dataclass(frozen=True)
class Situation:
    """What the measured criteria depend on besides the answers.

    `forecasts` by candidate id; `steps_per_epoch` of the job; `memory_gb` by candidate id, of the device
    that it trains on, where that is known.
    `resized` gives the situation with other answers to `JOB_FIELDS`; None where nothing depends on them.
    """

    forecasts: Mapping[str, JobForecast]
    steps_per_epoch: int
    memory_gb: Mapping[str, float] = field(default_factory=dict)
    resized: Callable[[Mapping[str, Any]], Situation] | None = None


@dataclass(frozen=True)
class Jobs:
    """How large the job is in every world: the situations that occur, and `codes` (worlds,), which of them it is."""

    situations: tuple[Situation, ...]
    codes: NDArray[np.intp]

    @classmethod
    def of(cls, worlds: Worlds, situation: Situation) -> Self:
        """One situation for each set of answers to the open ones of `JOB_FIELDS`."""
        columns = {name: worlds.columns[name] for name in JOB_FIELDS if name in worlds.columns}
        if situation.resized is None or not columns:
            return cls((situation,), np.zeros(worlds.size, np.intp))
        shape = tuple(len(column.values) for column in columns.values())
        distinct, codes = np.unique(
            np.ravel_multi_index([column.codes for column in columns.values()], shape), return_inverse=True
        )
        places = np.column_stack(np.unravel_index(distinct, shape))
        sizes = (
            {name: column.values[place] for (name, column), place in zip(columns.items(), row, strict=True)}
            for row in places
        )
        return cls(tuple(map(situation.resized, sizes)), codes)


def level_value(level: int | NDArray[np.float64]) -> float | NDArray[np.float64]:
    """The value, 0 to 1, of a level, 1 to 5."""
    return (level - 1) / (BEST_LEVEL - 1)


def criterion_values(
    worlds: Worlds, usable: Mask, situation: Situation, knowledge: Knowledge, errors: Values | None = None
) -> tuple[Values, Values]:
    """The matrix in every world, (candidates, criteria, worlds), and the seconds that the whole job takes,
    (candidates, worlds), nan where they are not known.

    `errors` (measured criteria, candidates, worlds) are standard normal: how far each forecast is off; none
    without.
    """
    values = np.empty((len(CANDIDATES), len(CRITERIA), worlds.size))
    for criterion in RATED_CRITERIA:
        values[:, CRITERIA.index(criterion)] = _rated(criterion, worlds, knowledge)
    off = np.zeros((len(MEASURED_CRITERIA), len(CANDIDATES), worlds.size)) if errors is None else errors
    jobs = Jobs.of(worlds, situation)
    possible = np.asarray(usable.any(axis=1))
    step_s, steps_known = _draw(jobs, lambda row: row.step_ms, possible, off[SPEED])
    first_s, first_known = _draw(jobs, lambda row: row.first_result_s, possible, off[FIRST_RESULT])
    steps_per_epoch = np.array([each.steps_per_epoch for each in jobs.situations])[jobs.codes]
    job_s = step_s * steps_per_epoch * worlds.lookup("performance", EPOCHS) / 1e3
    needs = worlds.lookup("performance", JOB_NEED_S), worlds.lookup("performance", FIRST_RESULT_NEED_S)
    values[:, SPEED] = _worth(job_s, usable, np.where(steps_known.any(axis=0), needs[0], 0))
    values[:, FIRST_RESULT] = _worth(first_s, usable, np.where(first_known.any(axis=0), needs[1], 0))
    values[:, MEMORY] = _memory_worth(jobs, possible, off[MEMORY])
    return values, np.where(steps_known & first_known, job_s + first_s, np.nan)


def _rated(criterion: str, worlds: Worlds, knowledge: Knowledge) -> Values:
    """Of the rules that hold for a candidate in a world, the last in the file counts; (candidates, worlds)."""
    levels = np.zeros((len(CANDIDATES), worlds.size))
    for rule in knowledge.criteria:
        if rule.criterion != criterion:
            continue
        holds = worlds.matches(rule.when)
        if holds is False:
            continue
        for row, candidate in zip(levels, CANDIDATES, strict=True):
            if candidate.framework == rule.framework or candidate.id == rule.candidate:
                np.copyto(row, rule.level, where=holds)
    return np.asarray(level_value(levels))


def _draw(
    jobs: Jobs, figure: Callable[[JobForecast], Estimate | None], possible: Mask, errors: Values
) -> tuple[Values, Mask]:
    """One figure of every candidate in every world, and where it is known; both (candidates, worlds).

    `possible` (candidates,) are those usable in some world: the others say nothing of what is usual.
    """
    rows = [[each.forecasts.get(candidate.id) for each in jobs.situations] for candidate in CANDIDATES]
    estimates = [[figure(row) if row else None for row in of_candidate] for of_candidate in rows]
    centres = np.log([[each.value if each else np.nan for each in of_candidate] for of_candidate in estimates])
    log_sds = np.array([[each.log_sd if each else np.nan for each in of_candidate] for of_candidate in estimates])
    known = np.isfinite(centres)
    centres = np.where(known, centres, _usual(np.where(possible[:, None], centres, np.nan)))
    log_sds = np.where(known, log_sds, UNMEASURED_LOG_SD)
    return np.exp(centres[:, jobs.codes] + log_sds[:, jobs.codes] * errors), known[:, jobs.codes]


def _usual(centres: Values) -> Values:
    """What stands for an unknown figure (nan) in each situation: the median of the known ones; (situations,)."""
    usual = np.zeros(centres.shape[1])
    some = np.isfinite(centres).any(axis=0)
    usual[some] = np.nanmedian(centres[:, some], axis=0)
    return usual


def _worth(seconds: Values, usable: Mask, need_s: Values) -> Values:
    fastest = np.where(usable, seconds, np.inf).min(axis=0)
    enough = np.maximum(np.where(np.isfinite(fastest), fastest, 1), need_s)
    doublings = np.log2(np.maximum(seconds, enough) / enough)
    return np.clip(1 - doublings / (BEST_LEVEL - 1), 0, 1)


def _memory_worth(jobs: Jobs, possible: Mask, errors: Values) -> Values:
    memory_mb, known = _draw(jobs, lambda row: row.memory_mb, possible, errors)
    memory_gb = jobs.situations[0].memory_gb
    # Where nobody knows a limit, all are alike.
    usual_gb = median(memory_gb.values()) if memory_gb else np.inf
    limits_mb = MB_PER_GB * np.array([memory_gb.get(candidate.id, usual_gb) for candidate in CANDIDATES])
    return np.where(known.any(axis=0), np.clip(2 * (1 - memory_mb / limits_mb[:, None]), 0, 1), 1)

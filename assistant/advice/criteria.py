"""The criteria matrix: how good each candidate is on each criterion, from 0 to 1, in every world.

Rated criteria: level 1 to 5 of the rules becomes 0, 0.25, 0.5, 0.75, 1. Times become need / time, where the need is
what the person can wait for, or the fastest candidate's time where none is that fast: whatever is fast enough is
worth 1, twice as slow is worth a half. Memory is worth 1 up to half of what the machine has and 0 where it is full.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from assistant.advice.estimates import Estimate, JobForecast
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


@dataclass(frozen=True)
class Situation:
    """What the measured criteria depend on besides the answers.

    `forecasts` by candidate id; `steps_per_epoch` of the job; `memory_gb` of the device that trains, if known.
    """

    forecasts: Mapping[str, JobForecast]
    steps_per_epoch: int
    memory_gb: float | None = None


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
    steps = situation.steps_per_epoch * worlds.lookup("performance", EPOCHS)
    step_s, steps_known = _draw(situation, lambda row: row.step_ms, off[SPEED])
    first_s, first_known = _draw(situation, lambda row: row.first_result_s, off[FIRST_RESULT])
    job_s = step_s * steps / 1e3
    needs = worlds.lookup("performance", JOB_NEED_S), worlds.lookup("performance", FIRST_RESULT_NEED_S)
    values[:, SPEED] = _worth(job_s, usable, needs[0] if steps_known.any() else 0)
    values[:, FIRST_RESULT] = _worth(first_s, usable, needs[1] if first_known.any() else 0)
    values[:, MEMORY] = _memory_worth(situation, off[MEMORY])
    known = (steps_known & first_known)[:, None]
    return values, np.where(known, job_s + first_s, np.nan)


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
    situation: Situation, figure: Callable[[JobForecast], Estimate | None], errors: Values
) -> tuple[Values, Mask]:
    """One figure of every candidate in every world, (candidates, worlds), and for which candidates it is known."""
    rows = [situation.forecasts.get(candidate.id) for candidate in CANDIDATES]
    estimates = [figure(row) if row else None for row in rows]
    known = [estimate for estimate in estimates if estimate]
    usual = _usual(known)
    centres = np.log([(estimate or usual).value for estimate in estimates])
    sds = np.array([(estimate or usual).log_sd for estimate in estimates])
    drawn = np.exp(centres[:, None] + sds[:, None] * errors)
    return drawn, np.array([estimate is not None for estimate in estimates])


def _usual(known: Sequence[Estimate]) -> Estimate:
    """What stands for a candidate without a figure: the median of the others, with the spread between candidates."""
    centre = float(np.median([estimate.value for estimate in known])) if known else 1.0
    return Estimate(centre, UNMEASURED_LOG_SD, "forecast")


def _worth(seconds: Values, usable: Mask, need_s: Values | float) -> Values:
    fastest = np.where(usable, seconds, np.inf).min(axis=0)
    enough = np.maximum(np.where(np.isfinite(fastest), fastest, 0), need_s)
    return enough / np.maximum(seconds, enough)


def _memory_worth(situation: Situation, errors: Values) -> Values:
    memory_mb, known = _draw(situation, lambda row: row.memory_mb, errors)
    if situation.memory_gb is None or not known.any():
        return np.ones_like(memory_mb)
    return np.clip(2 * (1 - memory_mb / (situation.memory_gb * 1024)), 0, 1)

"""Break-even: from which training step on a candidate that starts later, often because it compiles, is ahead."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from assistant.advice.estimates import Estimate, JobForecast, correlated
from assistant.advice.recommendation import BreakEven
from probes.candidates import CANDIDATES

DRAWS = 2_000
SEED = 0

# The ends of a two-sided 90 % interval.
ENDS = (0.05, 0.95)

# A break-even is foretold where it comes at least so often; else the two are about as fast.
LIKELY = 0.75


def break_even(one: JobForecast, other: JobForecast) -> BreakEven | None:
    """Of two candidates, by their forecasts of the same job; None where one has no start or no step time."""
    if None in (one.first_result_s, one.step_ms, other.first_result_s, other.step_ms):
        return None
    sooner, later = sorted((one, other), key=lambda each: _value(each.first_result_s))
    independent = np.random.default_rng(SEED).standard_normal((2, 2, DRAWS))
    start_errors, step_errors = correlated((sooner.candidate, later.candidate), independent)
    sooner_s, later_s = map(_drawn, (sooner.first_result_s, later.first_result_s), start_errors)
    sooner_ms, later_ms = map(_drawn, (sooner.step_ms, later.step_ms), step_errors)
    head_start_s, gained_s = later_s - sooner_s, (sooner_ms - later_ms) / 1e3
    with np.errstate(divide="ignore", invalid="ignore"):
        caught_up = np.where(gained_s > 0, 1 + head_start_s / gained_s, np.inf)
    # A draw in which `later` starts first is ahead from the first step on.
    low, high = np.quantile(np.maximum(caught_up, 1.0), ENDS, method="higher")
    likely = np.isfinite(caught_up).mean() >= LIKELY and _value(later.step_ms) < _value(sooner.step_ms)
    return BreakEven(
        sooner=sooner.candidate,
        later=later.candidate,
        steps=1 + _meets(sooner, later)[0] if likely else None,
        steps_low=float(low) if np.isfinite(low) else None,
        steps_high=float(high) if np.isfinite(high) else None,
    )


def lead_changes(forecasts: Mapping[str, JobForecast]) -> tuple[BreakEven, ...]:
    """For each framework two modes of which compile more and less; and, of all candidates, for each that takes the
    lead from the one that led before it.
    """
    pairs = (*modes(forecasts), *_leads(forecasts))
    found = (break_even(forecasts[one], forecasts[other]) for one, other in pairs)
    return tuple({(each.sooner, each.later): each for each in found if each is not None}.values())


def modes(candidates: Collection[str]) -> Iterator[tuple[str, str]]:
    """Of these ids, each two modes of a framework on the same packages: they differ in how much is compiled."""
    for one, other in combinations(CANDIDATES, 2):
        alike = (one.framework, one.distributions) == (other.framework, other.distributions)
        if alike and one.id in candidates and other.id in candidates:
            yield one.id, other.id


def _leads(forecasts: Mapping[str, JobForecast]) -> Iterator[tuple[str, str]]:
    """Who leads after the first step, who takes the lead from it, and so on."""
    known = [each for each in forecasts.values() if each.first_result_s is not None and each.step_ms is not None]
    leader = min(known, key=lambda each: (_value(each.first_result_s), _value(each.step_ms)), default=None)
    while leader is not None:
        rival = _next_leader(leader, known)
        if rival is not None:
            yield leader.candidate, rival.candidate
        leader = rival


def _next_leader(leader: JobForecast, known: Iterable[JobForecast]) -> JobForecast | None:
    quicker = [each for each in known if _value(each.step_ms) < _value(leader.step_ms)]
    return min(quicker, key=lambda each: _meets(leader, each), default=None)


def _meets(leader: JobForecast, rival: JobForecast) -> tuple[float, float]:
    """After how many further steps the rival catches up; of two that do at the same one, the quicker leads on."""
    head_start_s = _value(rival.first_result_s) - _value(leader.first_result_s)
    gained_s = (_value(leader.step_ms) - _value(rival.step_ms)) / 1e3
    return head_start_s / gained_s, _value(rival.step_ms)


def _value(estimate: Estimate | None) -> float:
    assert estimate is not None, "only forecasts with a start and a step time are compared"
    return estimate.value


def _drawn(estimate: Estimate | None, errors: NDArray[np.float64]) -> NDArray[np.float64]:
    assert estimate is not None, "only forecasts with a start and a step time are compared"
    return np.asarray(estimate.value * np.exp(estimate.log_sd * errors))

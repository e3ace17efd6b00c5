"""Errors of forecasts of one job: each as large as it is said to be, and going together."""

from __future__ import annotations

import numpy as np
import pytest

from assistant.advice.break_even import break_even
from assistant.advice.estimates import IN_COMMON, WITH_ONE_RUNTIME, Estimate, JobForecast, correlated
from probes.candidates import CANDIDATES, find_candidate

IDS = [candidate.id for candidate in CANDIDATES]


def test_errors_go_together_most_where_one_runtime_computes() -> None:
    independent = np.random.default_rng(0).standard_normal((len(IDS), 100_000))
    errors = correlated(IDS, independent)
    found = np.corrcoef(errors)
    for one in range(len(IDS)):
        for other in range(one):
            same = find_candidate(IDS[one]).runtime == find_candidate(IDS[other]).runtime
            assert found[one, other] == pytest.approx(WITH_ONE_RUNTIME if same else IN_COMMON, abs=0.02)
    assert errors.std(axis=1) == pytest.approx(np.ones(len(IDS)), abs=0.02)


def test_each_figure_has_errors_of_its_own() -> None:
    independent = np.random.default_rng(0).standard_normal((2, 2, 100_000))
    starts, steps = correlated(("pytorch-eager", "pytorch-compile"), independent)
    assert np.corrcoef(starts[1], steps[1])[0, 1] == pytest.approx(0.0, abs=0.02)


def test_what_is_off_for_both_says_nothing_of_who_catches_up() -> None:
    def width(sooner: str, later: str) -> float:
        found = break_even(_unsure(sooner, 2.0, 100.0), _unsure(later, 12.0, 50.0))
        return found.steps_high / found.steps_low

    assert width("pytorch-eager", "pytorch-compile") < width("pytorch-eager", "tensorflow-graph")


def _unsure(candidate: str, first_s: float, step_ms: float) -> JobForecast:
    return JobForecast(
        candidate,
        step_ms=Estimate(step_ms, 0.1, "forecast"),
        first_result_s=Estimate(first_s, 0.1, "forecast"),
    )

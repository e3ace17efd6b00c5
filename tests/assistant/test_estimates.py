"""Errors of forecasts of one job: each as large as it is said to be, and going together."""

from __future__ import annotations

import numpy as np
import pytest

from assistant.advice.estimates import IN_COMMON, WITH_ONE_RUNTIME, correlated
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

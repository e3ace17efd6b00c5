"""Our aggregation against scikit-criteria's, and its rank-reversal checks on our way from times to scores.

The app does without it: it takes seconds to import, brings plotting and solvers, and adds up one matrix in the time
that thousands of ours take.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import skcriteria
from skcriteria.agg.simple import WeightedSumModel
from skcriteria.ranksrev import RankInvariantChecker, RankTransitivityChecker

from assistant.advice.criteria import FIRST_RESULT, SPEED, _beside_best, _doublings
from assistant.advice.forecast import Forecaster
from assistant.advice.ranking import central_scores
from assistant.advice.situation import situation_of
from assistant.project import parse_project
from assistant.target import EPOCHS, known_answers
from knowledge.load import load
from knowledge.vocabulary import CRITERIA
from probes.candidates import CANDIDATES
from tests.assistant.recorded import rungs_for
from tests.assistant.scenarios import SCENARIOS

# It changes data frames in a way that pandas 3.1 calls out of date.
pytestmark = pytest.mark.filterwarnings("ignore::pandas.errors.Pandas4Warning")


IDS = [candidate.id for candidate in CANDIDATES]
TIMES = {CRITERIA[SPEED]: SPEED, CRITERIA[FIRST_RESULT]: FIRST_RESULT}


def worth(seconds, usable, need_s):
    """The scale of the app."""
    return _beside_best(_doublings(seconds, need_s, np.zeros_like(seconds)), usable)


def worth_by_ratio(seconds, usable, need_s):
    """Another scale, which the checks must find wanting: half as fast is worth half as much."""
    fastest = np.where(usable, seconds, np.inf).min(axis=0)
    return fastest / seconds


class TimesThenSum:
    """Our way as a decision maker: the times of the candidates at hand to their worth, then the weighted sum."""

    def __init__(self, scale=worth) -> None:
        self.scale = scale

    def evaluate(self, matrix: Any) -> Any:
        values = matrix.matrix.to_numpy(copy=True)
        for name, place in TIMES.items():
            seconds = -values[:, [place]]
            values[:, place] = self.scale(seconds, np.ones_like(seconds, bool), np.zeros(1))[:, 0]
            assert name in matrix.criteria
        return WeightedSumModel().evaluate(matrix.replace(matrix=from_zero(values)))


@pytest.fixture(scope="module")
def measured():
    """The central scores and the times of the scenarios that train on the machine of the corpus, in a hurry."""
    found = []
    for scenario in SCENARIOS:
        project = parse_project({**scenario["says"], "performance": "fastest"})
        report = rungs_for(project)
        situation = situation_of(project, Forecaster(report), report.machine)
        if situation.resized is not None:
            scores = central_scores(known_answers(project, report.machine), situation, load())
            found.append((scores, situation))
    return found


def from_zero(values) -> Any:
    """Every criterion shifted alike for all, for theirs takes nothing below 0: what is very slow is, here."""
    return values - np.minimum(values.min(axis=0), 0)


def matrix_of(scores, values) -> Any:
    usable = scores.usable[:, 0]
    return skcriteria.mkdm(
        values[usable],
        [max] * len(CRITERIA),
        weights=scores.weights[:, 0],
        alternatives=[name for name, can in zip(IDS, usable, strict=True) if can],
        criteria=CRITERIA,
    )


def in_times(scores, situation) -> Any:
    """The matrix with (negative) seconds in place of their worth; the median where a time is not known."""
    values = scores.values[:, :, 0].copy()
    for place, seconds in ((SPEED, job_s(situation)), (FIRST_RESULT, first_s(situation))):
        values[:, place] = -np.where(np.isnan(seconds), np.nanmedian(seconds), seconds)
    return matrix_of(scores, values)


def job_s(situation) -> Any:
    rows = [situation.forecasts.get(name) for name in IDS]
    steps = situation.steps_per_epoch * EPOCHS["fastest"]
    return np.array([row.step_ms.value * steps / 1e3 if row and row.step_ms else np.nan for row in rows])


def first_s(situation) -> Any:
    rows = [situation.forecasts.get(name) for name in IDS]
    return np.array([row.first_result_s.value if row and row.first_result_s else np.nan for row in rows])


def test_the_weighted_sum_is_the_same(measured) -> None:
    assert len(measured) > 10
    for scores, _situation in measured:
        shifted = from_zero(scores.values[:, :, 0])
        theirs = WeightedSumModel().evaluate(matrix_of(scores, shifted))
        ours = replace(scores, values=shifted[:, :, None]).totals
        assert theirs.e_.score == pytest.approx(ours[scores.usable[:, 0], 0])


def test_pairs_are_ranked_as_they_are_among_all(measured) -> None:
    """Rank reversal tests 2 and 3 of Wang and Triantaphyllou (2008)."""
    for scores, situation in measured:
        checks = RankTransitivityChecker(TimesThenSum()).evaluate(in_times(scores, situation)).extra_
        assert checks.test_criterion_2
        assert checks.test_criterion_3


def test_the_check_finds_a_scale_that_reverses_ranks(measured) -> None:
    checks = (
        RankTransitivityChecker(TimesThenSum(worth_by_ratio)).evaluate(in_times(scores, situation))
        for scores, situation in measured
    )
    assert not all(checked.extra_.test_criterion_3 for checked in checks)


def test_the_best_stays_the_best_when_another_gets_worse(measured) -> None:
    """Rank reversal test 1 of Wang and Triantaphyllou (2008)."""
    for scores, _situation in measured:
        matrix = matrix_of(scores, from_zero(scores.values[:, :, 0]))
        checked = RankInvariantChecker(WeightedSumModel(), random_state=0).evaluate(matrix)
        best = {ranks.alternatives[ranks.rank_.argmin()] for _name, ranks in checked.ranks}
        assert len(best) == 1

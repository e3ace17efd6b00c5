"""The targets of an evaluation: what meets them, what misses them, and how near misses are told; what is a tie."""

from __future__ import annotations

from dataclasses import replace

import pytest

from assistant import evaluation_words
from assistant.evaluation.standings import standing
from assistant.evaluation.summary import Summary
from assistant.evaluation.targets import TARGETS, Outcome, Target, outcomes
from assistant.evaluation.trials import Trial, Truth
from assistant.quantities import percent
from tests.assistant.corpora import ORDINARY_JOBS, result

# At its bound in every figure.
JUST_MET = Summary(
    budget_s=60.0,
    workloads=10,
    within_5_percent=0.90,
    within_5_low=0.85,
    within_5_high=0.95,
    within_10_percent=1.0,
    mean_regret=0.02,
    worst_regret=0.15,
    closed_gap=0.75,
    step_time_mape=0.10,
    memory_median=0.05,
    coverage_90=0.93,
    break_even_median=0.20,
    chosen=1.0,
)


def outcome(found: Summary, figure: str) -> Outcome:
    (one,) = (each for each in outcomes(found) if each.target.figure == figure)
    return one


def trials(*regrets: float) -> list[Trial]:
    """One job for each regret, in which JAX is the best and the pick is worse by the regret."""
    truths = (
        Truth(job, {"jax-jit": result("jax-jit", 10.0), "keras-jax": result("keras-jax", 10.0 * (1 + regret))})
        for job, regret in zip(ORDINARY_JOBS, regrets, strict=False)
    )
    return [Trial(truth, 0, "keras-jax", {}) for truth in truths]


def best(found: list[Trial]) -> list[Trial]:
    return [replace(trial, pick="jax-jit") for trial in found]


def test_every_target_is_met_at_its_bound_and_missed_beyond_it() -> None:
    assert all(each.met for each in outcomes(JUST_MET))
    for target in TARGETS:
        beyond = target.most + 1e-6 if target.most < 1 else target.least - 1e-6
        missed = outcome(JUST_MET.model_copy(update={target.figure: beyond}), target.figure)
        assert missed.met is False, target.figure


def test_coverage_has_a_bound_on_either_side() -> None:
    for share, met in ((0.869, False), (0.87, True), (0.90, True), (0.93, True), (0.931, False)):
        assert outcome(JUST_MET.model_copy(update={"coverage_90": share}), "coverage_90").met is met


def test_without_a_figure_a_target_is_neither_met_nor_missed() -> None:
    found = outcome(JUST_MET.model_copy(update={"break_even_median": None}), "break_even_median")
    assert found.met is None
    assert evaluation_words.reached(found) == ""
    assert evaluation_words.met(found) == "no figure"


def test_what_is_missed_comes_first() -> None:
    changes = {"worst_regret": 0.4, "break_even_median": None}
    found = outcomes(JUST_MET.model_copy(update=changes))
    assert [each.met for each in found] == [False, None, *[True] * 6]
    assert found[0].target.figure == "worst_regret"
    assert evaluation_words.tally(found) == "Of 8 targets met: 6; missed: 1. Without a figure yet: 1."


@pytest.mark.parametrize(
    ("share", "words"), [(0.02, "2 %"), (0.0204, "2.04 %"), (0.02004, "2.004 %"), (0.0349, "3.5 %"), (0.0, "0 %")]
)
def test_a_near_miss_never_reads_like_the_bound(share: float, words: str) -> None:
    target = Target("mean_regret", most=0.02)
    assert evaluation_words.reached(Outcome(target, share)) == words


def test_bounds_are_words() -> None:
    told = {target.figure: evaluation_words.target_bound(target) for target in TARGETS}
    assert told["within_5_percent"] == "at least 90 %"
    assert told["mean_regret"] == "at most 2 %"
    assert told["coverage_90"] == "87 % to 93 %"


@pytest.mark.parametrize(
    ("share", "words"),
    [(0.996, percent(0.996)), (1.0, "100 %"), (1.02, "100 %"), (0.035, "3.5 %"), (2.77, "280 %"), (-2e-16, "0 %")],
)
def test_a_share_has_two_digits_and_is_all_only_where_it_is(share: float, words: str) -> None:
    assert evaluation_words.percent(share) == words


def test_who_is_surely_better_or_worse_is_told_from_a_tie() -> None:
    worse = trials(*[0.1] * 10)
    assert standing(worse, best(worse)) == "worse"
    assert standing(best(worse), worse) == "better"
    assert standing(worse, worse) == "tie"


def test_one_job_that_differs_among_many_decides_nothing() -> None:
    found = trials(0.5, *[0.0] * 19)
    assert standing(found, best(found)) == "tie"
    assert standing(trials(0.5), best(trials(0.5))) == "tie"

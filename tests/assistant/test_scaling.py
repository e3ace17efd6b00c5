from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.advice.scaling import STEP_TERMS, Growth, Point, ScalingModel, fit, fit_together
from probes.costs import costs
from probes.workloads import find_workload

LADDER = [costs(find_workload(f"mlp-{size}")) for size in ("tiny", "small", "medium", "large")]


def times(rates: tuple[float, ...]) -> list[float]:
    return [sum(term(work) * rate for term, rate in zip(STEP_TERMS, rates, strict=True)) for work in LADDER]


def points(figures: list[float], log_sd: float = 0.02) -> list[Point]:
    return [Point(work, figure, log_sd) for work, figure in zip(LADDER, figures, strict=False)]


def fitted(figures: list[float]) -> ScalingModel:
    """With nothing known about what is typical."""
    return fit(STEP_TERMS, points(figures), np.full(len(STEP_TERMS), np.nan))


@settings(max_examples=30, deadline=None)
@given(overhead=st.floats(0.05, 5), gflops=st.floats(5, 500))
def test_overhead_and_rate_are_told_apart(overhead, gflops) -> None:
    figures = times((overhead, 0, 1e-6 / gflops, 0))
    predicted = fitted(figures[:3]).predict(LADDER[3])
    assert predicted.value == pytest.approx(figures[3], rel=0.35)
    assert predicted.low < figures[3] < predicted.high


@settings(max_examples=30, deadline=None)
@given(figures=st.lists(st.floats(0.01, 1e4), min_size=1, max_size=4))
def test_whatever_was_measured_more_work_never_takes_less(figures) -> None:
    model = fitted(figures)
    assert (model.rates >= 0).all()
    predicted = [model.predict(work).value for work in LADDER]
    assert predicted == sorted(predicted)


def test_fewer_sizes_and_greater_distance_make_wider_intervals() -> None:
    figures = times((0.3, 0.01, 1e-8, 0))
    one, two, three = (fitted(figures[:count]) for count in (1, 2, 3))
    assert one.log_sd > two.log_sd > three.log_sd
    assert three.predict(LADDER[3]).log_sd > three.predict(LADDER[2]).log_sd


def test_a_size_that_does_not_fit_the_others_widens_the_interval() -> None:
    smooth = times((0.3, 0.01, 1e-8, 0))[:3]
    bent = [*smooth[:2], 3 * smooth[2]]
    assert fitted(bent).log_sd > 2 * fitted(smooth).log_sd


def test_nothing_measured_is_refused() -> None:
    with pytest.raises(ValueError, match="expected at least one"):
        fitted([])


def test_a_candidate_measured_on_one_size_grows_like_the_others() -> None:
    grown = times((0.3, 0.01, 1e-8, 0))
    together = fit_together(STEP_TERMS, {"seen": points(grown[:3]), "new": points(grown[:1]), "failed": []})
    assert set(together) == {"seen", "new"}
    assert together["new"].predict(LADDER[2]).value == pytest.approx(grown[2], rel=0.5)
    assert together["new"].log_sd > together["seen"].log_sd


def test_nothing_is_said_about_growth_when_nobody_was_measured_on_two_sizes() -> None:
    assert fit_together(STEP_TERMS, {"one": points([0.3]), "other": points([0.5])}) == {}


LAUNCHING, COUNTING = np.array([0.1, 0.05, 1e-10, 0]), np.array([0.1, 1e-4, 2e-8, 0])


def test_who_grew_in_its_own_way_elsewhere_does_so_here_at_this_speed() -> None:
    elsewhere = Growth(LAUNCHING, {"counting": COUNTING})
    launching, counting = ([3 * figure for figure in times(tuple(rates))] for rates in (LAUNCHING, COUNTING))
    measured = {"launching": points(launching[:1]), "counting": points(counting[:1])}
    together = fit_together(STEP_TERMS, measured, elsewhere)
    assert together["launching"].predict(LADDER[3]).value == pytest.approx(launching[3], rel=0.05)
    assert together["counting"].predict(LADDER[3]).value == pytest.approx(counting[3], rel=0.05)


def test_a_disturbed_size_does_not_overrule_what_is_typical() -> None:
    near = LADDER[2], costs(find_workload("mlp-medium").with_batch(120))
    exact = [float(np.dot([term(work) for term in STEP_TERMS], COUNTING)) for work in near]
    disturbed = [Point(near[0], exact[0], 0.05), Point(near[1], 1.05 * exact[0], 0.05)]
    (model,) = fit_together(STEP_TERMS, {"counting": disturbed}, Growth(COUNTING)).values()
    assert model.predict(LADDER[3]).value == pytest.approx(times(tuple(COUNTING))[3], rel=0.15)

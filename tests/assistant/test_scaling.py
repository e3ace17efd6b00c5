"""How figures grow with the work: on made-up candidates that follow the law, or depart from it in a known way."""

from __future__ import annotations

from dataclasses import replace
from math import log

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.advice.laws import MEMORY, STEP_TIME, Law
from assistant.advice.residual import consistent
from assistant.advice.scaling import (
    Growth,
    Known,
    Point,
    ScalingModel,
    departures,
    fit_together,
    typical,
)
from probes.costs import Costs, costs
from probes.workloads import cnn, find_workload, mlp

LADDER = [costs(find_workload(f"mlp-{size}")) for size in ("tiny", "small", "medium", "large")]

# Perceptrons of a machine that was measured in full.
WIDTHS, DEPTHS, BATCHES = (64, 256, 1024), (1, 4), (16, 128)
ELSEWHERE = [
    costs(mlp(columns=width, width=width, depth=depth, outputs=10, batch=batch))
    for width in WIDTHS
    for depth in DEPTHS
    for batch in BATCHES
]


def rates(**known: float) -> np.ndarray:
    """Of the step time, in ms; 0 for the terms that are not named."""
    return np.array([known.get(term.__name__, 0.0) for term in STEP_TIME.terms])


LAUNCHING = rates(one=0.1, operations=0.05, products=1e-10)
COUNTING = rates(one=0.1, operations=1e-4, products=2e-8)


def times(of: np.ndarray, works: list[Costs] = LADDER) -> list[float]:
    return [STEP_TIME.usual(of, work) for work in works]


def points(figures: list[float], works: list[Costs] = LADDER, log_sd: float = 0.02) -> list[Point]:
    return [Point(work, figure, log_sd) for work, figure in zip(works, figures, strict=False)]


def known(of: np.ndarray) -> Known:
    return Known(of, departures(STEP_TIME, of, points(times(of, ELSEWHERE), ELSEWHERE)))


def fit(law: Law, measured: list[Point], of: Known) -> ScalingModel:
    """Of one candidate that is known from elsewhere."""
    return fit_together(law, {"jax-jit": measured}, Growth(of.rates, {"jax-jit": of}))["jax-jit"]


def fit_unmeasured(law: Law, measured: dict[str, list[Point]], elsewhere: Growth) -> dict[str, ScalingModel]:
    """Of those that were not measured here."""
    together = fit_together(law, measured, elsewhere)
    return {name: model for name, model in together.items() if model.evidence == "corpus"}


def fitted(figures: list[float], of: np.ndarray = COUNTING) -> ScalingModel:
    return fit(STEP_TIME, points(figures), known(of))


@settings(max_examples=30, deadline=None)
@given(slower=st.floats(0.1, 30))
def test_who_grows_here_as_elsewhere_is_foretold_at_any_speed(slower) -> None:
    figures = [slower * figure for figure in times(COUNTING)]
    predicted = fitted(figures[:2]).predict(LADDER[3])
    assert predicted.value == pytest.approx(figures[3], rel=0.1)
    assert predicted.low < figures[3] < predicted.high


@settings(max_examples=30, deadline=None)
@given(overhead=st.floats(0.05, 5), gflops=st.floats(5, 500))
def test_what_its_own_sizes_say_goes_before_what_is_usual(overhead, gflops) -> None:
    figures = times(rates(one=overhead, products=1e-6 / gflops))
    model = fitted(figures[:3])
    assert model.predict(LADDER[2]).value == pytest.approx(figures[2], rel=0.15)
    predicted = model.predict(LADDER[3])
    assert predicted.low < figures[3] < predicted.high


@settings(max_examples=30, deadline=None)
@given(figures=st.lists(st.floats(0.01, 1e4), min_size=1, max_size=4))
def test_whatever_was_measured_a_figure_is_foretold_with_finite_doubt(figures) -> None:
    model = fitted(figures)
    for work in LADDER:
        predicted = model.predict(work)
        assert 0 < predicted.low < predicted.value < predicted.high < np.inf


def test_fewer_sizes_and_greater_distance_leave_more_doubt() -> None:
    figures = times(COUNTING)
    none_near, one, two = (fit(STEP_TIME, points(figures[:count]), Known(COUNTING)) for count in (1, 2, 3))
    doubts = [model.predict(LADDER[3]).log_sd for model in (none_near, one, two)]
    assert doubts == sorted(doubts, reverse=True)
    assert two.predict(LADDER[3]).log_sd > two.predict(LADDER[2]).log_sd
    assert fitted(figures[:3]).predict(LADDER[3]).log_sd < two.predict(LADDER[3]).log_sd, (
        "alike work was seen elsewhere"
    )


def test_a_disturbed_size_counts_for_less() -> None:
    figures = times(COUNTING)

    def fits(largest: float) -> list[ScalingModel]:
        first, last = points(figures[:2]), LADDER[2]
        return [fit(STEP_TIME, [*first, Point(last, largest, log_sd)], known(COUNTING)) for log_sd in (0.05, 0.5)]

    off = [log(model.predict(LADDER[3]).value / figures[3]) for model in fits(2 * figures[2])]
    assert off[0] > 2 * off[1] >= 0
    sure, doubtful = fits(figures[2])
    assert doubtful.predict(LADDER[3]).log_sd > sure.predict(LADDER[3]).log_sd


def test_how_a_candidate_departs_from_its_law_is_learned_from_alike_work() -> None:
    slow = [costs(cnn(side=32, width=width, stages=3, outputs=10, batch=32)) for width in (32, 40, 48)]
    of = rates(one=0.1, convolutions=1e-8, products=1e-8)
    elsewhere = [
        *points(times(of, ELSEWHERE), ELSEWHERE),
        *points([3 * figure for figure in times(of, slow[1:])], slow[1:]),
    ]
    model = fit(STEP_TIME, points(times(of)[:1]), Known(of, departures(STEP_TIME, of, elsewhere)))
    (usual,) = times(of, slow[:1])
    assert 2 * usual < model.predict(slow[0]).value < 4 * usual, "as its neighbours"
    assert model.predict(LADDER[2]).value == pytest.approx(times(of)[2], rel=0.2), "other work is as usual"


def test_what_is_far_from_all_that_the_others_foretell_is_not_learned_from() -> None:
    figures = times(COUNTING, ELSEWHERE)
    disturbed = [*figures[:5], 10 * figures[5], *figures[6:]]
    found = departures(STEP_TIME, COUNTING, points(disturbed, ELSEWHERE))
    assert consistent(STEP_TIME, found) == (*found[:5], *found[6:])
    assert consistent(STEP_TIME, known(COUNTING).departures) == known(COUNTING).departures
    assert consistent(STEP_TIME, found[5:6]) == found[5:6], "nobody contradicts it"


def test_nothing_is_typical_of_nothing() -> None:
    assert typical(STEP_TIME, {}) is None
    assert fit_together(STEP_TIME, {"jax-jit": []}) == {}


def test_rates_that_explain_everything_are_found() -> None:
    found = typical(STEP_TIME, {"jax-jit": points(times(COUNTING, ELSEWHERE), ELSEWHERE)})
    for work, figure in zip(LADDER, times(COUNTING), strict=True):
        assert STEP_TIME.usual(found.own["jax-jit"].rates, work) == pytest.approx(figure, rel=0.1)
    assert (found.own["jax-jit"].rates >= 0).all()


def test_what_is_common_is_that_of_fast_and_slow_alike() -> None:
    both = {
        "jax-jit": times(LAUNCHING, ELSEWHERE),
        "pytorch-eager": [1000 * each for each in times(LAUNCHING, ELSEWHERE)],
    }
    found = typical(STEP_TIME, {name: points(figures, ELSEWHERE) for name, figures in both.items()})
    growth = [STEP_TIME.usual(found.common, work) for work in ELSEWHERE]
    ratio = np.array(growth) / np.array(both["jax-jit"])
    assert ratio == pytest.approx(ratio[0], rel=0.1)


def test_a_candidate_measured_on_one_size_grows_like_the_others() -> None:
    grown = times(COUNTING)
    together = fit_together(
        STEP_TIME, {"jax-jit": points(grown[:3]), "scikit-learn": points(grown[:1]), "keras-jax": []}
    )
    assert set(together) == {"jax-jit", "scikit-learn"}
    assert together["scikit-learn"].predict(LADDER[2]).value == pytest.approx(grown[2], rel=0.5)
    assert together["scikit-learn"].predict(LADDER[2]).log_sd > together["jax-jit"].predict(LADDER[2]).log_sd


def test_nothing_is_said_about_growth_when_nobody_was_measured_on_two_sizes() -> None:
    assert fit_together(STEP_TIME, {"jax-jit": points([0.3]), "pytorch-eager": points([0.5])}) == {}


def test_who_grew_in_its_own_way_elsewhere_does_so_here_at_this_speed() -> None:
    elsewhere = Growth(LAUNCHING, {"jax-jit": known(COUNTING), "pytorch-eager": known(LAUNCHING)})
    launching, counting = ([3 * figure for figure in times(of)] for of in (LAUNCHING, COUNTING))
    measured = {
        "pytorch-eager": points(launching[:1]),
        "jax-jit": points(counting[:1]),
        "scikit-learn": points(launching[:1]),
    }
    together = fit_together(STEP_TIME, measured, elsewhere)
    for name, figures in (("pytorch-eager", launching), ("jax-jit", counting), ("scikit-learn", launching)):
        assert together[name].predict(LADDER[3]).value == pytest.approx(figures[3], rel=0.1)


def test_who_was_measured_elsewhere_only_is_foretold_at_the_speed_of_this_machine() -> None:
    elsewhere = Growth(LAUNCHING, {"jax-jit": known(COUNTING), "pytorch-eager": known(LAUNCHING)})
    measured = {
        "jax-jit": points([3 * figure for figure in times(COUNTING)[:2]]),
        "scikit-learn": points(times(LAUNCHING)[:1]),
    }
    ((name, model),) = fit_unmeasured(STEP_TIME, measured, elsewhere).items()
    assert name == "pytorch-eager"
    predicted = model.predict(LADDER[3])
    assert predicted.evidence == "corpus"
    assert predicted.value == pytest.approx(3 * times(LAUNCHING)[3], rel=0.1)
    measured_here = fit(STEP_TIME, points(times(LAUNCHING)[:2]), known(LAUNCHING))
    assert model.predict(LADDER[1]).log_sd > 2 * measured_here.predict(LADDER[1]).log_sd


def test_the_less_those_agree_that_were_measured_on_both_machines_the_more_doubt() -> None:
    elsewhere = Growth(COUNTING, dict.fromkeys(("jax-jit", "pytorch-eager", "tensorflow-graph"), known(COUNTING)))
    figures = times(COUNTING)
    agreeing, disagreeing = (
        fit_unmeasured(
            STEP_TIME,
            {"jax-jit": points([one * figures[0]]), "pytorch-eager": points([other * figures[0]])},
            elsewhere,
        )
        for one, other in ((3, 3), (1, 9))
    )
    sure, unsure = (each["tensorflow-graph"].predict(LADDER[0]) for each in (agreeing, disagreeing))
    assert unsure.value == pytest.approx(sure.value, rel=0.01)
    assert unsure.log_sd > 1.5 * sure.log_sd


def test_sizes_that_contradict_each_other_leave_more_doubt() -> None:
    figures = times(COUNTING)
    smooth = fitted(figures[:3]).predict(LADDER[3])
    bent = fitted([figures[0], 5 * figures[1], figures[2] / 5]).predict(LADDER[3])
    assert bent.log_sd > 1.5 * smooth.log_sd


def test_what_is_learned_of_a_candidate_holds_most_for_those_that_the_same_runtime_computes_for() -> None:
    names = ("pytorch-eager", "pytorch-compile", "jax-jit", "tensorflow-graph", "tensorflow-xla")
    elsewhere = Growth(COUNTING, dict.fromkeys(names, known(COUNTING)))
    figures = times(COUNTING)
    measured = {name: points(figures[:1]) for name in ("jax-jit", "tensorflow-graph", "tensorflow-xla")}
    together = fit_together(STEP_TIME, {"pytorch-eager": points([2 * figures[0]]), **measured}, elsewhere)
    compiled = together["pytorch-compile"].predict(LADDER[0])
    assert compiled.evidence == "corpus"
    assert 1.6 * figures[0] < compiled.value < 2.2 * figures[0]
    alone = fit_together(STEP_TIME, measured, elsewhere)["pytorch-compile"].predict(LADDER[0])
    assert alone.value == pytest.approx(figures[0], rel=0.1)
    assert alone.log_sd > 1.2 * compiled.log_sd


def test_where_nobody_was_measured_on_both_machines_this_one_may_be_any() -> None:
    elsewhere = Growth(COUNTING, {"tensorflow-graph": known(COUNTING), "pytorch-eager": known(COUNTING)})
    figures = times(COUNTING)
    (nobody,) = (
        model
        for name, model in fit_unmeasured(STEP_TIME, {"keras-jax": []}, elsewhere).items()
        if name == "tensorflow-graph"
    )
    (somebody,) = fit_unmeasured(STEP_TIME, {"pytorch-eager": points(figures[:1])}, elsewhere).values()
    unsure = nobody.predict(LADDER[1])
    assert unsure.value == pytest.approx(figures[1], rel=0.1)
    assert unsure.high / unsure.value > 3
    # Of the size that somebody was measured on; of larger ones both know little.
    assert nobody.predict(LADDER[0]).log_sd > 1.5 * somebody.predict(LADDER[0]).log_sd
    everybody = {name: points(figures[:1]) for name in ("pytorch-eager", "tensorflow-graph")}
    assert fit_unmeasured(STEP_TIME, everybody, elsewhere) == {}


def test_memory_is_carried_over_as_it_is() -> None:
    of = np.array([300.0, 0.0, 1 / 2**20, 1 / 2**20])
    elsewhere = Growth(of, {"pytorch-eager": known_memory(of), "tensorflow-graph": known_memory(of)})
    figures = [MEMORY.usual(of, work) for work in LADDER]
    (model,) = fit_unmeasured(MEMORY, {"pytorch-eager": points([2 * figures[0]])}, elsewhere).values()
    assert model.predict(LADDER[3]).value == pytest.approx(figures[3], rel=0.1)


def test_kinds_of_work_that_were_not_measured_of_a_candidate_are_not_foretold() -> None:
    grown = typical(
        STEP_TIME, {name: points(times(COUNTING, ELSEWHERE), ELSEWHERE) for name in ("jax-jit", "pytorch-eager")}
    )
    own = {
        name: replace(
            each, departures=departures(STEP_TIME, each.rates, points(times(COUNTING, ELSEWHERE), ELSEWHERE))
        )
        for name, each in grown.own.items()
    }
    (model,) = fit_unmeasured(STEP_TIME, {"jax-jit": points(times(COUNTING)[:1])}, replace(grown, own=own)).values()
    assert model.knows(LADDER[3])
    assert not model.knows(costs(cnn(side=32, width=32, stages=3, outputs=10, batch=32))), "no convolution was"


def test_bytes_are_as_many_on_a_slow_machine() -> None:
    of = np.array([300.0, 0.0, 1 / 2**20, 1 / 2**20])
    elsewhere = Growth(of, {"jax-jit": known_memory(of), "pytorch-eager": known_memory(of)})
    figures = [MEMORY.usual(of, work) for work in LADDER]
    measured = {"jax-jit": points([3 * figures[0]]), "pytorch-eager": points([figures[0]])}
    together = fit_together(MEMORY, measured, elsewhere)
    assert together["pytorch-eager"].predict(LADDER[3]).value == pytest.approx(figures[3], rel=0.1)


def known_memory(of: np.ndarray) -> Known:
    return Known(of, departures(MEMORY, of, [Point(work, MEMORY.usual(of, work), 0.01) for work in ELSEWHERE]))


def test_a_law_that_expects_more_leaves_more_doubt() -> None:
    wild: Law = replace(STEP_TIME, curve=2 * STEP_TIME.curve, rate=2 * STEP_TIME.rate)
    steady, doubtful = (fit(law, points(times(COUNTING)[:2]), Known(COUNTING)) for law in (STEP_TIME, wild))
    assert doubtful.predict(LADDER[3]).log_sd > steady.predict(LADDER[3]).log_sd

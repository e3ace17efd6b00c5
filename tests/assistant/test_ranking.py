from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.advice.criteria import Situation, level_value
from assistant.advice.estimates import Estimate, JobForecast
from assistant.advice.ranking import (
    Scores,
    Standing,
    best_modes,
    central_scores,
    drawn_scores,
    rank,
    standing,
    weights,
)
from assistant.advice.worlds import alternatives, certain, sample
from knowledge.collection import Entry, Knowledge
from knowledge.conditions import Condition
from knowledge.load import load
from knowledge.schema import EligibilityRule, WeightRule
from knowledge.vocabulary import CRITERIA, RATED_CRITERIA
from probes.candidates import CANDIDATES, FRAMEWORKS

UNMEASURED = Situation({}, steps_per_epoch=100)
ANSWERS = {"task": "image_classification", "performance": "fastest", "operating_system": "linux"}
IDS = [candidate.id for candidate in CANDIDATES]


def forecasts(step_ms: dict[str, float], log_sd: float = 0.05) -> dict[str, JobForecast]:
    return {
        candidate: JobForecast(
            candidate, Estimate(step, log_sd, "measured"), Estimate(3, log_sd, "measured"), missing=None
        )
        for candidate, step in step_ms.items()
    }


def some_answers() -> st.SearchStrategy[dict[str, object]]:
    fields = {question.id: st.sampled_from(alternatives(question, {})) for question in load().questions.values()}
    several = st.lists(st.sampled_from(FRAMEWORKS), unique=True).map(tuple)
    return st.fixed_dictionaries({}, optional={**fields, "knows": several})


FIGURES = ("step_ms", "first_result_s", "memory_mb")


def estimates(smallest: float, log_sd: float) -> st.SearchStrategy[Estimate]:
    """One figure, up to a thousand times the smallest."""
    return st.floats(0, 3).map(lambda power: Estimate(smallest * 10**power, log_sd, "forecast"))


@st.composite
def some_rows(draw, log_sd: float = 0.05, *, missing: bool = True) -> dict[str, JobForecast]:
    """Any figures of any candidates, some or all of them `missing`."""
    smallest = {"step_ms": draw(st.sampled_from((0.1, 10.0))), "first_result_s": 1.0, "memory_mb": 50.0}
    figures = {name: estimates(value, log_sd) for name, value in smallest.items()}
    if missing:
        figures = {name: st.none() | each for name, each in figures.items()}
    names = draw(st.sets(st.sampled_from(IDS))) if missing else IDS
    return {each: JobForecast(each, **{name: draw(figure) for name, figure in figures.items()}) for each in names}


def situation_with(rows: dict[str, JobForecast]) -> Situation:
    return Situation(rows, steps_per_epoch=1_000, memory_gb=dict.fromkeys(IDS[:4], 16.0))


@settings(max_examples=40, deadline=None)
@given(answers=some_answers(), seed=st.integers(0, 1000))
def test_shares_add_up_to_one_unless_nothing_is_left(answers, seed) -> None:
    outcome = rank(answers, UNMEASURED, load(), seed=seed, draws=300)
    total = 1 - outcome.nothing
    assert bool(outcome.order) == (total > 0)
    assert outcome.frameworks.sum() == pytest.approx(total)
    assert outcome.candidates.sum() == pytest.approx(total)
    for index, framework in enumerate(FRAMEWORKS):
        own = [place for place, candidate in enumerate(CANDIDATES) if candidate.framework == framework]
        assert outcome.candidates[own].sum() == pytest.approx(outcome.frameworks[index])


@settings(max_examples=20, deadline=None)
@given(answers=some_answers())
def test_the_same_seed_gives_the_same_standing(answers) -> None:
    first, second = (rank(answers, UNMEASURED, load(), seed=5, draws=200) for _ in range(2))
    assert (first.candidates == second.candidates).all()
    assert (first.beats == second.beats).all()


@settings(max_examples=20, deadline=None)
@given(answers=some_answers(), shuffled=st.randoms(use_true_random=False))
def test_the_order_of_answers_does_not_matter(answers, shuffled) -> None:
    items = list(answers.items())
    shuffled.shuffle(items)
    first, second = (rank(each, UNMEASURED, load(), seed=0, draws=200) for each in (answers, dict(items)))
    assert (first.candidates == second.candidates).all()


@settings(max_examples=20, deadline=None)
@given(answers=some_answers(), factor=st.floats(1e-6, 1))
def test_scaling_all_weights_does_not_matter(answers, factor) -> None:
    knowledge = load()
    always = [
        WeightRule(id=f"scaled-{name}", criterion=name, when=Condition(), factor=factor, reason="scaled")
        for name in CRITERIA
    ]
    scaled = Knowledge((*knowledge.entries, *(Entry("rules.toml", "weight", rule) for rule in always)))
    before, after = (weights(certain(answers), each) for each in (knowledge, scaled))
    assert before == pytest.approx(after)


@settings(max_examples=40, deadline=None)
@given(answers=some_answers(), candidate=st.sampled_from(IDS))
def test_the_matrix_rates_as_the_rules_do_one_by_one(answers, candidate) -> None:
    values = central_scores(answers, UNMEASURED, load()).values[IDS.index(candidate), :, 0]
    for criterion in RATED_CRITERIA:
        level = load().rating(criterion, candidate, answers).level
        assert values[CRITERIA.index(criterion)] == level_value(level), criterion


PEOPLE = st.sampled_from(
    [
        {**ANSWERS, "task": task, "performance": performance}
        for task in ("image_classification", "tabular_classification")
        for performance in ("prototype", "balanced", "fastest")
    ]
)


@st.composite
def improvements(draw, rows: st.SearchStrategy[dict[str, JobForecast]]) -> tuple[str, list[dict[str, JobForecast]]]:
    """A candidate, and rows in which one of its figures is what it is, and better."""
    others = draw(rows)
    candidate, figure = draw(st.sampled_from(IDS)), draw(st.sampled_from(FIGURES))
    row = others.get(candidate, JobForecast(candidate))
    value, factor = draw(st.floats(0.1, 10_000)), draw(st.floats(0.001, 0.95))
    values = (Estimate(each, 0.05, "measured") for each in (value, value * factor))
    return candidate, [{**others, candidate: replace(row, **{figure: each})} for each in values]


@settings(max_examples=150, deadline=None)
@given(improvement=improvements(some_rows()), answers=PEOPLE)
def test_a_better_measurement_of_anything_never_lowers_a_rank(improvement, answers) -> None:
    candidate, rows = improvement
    place = IDS.index(candidate)

    def behind(rows: dict[str, JobForecast]) -> set[int]:
        totals = central_scores(answers, situation_with(rows), load()).totals[:, 0]
        return {other for other in range(len(IDS)) if totals[other] < totals[place] - 1e-9}

    before, after = map(behind, rows)
    assert before <= after


@settings(max_examples=40, deadline=None)
@given(improvement=improvements(some_rows(missing=False)), answers=PEOPLE)
def test_a_better_measurement_of_anything_never_lowers_a_frameworks_share(improvement, answers) -> None:
    """Also when the framework is then used in another mode.

    Of candidates without figures it says something too: they are taken for better as well, at most by as much.
    """
    candidate, rows = improvement
    framework = FRAMEWORKS.index(CANDIDATES[IDS.index(candidate)].framework)
    before, after = (rank(answers, situation_with(each), load(), seed=0, draws=300).frameworks for each in rows)
    assert after[framework] >= before[framework] - 1e-9


def without(candidate: str) -> Knowledge:
    """What is known, with this candidate excluded for everybody."""
    rule = EligibilityRule(
        id="test-only",
        candidates=(candidate,),
        when=Condition(),
        reason="It is left out.",
        fix="Let it in.",
        facts=("jax.releases",),
    )
    return Knowledge((*load().entries, Entry("rules.toml", "eligibility", rule)))


@settings(max_examples=150, deadline=None)
@given(rows=some_rows(), candidate=st.sampled_from(IDS), answers=PEOPLE)
def test_a_candidate_that_comes_or_goes_does_not_reorder_the_others(rows, candidate, answers) -> None:
    """Even the fastest one, and the only one that was measured: all others are then as far apart as before."""
    others = [place for place in range(len(IDS)) if IDS[place] != candidate]
    before, after = (central_scores(answers, situation_with(rows), each) for each in (load(), without(candidate)))
    assert not after.usable[IDS.index(candidate), 0]
    difference = (after.totals - before.totals)[others, 0]
    assert difference == pytest.approx(difference[0])


@settings(max_examples=30, deadline=None)
@given(rows=some_rows(log_sd=0.3), candidate=st.sampled_from(IDS), answers=some_answers())
def test_in_every_world_the_others_stay_where_they_were(rows, candidate, answers) -> None:
    """So no framework that the candidate is no mode of loses a world by its going."""
    own = FRAMEWORKS.index(CANDIDATES[IDS.index(candidate)].framework)
    before, after = (
        rank(answers, situation_with(rows), each, seed=0, draws=300).frameworks
        for each in (load(), without(candidate))
    )
    others = [place for place in range(len(FRAMEWORKS)) if place != own]
    assert (after[others] >= before[others] - 1e-9).all()
    assert after[own] <= before[own] + 1e-9


def test_a_framework_that_comes_or_goes_leaves_the_duels_of_the_others_as_they_were() -> None:
    rows = forecasts({each: 1.0 + place for place, each in enumerate(IDS)})
    rows["jax-jit"] = replace(rows["jax-jit"], step_ms=Estimate(0.2, 0.05, "measured"))
    before, after = (
        rank({**ANSWERS, "knows": ("jax",)}, Situation(rows, 100_000), each, seed=0, draws=2_000)
        for each in (load(), without("jax-jit"))
    )
    jax = FRAMEWORKS.index("jax")
    others = [place for place in range(len(FRAMEWORKS)) if place != jax]
    assert before.frameworks[jax] > 0.1
    assert after.frameworks[jax] == 0
    assert after.beats[np.ix_(others, others)] == pytest.approx(before.beats[np.ix_(others, others)], abs=0.01)


def test_what_was_measured_says_what_is_usual_whoever_can_be_used() -> None:
    """A candidate without figures counts as the median of all that have some; who may be chosen is no measurement."""
    rows = forecasts({"pytorch-eager": 10.0, "jax-jit": 20.0, "keras-torch": 40.0})
    situation = Situation(rows, steps_per_epoch=1000)
    speeds = [
        central_scores(ANSWERS, situation, each).values[:, CRITERIA.index("training_speed"), 0]
        for each in (load(), without("keras-torch"))
    ]
    graph, jit = IDS.index("tensorflow-graph"), IDS.index("jax-jit")
    assert [values[graph] for values in speeds] == [values[jit] for values in speeds]


def test_order_is_not_clipped_away_among_the_slow() -> None:
    """Both are hundreds of times as slow as the best, and one of them twice as slow as the other."""
    rows = forecasts({"pytorch-eager": 1.0, "jax-jit": 200.0, "tensorflow-graph": 400.0})
    speed = central_scores(ANSWERS, Situation(rows, 10_000), load()).values[:, CRITERIA.index("training_speed"), 0]
    assert speed[IDS.index("jax-jit")] - speed[IDS.index("tensorflow-graph")] == pytest.approx(0.25)


def test_modes_that_nobody_measured_make_a_framework_no_likelier() -> None:
    """Three modes of Keras were not measured, and one of JAX: chance must not favour the three."""
    scores = drawn_scores(sample(ANSWERS, load(), 200, seed=0), UNMEASURED, load(), seed=0)
    speeds = scores.values[:, CRITERIA.index("training_speed")]
    keras = [place for place, candidate in enumerate(CANDIDATES) if candidate.framework == "keras"]
    assert (speeds[keras] == speeds[keras[0]]).all()


@settings(max_examples=30, deadline=None)
@given(steps=st.lists(st.floats(1, 500), min_size=len(IDS), max_size=len(IDS)), factor=st.floats(0.01, 100))
def test_an_excluded_candidate_does_not_reorder_the_others(steps, factor) -> None:
    """scikit-learn is excluded for images: however fast it is, the others keep their scores."""

    def totals(times: list[float]) -> list[float]:
        situation = Situation(forecasts(dict(zip(IDS, times, strict=True))), steps_per_epoch=1000)
        return list(central_scores(ANSWERS, situation, load()).totals[:, 0])

    excluded = IDS.index("scikit-learn")
    before, after = totals(steps), totals([*steps[:excluded], steps[excluded] * factor])
    assert before[:excluded] == after[:excluded]


def test_nothing_beyond_the_need_is_rewarded() -> None:
    """A job of seconds: the faster one is no better for a person who can wait five minutes."""
    quick = Situation(forecasts({"pytorch-eager": 1.0, "jax-jit": 2.0}), steps_per_epoch=10)
    speed = CRITERIA.index("training_speed")
    patient = central_scores({**ANSWERS, "performance": "balanced"}, quick, load()).values[:, speed, 0]
    eager, jit = IDS.index("pytorch-eager"), IDS.index("jax-jit")
    assert patient[eager] == patient[jit] == 1
    hurried = central_scores(ANSWERS, quick, load()).values[:, speed, 0]
    assert hurried[eager] == 1
    assert hurried[jit] == pytest.approx(0.75), "twice as slow costs a level"


def test_without_measurements_speed_says_nothing_and_the_draws_are_wide() -> None:
    scores = central_scores(ANSWERS, UNMEASURED, load())
    assert len(set(scores.values[:, CRITERIA.index("training_speed"), 0])) == 1
    clear = Situation(forecasts({"jax-jit": 1.0} | {each: 30.0 for each in IDS if each != "jax-jit"}), 100_000)
    jax = FRAMEWORKS.index("jax")
    share = [rank(ANSWERS, each, load(), seed=0, draws=2000).frameworks[jax] for each in (UNMEASURED, clear)]
    assert share[1] > 2 * share[0]


def test_the_mode_is_the_one_that_finishes_the_job_first() -> None:
    def mode(steps_per_epoch: int) -> str:
        rows = forecasts({"tensorflow-graph": 2.0, "tensorflow-xla": 1.0})
        rows["tensorflow-xla"] = replace(rows["tensorflow-xla"], first_result_s=Estimate(60, 0.05, "measured"))
        situation = Situation(rows, steps_per_epoch)
        modes, _ = best_modes(central_scores(ANSWERS, situation, load()))
        return IDS[modes[FRAMEWORKS.index("tensorflow"), 0]]

    assert mode(steps_per_epoch=10) == "tensorflow-graph"
    assert mode(steps_per_epoch=10_000) == "tensorflow-xla"


def test_the_size_of_an_unknown_job_is_drawn_like_any_open_answer() -> None:
    """JAX is fastest on large networks, PyTorch on others: who wins depends on how many worlds have which."""
    of_size = {
        "large": forecasts({"pytorch-eager": 80.0, "jax-jit": 10.0}),
        "small": forecasts({"pytorch-eager": 1.0, "jax-jit": 8.0}),
    }

    def resized(sizes) -> Situation:
        return Situation(of_size["large" if sizes.get("model_scale") == "large" else "small"], 10_000)

    open_size = replace(resized({}), resized=resized)
    rigid = resized({})
    known = {**ANSWERS, "dataset_rows": 50_000, "input_size": 64}
    pytorch = FRAMEWORKS.index("pytorch")

    def share(answers, situation) -> float:
        return rank(answers, situation, load(), seed=0, draws=2_000).frameworks[pytorch]

    assert share({**known, "model_scale": "small"}, open_size) == share({**known, "model_scale": "small"}, rigid)
    assert share(known, open_size) < share(known, rigid) - 0.1


def test_too_little_memory_counts_against_a_candidate() -> None:
    rows = forecasts({"pytorch-eager": 1.0, "jax-jit": 1.0})
    rows["jax-jit"] = replace(rows["jax-jit"], memory_mb=Estimate(15 * 1024, 0.1, "forecast"))
    rows["pytorch-eager"] = replace(rows["pytorch-eager"], memory_mb=Estimate(1024, 0.1, "forecast"))
    scores = central_scores(ANSWERS, Situation(rows, 100, memory_gb=dict.fromkeys(rows, 16.0)), load())
    memory = scores.values[:, CRITERIA.index("memory_fit"), 0]
    assert memory[IDS.index("pytorch-eager")] == 1
    assert memory[IDS.index("jax-jit")] < 0.2


def test_frameworks_that_beat_each_other_equally_often_are_tied() -> None:
    def outcome(advantage: float):
        generator = np.random.default_rng(0)
        values = generator.random((len(CANDIDATES), len(CRITERIA), 4000))
        usable = np.zeros((len(CANDIDATES), 4000), bool)
        for candidate in ("pytorch-eager", "jax-jit"):
            usable[IDS.index(candidate)] = True
        values[IDS.index("pytorch-eager")] += advantage
        equal = np.full((len(CRITERIA), 4000), 1 / len(CRITERIA))
        return standing(Scores(equal, values, usable, np.full(usable.shape, np.nan)))

    assert {FRAMEWORKS[index] for index in outcome(0.0).tied} == {"pytorch", "jax"}
    assert outcome(0.2).tied == ()
    assert [FRAMEWORKS[index] for index in outcome(0.2).order] == ["pytorch", "jax"]


def test_a_rival_that_beats_the_winner_is_no_tie() -> None:
    """The winner has the largest share, for two alike share theirs; each of them beats it in most worlds."""
    beats = np.zeros((len(FRAMEWORKS), len(FRAMEWORKS)))
    beats[1, 0], beats[0, 1] = 0.6, 0.4
    equals = 1 - beats.T
    shares = np.array([0.4, 0.35, 0.25, 0, 0])
    usable = np.array([True, True, True, False, False])
    assert Standing(shares, np.zeros(len(CANDIDATES)), 0.0, beats, equals, usable).tied == (0, 2)


def test_a_framework_that_loses_only_where_it_cannot_be_used_is_not_tied() -> None:
    """PyTorch is the better one wherever both can be used: that it often cannot be does not make JAX its equal."""
    values = np.zeros((len(CANDIDATES), len(CRITERIA), 1_000))
    values[IDS.index("pytorch-eager")] = 0.1
    usable = np.zeros((len(CANDIDATES), 1_000), bool)
    usable[IDS.index("jax-jit")] = True
    usable[IDS.index("pytorch-eager"), :510] = True
    equal = np.full((len(CRITERIA), 1_000), 1 / len(CRITERIA))
    outcome = standing(Scores(equal, values, usable, np.full(usable.shape, np.nan)))
    assert outcome.frameworks.max() == pytest.approx(0.51)
    assert outcome.tied == ()


def test_two_that_are_never_usable_together_are_not_tied() -> None:
    usable = np.zeros((len(CANDIDATES), 1_000), bool)
    usable[IDS.index("jax-jit"), :500] = usable[IDS.index("pytorch-eager"), 500:] = True
    values = np.ones((len(CANDIDATES), len(CRITERIA), 1_000))
    equal = np.full((len(CRITERIA), 1_000), 1 / len(CRITERIA))
    assert standing(Scores(equal, values, usable, np.full(usable.shape, np.nan))).tied == ()


def test_worlds_in_which_nothing_is_usable_count() -> None:
    """NVIDIA on a Mac: only scikit-learn is left, and only where no published model is wanted."""
    answers = {"task": "text_classification", "operating_system": "macos", "accelerator": "nvidia"}
    outcome = rank(answers, UNMEASURED, load(), seed=0, draws=2_000)
    assert [FRAMEWORKS[place] for place in outcome.order] == ["scikit-learn"]
    assert outcome.nothing > 0.5
    assert outcome.frameworks.max() == pytest.approx(1 - outcome.nothing)


def test_a_framework_that_never_wins_is_last_and_not_left_out() -> None:
    values = np.zeros((len(CANDIDATES), len(CRITERIA), 10))
    values[: IDS.index("jax-jit")] = 0.5
    equal = np.full((len(CRITERIA), 10), 1 / len(CRITERIA))
    usable = np.ones((len(CANDIDATES), 10), bool)
    usable[IDS.index("scikit-learn")] = False
    outcome = standing(Scores(equal, values, usable, np.full(usable.shape, np.nan)))
    assert [FRAMEWORKS[index] for index in outcome.order][-1] == "jax"
    assert FRAMEWORKS.index("scikit-learn") not in outcome.order


def test_unknown_answers_make_the_outcome_less_certain() -> None:
    known = {**ANSWERS, "existing_code": "keras", "knows": ("keras",)}
    sure = rank(known, UNMEASURED, load(), seed=0, draws=2000).frameworks.max()
    assert sure > rank({}, UNMEASURED, load(), seed=0, draws=2000).frameworks.max()


def test_weights_follow_the_answers_and_stay_neutral_without() -> None:
    neutral = weights(certain({}), load())[:, 0]
    assert neutral == pytest.approx(1 / len(CRITERIA))
    tuned = weights(certain({"performance": "fastest"}), load())[:, 0]
    assert tuned[CRITERIA.index("training_speed")] > neutral[0]
    assert weights(sample({}, load(), 50, seed=0), load()).sum(axis=0) == pytest.approx(1)

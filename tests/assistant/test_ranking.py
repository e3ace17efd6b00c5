from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.advice.criteria import Situation
from assistant.advice.estimates import Estimate, JobForecast
from assistant.advice.ranking import Scores, best_modes, central_scores, rank, standing, weights
from assistant.advice.worlds import alternatives, certain, sample
from knowledge.collection import Entry, Knowledge
from knowledge.conditions import Condition
from knowledge.load import load
from knowledge.schema import EligibilityRule, WeightRule
from knowledge.vocabulary import CRITERIA
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
    questions = [question for question in load().questions.values() if question.kind != "choices"]
    fields = {question.id: st.sampled_from(alternatives(question, {})) for question in questions}
    return st.fixed_dictionaries({}, optional=fields)


@settings(max_examples=40, deadline=None)
@given(answers=some_answers(), seed=st.integers(0, 1000))
def test_shares_add_up_to_one_unless_nothing_is_left(answers, seed) -> None:
    outcome = rank(answers, UNMEASURED, load(), seed=seed, draws=300)
    total = 1.0 if outcome.order else 0.0
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
@given(answers=some_answers(), factor=st.floats(0.01, 1))
def test_scaling_all_weights_does_not_matter(answers, factor) -> None:
    knowledge = load()
    always = [
        WeightRule(id=f"scaled-{name}", criterion=name, when=Condition(), factor=factor, reason="scaled")
        for name in CRITERIA
    ]
    scaled = Knowledge((*knowledge.entries, *(Entry("rules.toml", "weight", rule) for rule in always)))
    before, after = (weights(certain(answers), each) for each in (knowledge, scaled))
    assert before == pytest.approx(after)


@settings(max_examples=30, deadline=None)
@given(
    steps=st.lists(st.floats(1, 500), min_size=len(IDS), max_size=len(IDS)),
    candidate=st.sampled_from(IDS),
    factor=st.floats(0.1, 0.95),
)
def test_a_better_measurement_never_lowers_a_rank(steps, candidate, factor) -> None:
    place = IDS.index(candidate)

    def behind(times: list[float]) -> set[int]:
        situation = Situation(forecasts(dict(zip(IDS, times, strict=True))), steps_per_epoch=1000)
        totals = central_scores(ANSWERS, situation, load()).totals[:, 0]
        return {other for other in range(len(IDS)) if totals[other] < totals[place] - 1e-12}

    faster = [time * factor if index == place else time for index, time in enumerate(steps)]
    assert behind(steps) <= behind(faster)


@settings(max_examples=20, deadline=None)
@given(
    steps=st.lists(st.floats(1, 15), min_size=len(IDS), max_size=len(IDS)),
    candidate=st.sampled_from(IDS[:-1]),
    factor=st.floats(0.1, 0.95),
    performance=st.sampled_from(("prototype", "balanced", "fastest")),
)
def test_a_better_measurement_never_lowers_a_frameworks_share(steps, candidate, factor, performance) -> None:
    """Also when the framework is then used in another mode."""
    place = IDS.index(candidate)
    framework = FRAMEWORKS.index(CANDIDATES[place].framework)

    def share(times: list[float]) -> float:
        rows = forecasts(dict(zip(IDS, times, strict=True)))
        slow_start = Estimate(30, 0.05, "measured")
        rows["tensorflow-xla"] = replace(rows["tensorflow-xla"], first_result_s=slow_start)
        answers = {**ANSWERS, "performance": performance}
        return rank(answers, Situation(rows, 1_000), load(), seed=0, draws=400).frameworks[framework]

    faster = [time * factor if index == place else time for index, time in enumerate(steps)]
    assert share(faster) >= share(steps) - 1e-9


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


@settings(max_examples=25, deadline=None)
@given(
    steps=st.lists(st.floats(1, 15), min_size=len(IDS), max_size=len(IDS)),
    candidate=st.sampled_from(IDS),
    performance=st.sampled_from(("prototype", "balanced", "fastest")),
)
def test_a_candidate_that_comes_or_goes_does_not_reorder_the_others(steps, candidate, performance) -> None:
    """Even the fastest one: all others are then as far apart as before."""
    answers = {**ANSWERS, "task": "tabular_classification", "performance": performance}
    situation = Situation(forecasts(dict(zip(IDS, steps, strict=True))), steps_per_epoch=1000)
    others = [place for place in range(len(IDS)) if IDS[place] != candidate]
    before, after = (central_scores(answers, situation, each) for each in (load(), without(candidate)))
    assert not after.usable[IDS.index(candidate), 0]
    difference = (after.totals - before.totals)[others, 0]
    assert difference == pytest.approx(difference[0])


def test_a_framework_that_comes_or_goes_leaves_the_duels_of_the_others_as_they_were() -> None:
    rows = forecasts({each: 1.0 + place for place, each in enumerate(IDS)})
    rows["jax-jit"] = replace(rows["jax-jit"], step_ms=Estimate(0.5, 0.05, "measured"))
    before, after = (
        rank(ANSWERS, Situation(rows, 100_000), each, seed=0, draws=2_000) for each in (load(), without("jax-jit"))
    )
    jax = FRAMEWORKS.index("jax")
    others = [place for place in range(len(FRAMEWORKS)) if place != jax]
    assert before.frameworks[jax] > 0.1
    assert after.frameworks[jax] == 0
    assert after.beats[np.ix_(others, others)] == pytest.approx(before.beats[np.ix_(others, others)], abs=0.01)


def test_what_is_excluded_says_nothing_of_what_is_usual() -> None:
    """A candidate without figures counts as the median of those that can be used."""

    def totals(excluded_ms: float) -> list[float]:
        rows = forecasts({"pytorch-eager": 10.0, "jax-jit": 20.0, "scikit-learn": excluded_ms})
        return list(central_scores(ANSWERS, Situation(rows, 1000), load()).totals[:-1, 0])

    assert totals(0.001) == totals(1e6)


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

from __future__ import annotations

from dataclasses import replace

import pytest

from assistant.advice.criteria import Situation
from assistant.advice.eligibility import exclusions
from assistant.advice.estimates import Estimate, JobForecast
from assistant.advice.explanation import Case, contributions, exclusion_reasons, reasons_against, reasons_for
from assistant.advice.ranking import central_scores, drawn_scores
from assistant.advice.worlds import certain, sample
from assistant.evidence import Evidence
from knowledge.load import load
from knowledge.vocabulary import CRITERIA, MEASURED_CRITERIA
from probes.candidates import CANDIDATES


def case(answers: dict[str, object], evidence: Evidence = "measured", **step_ms: float) -> Case:
    rows = {
        name.replace("_", "-"): JobForecast(
            name.replace("_", "-"), Estimate(step, 0.05, evidence), Estimate(2, 0.05, "forecast")
        )
        for name, step in step_ms.items()
    }
    situation = Situation(rows, steps_per_epoch=10_000)
    scores = central_scores(answers, situation, load())
    return Case(
        answers, certain(answers), scores, scores, situation, exclusions(answers, load()), "cnn-medium", load()
    )


def test_contributions_are_weight_times_value_for_every_criterion() -> None:
    parts = contributions(case({"goal": "learning"}), "keras-jax")
    assert [part.criterion for part in parts] == list(CRITERIA)
    assert sum(part.weight for part in parts) == pytest.approx(1)
    assert all(part.contribution == pytest.approx(part.weight * part.value) for part in parts)


def test_no_criterion_adds_more_than_its_weight_where_a_candidate_can_be_used_in_some_worlds() -> None:
    """Its weight is that of the same worlds: where an answer rules a candidate out, other things count as well."""
    known = case({"task": "image_classification"})
    drawn = drawn_scores(sample(known.answers, load(), 500, seed=0), known.situation, load(), seed=0)
    open_case = replace(known, drawn=drawn)
    shares = {candidate.id: open_case.usable_share(candidate.id) for candidate in CANDIDATES}
    assert any(0 < share < 1 for share in shares.values())
    for candidate in (candidate for candidate, share in shares.items() if share):
        parts = contributions(open_case, candidate)
        assert sum(part.weight for part in parts) == pytest.approx(1)
        assert max(part.value for part in parts) <= 1 + 1e-9
        assert sum(part.contribution for part in parts) == pytest.approx(open_case.score(candidate))


def test_every_part_of_a_score_says_what_it_rests_on() -> None:
    said = case({"knows": ("pytorch",), "goal": "learning", "deployment": "mobile"}, pytorch_eager=30.0)
    parts = {part.criterion: part for part in contributions(said, "pytorch-eager")}
    speed, deployment, ease = (parts[name] for name in ("training_speed", "deployment_fit", "ease_of_learning"))
    assert (speed.figure, speed.level, speed.evidence, speed.sources) == (30.0, None, "measured", ("cnn-medium",))
    assert parts["time_to_first_result"].evidence == "forecast"
    assert (deployment.evidence, deployment.level) == ("cited", 1 + 4 * deployment.value)
    assert deployment.sources
    assert all(load().source(source) for source in deployment.sources)
    assert (ease.evidence, ease.sources) == ("you", ("knows",))


def test_what_stands_in_for_a_figure_has_no_evidence() -> None:
    for part in contributions(case({}, pytorch_eager=30.0), "jax-jit"):
        measured = part.criterion in MEASURED_CRITERIA
        assert (part.evidence is None) == measured
        assert (part.figure, part.level is None) == (None, measured)


def test_a_measured_difference_is_told_as_a_ratio_with_its_kind() -> None:
    answers = {"performance": "fastest", "task": "image_classification"}
    fast = case(answers, pytorch_eager=30.0, keras_tensorflow=10.0)
    (reason,) = [
        reason
        for reason in reasons_for(fast, "keras-tensorflow", "pytorch-eager")
        if reason.criterion == "training_speed"
    ]
    assert "3 times faster than PyTorch" in reason.text
    assert (reason.evidence, reason.source) == ("measured", "cnn-medium")
    slow = reasons_against(fast, "pytorch-eager", "keras-tensorflow")
    assert any("3 times slower than Keras" in reason.text for reason in slow)


@pytest.mark.parametrize(("eager_ms", "told"), [(30.0, "3 times faster"), (5.0, "2 times slower")])
def test_what_was_not_measured_here_is_not_said_of_this_machine(eager_ms, told) -> None:
    answers = {"performance": "fastest", "task": "image_classification"}
    borrowed = case(answers, "corpus", pytorch_eager=eager_ms, keras_tensorflow=10.0)
    speed = next(
        reason
        for told_of in (reasons_for, reasons_against)
        for reason in told_of(borrowed, "keras-tensorflow", "pytorch-eager")
        if reason.criterion == "training_speed"
    )
    assert f"By another machine's figures {told}" in speed.text
    assert "Here" not in speed.text
    assert speed.evidence == "corpus"


def test_a_figure_that_is_missing_on_one_side_is_no_reason() -> None:
    partly = case({"performance": "fastest"}, pytorch_eager=1.0)
    assert not any(reason.criterion == "training_speed" for reason in reasons_for(partly, "pytorch-eager", "jax-jit"))


def test_the_strongest_reason_comes_first_and_says_why_it_matters() -> None:
    wanted = case({"pretrained": "yes", "task": "text_classification"})
    first = reasons_for(wanted, "pytorch-eager", "tensorflow-graph")[0]
    assert first.criterion == "pretrained_models"
    assert first.text.startswith("You want to start from a published model: ")
    assert (first.evidence, first.facts[0]) == ("cited", "pytorch.hubs")
    assert first.source.startswith("https://")


def test_what_the_person_said_is_marked_as_theirs() -> None:
    known = case({"knows": ("pytorch",), "goal": "learning"})
    reasons = reasons_for(known, "pytorch-eager", "jax-jit")
    assert ("you", "knows") in {(reason.evidence, reason.source) for reason in reasons}


def test_reasons_against_speak_about_the_candidate_itself() -> None:
    phone = case({"deployment": "mobile", "task": "image_classification"})
    reasons = reasons_against(phone, "jax-jit", "keras-tensorflow")
    assert {reason.framework for reason in reasons} == {"jax"}
    assert "jax.mobile" in {fact for reason in reasons for fact in reason.facts}


def test_an_exclusion_is_told_with_its_fix_and_source() -> None:
    windows = case({"operating_system": "windows", "accelerator": "nvidia"})
    (reason,) = exclusion_reasons(windows, "tensorflow-graph")
    assert reason.evidence == "cited"
    assert "WSL2" in reason.text


def test_a_rating_between_praise_and_blame_is_told_beside_the_other_one() -> None:
    """Compiled PyTorch can be debugged; run line by line it is easier, and no reader may take that the wrong way."""
    reasons = reasons_against(case({}), "pytorch-compile", "pytorch-eager")
    (reason,) = [reason for reason in reasons if reason.criterion == "debugging"]
    assert reason.text == (
        "Debugging: the same code runs uncompiled when you need to look inside. "
        "Better with PyTorch, run line by line (eager): "
        "every line runs when it is reached; breakpoints work anywhere."
    )
    left = case({"existing_code": "tensorflow", "python": "3.15"})
    first = reasons_for(left, "keras-torch", "pytorch-eager")[0]
    assert first.text.endswith("Worse with PyTorch: your existing code would have to be rewritten.")
    assert first.facts == ("keras.keras-2", "keras.backends", "pytorch.foreign-code")


def test_what_the_person_knows_leads_to_no_framework_that_they_do_not_know() -> None:
    known = case({"knows": ("scikit-learn",), "goal": "learning"})
    foreign = reasons_for(known, "keras-torch", "pytorch-eager")[0]
    assert (foreign.criterion, foreign.text.split(":")[0]) == ("ease_of_learning", "You want to learn")
    own = reasons_for(known, "scikit-learn", "pytorch-eager")[0]
    assert own.text == "What you know saves time: you know scikit-learn."


def test_a_framework_that_only_open_answers_keep_from_winning_is_told_so_first() -> None:
    known = case({"task": "tabular_classification"})
    worlds = sample(known.answers, load(), 500, seed=0)
    open_case = replace(known, worlds=worlds, drawn=drawn_scores(worlds, known.situation, load(), seed=0))
    assert open_case.score("scikit-learn") > open_case.score("pytorch-eager")
    first, *others = reasons_against(open_case, "scikit-learn", "pytorch-eager")
    assert first.text.endswith("scikit-learn's networks are fixed: no layers or training loops of your own.")
    assert (first.criterion, first.facts) == (None, ("scikit-learn.networks",))
    assert all(other.criterion for other in others)
    behind = reasons_against(open_case, "tensorflow-graph", "pytorch-eager")
    assert all(reason.criterion for reason in behind)


def test_without_a_rival_the_reasons_are_what_adds_most() -> None:
    alone = reasons_for(case({}), "scikit-learn", None)
    parts = sorted(contributions(case({}), "scikit-learn"), key=lambda part: -part.contribution)
    rated = [part.criterion for part in parts if part.criterion in {reason.criterion for reason in alone}]
    assert [reason.criterion for reason in alone] == rated[:3]

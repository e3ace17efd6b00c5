from __future__ import annotations

import json
from itertools import chain

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from assistant.advice.explanation import LEAST_CONTRIBUTION
from assistant.advice.recommend import recommend
from assistant.advice.recommendation import Recommendation
from assistant.advice.worlds import alternatives
from assistant.conversation.questions import changed
from assistant.project import Project, parse_project
from knowledge.load import load
from knowledge.vocabulary import MEASURED_CRITERIA
from probes.candidates import CANDIDATES, FRAMEWORKS, find_candidate
from probes.report import CandidateResult, ProbeReport
from probes.workloads import find_workload
from tests.assistant.recorded import rungs_for
from tests.assistant.scenarios import SCENARIOS

OWN_IMAGES = Project(task="image_classification", goal="product", experience="beginner", deployment="mobile")


def report(machine, *rows: CandidateResult, contended: bool = False) -> ProbeReport:
    return ProbeReport(
        machine=machine,
        versions={},
        workload=find_workload("cnn-tiny"),
        candidates=rows,
        contended=contended,
        seconds=1,
        measured_at="2026-11-21T00:00:00Z",
    )


def projects() -> st.SearchStrategy[Project]:
    fields = {
        question.id: st.sampled_from(alternatives(question, {}))
        for question in load().questions.values()
        if question.id != "input_size"
    }
    return st.fixed_dictionaries({}, optional=fields).map(parse_project)


@settings(max_examples=15, deadline=None)
@given(project=projects())
def test_every_recommendation_holds_together(project) -> None:
    advice = recommend(project)
    assert {row.candidate for row in advice.ranking} == {candidate.id for candidate in CANDIDATES}
    for row in advice.ranking:
        assert row.excluded is None or row.acceptability == row.score == 0
    if advice.winner is None:
        assert advice.relax
        assert advice.confidence == 0
        return
    assert sum(advice.frameworks.values()) + advice.nothing_fits == pytest.approx(1)
    assert advice.confidence == pytest.approx(advice.frameworks[advice.winner.framework])
    assert not any(row.excluded for row in advice.ranking if row.candidate == advice.winner.candidate)
    assert advice.ranking[0].framework == advice.winner.framework
    assert set(advice.unknown).isdisjoint(project.answers)
    written = advice.model_dump_json(by_alias=True)
    assert Recommendation.model_validate_json(written).model_dump_json(by_alias=True) == written


@settings(max_examples=20, deadline=None)
@given(project=projects(), measured=st.booleans())
def test_every_result_explains_itself(project, measured) -> None:
    advice = recommend(project, rungs_for(project) if measured else None)
    assert bool(advice.reasons) == (advice.winner is not None)
    assert len(advice.reasons) <= 3
    against = chain.from_iterable((*advice.why_not.values(), *advice.other_modes.values()))
    for reason in (*advice.reasons, *against):
        assert reason.text
        assert reason.source
        if reason.evidence == "cited":
            assert reason.facts
            assert set(reason.facts) <= set(load().facts)
        if reason.evidence == "you":
            assert reason.source in project.answers
    for part in advice.contributions:
        assert bool(part.sources) == (part.evidence is not None)
        assert part.evidence is not None or part.criterion in MEASURED_CRITERIA


@settings(max_examples=15, deadline=None)
# Several devices of a Mac are no Apple GPU: whatever else they are, one rule or another excludes TensorFlow and JAX.
@example(project=Project(python="3.10", devices="several", operating_system="macos"))
@given(project=projects())
def test_contributions_add_up_to_the_score(project) -> None:
    advice = recommend(project)
    scores = {row.candidate: row.score for row in advice.ranking}
    explained = {each.candidate for each in advice.contributions}
    assert {find.framework for find in CANDIDATES if find.id in explained} == {
        row.framework for row in advice.ranking if not row.excluded
    }
    for candidate in explained:
        parts = [each.contribution for each in advice.contributions if each.candidate == candidate]
        assert sum(parts) == pytest.approx(scores[candidate])


def test_an_empty_project_is_undecided_and_says_what_it_does_not_know() -> None:
    advice = recommend(Project())
    assert advice.confidence < 0.6
    assert "task" in advice.unknown
    assert advice.assumptions["task"] == "tabular_classification"
    assert all(row.step_ms is None and row.missing for row in advice.forecast)


def test_flips_really_change_the_winner() -> None:
    advice = recommend(OWN_IMAGES)
    assert advice.winner
    assert 1 <= len(advice.flips) <= 3
    assert len({flip.winner for flip in advice.flips}) == len(advice.flips)
    for flip in advice.flips:
        after = recommend(changed(OWN_IMAGES, {flip.field: flip.to}, load())).winner
        assert after
        assert after.framework == flip.winner != advice.winner.framework


@pytest.mark.parametrize("scenario", SCENARIOS[::6], ids=lambda scenario: scenario["id"])
def test_the_next_three_hear_which_smallest_change_makes_them_win(scenario) -> None:
    project = parse_project(scenario["says"])
    advice = recommend(project)
    order = list(dict.fromkeys(row.framework for row in advice.ranking if not row.excluded))
    told = [*(flip.winner for flip in (*advice.flips, *advice.double_flips)), *advice.steadfast]
    assert sorted(told) == sorted(order[1:4])
    for flip in advice.double_flips:
        answers = {change.field: change.to for change in flip.changes}
        after = recommend(changed(project, answers, load())).winner
        assert after
        assert after.framework == flip.winner
        for field, answer in answers.items():
            alone = recommend(changed(project, {field: answer}, load())).winner
            assert alone is None or alone.framework != flip.winner, "one answer is enough"


def test_who_wins_after_a_change_is_judged_without_the_answers_it_makes_void() -> None:
    """A published model of photos says nothing about tables, nor does the side of an image."""
    photos = Project(task="image_classification", pretrained="yes", input_size=224, goal="product")
    table = changed(photos, {"task": "tabular_classification"}, load())
    assert table.answers == {"task": "tabular_classification", "goal": "product"}
    assert changed(photos, {"goal": "learning"}, load()) == photos.with_answer("goal", "learning")


@pytest.mark.parametrize("scenario", SCENARIOS[::4], ids=lambda scenario: scenario["id"])
def test_the_scores_put_the_winner_first_or_it_is_said_why_not(scenario) -> None:
    project = parse_project(scenario["says"])
    advice = recommend(project, rungs_for(project))
    scores: dict[str, float] = {}
    for part in advice.contributions:
        scores[part.candidate] = scores.get(part.candidate, 0) + part.contribution
    if advice.winner:
        behind = max(scores.values()) - scores[advice.winner.candidate]
        assert (behind >= LEAST_CONTRIBUTION) == (advice.score_note is not None)


def test_every_framework_hears_why_not() -> None:
    advice = recommend(OWN_IMAGES)
    assert set(advice.why_not) == set(FRAMEWORKS)
    assert advice.winner
    losers = [framework for framework in FRAMEWORKS if framework != advice.winner.framework]
    assert all(advice.why_not[framework] for framework in losers)
    assert "scikit-learn-only-tables-and-text" in {row.excluded.rule for row in advice.ranking if row.excluded}


def test_when_everything_is_excluded_the_answers_to_relax_are_named() -> None:
    project = Project(task="image_classification", operating_system="macos", accelerator="nvidia")
    advice = recommend(project)
    assert advice.winner is None
    assert advice.runner_up is None
    assert set(advice.frameworks.values()) == {0.0}
    for field in advice.relax:
        assert recommend(project.with_answer(field, None)).winner


def test_the_machine_answers_what_was_left_open(laptop) -> None:
    assert "python" in recommend(Project()).unknown
    assert "python" not in recommend(Project(), machine=laptop).unknown


def test_failed_rows_give_words_and_no_figure(laptop) -> None:
    failed = CandidateResult(candidate="jax-jit", status="unusable", error="jax is not installed. Install jax.")
    advice = recommend(OWN_IMAGES, report(laptop, failed))
    rows = {row.candidate: row for row in advice.forecast}
    assert rows["jax-jit"].missing == "jax is not installed. Install jax."
    assert rows["jax-jit"].step_ms is None
    assert rows["pytorch-eager"].evidence == "corpus", "it did not fail here, and was measured elsewhere"
    assert advice.winner


def failures(status: str) -> tuple[CandidateResult, ...]:
    error = "It ran out of memory at its first step."
    return tuple(CandidateResult(candidate=each.id, status=status, error=error) for each in CANDIDATES)


def test_who_failed_at_this_very_job_is_excluded_with_what_it_said(laptop) -> None:
    job = Project(model_scale="cnn-tiny", task="image_classification", existing_code="pytorch")
    pytorch = [row for row in failures("failed") if row.candidate.startswith("pytorch")]
    before, after = recommend(job, machine=laptop), recommend(job, report(laptop, *pytorch))
    assert before.winner
    assert before.winner.framework == "pytorch"
    assert after.winner
    assert after.winner.framework != "pytorch"
    assert after.frameworks["pytorch"] == 0
    (reason, *_more) = after.why_not["pytorch"]
    assert reason.text.startswith("It ran out of memory at its first step. Choose a smaller job")
    assert (reason.evidence, reason.source) == ("measured", "cnn-tiny")


@pytest.mark.parametrize("status", ["unusable", "timeout"])
def test_who_is_not_installed_or_was_slow_is_not_excluded(laptop, status) -> None:
    job = Project(model_scale="cnn-tiny", task="image_classification")
    advice = recommend(job, report(laptop, *failures(status)))
    assert advice.winner
    assert {row.candidate for row in advice.ranking if row.excluded} == {"scikit-learn"}


def test_a_failure_excludes_from_no_other_job(laptop) -> None:
    for job in (Project(model_scale="cnn-medium"), Project(model_scale="cnn-tiny", accelerator="tpu")):
        assert not any(
            row.excluded and row.excluded.evidence == "measured"
            for row in recommend(job, report(laptop, *failures("failed"))).ranking
        )


def test_when_all_failed_a_smaller_job_is_asked_for(laptop) -> None:
    advice = recommend(Project(model_scale="cnn-tiny"), report(laptop, *failures("failed")))
    assert advice.winner is None
    assert advice.relax == ("model_scale",)


def test_who_was_measured_before_it_broke_off_is_not_said_to_be_unable(laptop) -> None:
    broken = [each.model_copy(update={"step_ms": 4.0, "rounds": 3}) for each in failures("failed")]
    advice = recommend(Project(model_scale="cnn-tiny"), report(laptop, *broken))
    assert advice.winner is not None
    assert any(row.step_ms == 4.0 for row in advice.forecast)


def test_measurements_of_another_machine_are_not_taken_for_the_job(laptop) -> None:
    row = CandidateResult(candidate="jax-jit", status="ok", step_ms=1, first_step_s=1, rounds=3, samples=(1, 1, 1))
    elsewhere = Project(model_scale="cnn-tiny", accelerator="tpu")
    rows = {each.candidate: each for each in recommend(elsewhere, report(laptop, row)).forecast}
    assert rows["jax-jit"].step_ms is None
    assert "another machine" in (rows["jax-jit"].missing or "")


def test_a_measured_row_of_the_very_job_is_used_as_it_is(laptop) -> None:
    row = CandidateResult(
        candidate="jax-jit", status="ok", import_s=1, build_s=1, first_step_s=2, step_ms=4, memory_mb=300, rounds=3
    )
    job = Project(model_scale="cnn-tiny", dataset_rows=1600)
    quiet, loud = (
        {each.candidate: each for each in recommend(job, report(laptop, row, contended=contended)).forecast}[
            "jax-jit"
        ]
        for contended in (False, True)
    )
    assert (quiet.step_ms, quiet.first_result_seconds, quiet.memory_mb) == (4, 4, 300)
    assert quiet.evidence == "measured"
    assert quiet.epoch_seconds == pytest.approx(0.4)
    assert loud.step_ms_low < quiet.step_ms_low < 4 < quiet.step_ms_high < loud.step_ms_high


def test_the_same_arguments_give_the_same_recommendation() -> None:
    first, second = (recommend(OWN_IMAGES, seed=4) for _ in range(2))
    assert first == second
    assert first != recommend(OWN_IMAGES, seed=5)


def test_the_json_has_what_the_command_line_promises() -> None:
    data = json.loads(recommend(OWN_IMAGES).model_dump_json(by_alias=True))
    promised = "winner confidence ranking forecast reasons flips unknown simpler_first"
    assert set(promised.split()) <= set(data)
    assert {"field", "from", "to", "winner"} == set(data["flips"][0])


def test_every_candidate_but_the_winner_is_told_what_it_lacks(laptop) -> None:
    advised = recommend(Project(task="image_classification"), machine=laptop)
    told = {*advised.other_modes, *(ranked.candidate for ranked in advised.ranking if ranked.excluded)}
    best = {each.candidate for each in advised.contributions}
    assert told | best == {candidate.id for candidate in CANDIDATES}
    assert not told & best
    for candidate, reasons in advised.other_modes.items():
        assert all(reason.framework == find_candidate(candidate).framework for reason in reasons)
    excluded = [ranked.candidate for ranked in advised.ranking if ranked.excluded]
    assert all(advised.other_modes[candidate] for candidate in excluded)

"""Replayed probes: the real campaign on recorded times, with a clock that only what takes time moves on."""

from __future__ import annotations

import time

import pytest

from assistant.corpus.records import Corpus
from assistant.evaluation.replay import replayed_probe
from probes.candidates import CANDIDATES
from probes.report import CandidateResult
from tests.assistant.corpora import LADDER_JOB, SMALL_JOB, corpus, failure, result

RATES = {candidate.id: 10.0 + index for index, candidate in enumerate(CANDIDATES)}


def statuses(report, status: str) -> set[str]:
    return {row.candidate for row in report.candidates if row.status == status}


def small_job_with(laptop, *instead: CandidateResult) -> Corpus:
    """The small job as it was recorded, with these rows in the place of their candidates' own."""
    recorded = corpus(laptop, RATES, SMALL_JOB)
    passage = recorded.passages[SMALL_JOB.id, "probe"]
    (measured,) = passage.measurements
    rows = {row.candidate: row for row in (*measured.candidates, *instead)}
    passage.__dict__["measurements"] = (measured.model_copy(update={"candidates": tuple(rows.values())}),)
    return recorded


def test_with_time_enough_everything_is_found_as_it_was_recorded(laptop) -> None:
    recorded = corpus(laptop, RATES, LADDER_JOB)
    report = replayed_probe(recorded, LADDER_JOB.ladder, budget_s=600.0, seed=1)
    assert [each.workload for each in report.measurements] == list(LADDER_JOB.ladder)
    for measurement in report.measurements:
        truth = {row.candidate: row.step_ms for row in recorded.probed[measurement.workload.id]}
        assert {row.candidate: row.step_ms for row in measurement.candidates} == pytest.approx(truth, rel=0.11)
    assert statuses(report, "ok") == set(RATES)


@pytest.mark.parametrize("budget_s", [3.0, 10.0, 30.0, 60.0])
def test_a_budget_holds_and_what_starts_quickly_is_measured_within_it(laptop, budget_s) -> None:
    report = replayed_probe(corpus(laptop, RATES, SMALL_JOB), SMALL_JOB.ladder, budget_s=budget_s, seed=2)
    assert report.seconds <= budget_s
    measured = statuses(report, "ok")
    assert measured
    usual_s = {candidate.id: candidate.import_s + candidate.network_s for candidate in CANDIDATES}
    assert all(usual_s[candidate] < budget_s for candidate in measured)


def test_more_time_measures_more(laptop) -> None:
    recorded = corpus(laptop, RATES, SMALL_JOB)
    found = [len(statuses(replayed_probe(recorded, SMALL_JOB.ladder, budget_s=s, seed=0), "ok")) for s in (5, 15, 60)]
    assert found[0] < found[1] < found[2] == len(RATES)


def test_the_same_seed_gives_the_same_and_another_another(laptop) -> None:
    recorded = corpus(laptop, RATES, SMALL_JOB)
    first, again, other = (
        replayed_probe(recorded, SMALL_JOB.ladder, budget_s=60.0, seed=seed).candidates for seed in (1, 1, 2)
    )
    assert first == again
    assert first != other


def test_who_raced_in_a_round_then_does_so_again(laptop) -> None:
    """Rounds of which one is ten times as slow as another, for both: by draws of their own, either might win."""
    slowed = {"samples": (20.0, 2.0, 4.0), "step_ms_low": None, "step_ms_high": None}
    faster = {"samples": (19.0, 1.9, 3.8), "step_ms_low": None, "step_ms_high": None}
    recorded = small_job_with(
        laptop, result("tensorflow-graph", 2.0, **slowed), result("tensorflow-xla", 1.9, **faster)
    )
    for seed in range(5):
        rows = {
            row.candidate: row
            for row in replayed_probe(recorded, SMALL_JOB.ladder, budget_s=60.0, seed=seed).candidates
        }
        graph, xla = rows["tensorflow-graph"].by_round, rows["tensorflow-xla"].by_round
        assert graph.keys() & xla.keys()
        assert all(graph[number] / xla[number] == pytest.approx(2 / 1.9) for number in graph.keys() & xla.keys())


def test_what_failed_then_fails_now_and_costs_only_itself(laptop) -> None:
    failures = failure("scikit-learn", "unusable", "No such layer."), failure("keras-jax", "failed", "It ended.")
    recorded = small_job_with(laptop, *failures)
    report = replayed_probe(recorded, SMALL_JOB.ladder, budget_s=120.0, seed=0)
    told = {row.candidate: (row.status, row.error) for row in report.candidates if row.error}
    assert told == {"scikit-learn": ("unusable", "No such layer."), "keras-jax": ("failed", "It ended.")}
    assert len(statuses(report, "ok")) == len(RATES) - 2


def test_a_failure_costs_no_time_and_a_slow_import_is_out_of_time(laptop) -> None:
    recorded = small_job_with(
        laptop, failure("jax-jit", "failed", "It ended."), result("keras-torch", 2.0, import_s=500.0)
    )
    report = replayed_probe(recorded, SMALL_JOB.ladder, budget_s=240.0, seed=0)
    told = {row.candidate: row.status for row in report.candidates if row.status != "ok"}
    assert told == {"jax-jit": "failed", "keras-torch": "timeout"}


def test_an_hour_of_probing_is_replayed_in_no_time(laptop) -> None:
    began = time.process_time()
    report = replayed_probe(corpus(laptop, RATES, LADDER_JOB), LADDER_JOB.ladder, budget_s=3600.0, seed=0)
    assert report.seconds > 30
    assert time.process_time() - began < report.seconds

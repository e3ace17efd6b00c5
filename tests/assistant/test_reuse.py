"""What was measured on another visit: when it still answers, and why it does not."""

from __future__ import annotations

from dataclasses import replace

import pytest

from assistant.reuse import Earlier, find_earlier, outdated
from probes.report import CandidateResult, Measurement, ProbeReport
from probes.store import History
from probes.workloads import find_workload
from tests.runs import LAPTOP, VERSIONS, a_report, a_row

WORKLOADS = (find_workload("cnn-tiny"), find_workload("cnn-small"))
# Keras with JAX failed then, and its version was not told.
WITH_KERAS = VERSIONS | {"keras": "3.15.0"}


def found(history: History, versions=VERSIONS) -> Earlier | None:
    return find_earlier(history, LAPTOP.fingerprint, versions, WORKLOADS)


def test_what_was_measured_with_the_same_versions_still_answers() -> None:
    assert outdated(a_report(), VERSIONS, WORKLOADS) is None


@pytest.mark.parametrize(
    ("report", "versions", "expected"),
    [
        (a_report(contended=True), VERSIONS, "Other programs were busy then."),
        (a_report(rungs=()), VERSIONS, "Not every network was measured then."),
        (
            a_report(rungs=(Measurement(workload=replace(WORKLOADS[1], batch=7), candidates=(a_row(),)),)),
            VERSIONS,
            "Not every network was measured then.",
        ),
        (a_report(), VERSIONS | {"tensorflow": "2.21.0", "keras": "3.15.0"}, "TensorFlow and Keras could not be"),
        (
            a_report(candidates=(a_row(),), versions={"jax": "0.10.2"}),
            VERSIONS,
            "PyTorch could not be measured then.",
        ),
    ],
    ids=["contended", "no second size", "another network of that name", "installed since", "not asked for"],
)
def test_why_it_is_measured_again_is_told(report, versions, expected) -> None:
    assert outdated(report, versions, WORKLOADS).startswith(expected)


def test_what_failed_would_fail_again_and_a_further_size_comes_too_late_again() -> None:
    failed = CandidateResult(candidate="pytorch-eager", status="failed", error="It crashed.")
    late = Measurement(
        workload=WORKLOADS[1], candidates=(CandidateResult(candidate="pytorch-eager", status="timeout"),)
    )
    assert outdated(a_report(candidates=(a_row(), failed), rungs=(late,)), VERSIONS, WORKLOADS) is None


def test_what_would_not_import_or_came_too_late_on_the_smallest_gets_another_chance() -> None:
    late = CandidateResult(candidate="pytorch-eager", status="timeout")
    assert "Keras" in outdated(a_report(), WITH_KERAS, WORKLOADS)
    assert "PyTorch" in outdated(a_report(candidates=(a_row(), late)), VERSIONS, WORKLOADS)


def test_the_newest_that_applies_comes_before_a_newer_one_that_does_not() -> None:
    history = History()
    history.save(a_report())
    history.save(a_report(measured_at="2026-11-22T06:30:00+00:00", contended=True))
    assert found(history) == Earlier(a_report())


def test_where_none_applies_the_newest_stands_in_and_says_why() -> None:
    history = History()
    partial: list[ProbeReport] = [
        a_report(measured_at=f"2026-11-2{day}T06:30:00+00:00", rungs=()) for day in range(3)
    ]
    for report in partial:
        history.save(report)
    assert found(history) == Earlier(partial[-1], "Not every network was measured then.")


def test_what_says_nothing_about_the_network_is_no_stand_in() -> None:
    history = History()
    history.save(a_report(candidates=(CandidateResult(candidate="jax-jit", status="failed"),)))
    history.save(a_report(workload=replace(WORKLOADS[0], batch=7)))
    history.save(a_report(workload_id="mlp-tiny"))
    assert found(history) is None
    assert history.problem is None

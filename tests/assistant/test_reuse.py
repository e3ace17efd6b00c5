"""What was measured on another visit: when it still answers, and why it does not."""

from __future__ import annotations

from dataclasses import replace

import pytest

from assistant.reuse import Earlier, find_earlier, outdated
from probes.report import CandidateResult, Measurement, ProbeReport
from probes.store import History
from probes.workloads import find_workload
from tests import runs
from tests.runs import LAPTOP, VERSIONS, a_row

WORKLOADS = (find_workload("cnn-tiny"), find_workload("cnn-small"))
BUDGET_S = 60.0
LATE = CandidateResult(candidate="pytorch-compile", status="timeout", error="Late.")
# Keras with JAX failed then, and its version was not told.
WITH_KERAS = VERSIONS | {"keras": "3.15.0"}


ROWS = (a_row(), a_row("pytorch-eager", 3.0), a_row("pytorch-compile", 2.0))
FAILED = CandidateResult(candidate="keras-jax", status="failed", error="It ended.")


def a_report(**changes) -> ProbeReport:
    """Of everybody who was installed, on both networks."""
    whole = {"candidates": (*ROWS, FAILED), "rungs": (Measurement(workload=WORKLOADS[1], candidates=ROWS),)}
    return runs.a_report(**whole | changes)


def found(history: History, versions=VERSIONS) -> Earlier | None:
    return find_earlier(history, LAPTOP.fingerprint, versions, WORKLOADS, BUDGET_S)


def test_what_was_measured_with_the_same_versions_still_answers() -> None:
    assert outdated(a_report(), VERSIONS, WORKLOADS, BUDGET_S) is None


@pytest.mark.parametrize(
    ("report", "versions", "expected"),
    [
        (a_report(contended=True), VERSIONS, "Other programs were busy then."),
        (a_report(rungs=()), VERSIONS, "Not every network was measured then."),
        (
            a_report(rungs=(Measurement(workload=replace(WORKLOADS[1], batch=7), candidates=ROWS),)),
            VERSIONS,
            "Not every network was measured then.",
        ),
        (a_report(), VERSIONS | {"tensorflow": "2.21.0", "keras": "3.15.0"}, "Not measured then: TensorFlow; Keras."),
        (
            a_report(candidates=(a_row(),), versions={"jax": "0.10.2"}),
            VERSIONS,
            "Not measured then: PyTorch.",
        ),
        (a_report(candidates=ROWS[:2]), VERSIONS, "Not measured then: PyTorch, compiled with torch.compile."),
        (
            a_report(rungs=(Measurement(workload=WORKLOADS[1], candidates=ROWS[:2]),)),
            VERSIONS,
            "Not every network was measured then.",
        ),
    ],
    ids=[
        *("contended", "no second size", "another network of that name", "installed since", "not asked for"),
        *("stopped on the first network", "stopped on the second"),
    ],
)
def test_why_it_is_measured_again_is_told(report, versions, expected) -> None:
    assert outdated(report, versions, WORKLOADS, BUDGET_S).startswith(expected)


def test_what_failed_would_fail_again_and_a_further_size_comes_too_late_again() -> None:
    failed = CandidateResult(candidate="pytorch-eager", status="failed", error="It crashed.")
    second = tuple(CandidateResult(candidate=row.candidate, status="timeout") for row in ROWS)
    report = a_report(
        candidates=(ROWS[0], failed, ROWS[2]), rungs=(Measurement(workload=WORKLOADS[1], candidates=second),)
    )
    assert outdated(report, VERSIONS, WORKLOADS, BUDGET_S) is None


def test_what_would_not_import_gets_another_chance() -> None:
    assert (
        outdated(a_report(), WITH_KERAS, WORKLOADS, BUDGET_S)
        == "Not measured then: Keras, on JAX; Keras, on PyTorch."
    )


@pytest.mark.parametrize("versions", [VERSIONS, {"jax": VERSIONS["jax"]}], ids=["imported", "not even imported"])
def test_who_came_too_late_would_do_so_again_unless_there_was_little_time(versions) -> None:
    eager = LATE.model_copy(update={"candidate": "pytorch-eager"})
    report = a_report(candidates=(a_row(), eager, LATE), versions=versions, seconds=55.0)
    assert outdated(report, VERSIONS, WORKLOADS, BUDGET_S) is None
    assert outdated(report, VERSIONS, WORKLOADS, 600.0) == "There was too little time then for: PyTorch."
    assert outdated(report, VERSIONS, WORKLOADS, 0.0) is None, "nothing would be measured now"


def test_a_framework_that_was_measured_is_not_called_late_for_a_mode_that_was() -> None:
    short = a_report(candidates=(*ROWS[:2], LATE), seconds=12.0)
    assert outdated(short, VERSIONS, WORKLOADS, BUDGET_S) == (
        "There was too little time then for: PyTorch, compiled with torch.compile."
    )
    without_torch = {"jax": VERSIONS["jax"]}
    assert outdated(short, without_torch, WORKLOADS, BUDGET_S) is None, "it is not installed any more"


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

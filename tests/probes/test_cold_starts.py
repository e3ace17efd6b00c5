"""Cold starts: what one that hangs or breaks costs the others, and that the budget holds whatever they do."""

from __future__ import annotations

from pathlib import Path

import pytest
import toy_worker

from probes.candidates import find_candidate
from probes.cold_starts import ColdStarts, cold_starts
from probes.workloads import find_workload

SOUND, FAULTY = "jax-jit", "pytorch-eager"

pytestmark = pytest.mark.usefixtures("no_process_left")


@pytest.fixture(autouse=True)
def _home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PROBEWISE_HOME", str(tmp_path))


def started(directory: Path, fault: str, budget_s: float, rounds: int = 2) -> ColdStarts:
    interpreters = {SOUND: toy_worker.interpreter(directory), FAULTY: toy_worker.interpreter(directory, fault)}
    return cold_starts(
        [find_candidate(SOUND), find_candidate(FAULTY)],
        find_workload("mlp-tiny"),
        rounds=rounds,
        budget_s=budget_s,
        seed=0,
        interpreters=interpreters,
    )


def test_every_candidate_starts_once_in_every_round(tmp_path) -> None:
    found = started(tmp_path, "none", 60.0)
    assert {candidate: len(starts) for candidate, starts in found.starts.items()} == {SOUND: 2, FAULTY: 2}
    assert not found.failures
    assert found.seconds > 0


def test_a_candidate_that_fails_takes_no_further_part(tmp_path) -> None:
    found = started(tmp_path, "exception@build", 60.0)
    assert "shapes do not fit" in str(found.failures[FAULTY])
    assert {candidate: len(starts) for candidate, starts in found.starts.items()} == {SOUND: 2, FAULTY: 0}


def test_a_start_that_the_end_of_the_budget_cuts_off_is_no_failure(tmp_path) -> None:
    found = started(tmp_path, "hang@build", 3.0, rounds=1)
    assert found.starts[FAULTY] == []
    assert not found.failures


def test_nothing_is_started_without_a_budget(tmp_path) -> None:
    found = started(tmp_path, "none", 0.0)
    assert not any(found.starts.values())
    assert not found.failures

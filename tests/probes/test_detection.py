"""The program behind the figures of how small a difference is found: that it still runs, and what it concludes."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from probes.campaign import pacing
from probes.campaign.ledger import Row
from probes.candidates import find_candidate
from probes.workloads import find_workload
from tests.probes import detection
from tests.probes.detection import Runner, lines, race

ROUNDS = 12


@pytest.mark.frameworks
def test_a_race_has_every_round_of_every_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(detection, "PROCESSES", 2)
    monkeypatch.setattr(pacing, "MOST_ROUNDS", ROUNDS)
    runners = race(find_candidate("scikit-learn"), find_workload("mlp-tiny"), seed=0)
    assert [len(runner.row.times_ms) for runner in runners] == [ROUNDS] * 2
    assert all(extra_ms > 0 for runner in runners for extra_ms in runner.extra_ms.values())
    assert len(list(lines([runners]))) == 2 + len(detection.SHARES)


def runner(times_ms: Sequence[float]) -> Runner:
    return Runner(Row(times_ms=dict(enumerate(times_ms))), dict(enumerate(times_ms)))


def test_it_finds_what_is_there_and_nothing_else() -> None:
    """Processes that are alike to a thousandth: any share of extra work is found in every pair, the right way."""
    wobble = (1.0, 1.001, 0.999)
    alike = [runner([10 * wobble[(place + turn) % 3] for turn in range(pacing.MOST_ROUNDS)]) for place in range(3)]
    sd, same, *shares = lines([alike])
    assert sd.startswith("apart from process to process by 0.")
    assert same.startswith("alike: 0 of 3 told apart")
    assert all("found in 100.0% of 6" in line and line.endswith("the wrong way in 0.0%") for line in shares[1:])

"""A disturbed block is measured again, then marked, and does not count: on a machine whose every block is made up."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from probes.campaign import pacing
from probes.campaign.bench import Bench
from probes.campaign.clock import Clock, Deadline
from probes.campaign.contenders import Contender
from probes.campaign.crew import Crew
from probes.campaign.ledger import Ledger
from probes.campaign.rounds import Rounds
from probes.campaign.wall_time import WallTime
from probes.candidates import find_candidate
from probes.errors import WorkerFailed
from probes.hardware import machine
from probes.protocol import Block
from probes.report import CandidateResult
from probes.statistics import CpuClock, step_time
from probes.workloads import find_workload

TINY = find_workload("mlp-tiny")
CONTENDER = Contender(find_candidate("pytorch-eager"))
CALM_MS, DISTURBED_MS = 10.0, 30.0


class MadeUpClock(Clock):
    """Two cores and a block after the other, each of 100 ms: `disturbed` says in which others use half of both; None
    is the end of the process.
    """

    def __init__(self, disturbed: Sequence[bool | None]) -> None:
        self._disturbed = iter(disturbed)
        self._now = self._others_s = 0.0
        self.blocks = 0

    def now(self) -> float:
        return self._now

    def cpu(self) -> CpuClock:
        return CpuClock(self._now + self._others_s, 2 * self._now)

    def block(self) -> Block:
        """Ours uses one core; beside others a step takes longer."""
        self.blocks += 1
        disturbed = next(self._disturbed)
        if disturbed is None:
            raise WorkerFailed("it ended", "failed")
        self._now += 0.1
        self._others_s += 0.1 * disturbed
        step_ms = DISTURBED_MS if disturbed else CALM_MS
        return Block(steps=1, seconds=step_ms / 1000, cpu_s=0.1, lead_in_s=0.0)


class MadeUpMember:
    """Its blocks are the clock's."""

    def __init__(self, clock: MadeUpClock) -> None:
        self._clock = clock

    def measure(self, _block_ms: float, _timeout_s: float) -> Block:
        return self._clock.block()


class MadeUpCrew(Crew):
    def __init__(self, clock: MadeUpClock) -> None:
        super().__init__({})
        self._member = MadeUpMember(clock)

    def worker(self, contender: Contender) -> MadeUpMember:
        return self._member


def measured(
    disturbed: Sequence[bool | None], *, rounds: int, again: int = 0, repeats_s: float = 60.0
) -> tuple[CandidateResult, int]:
    """The row after so many rounds and, when it is complete, some more, and the blocks that were measured."""
    clock = MadeUpClock(disturbed)
    ledger = Ledger((CONTENDER.candidate,))
    ledger.open_row(CONTENDER, TINY)
    bench = Bench(
        ledger=ledger,
        crew=MadeUpCrew(clock),
        deadline=Deadline.after(60.0, clock),
        budget_s=60.0,
        repeats_s=repeats_s,
        candidates=1,
        seed=0,
        effort=pacing.ORDINARY,
        announce=lambda *_stage: None,
        check=lambda: None,
        clock=clock,
    )
    Rounds(bench, [CONTENDER], TINY, bench.deadline).take(rounds)
    if again:
        Rounds(bench, [CONTENDER], TINY, bench.deadline).take(again)
    report = ledger.report(machine(), [TINY], 1.0, (), WallTime(clock.now))
    return report.candidates[0], clock.blocks


def test_a_disturbed_block_is_measured_again_and_the_calm_one_counts() -> None:
    row, blocks = measured([False, True, False, False, False, False], rounds=5)
    assert blocks == 6
    assert row.samples == (CALM_MS,) * 5
    assert (row.rounds, row.disturbed_rounds, row.contended) == (5, 0, False)


def test_one_that_stays_disturbed_is_marked_and_left_out() -> None:
    row, blocks = measured([False, False, True, True, False, False], rounds=5)
    assert blocks == 6
    assert row.samples == (CALM_MS,) * 4
    assert (row.rounds, row.disturbed_rounds, row.contended) == (4, 1, False)
    assert (row.step_ms_low, row.step_ms, row.step_ms_high) == pytest.approx((CALM_MS,) * 3)


def test_without_time_to_repeat_it_is_marked_at_once() -> None:
    row, blocks = measured([True, False, False, False, False], rounds=5, repeats_s=0.0)
    assert blocks == 5
    assert (row.samples, row.disturbed_rounds) == ((CALM_MS,) * 4, 1)


def test_where_too_few_calm_rounds_are_left_all_count_and_the_row_says_so() -> None:
    row, _blocks = measured([True, True, True, False, False], rounds=5, repeats_s=0.0)
    assert sorted(row.samples) == [CALM_MS] * 2 + [DISTURBED_MS] * 3
    assert row.step_ms == pytest.approx(step_time(row.samples))
    assert (row.rounds, row.disturbed_rounds, row.contended) == (5, 3, True)


def test_a_process_that_ends_while_it_is_measured_costs_its_row() -> None:
    row, blocks = measured([False, False, None], rounds=5)
    assert (blocks, row.status, row.samples) == (3, "failed", (CALM_MS,) * 2)


def test_one_that_ends_while_it_is_measured_again_has_its_first_block() -> None:
    row, _blocks = measured([False, True, None], rounds=5)
    assert (row.status, row.samples) == ("failed", (CALM_MS, DISTURBED_MS))


@pytest.mark.parametrize("end", [(None,), (False, None), (True, None)])
def test_a_complete_row_stays_so_when_its_process_ends_beside_another(end: Sequence[bool | None]) -> None:
    row, blocks = measured([*[False] * 5, *end], rounds=5, again=5)
    assert blocks == 5 + len(end)
    assert (row.status, row.error, row.rounds) == ("ok", None, 5 + (end[0] is False))

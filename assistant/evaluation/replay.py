"""Probes replayed: the campaign that everybody's probes run, with recorded measurements in the place of workers.

What a probe with some budget would have found follows from what a long one did find: an import, a build or a first
step takes as long as it took then, a block as long as it took in one of the recorded rounds, the same for all that
took part in it: what slowed everybody down in a round does so again. Only the clock is another.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Literal

import numpy as np

from assistant.advice.forecast import BESIDE_LOG_SD
from assistant.corpus.records import Corpus
from probes.campaign.campaign import Campaign, Focus
from probes.campaign.clock import Clock
from probes.campaign.contenders import Contender
from probes.campaign.crew import MOST_STARTS_AT_ONCE, Crew
from probes.campaign.disturbances import Conditions
from probes.campaign.ledger import Ledger
from probes.campaign.pacing import BESIDE_FACTOR, Effort
from probes.candidates import CANDIDATES, find_candidate
from probes.errors import WorkerFailed
from probes.member import Member
from probes.protocol import LEAD_IN, Block, Built, FirstStep, Imported, PeakMemory, WarmedUp
from probes.report import CandidateResult, ProbeReport
from probes.settings import Settings
from probes.statistics import CpuClock
from probes.workloads import Workload

# To start a Python process, beside what an import takes.
START_S = 0.05

# The windows of a warm-up.
WARM_UP_WINDOWS = 2

Samples = Mapping[str, CandidateResult]

# How a worker fails whose row says so; any other row without a figure was out of time.
_FAILURES: Mapping[str, Literal["failed", "unusable"]] = {"failed": "failed", "unusable": "unusable"}


class _ReplayedClock(Clock):
    """Goes on when something takes time, and only then. Nobody else is on the machine."""

    def __init__(self) -> None:
        self._now = 0.0
        self._answers_at: dict[Member, float] = {}

    def now(self) -> float:
        return self._now

    def pass_until(self, moment: float) -> None:
        """Be at this moment, unless it is past."""
        self._now = max(self._now, moment)

    def cpu(self) -> CpuClock:
        return CpuClock(0.0, 0.0)

    def conditions(self) -> Conditions:
        return Conditions()

    @property
    def busy(self) -> bool:
        """Whether somebody has yet to answer."""
        return any(moment > self._now for moment in self._answers_at.values())

    def expect(self, member: Member, moment: float) -> None:
        """The member will have answered at this moment."""
        self._answers_at[member] = moment

    def first_to_answer(self, members: Sequence[Member], timeout_s: float) -> Sequence[Member]:
        first = min(self._answers_at[member] for member in members)
        self.pass_until(min(first, self._now + timeout_s))
        return [member for member in members if self._answers_at[member] <= self._now]


class _Rounds(Iterator[int]):
    """The numbers of the rounds, each of which repeats a recorded one: any of those of its workload."""

    def __init__(self, recorded: Mapping[str, Sequence[CandidateResult]], order: np.random.Generator) -> None:
        self._recorded = {
            workload: sorted({number for row in rows for number in row.sample_rounds})
            for workload, rows in recorded.items()
        }
        self._order = order
        self._number = -1
        self._repeats: dict[tuple[str, int], int] = {}

    def __next__(self) -> int:
        self._number += 1
        return self._number

    def repeated(self, workload: str) -> int:
        """The number of the recorded round of the workload with this id that is repeated now."""
        key = workload, self._number
        if key not in self._repeats:
            self._repeats[key] = int(self._order.choice(self._recorded[workload]))
        return self._repeats[key]


class _Replayed:
    """A worker that says what it said before. `rows` are the candidate's results by workload id."""

    cache_variables: Mapping[str, str] = {}

    def __init__(self, rows: Samples, clock: _ReplayedClock, rounds: _Rounds, order: np.random.Generator) -> None:
        self.imported = False
        self.alive = True
        self._begun_at = self._answers_at = math.nan
        self._peak_mb = 0.0
        self._rows = rows
        self._workload, self._row = next(iter(rows.items()))
        self._clock = clock
        self._rounds = rounds
        self._order = order

    def fileno(self) -> int:
        raise OSError("A replayed worker has no pipe.")

    def has_answered(self) -> bool:
        raise OSError("A replayed worker has no pipe.")

    def begin_import(self, _seed: int) -> None:
        # It was recorded beside others as well.
        self._begin(START_S + self._took_s(self._row.import_s))

    def import_framework(self, _seed: int, timeout_s: float) -> Imported:
        self._end(self._row.import_s, timeout_s)
        self.imported = True
        return Imported(import_s=self._row.import_s or 0.0, versions={})

    def begin_build(self, workload: Workload, _seed: int, _tunings: Sequence[str] = ()) -> None:
        self._workload, self._row = workload.id, self._rows[workload.id]
        self._begin(self._took_beside_s(self._row.build_s))

    def build(self, _workload: Workload, _seed: int, timeout_s: float, _tunings: Sequence[str] = ()) -> Built:
        build_s = self._end(self._row.build_s, timeout_s)
        settings = replace(_UNKNOWN, matmul_precision=self._row.precision or "float32")
        return Built(build_s=build_s, device=self._row.device or "cpu", settings=settings)

    def begin_first_step(self) -> None:
        self._begin(self._took_beside_s(self._row.first_step_s))

    def first_step(self, timeout_s: float) -> FirstStep:
        return FirstStep(first_step_s=self._end(self._row.first_step_s, timeout_s), loss=math.nan)

    def warm_up(self, window_ms: float, _most: int, timeout_s: float) -> WarmedUp:
        step_ms = self._sample(timeout_s)
        seconds = WARM_UP_WINDOWS * max(window_ms, step_ms) / 1e3
        self._take(seconds, timeout_s)
        windows = [step_ms] * WARM_UP_WINDOWS
        return WarmedUp(windows_ms=windows, steady=bool(self._row.steady), seconds=seconds, cpu_s=seconds)

    def measure(self, block_ms: float, timeout_s: float) -> Block:
        otherwise_ms = self._sample(timeout_s)
        step_ms = self._row.by_round.get(self._rounds.repeated(self._workload), otherwise_ms)
        steps = max(1, math.ceil(block_ms / step_ms))
        seconds = steps * step_ms / 1e3
        lead_in_s = LEAD_IN * block_ms / 1e3 if step_ms < LEAD_IN * block_ms else 0.0
        self._take(seconds + lead_in_s, timeout_s)
        return Block(steps=steps, seconds=seconds, cpu_s=seconds + lead_in_s, lead_in_s=lead_in_s)

    def peak_memory(self, _timeout_s: float) -> PeakMemory:
        # What had held a larger network by then has no memory of this one recorded; here it holds that one still.
        self._peak_mb = max(self._peak_mb, self._row.memory_mb or 0.0)
        return PeakMemory(memory_mb=self._peak_mb, resident_mb=self._peak_mb)

    def close(self) -> None:
        self.alive = False

    def _sample(self, timeout_s: float) -> float:
        """One of the recorded step times, in ms; fails where there is none."""
        if not self._row.samples:
            self._take(None, timeout_s)
        return float(self._order.choice(self._row.samples))

    def _begin(self, seconds: float) -> None:
        self._begun_at = self._clock.now()
        self._answers_at = self._begun_at + seconds
        self._clock.expect(self, self._answers_at)

    def _end(self, recorded_s: float | None, timeout_s: float) -> float:
        """Wait for what was begun; seconds that it took."""
        self._wait(self._answers_at - self._clock.now(), timeout_s)
        self._require(recorded_s)
        return self._answers_at - self._begun_at

    def _took_beside_s(self, seconds: float | None) -> float:
        """Seconds that this takes now, longer than recorded while others are busy, but by how much varies."""
        longer = BESIDE_FACTOR * self._order.lognormal(0.0, BESIDE_LOG_SD)
        return self._took_s(seconds) * (max(longer, 1.0) if self._clock.busy else 1.0)

    def _take(self, seconds: float | None, timeout_s: float) -> None:
        """Let the time pass that this took then; what never came to an end then does not now."""
        self._wait(self._took_s(seconds), timeout_s)
        self._require(seconds)

    def _took_s(self, seconds: float | None) -> float:
        """Without end where time ran out; nothing is known of how long a failure took."""
        if seconds is None:
            return 0.0 if self._row.status in _FAILURES else math.inf
        return seconds

    def _wait(self, seconds: float, timeout_s: float) -> None:
        self._clock.pass_until(self._clock.now() + min(seconds, timeout_s))
        if seconds > timeout_s:
            self.alive = False
            raise WorkerFailed("It was out of time.", "timeout")

    def _require(self, seconds: float | None) -> None:
        """Fail as it did then where the row has no such time."""
        if seconds is None:
            self.alive = False
            raise WorkerFailed(self._row.error or "It ended.", _FAILURES[self._row.status])


class _ReplayedCrew(Crew):
    """Workers that replay. There is room for all of them, as there was then."""

    def __init__(
        self, rows: Mapping[str, Samples], cores: int, clock: _ReplayedClock, rounds: _Rounds, seed: int
    ) -> None:
        super().__init__({})
        self._rows = rows
        self._cores = cores
        self._clock = clock
        self._rounds = rounds
        self._seeds = np.random.default_rng(seed)

    def capacity(self, _workload: Workload) -> int:
        return 2 * len(self._rows)

    def starts_at_once(self) -> int:
        return max(1, min(self._cores, MOST_STARTS_AT_ONCE))

    def started(self, contender: Contender, _variables: object, _limit_mb: object) -> _Replayed:
        return _Replayed(self._rows[contender.candidate.id], self._clock, self._rounds, self._seeds.spawn(1)[0])


def replayed_probe(corpus: Corpus, workloads: Sequence[Workload], *, budget_s: float, seed: int) -> ProbeReport:
    """What a probe of these workloads with this budget would have reported on the machine of the corpus.

    Workloads that no probe was recorded of are left out; candidates that were not measured then take no part.
    """
    recorded = corpus.probed
    wanted = [workload for workload in workloads if workload.id in recorded]
    rows: dict[str, dict[str, CandidateResult]] = {}
    for workload in wanted:
        for result in recorded[workload.id]:
            rows.setdefault(result.candidate, {})[workload.id] = result
    present = [candidate for candidate in CANDIDATES if len(rows.get(candidate.id, ())) == len(wanted)]
    clock = _ReplayedClock()
    rounds = _Rounds({each.id: recorded[each.id] for each in wanted}, np.random.default_rng(seed))
    campaign = Campaign(
        Focus(tuple(wanted), budget_s),
        [find_candidate(candidate.id) for candidate in present],
        seed=seed,
        ledger=Ledger(present, round_numbers=rounds),
        crew=_ReplayedCrew(rows, corpus.machine.physical_cores, clock, rounds, seed),
        effort=Effort(refined=False),
        announce=lambda *_stage: None,
        check=lambda: None,
        clock=clock,
    )
    campaign.run()
    report = campaign.report(corpus.machine)
    assert report is not None, "a finished campaign has a row for every candidate"
    return report


# What the corpus does not keep of a build.
_UNKNOWN = Settings(
    dtype="float32",
    matmul_precision="float32",
    memory_layout="",
    compile_scope="",
    compiler="",
    threads=0,
    optimizer="",
    steps_per_call=1,
    deterministic=False,
)

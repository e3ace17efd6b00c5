"""Sessions whose candidates are toys, one of them with a fault."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import psutil
import toy_worker
from filelock import FileLock
from leftovers import left_by

from probes.campaign import pacing
from probes.campaign.pacing import Effort
from probes.report import CandidateResult, ProbeReport
from probes.schedule import ProbeSession
from probes.store import History
from probes.workloads import Workload, find_workload

OTHERS = ("jax-jit", "scikit-learn", "keras-torch")
COMPILED = ("jax-jit", "keras-jax", "tensorflow-graph")
TINY, SMALL, MEDIUM = (find_workload(f"mlp-{size}") for size in ("tiny", "small", "medium"))

# No tuned rows, warm starts and growth of memory, which take most of the time; who is about these, asks for them.
PLAIN = Effort(refined=False)


class Toys:
    """Makes sessions whose candidates are toys, one of them, `pytorch-eager` unless told, with a fault."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.lock_path = directory / "lock"
        self.history = History(directory / "history.sqlite3")
        self._before = set(psutil.Process().children())

    def children(self) -> set[psutil.Process]:
        """The processes started since; other tests may keep a browser's driver."""
        return set(psutil.Process().children()) - self._before

    def session(
        self, fault: str = "none", others: Sequence[str] = OTHERS, faulty: str = "pytorch-eager", **options: object
    ) -> ProbeSession:
        sound = toy_worker.interpreter(self.directory)
        interpreters = dict.fromkeys(others, sound) | {faulty: toy_worker.interpreter(self.directory, fault)}
        options = {"effort": PLAIN} | options
        return ProbeSession(list(interpreters), interpreters=interpreters, lock_path=self.lock_path, **options)

    def measure(self, fault: str = "none", workloads: Sequence[Workload] = (TINY,), **options: object) -> ProbeReport:
        with self.session(fault, **options) as session:
            session.focus(workloads)
            session.start()
            assert session.wait(60)
            report = session.report()
        assert report is not None
        self.assert_lock_is_free()
        return report

    def assert_one_fault_cost_one_row(self, report: ProbeReport, others: Sequence[str]) -> CandidateResult:
        """The faulty row; every other is complete, nothing runs, the lock is free the history takes the report."""
        results = by_id(report.candidates)
        (faulty,) = [results.pop(candidate) for candidate in set(results) - set(others)]
        assert set(results) == set(others)
        for result in results.values():
            assert (result.status, result.error) == ("ok", None)
            assert len(result.samples) == result.rounds >= pacing.MIN_ROUNDS
            assert None not in (result.import_s, result.build_s, result.first_step_s, result.memory_mb)
        assert not left_by(os.getpid())
        self.assert_lock_is_free()
        assert self.history.save(report)
        assert [run.report for run in self.history.runs()] == [report]
        return faulty

    def assert_lock_is_free(self) -> None:
        lock = FileLock(self.lock_path)
        lock.acquire(timeout=0)
        lock.release()


def by_id(candidates: Sequence[CandidateResult]) -> dict[str, CandidateResult]:
    return {result.candidate: result for result in candidates}

"""What has been measured so far in a session, and the report that can be made of it at any moment."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from statistics import median

from probes.candidates import Candidate
from probes.errors import WorkerFailed
from probes.report import CandidateResult, Machine, Measurement, ProbeReport
from probes.statistics import TRUSTED_CONTENTION, median_interval, relative_differences
from probes.workloads import Workload

# Every other candidate's first loss is compared with this one's.
REFERENCE_CANDIDATE = "pytorch-eager"


@dataclass
class Row:
    """One candidate on one workload, as it fills; `step_ms` is what the warm-up promised."""

    build_s: float | None = None
    device: str | None = None
    precision: str | None = None
    first_step_s: float | None = None
    loss: float | None = None
    memory_mb: float | None = None
    step_ms: float | None = None
    samples: list[float] = field(default_factory=list)
    contended: int = 0
    failure: WorkerFailed | None = None
    finished: bool = False

    @property
    def refused(self) -> bool:
        """Whether the candidate cannot do this workload at all."""
        return self.failure is not None and self.failure.reason == "unusable"

    @property
    def start_s(self) -> float | None:
        """Seconds from nothing built to the first step taken; None where it did not come to that."""
        if self.refused:
            return 0.0
        if self.build_s is None or self.first_step_s is None:
            return None
        return self.build_s + self.first_step_s


@dataclass
class Ledger:
    """All rows of a session. A failure while importing belongs to the candidate, any other to its row."""

    candidates: Sequence[Candidate]
    import_s: dict[str, float] = field(default_factory=dict)
    versions: dict[str, str] = field(default_factory=dict)
    import_failures: dict[str, WorkerFailed] = field(default_factory=dict)
    _rows: dict[tuple[str, Workload], Row] = field(default_factory=dict)

    def row(self, candidate: Candidate, workload: Workload) -> Row | None:
        """The row, if this candidate has met this workload."""
        return self._rows.get((candidate.id, workload))

    def rows_of(self, candidate: Candidate) -> list[Row]:
        """Every row of this candidate, oldest first."""
        return [row for (candidate_id, _), row in self._rows.items() if candidate_id == candidate.id]

    def open_row(self, candidate: Candidate, workload: Workload) -> Row:
        """A fresh row; what an interrupted measurement left there was of a network that is gone."""
        row = self._rows[candidate.id, workload] = Row()
        return row

    def settled(self, candidate: Candidate, workload: Workload) -> bool:
        """Whether nothing more can or need be measured here."""
        row = self.row(candidate, workload)
        return candidate.id in self.import_failures or (row is not None and (row.finished or row.failure is not None))

    def fail(self, candidate: Candidate, workload: Workload, failure: WorkerFailed) -> None:
        """Close the row with what happened; samples that it has already stay valid."""
        row = self.row(candidate, workload) or self.open_row(candidate, workload)
        row.failure = failure

    def forgive_timeouts(self) -> None:
        """A new budget is a new chance for what the last one did not reach."""
        for key in [key for key, row in self._rows.items() if row.failure and row.failure.reason == "timeout"]:
            del self._rows[key]
        for candidate_id in [key for key, failure in self.import_failures.items() if failure.reason == "timeout"]:
            del self.import_failures[candidate_id]

    def report(
        self, machine: Machine, workloads: Sequence[Workload], seconds: float, notes: Sequence[str]
    ) -> ProbeReport | None:
        """The rows of these workloads; None while there is no row. Candidates not reached yet have no row."""
        measurements = [self._measurement(workload) for workload in workloads]
        if not any(measurement.candidates for measurement in measurements):
            return None
        main, *rungs = measurements
        return ProbeReport(
            machine=machine,
            versions=dict(sorted(self.versions.items())),
            workload=main.workload,
            candidates=main.candidates,
            rungs=tuple(rung for rung in rungs if rung.candidates),
            contended=self._contended(workloads),
            seconds=seconds,
            measured_at=datetime.now(UTC).isoformat(timespec="seconds"),
            notes=tuple(notes),
        )

    def _measurement(self, workload: Workload) -> Measurement:
        rows = [(candidate, self.row(candidate, workload)) for candidate in self.candidates]
        losses = {candidate.id: row.loss for candidate, row in rows if row is not None and row.loss is not None}
        parity = relative_differences(losses, REFERENCE_CANDIDATE)
        results = (self._result(candidate, row, parity.get(candidate.id)) for candidate, row in rows)
        return Measurement(workload=workload, candidates=tuple(result for result in results if result is not None))

    def _result(self, candidate: Candidate, row: Row | None, parity: float | None) -> CandidateResult | None:
        failure = self.import_failures.get(candidate.id) if row is None else row.failure
        if failure is None and (row is None or not row.samples):
            return None
        row = row or Row()
        low, high = median_interval(row.samples) or (None, None)
        return CandidateResult(
            candidate=candidate.id,
            status="ok" if failure is None else failure.reason,
            import_s=self.import_s.get(candidate.id),
            build_s=row.build_s,
            first_step_s=row.first_step_s,
            step_ms=median(row.samples) if row.samples else None,
            step_ms_low=low,
            step_ms_high=high,
            samples=tuple(row.samples),
            rounds=len(row.samples),
            memory_mb=row.memory_mb,
            device=row.device,
            precision=row.precision,
            parity=parity,
            error=None if failure is None else str(failure),
        )

    def _contended(self, workloads: Sequence[Workload]) -> bool:
        rows = [row for (_, workload), row in self._rows.items() if workload in workloads]
        blocks = sum(len(row.samples) for row in rows)
        return sum(row.contended for row in rows) > TRUSTED_CONTENTION * blocks

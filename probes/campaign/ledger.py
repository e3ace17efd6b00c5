"""What has been measured so far in a session, and the report that can be made of it at any moment."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count

from probes.campaign.contenders import Contender, Part
from probes.campaign.parity import expected_loss, loss_difference, parity_limit, strays
from probes.campaign.wall_time import WallTime
from probes.candidates import Candidate
from probes.comparison import Ratio, Standing, paired_ratio, standings, undisturbed
from probes.errors import TrainsSomethingElse, WorkerFailed
from probes.memory.growth import MemoryGrowth
from probes.protocol import Imported
from probes.report import CandidateResult, Control, Machine, Measurement, ProbeReport, WarmStart
from probes.settings import Settings
from probes.statistics import TRUSTED_CONTENTION, step_figures
from probes.versions import together
from probes.workloads import Workload

# By the contender's name.
Standings = Mapping[str, tuple[Standing, Ratio | None]]


@dataclass
class Row:
    """One contender on one workload, as it fills.

    `process_sd` is how far its step time varies from process to process (`Candidate.process_sd`), `start_beside`
    whether others were built or compiled at the same time, `fresh` whether its process had built nothing before.
    `memory_mb` is the peak of the device, `resident_mb` that of the process. `step_ms` is what the warm-up
    promised, `steady` whether it came to an end, `times_ms` the step time of each round by its number, `disturbed`
    the rounds in which others used too much of the machine.
    """

    process_sd: float = 0.0
    build_s: float | None = None
    device: str | None = None
    settings: Settings | None = None
    tunings: tuple[str, ...] = ()
    first_step_s: float | None = None
    start_beside: bool = False
    fresh: bool | None = None
    loss: float | None = None
    memory_mb: float | None = None
    resident_mb: float | None = None
    step_ms: float | None = None
    steady: bool | None = None
    times_ms: dict[int, float] = field(default_factory=dict)
    disturbed: set[int] = field(default_factory=set)
    warm_start: WarmStart | None = None
    memory_growth: MemoryGrowth | None = None
    failure: WorkerFailed | None = None
    finished: bool = False

    @property
    def samples(self) -> list[float]:
        """Step times in ms of the rounds that count, in their order: the undisturbed ones if there are enough."""
        return list(undisturbed(self).values())

    @property
    def in_float32(self) -> bool:
        """Whether all its products are."""
        return self.settings is not None and self.settings.precision == "float32"

    @property
    def contended(self) -> bool:
        """Whether so many rounds were disturbed that the figures should not be trusted."""
        return len(self.disturbed) > TRUSTED_CONTENTION * len(self.times_ms)

    @property
    def compared(self) -> bool:
        """Whether it was measured to the end, and trains what the others do."""
        return self.finished and not isinstance(self.failure, TrainsSomethingElse)

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
    """All rows of a session. A failure while importing belongs to the contender, any other to its row.

    A round has a number of its own in the whole session: blocks are pairs only if they are of the same round.
    `import_s` holds every candidate's first import, which is what a person meets, `latest_import_s` its latest: a
    later one finds the files in memory, or the machine less busy. `versions` are those of its packages.
    """

    candidates: Sequence[Candidate]
    import_s: dict[str, float] = field(default_factory=dict)
    latest_import_s: dict[str, float] = field(default_factory=dict)
    versions: dict[str, dict[str, str]] = field(default_factory=dict)
    import_failures: dict[Contender, WorkerFailed] = field(default_factory=dict)
    round_numbers: Iterator[int] = field(default_factory=count)
    _rows: dict[tuple[Contender, Workload], Row] = field(default_factory=dict)

    def row(self, contender: Contender, workload: Workload) -> Row | None:
        """The row, if this contender has met this workload."""
        return self._rows.get((contender, workload))

    def rows_of(self, contender: Contender) -> list[tuple[Workload, Row]]:
        """Every row of this contender, oldest first."""
        return [(workload, row) for (each, workload), row in self._rows.items() if each == contender]

    def rows_on(self, workload: Workload) -> list[Row]:
        """Every contender's row on this workload."""
        return list(self._on(workload).values())

    def open_row(self, contender: Contender, workload: Workload) -> Row:
        """A fresh row; what an interrupted measurement left there was of a network that is gone."""
        row = self._rows[contender, workload] = Row()
        return row

    def take_import(self, contender: Contender, imported: Imported) -> None:
        """Write down how long an import of this contender took, and of which versions it was."""
        candidate = contender.candidate.id
        self.import_s.setdefault(candidate, imported.import_s)
        self.latest_import_s[candidate] = imported.import_s
        self.versions[candidate] = imported.versions

    def came_too_late(self, contender: Contender, workload: Workload) -> bool:
        """Whether time did not do for it, be it to import."""
        row = self.row(contender, workload)
        failure = self.import_failures.get(contender) if row is None else row.failure
        return failure is not None and failure.reason == "timeout"

    def settled(self, contender: Contender, workload: Workload) -> bool:
        """Whether nothing more can or need be measured here."""
        row = self.row(contender, workload)
        return contender in self.import_failures or (row is not None and (row.finished or row.failure is not None))

    def compare_losses(self, workload: Workload) -> None:
        """Close the rows of defaults that do not train what the others train, by all first losses known now. More of
        them may overturn that: such a row is open again.
        """
        rows = self._on(workload)
        exact = {each: row for each, row in rows.items() if each.part == "default" and row.in_float32}
        found = strays(_default_losses(exact), workload)
        for each, row in exact.items():
            if row.failure is None or isinstance(row.failure, TrainsSomethingElse):
                row.failure = found.get(each.candidate.id)

    def has_control(self, workload: Workload) -> bool:
        """Whether something was found between a control and its twin."""
        return _control(self._on(workload)) is not None

    def lacks_control(self, workload: Workload) -> bool:
        """Whether it was measured, and nothing found between a control and its twin."""
        return any(row.finished for row in self.rows_on(workload)) and not self.has_control(workload)

    def fail(self, contender: Contender, workload: Workload, failure: WorkerFailed) -> None:
        """Close the row with what happened; samples that it has already stay valid."""
        row = self.row(contender, workload) or self.open_row(contender, workload)
        row.failure = failure

    def forgive_timeouts(self) -> None:
        """A new budget is a new chance for what the last one did not reach; figures stay until better ones come."""
        for key in [key for key, row in self._rows.items() if row.failure and row.failure.reason == "timeout"]:
            if self._rows[key].times_ms:
                self._rows[key].failure, self._rows[key].finished = None, False
            else:
                del self._rows[key]
        for contender in [key for key, failure in self.import_failures.items() if failure.reason == "timeout"]:
            del self.import_failures[contender]

    def report(
        self, machine: Machine, workloads: Sequence[Workload], seconds: float, notes: Sequence[str], wall: WallTime
    ) -> ProbeReport | None:
        """The rows of these workloads; None while there is no row. Candidates not reached yet have no row."""
        measurements = [self._measurement(workload) for workload in workloads]
        if not any(measurement.candidates for measurement in measurements):
            return None
        main, *rungs = measurements
        return ProbeReport(
            machine=machine,
            versions=together(self.versions),
            workload=main.workload,
            candidates=main.candidates,
            tuned=main.tuned,
            control=main.control,
            memory_growth=main.memory_growth,
            rungs=tuple(rung for rung in rungs if rung.candidates),
            contended=self._contended(workloads),
            seconds=seconds,
            wall_s={activity: spent_s for activity, spent_s in wall.seconds.items() if spent_s},
            measured_at=datetime.now(UTC).isoformat(timespec="seconds"),
            notes=tuple(notes),
        )

    def _on(self, workload: Workload) -> dict[Contender, Row]:
        return {each: row for (each, measured), row in self._rows.items() if measured == workload}

    def _measurement(self, workload: Workload) -> Measurement:
        rows = self._on(workload)
        loss, told = _expected_loss(rows, workload), _standings(rows)
        tuned, reduced = (self._results(rows, part, loss, told) for part in ("tuned", "reduced precision"))
        return Measurement(
            workload=workload,
            candidates=self._results(rows, "default", loss, told),
            tuned=tuned + reduced,
            control=_control(rows),
            memory_growth=tuple(row.memory_growth for row in rows.values() if row.memory_growth),
        )

    def _results(
        self, rows: Mapping[Contender, Row], part: Part, expected: float | None, told: Standings
    ) -> tuple[CandidateResult, ...]:
        """Each candidate's row of one part, in the order of the candidates; `expected` is the first loss."""
        contenders = [Contender(candidate, part) for candidate in self.candidates]
        results = (self._result(each, rows, expected, told) for each in contenders)
        return tuple(result for result in results if result is not None)

    def _result(
        self, contender: Contender, rows: Mapping[Contender, Row], expected: float | None, told: Standings
    ) -> CandidateResult | None:
        failure = self.import_failures.get(contender) if contender not in rows else rows[contender].failure
        row = rows.get(contender) or Row()
        if isinstance(failure, TrainsSomethingElse):
            # What something else takes is no figure of this.
            row = Row(loss=row.loss, device=row.device, settings=row.settings, tunings=row.tunings)
        if failure is None and not row.samples:
            return None
        step_ms, low, high = step_figures(row.samples)
        standing, to_leader = told.get(contender.name, (None, None))
        return CandidateResult(
            candidate=contender.candidate.id,
            status="ok" if failure is None else failure.reason,
            import_s=self.import_s.get(contender.candidate.id),
            build_s=row.build_s,
            first_step_s=row.first_step_s,
            start_beside=row.start_beside,
            fresh=row.fresh,
            step_ms=step_ms,
            step_ms_low=low,
            step_ms_high=high,
            samples=tuple(row.samples),
            sample_rounds=tuple(undisturbed(row)),
            rounds=len(row.samples),
            disturbed_rounds=len(row.disturbed),
            memory_mb=row.memory_mb,
            resident_mb=row.resident_mb,
            device=row.device,
            precision=row.settings.precision if row.settings else None,
            parity=_parity(row.loss, expected),
            error=None if failure is None else str(failure),
            settings=row.settings,
            tunings=row.tunings,
            steady=row.steady,
            contended=row.contended,
            standing=standing,
            to_leader=to_leader,
            to_default=_to_twin(contender, rows),
            warm_start=row.warm_start,
        )

    def _contended(self, workloads: Sequence[Workload]) -> bool:
        rows = [row for (_, workload), row in self._rows.items() if workload in workloads]
        blocks = sum(len(row.times_ms) for row in rows)
        return sum(len(row.disturbed) for row in rows) > TRUSTED_CONTENTION * blocks


def _standings(rows: Mapping[Contender, Row]) -> Standings:
    """Where each default stands among those that did not fail; nothing of any other part."""
    return standings({each.name: row for each, row in rows.items() if each.part == "default" and row.failure is None})


def _to_twin(contender: Contender, rows: Mapping[Contender, Row]) -> Ratio | None:
    """How many times its default's step time another part takes, from the rounds that they shared."""
    row, twin = rows.get(contender), rows.get(contender.twin)
    if contender.part == "default" or row is None or twin is None:
        return None
    return paired_ratio(row, twin)


def _expected_loss(rows: Mapping[Contender, Row], workload: Workload) -> float | None:
    """The first loss that all should have, by the defaults in float32 if there are any; None where nobody can say, or
    nobody else has one.
    """
    losses = _default_losses(rows)
    if sum(map(math.isfinite, losses.values())) < 2:
        return None
    exact = _default_losses({each: row for each, row in rows.items() if row.in_float32})
    return expected_loss(exact or losses, parity_limit(workload))


def _default_losses(rows: Mapping[Contender, Row]) -> dict[str, float]:
    """The first loss of every default that has one, by candidate id."""
    defaults = {each.candidate.id: row.loss for each, row in rows.items() if each.part == "default"}
    return {candidate: loss for candidate, loss in defaults.items() if loss is not None}


def _parity(loss: float | None, expected: float | None) -> float | None:
    if loss is None or expected is None or not math.isfinite(loss):
        return None
    return loss_difference(loss, expected)


def _control(rows: Mapping[Contender, Row]) -> Control | None:
    """What was found between the control and its twin, which are the same."""
    ratios = {each: _to_twin(each, rows) for each in rows if each.part == "control"}
    for contender, ratio in ratios.items():
        if ratio is not None:
            return Control(candidate=contender.candidate.id, ratio=ratio, different=ratio.tells_apart)
    return None

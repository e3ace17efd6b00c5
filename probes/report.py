"""What a probe hands over: validated, frozen records that travel as JSON.

Times are wall-clock; `*_ms` per optimizer step on one batch, `*_s` in seconds, `*_mb` in MiB.
"""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict

from probes.workloads import Workload

Status = Literal["ok", "failed", "timeout", "unusable"]
ProgressStage = Literal["starting", "importing", "building", "first step", "measuring", "waiting", "done"]


class Record(BaseModel):
    """Base of all records: frozen, unknown keys refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Accelerator(Record):
    """A GPU or TPU in this machine."""

    kind: Literal["nvidia", "apple", "amd", "intel", "tpu"]
    name: str
    memory_gb: float | None = None
    driver: str | None = None


class Machine(Record):
    """The facts of one machine; `fingerprint` keys its history and changes when the hardware does."""

    fingerprint: str
    operating_system: Literal["linux", "macos", "windows"]
    platform: str
    python: str
    cpu: str
    physical_cores: int
    logical_cores: int
    memory_gb: float
    accelerators: tuple[Accelerator, ...] = ()


class CandidateResult(Record):
    """One candidate on one workload.

    `step_ms` is the median over `rounds` rounds, `step_ms_low`/`step_ms_high` its 90 % interval; `samples` the
    step time of every round. `parity` is the relative difference of the first loss to the reference candidate's
    (None without one). `memory_mb` is the worker's peak resident memory, or the device's where one is used.
    `error` says, in a person's words, what happened and what to do.
    """

    candidate: str
    status: Status
    import_s: float | None = None
    build_s: float | None = None
    first_step_s: float | None = None
    step_ms: float | None = None
    step_ms_low: float | None = None
    step_ms_high: float | None = None
    samples: tuple[float, ...] = ()
    rounds: int = 0
    memory_mb: float | None = None
    device: str | None = None
    precision: str | None = None
    parity: float | None = None
    error: str | None = None


class Measurement(Record):
    """Every candidate on one workload."""

    workload: Workload
    candidates: tuple[CandidateResult, ...]


class ProbeReport(Record):
    """The whole of a probe: the main workload's rows first, further sizes of its family in `rungs`.

    `measured_at` is ISO 8601 in UTC. `contended` is true when other processes took so much of the machine during
    the measuring that the step times should not be trusted. `notes` says in sentences what else a reader must know.
    """

    machine: Machine
    versions: dict[str, str]
    workload: Workload
    candidates: tuple[CandidateResult, ...]
    rungs: tuple[Measurement, ...] = ()
    contended: bool = False
    seconds: float
    measured_at: str
    notes: tuple[str, ...] = ()

    @property
    def measurements(self) -> tuple[Measurement, ...]:
        """The main workload and the rungs, in the order they were asked for."""
        return (Measurement(workload=self.workload, candidates=self.candidates), *self.rungs)


class FrameworkState(Record):
    """Whether one framework works here, proven by a training step in a worker.

    `missing` is not installed, `unusable` is installed but does not work; then `problem` says why and what to do.
    `candidates` are its candidates that took the step, `device` where they took it, `versions` of what is installed.
    """

    framework: str
    status: Literal["usable", "unusable", "missing"]
    interpreter: str
    versions: dict[str, str] = {}
    candidates: tuple[str, ...] = ()
    device: str | None = None
    problem: str | None = None


class Examination(Record):
    """What `doctor` found: the machine and whether each framework works on it."""

    machine: Machine
    frameworks: tuple[FrameworkState, ...]


class Progress(Record):
    """What a running probe is doing now. `share` of the work is 0 to 1; `seconds_left` never exceeds the budget."""

    candidate: str | None
    stage: ProgressStage
    workload: str | None
    share: float
    seconds_left: float

"""What a probe hands over: validated, frozen records that travel as JSON.

Times are wall-clock; `*_ms` per optimizer step on one batch, `*_s` in seconds, `*_mb` in MiB.
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from probes.campaign.wall_time import overhead_share
from probes.comparison import Ratio, Standing
from probes.memory.growth import RESERVE_MB, MemoryGrowth
from probes.records import Record
from probes.settings import Settings
from probes.tunings import device_kind
from probes.workloads import Workload

AcceleratorKind = Literal["nvidia", "apple", "amd", "intel", "tpu"]
Status = Literal["ok", "failed", "timeout", "unusable"]
ProgressStage = Literal["starting", "importing", "building", "first step", "measuring", "waiting", "done"]


class Accelerator(Record):
    """A GPU or TPU in this machine; `compute_capability` (7.5, 9.0, ...) is NVIDIA's number of its architecture."""

    kind: AcceleratorKind
    name: str
    memory_gb: float | None = None
    driver: str | None = None
    compute_capability: str | None = None


class Machine(Record):
    """The facts of one machine; `fingerprint` keys its history and changes when the hardware does.

    `cpu_model` tells generations apart that go by the same name, None where nothing does; `restrictions` say what
    keeps workers from a part of the hardware.
    """

    fingerprint: str
    operating_system: Literal["linux", "macos", "windows"]
    platform: str
    python: str
    cpu: str
    cpu_model: str | None = None
    physical_cores: int
    logical_cores: int
    memory_gb: float
    accelerators: tuple[Accelerator, ...] = ()
    restrictions: tuple[str, ...] = ()

    def memory_gb_of(self, device: str) -> float | None:
        """Memory of a device as a framework names it: the machine's, or its first accelerator's that is known."""
        if device_kind(device) == "cpu":
            return self.memory_gb
        return next((each.memory_gb for each in self.accelerators if each.memory_gb), None)

    def room_mb_of(self, device: str) -> float | None:
        """MiB of a device's memory that a training may take: all of an accelerator's, of the machine's what is not
        kept for everything else on it.
        """
        memory_gb, kept_mb = self.memory_gb_of(device), RESERVE_MB if device_kind(device) == "cpu" else 0
        return None if memory_gb is None else max(memory_gb * 1024 - kept_mb, 0.0)


class WarmStart(Record):
    """Import and first step in a fresh process that finds the caches which an earlier one left on disk."""

    import_s: float
    first_step_s: float


class CandidateResult(Record):
    """One candidate on one workload.

    `step_ms` is the lower quartile of the `rounds` rounds that count (`statistics.step_time`), `step_ms_low` and
    `step_ms_high` its 90 % interval; `samples` the step time of each of them, `sample_rounds` its number, the same
    for all that were measured in turns. `disturbed_rounds` are those in which others used too much of the machine,
    also when measured again; they do not count, unless fewer than `comparison.LEAST_PAIRS` others are left. `parity`
    is the relative difference of the first loss to the one that all should have (`campaign.parity`; None where nobody
    can say). `memory_mb` is the peak of the device where one is used, else the same as `resident_mb`, the worker's
    peak resident memory. `error` says, in a person's words, what happened and what to do; figures that a row has in
    spite of it rest on the rounds until then.

    `build_s` and `first_step_s` are what a person's own script takes where they are `fresh`: of a process that had
    built nothing before. In one that had, libraries are loaded and pools of threads and memory are there (None: not
    known). With `start_beside` others were built or compiled at the same time, so that both are longer than alone.

    `settings` says what exactly was measured and `tunings` which documented tunings the row was given (none by
    default). `steady` is false when the step time was still changing after the longest warm-up, `contended` true when
    others disturbed too many rounds. `to_leader` is how many times the leader's step time it takes, from the rounds
    they shared with each other or with a third, and `standing` what that says; "tied" is also what could not be told
    apart. `to_default` is the same for a tuned row and its own default.
    """

    candidate: str
    status: Status
    import_s: float | None = None
    build_s: float | None = None
    first_step_s: float | None = None
    start_beside: bool = False
    fresh: bool | None = None
    step_ms: float | None = None
    step_ms_low: float | None = None
    step_ms_high: float | None = None
    samples: tuple[float, ...] = ()
    sample_rounds: tuple[int, ...] = ()
    rounds: int = 0
    disturbed_rounds: int = 0
    memory_mb: float | None = None
    resident_mb: float | None = None
    device: str | None = None
    precision: str | None = None
    parity: float | None = None
    error: str | None = None
    settings: Settings | None = None
    tunings: tuple[str, ...] = ()
    steady: bool | None = None
    contended: bool = False
    standing: Standing | None = None
    to_leader: Ratio | None = None
    to_default: Ratio | None = None
    warm_start: WarmStart | None = None

    @property
    def by_round(self) -> dict[int, float]:
        """The step time in ms of each round that counts, by its number."""
        return dict(zip(self.sample_rounds, self.samples, strict=True))


class Control(Record):
    """The hidden duplicate: two processes of one candidate, compared as any two are. `different` is a false alarm."""

    candidate: str
    ratio: Ratio
    different: bool


class Measurement(Record):
    """Every candidate on one workload: with its defaults in `candidates`, with its tunings in `tuned`.

    `memory_growth` says of some of them how the memory grows with the batch.
    """

    workload: Workload
    candidates: tuple[CandidateResult, ...]
    tuned: tuple[CandidateResult, ...] = ()
    control: Control | None = None
    memory_growth: tuple[MemoryGrowth, ...] = ()


class ProbeReport(Record):
    """The whole of a probe: the main workload's rows first, further sizes of its family in `rungs`.

    `measured_at` is ISO 8601 in UTC. `contended` is true when other processes took so much of the machine during
    the measuring that the step times should not be trusted. `notes` says in sentences what else a reader must know.
    `wall_s` is where the `seconds` went, by activity; what is missing to all of them was spent between activities.
    `budget_s` is how many seconds there were for it (None: not known).
    """

    machine: Machine
    versions: dict[str, str]
    workload: Workload
    candidates: tuple[CandidateResult, ...]
    tuned: tuple[CandidateResult, ...] = ()
    control: Control | None = None
    memory_growth: tuple[MemoryGrowth, ...] = ()
    rungs: tuple[Measurement, ...] = ()
    contended: bool = False
    seconds: float
    measured_at: str
    notes: tuple[str, ...] = ()
    wall_s: dict[str, float] = Field(default_factory=dict)
    budget_s: float | None = None

    @property
    def overhead_share(self) -> float:
        """The share of the seconds that went neither into imports, builds and compiling nor into steps."""
        return overhead_share(self.wall_s, self.seconds)

    @property
    def measurements(self) -> tuple[Measurement, ...]:
        """The main workload and the rungs, in the order they were asked for."""
        main = Measurement(
            workload=self.workload,
            candidates=self.candidates,
            tuned=self.tuned,
            control=self.control,
            memory_growth=self.memory_growth,
        )
        return (main, *self.rungs)


class DeviceTrial(Record):
    """One small product on one device that the framework sees; `error` is what it raised instead of the result."""

    device: str
    platform: str
    error: str | None = None


class AcceleratorState(Record):
    """Whether a candidate's framework computes on the accelerators of one kind that are in this machine.

    `usable` is proven by a product on each of `devices`. `unusable` is present, and `fix` says what to do about the
    `problem`; `unsupported` is what the framework cannot do on this system, whatever is installed.
    """

    kind: AcceleratorKind
    accelerator: str
    candidate: str
    status: Literal["usable", "unusable", "unsupported"]
    devices: tuple[str, ...] = ()
    problem: str | None = None
    fix: str | None = None


class FrameworkState(Record):
    """Whether one framework works here, proven by a training step in a worker.

    `missing` is not installed, `unusable` is installed but does not work; then `problem` says why and what to do.
    `candidates` are its candidates that took the step, `device` where they took it, `versions` of what is installed.
    `trials` are of every device that they see, `accelerators` what that means for those of this machine.
    """

    framework: str
    status: Literal["usable", "unusable", "missing"]
    interpreter: str
    versions: dict[str, str] = Field(default_factory=dict)
    candidates: tuple[str, ...] = ()
    device: str | None = None
    problem: str | None = None
    trials: tuple[DeviceTrial, ...] = ()
    accelerators: tuple[AcceleratorState, ...] = ()


class EnvironmentState(Record):
    """An interpreter that may run workers: what it has, and the `candidates` that run with it.

    `versions` are of the packages that candidates need, `size_mb` is that of all packages. It is taken before others
    for the frameworks it is `preferred_for`. `problem` says why an interpreter could not be read.
    """

    name: str
    interpreter: str
    preferred_for: tuple[str, ...] = ()
    candidates: tuple[str, ...] = ()
    python: str | None = None
    versions: dict[str, str] = Field(default_factory=dict)
    size_mb: float | None = None
    problem: str | None = None


class Examination(Record):
    """What `doctor` found: the machine, whether each framework works on it, and the interpreters that are known.

    `problems` says what else is wrong, such as a list of interpreters that cannot be read.
    """

    machine: Machine
    frameworks: tuple[FrameworkState, ...]
    environments: tuple[EnvironmentState, ...] = ()
    problems: tuple[str, ...] = ()


class Progress(Record):
    """What a running probe is doing now. `share` of the work is 0 to 1; `seconds_left` never exceeds the budget."""

    candidate: str | None
    stage: ProgressStage
    workload: str | None
    share: float
    seconds_left: float

"""How peak memory grows with the batch, and the largest batch that fits, from a few small batches in a capped worker.

A step needs memory for what is there anyway (libraries, parameters, the optimizer's moments) and for each example. On
a CPU that is not all it takes. glibc's malloc keeps freed blocks below a threshold, which it raises up to 32 MiB by
itself (mallopt(3), M_MMAP_THRESHOLD), and a program whose arrays come in many sizes leaves gaps between them; larger
arrays get pages of their own and leave none. So a small batch is measured twice: as it runs, gaps and all, and with
pages of its own for every array, as those of a large batch have them. What a large batch takes lies between the two.
"""

from __future__ import annotations

import math
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from probes.candidates import Candidate
from probes.costs import costs
from probes.errors import OutOfMemory, WorkerFailed
from probes.report import Record
from probes.supervisor import Worker
from probes.tunings import device_kind
from probes.workloads import MAX_BATCH, Workload

# Activations of the smallest batch, by `probes.costs`: less would drown in what a compiler takes.
LEAST_ACTIVATIONS_MB = 16.0

# Sizes above it, each twice the one before. It is itself not measured: what a framework loads and keeps with its
# first network (10 to 60 MB) is no growth.
SIZES_ABOVE = 3

# glibc rises its threshold no more once one is given, so this one holds for every array.
OWN_PAGES = {"MALLOC_MMAP_THRESHOLD_": "65536"}

# Steps after the first. The gaps are mostly there then; twenty more steps add another 2 to 6 % to the peak.
FURTHER_STEPS = 2

# A block as short as this is a single step, or for very short steps a few.
ONE_STEP_MS = 0.1

# Standard deviation of the peak of the same build in fresh processes, of all candidates.
PEAK_SD_MB = 5.0

# Two-sided 90 %.
Z_90 = 1.645


class MemoryPoint(Record):
    """The peak of a few steps on one batch size, in MiB: of the device where one is used, else resident."""

    batch: int
    memory_mb: float


class MemoryLine(Record):
    """memory = `base_mb` + `mb_per_example` x batch, fitted to `points`; `mb_per_example_sd` is its standard error,
    which is never less than repeated measurements of the same build differ.
    """

    points: tuple[MemoryPoint, ...]
    base_mb: float
    mb_per_example: float
    mb_per_example_sd: float

    @property
    def visible(self) -> bool:
        """Whether the growth stands out from what the same build takes from one time to the next."""
        return self.mb_per_example > Z_90 * self.mb_per_example_sd


class MemoryGrowth(Record):
    """One candidate's memory on one network, by batch size.

    `as_run` is what small batches took, `own_pages` what they took without gaps between arrays (None where that makes
    no difference: on an accelerator, and where malloc is not glibc's). A line is None when time or memory was too
    short for two sizes.
    """

    candidate: str
    workload: str
    device: str
    as_run: MemoryLine | None
    own_pages: MemoryLine | None


class LargestBatch(Record):
    """How many examples fit, and the interval that the memory of large batches leaves; 0 when not even one does."""

    batch: int
    low: int
    high: int


def batch_growth(
    candidate: Candidate,
    workload: Workload,
    *,
    limit_mb: float,
    budget_s: float,
    seed: int,
    interpreter: str = sys.executable,
) -> MemoryGrowth:
    """Train the workload's network on a few batch sizes and fit how its memory grows, in at most `budget_s`.

    No worker gets more than `limit_mb` (MiB); sizes that would take more, or too long, are left out. The batch of
    `workload` plays no part. Raises `WorkerFailed` when the candidate cannot train the network at all: `OutOfMemory`
    when the smallest size already needs more than `limit_mb`.
    """
    started = time.monotonic()
    ladder = _Ladder(candidate, workload, interpreter, seed, limit_mb)
    device, as_run = ladder.climb({}, started + budget_s / 2)
    own_pages = None
    if sys.platform == "linux" and device_kind(device) == "cpu":
        try:
            _, own_pages = ladder.climb(OWN_PAGES, started + budget_s)
        except WorkerFailed as failure:
            if not _ran_out(failure):
                raise
    return MemoryGrowth(
        candidate=candidate.id, workload=workload.id, device=device, as_run=as_run, own_pages=own_pages
    )


def largest_batch(growth: MemoryGrowth, limit_mb: float) -> LargestBatch | None:
    """How many examples a step can take within `limit_mb` (MiB), at most `MAX_BATCH`; None where no growth was seen.

    The estimate is the geometric mean of what the two lines say; the interval holds both, each with the 90 % interval
    of its slope.
    """
    if growth.as_run is None or not growth.as_run.visible:
        return None
    lines = [line for line in (growth.as_run, growth.own_pages) if line and line.visible]
    ends = [_crossing(line, limit_mb, deviation) for line in lines for deviation in (-Z_90, Z_90)]
    batch = math.prod(_crossing(line, limit_mb) for line in lines) ** (1 / len(lines))
    return LargestBatch(batch=math.floor(batch), low=math.floor(min(ends)), high=math.floor(max(ends)))


def fit_line(points: Sequence[MemoryPoint]) -> MemoryLine | None:
    """The line of least squares, which never falls; None for fewer than two points.

    The peaks of one build differ from process to process, so their deviation is at least `PEAK_SD_MB`, however well
    the points happen to lie on the line.
    """
    if len(points) < 2:
        return None
    batches = np.array([point.batch for point in points], dtype=float)
    peaks_mb = np.array([point.memory_mb for point in points])
    spread = float(np.sum((batches - batches.mean()) ** 2))
    slope = max(float(np.sum((batches - batches.mean()) * peaks_mb)) / spread, 0.0)
    base_mb = float(peaks_mb.mean() - slope * batches.mean())
    squares = float(np.sum((peaks_mb - base_mb - slope * batches) ** 2))
    deviation_mb = max(math.sqrt(squares / max(len(points) - 2, 1)), PEAK_SD_MB)
    return MemoryLine(
        points=tuple(points),
        base_mb=base_mb,
        mb_per_example=slope,
        mb_per_example_sd=deviation_mb / math.sqrt(spread),
    )


def _crossing(line: MemoryLine, limit_mb: float, deviation: float = 0.0) -> float:
    """The batch at which the line meets the limit, turned about its middle by so many standard errors."""
    slope = line.mb_per_example + deviation * line.mb_per_example_sd
    middle = sum(point.batch for point in line.points) / len(line.points)
    batch = middle + (limit_mb - line.base_mb - line.mb_per_example * middle) / slope
    return min(max(batch, 0.0), float(MAX_BATCH))


@dataclass(frozen=True)
class _Ladder:
    """The sizes of one network, to be trained one after the other in one worker."""

    candidate: Candidate
    workload: Workload
    interpreter: str
    seed: int
    limit_mb: float

    def climb(self, variables: Mapping[str, str], deadline: float) -> tuple[str, MemoryLine | None]:
        """The device, and the line through the sizes that can be trained until `deadline` of the monotonic clock.

        Sizes ascend: where a peak cannot be set back (an accelerator's, macOS), it is still that of the last size.
        """
        points: list[MemoryPoint] = []
        with Worker(self.candidate, self.interpreter, variables, self.limit_mb) as worker:
            worker.import_framework(self.seed, _left_s(deadline))
            first, *sizes = self._sizes()
            device = worker.build(first, self.seed, _left_s(deadline)).device
            worker.first_step(_left_s(deadline))
            for size in sizes:
                try:
                    points.append(self._point(worker, size, deadline))
                except WorkerFailed as failure:
                    if not _ran_out(failure):
                        raise
                    break
        return device, fit_line(points)

    def _sizes(self) -> list[Workload]:
        one_example_mb = costs(self.workload.with_batch(1)).activation_mb
        least = min(max(round(LEAST_ACTIVATIONS_MB / one_example_mb), 1), MAX_BATCH // 2**SIZES_ABOVE)
        return [self.workload.with_batch(least * 2**doublings) for doublings in range(SIZES_ABOVE + 1)]

    def _point(self, worker: Worker, size: Workload, deadline: float) -> MemoryPoint:
        worker.build(size, self.seed, _left_s(deadline))
        worker.first_step(_left_s(deadline))
        for _ in range(FURTHER_STEPS):
            worker.measure(ONE_STEP_MS, _left_s(deadline))
        return MemoryPoint(batch=size.batch, memory_mb=worker.peak_memory(_left_s(deadline)).memory_mb)


def _ran_out(failure: WorkerFailed) -> bool:
    """Whether it was memory or time, so that what was measured before is as good as ever."""
    return isinstance(failure, OutOfMemory) or failure.reason == "timeout"


def _left_s(deadline: float) -> float:
    return max(deadline - time.monotonic(), 0.0)

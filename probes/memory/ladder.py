"""Measuring how peak memory grows with the batch: a few small batches in a capped worker.

A step needs memory for what is there anyway (libraries, parameters, the optimizer's moments) and for each example. On
a CPU that is not all it takes. glibc's malloc keeps freed blocks below a threshold, which it raises up to 32 MiB by
itself (mallopt(3), M_MMAP_THRESHOLD), and a program whose arrays come in many sizes leaves gaps between them; larger
arrays get pages of their own and leave none. So a small batch is measured twice: as it runs, gaps and all, and with
pages of its own for every array, as those of a large batch have them. What a large batch takes lies between the two.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass

from probes.candidates import Candidate
from probes.costs import costs
from probes.errors import OutOfMemory, WorkerFailed
from probes.member import Member
from probes.memory.growth import MemoryGrowth, MemoryLine, MemoryPoint, fit_line
from probes.tunings import device_kind
from probes.workloads import MAX_BATCH, Workload

# Starts a worker with environment variables.
Hire = Callable[[Mapping[str, str]], Member]

# Activations of the smallest batch, by `probes.costs`: less would drown in what a compiler takes, and in what is left
# of the parameters and moments of the network before it.
LEAST_ACTIVATIONS_MB = 16.0
LEAST_ACTIVATIONS_SHARE = 0.5

# Sizes above it, each twice the one before. It is itself not measured: what a framework loads and keeps with its
# first network (10 to 60 MB) is no growth.
SIZES_ABOVE = 3

# glibc rises its threshold no more once one is given, so this one holds for every array.
OWN_PAGES = {"MALLOC_MMAP_THRESHOLD_": "65536"}

# Steps after the first. The gaps are mostly there then; twenty more steps add another 2 to 6 % to the peak.
FURTHER_STEPS = 2

# A block as short as this is a single step, or for very short steps a few.
ONE_STEP_MS = 0.1


def batch_growth(
    candidate: Candidate,
    workload: Workload,
    *,
    budget_s: float,
    seed: int,
    hire: Hire,
) -> MemoryGrowth:
    """Train the workload's network on a few batch sizes and fit how its memory grows, in at most `budget_s`.

    `hire` starts a worker for the candidate, with environment variables, that is killed above some limit of memory;
    sizes that take more, or too long, are left out. The batch of `workload` plays no part. Raises `WorkerFailed` when
    the candidate cannot train the network at all: `OutOfMemory` when the smallest size already needs too much.
    """
    started = time.monotonic()
    ladder = _Ladder(workload, seed, hire)
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


@dataclass(frozen=True)
class _Ladder:
    """The sizes of one network, to be trained one after the other in one worker."""

    workload: Workload
    seed: int
    hire: Hire

    def climb(self, variables: Mapping[str, str], deadline: float) -> tuple[str, MemoryLine | None]:
        """The device, and the line through the sizes that can be trained until `deadline` of the monotonic clock.

        Sizes ascend: where a peak cannot be set back (an accelerator's, macOS), it is still that of the last size.
        """
        points: list[MemoryPoint] = []
        with closing(self.hire(variables)) as worker:
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
        one = costs(self.workload.with_batch(1))
        least_mb = max(LEAST_ACTIVATIONS_MB, LEAST_ACTIVATIONS_SHARE * (one.kept_mb - one.activation_mb))
        least = min(max(round(least_mb / one.activation_mb), 1), MAX_BATCH // 2**SIZES_ABOVE)
        return [self.workload.with_batch(least * 2**doublings) for doublings in range(SIZES_ABOVE + 1)]

    def _point(self, worker: Member, size: Workload, deadline: float) -> MemoryPoint:
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

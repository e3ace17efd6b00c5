"""How peak memory grows with the batch, as lines through what was measured, and the largest batch that fits."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from probes.records import Record
from probes.workloads import MAX_BATCH

# Standard deviation of the peak of the same build in fresh processes, of all candidates.
PEAK_SD_MB = 5.0

# Two-sided 90 %.
Z_90 = 1.645

# MiB of a machine's memory that no measurement takes and no batch should: they are left to everything else on it.
RESERVE_MB = 1024


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

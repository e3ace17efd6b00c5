"""What a handful of noisy step times says: the median, how sure it is, and whether others disturbed it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median, stdev

import psutil

LEVEL = 0.9

# Student's t, 95th percentile, by degrees of freedom: a two-sided 90 % interval.
_T_95 = {1: 6.314, 2: 2.920, 3: 2.353}

# Others may use this share of all cores before a block counts as disturbed. The kernel counts CPU time in ticks of
# 10 ms, so on two cores a block of 100 ms cannot tell less than 5 % from nothing.
CONTENDED_SHARE = 0.2

# More disturbed samples than this share, after each was measured again, and the figures should not be trusted.
TRUSTED_CONTENTION = 0.25


def median_interval(samples: Sequence[float]) -> tuple[float, float] | None:
    """The 90 % interval of the median of positive samples; None for fewer than two.

    From five samples on, order statistics (no assumption on the distribution; David and Nagaraja, Order Statistics,
    3rd ed., section 7.1). With two to four they cannot reach 90 %, so Student's t on the logarithms is taken, which
    is honest about how little so few say.
    """
    if len(samples) < 2:
        return None
    ordered = sorted(samples)
    rank = _order_statistic(len(ordered))
    if rank is not None:
        return ordered[rank - 1], ordered[-rank]
    logs = [math.log(sample) for sample in ordered]
    half = _T_95[len(logs) - 1] * stdev(logs) / math.sqrt(len(logs))
    centre, middle = math.fsum(logs) / len(logs), median(ordered)
    return min(math.exp(centre - half), middle), max(math.exp(centre + half), middle)


def _order_statistic(count: int) -> int | None:
    """The largest k whose k-th smallest and k-th largest of `count` samples enclose the median often enough."""
    outside, best = 0.0, None
    for k in range(1, count // 2 + 1):
        outside += 2 * math.comb(count, k - 1) / 2**count
        if 1 - outside < LEVEL:
            break
        best = k
    return best


def relative_differences(losses: dict[str, float], reference: str) -> dict[str, float]:
    """How far each loss is from the reference's, as a fraction; from the median where the reference has none."""
    finite = {candidate: loss for candidate, loss in losses.items() if math.isfinite(loss)}
    if len(finite) < 2:
        return {}
    expected = finite.get(reference, median(finite.values()))
    return {candidate: abs(loss - expected) / max(abs(expected), 1e-12) for candidate, loss in finite.items()}


@dataclass(frozen=True)
class CpuClock:
    """CPU time of the whole machine since boot, in seconds over all cores, and when it was read."""

    busy_s: float
    total_s: float

    @staticmethod
    def read() -> CpuClock:
        """The counters now; what the hypervisor gave to other guests (steal) counts as busy."""
        times = psutil.cpu_times()._asdict()
        # Linux counts guest time in user time already.
        total_s = math.fsum(seconds for name, seconds in times.items() if not name.startswith("guest"))
        return CpuClock(total_s - times["idle"] - times.get("iowait", 0.0), total_s)

    def others_share(self, later: CpuClock, own_s: float) -> float:
        """The share of all cores, 0 to 1, that others than `own_s` seconds of ours used between two readings."""
        elapsed_s = later.total_s - self.total_s
        if elapsed_s <= 0:
            return 0.0
        return min(max((later.busy_s - self.busy_s - own_s) / elapsed_s, 0.0), 1.0)

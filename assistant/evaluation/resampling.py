"""Where a mean over jobs would lie for other jobs of the same kinds: the percentile bootstrap (Efron, 1979)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

# The interval, and how often the jobs are drawn anew for it.
LEVEL = 0.90
RESAMPLES = 5000


def mean_interval(by_job: Sequence[float]) -> tuple[float, float]:
    """The ends of the mean's interval, from the value of each of at least one job."""
    means = np.random.default_rng(0).choice(by_job, (RESAMPLES, len(by_job))).mean(axis=1)
    low, high = np.quantile(means, ((1 - LEVEL) / 2, (1 + LEVEL) / 2))
    return float(low), float(high)

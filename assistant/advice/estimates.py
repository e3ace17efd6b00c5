"""Estimates: a figure with its uncertainty and the kind of evidence it rests on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import exp

import numpy as np
from numpy.typing import NDArray

from assistant.evidence import Evidence
from probes.candidates import find_candidate

# The 95th percentile of the standard normal: the ends of a two-sided 90 % interval.
Z_90 = 1.645

# A repeated measurement within a minute differs by about this much (standard deviation of the logarithm), however
# narrow the interval of one run is.
REPEAT_LOG_SD = 0.07

# What forecasts of one job are off by goes together, because the machine is faster or slower at another time: their
# correlation, and that of candidates for which the same runtime computes. Where 60 s measured two candidates of a job
# of the corpus 9e4128c5e0666f89, 90 % of their differences lie in 0.96 and 0.99 of the interval that follows.
IN_COMMON = 0.3
WITH_ONE_RUNTIME = 0.5

# As memory is counted here: MiB and GiB.
MB_PER_GB = 1024


@dataclass(frozen=True)
class Estimate:
    """A positive figure, log-normal around its median `value`; `log_sd` is its logarithm's standard deviation."""

    value: float
    log_sd: float
    evidence: Evidence

    @property
    def low(self) -> float:
        """Lower end of the 90 % interval."""
        return self.value * exp(-Z_90 * self.log_sd)

    @property
    def high(self) -> float:
        """Upper end of the 90 % interval."""
        return self.value * exp(Z_90 * self.log_sd)

    def times(self, factor: float) -> Estimate:
        """The same estimate in another unit or of a multiple."""
        return Estimate(self.value * factor, self.log_sd, self.evidence)


@dataclass(frozen=True)
class JobForecast:
    """What one candidate would take for the job; what is not known is None and `missing` says why.

    `step_ms` is one optimizer step, `first_result_s` from starting Python to the end of the first step, `memory_mb`
    the peak, in MiB.
    """

    candidate: str
    step_ms: Estimate | None = None
    first_result_s: Estimate | None = None
    memory_mb: Estimate | None = None
    missing: str | None = None


def correlated(candidates: Sequence[str], independent: NDArray[np.float64]) -> NDArray[np.float64]:
    """Errors of forecasts of one job, in standard deviations, of independent standard normal ones;
    (..., candidates, draws).
    """
    together = correlations(candidates, same_runtime=WITH_ONE_RUNTIME, otherwise=IN_COMMON)
    return np.asarray(np.linalg.cholesky(together) @ independent)


def correlations(candidates: Sequence[str], *, same_runtime: float, otherwise: float) -> NDArray[np.float64]:
    """The correlation of each candidate with each; (candidates, candidates)."""
    runtimes = [find_candidate(candidate).runtime for candidate in candidates]
    found = np.where(np.equal.outer(runtimes, runtimes), same_runtime, otherwise)
    np.fill_diagonal(found, 1.0)
    return np.asarray(found)

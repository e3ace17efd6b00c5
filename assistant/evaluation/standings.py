"""Whether one way of choosing is better than another: on the same jobs, and surely enough to say so."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import log
from statistics import fmean
from typing import Literal

from assistant.evaluation.resampling import mean_interval
from assistant.evaluation.trials import Trial, by_job

Standing = Literal["better", "tie", "worse"]


def standing(found: Sequence[Trial], other: Sequence[Trial]) -> Standing:
    """How a way of choosing stands against another that was tried on the same jobs, by mean logarithmic regret.

    A tie where the interval of the mean difference holds zero: had other jobs of the same kinds been tried, the other
    way might have come out ahead. The interval is that of the percentile bootstrap over jobs (Efron, 1979).
    """
    mine, others = _log_regrets(found), _log_regrets(other)
    differences = [mine[job] - others[job] for job in mine]
    low, high = mean_interval(differences)
    if len(differences) < 2 or low <= 0 <= high:
        return "tie"
    return "better" if high < 0 else "worse"


def _log_regrets(found: Sequence[Trial]) -> Mapping[str, float]:
    """The mean over seeds, by job id."""
    return {job: fmean(log(1 + trial.regret) for trial in own) for job, own in by_job(found).items()}

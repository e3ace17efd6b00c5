"""What many trials come to: regret, shares within 5 and 10 %, the gap closed, errors and coverage."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from math import exp, log
from statistics import fmean, median

from pydantic import BaseModel, ConfigDict

from assistant.advice.break_even import break_even, modes
from assistant.advice.estimates import Estimate, JobForecast
from assistant.advice.forecast import as_measured
from assistant.advice.measured_rows import measured_log_sd
from assistant.evaluation.trials import Trial, Truth
from probes.report import CandidateResult


class Summary(BaseModel):
    """How good one way of choosing is. Shares and errors are fractions; None where the way says nothing of it.

    Regret is how much longer a step of the pick takes than one of the best, its mean the geometric one. `closed_gap`
    is the share of the way from the single candidate that is best on the whole to the best for each job, in mean
    logarithmic regret. `step_time_mape` and `memory_mape` are mean absolute errors, with their medians beside them,
    over every candidate that was forecast; `coverage_90` is how often the 90 % interval held the step time.
    `break_even_median` is the median error of the step from which on the more compiled mode of a framework is ahead.
    `chosen` is the share of trials in which there was anything to choose from.
    """

    model_config = ConfigDict(frozen=True)

    budget_s: float | None
    workloads: int
    within_5_percent: float
    within_10_percent: float
    mean_regret: float
    worst_regret: float
    closed_gap: float | None
    step_time_mape: float | None = None
    step_time_median: float | None = None
    memory_mape: float | None = None
    memory_median: float | None = None
    coverage_90: float | None = None
    break_even_median: float | None = None
    chosen: float


def summarize(trials: Sequence[Trial], budget_s: float | None) -> Summary:
    """Of at least one trial; every job counts by its trials."""
    regrets = [trial.regret for trial in trials]
    steps = list(_errors(trials, lambda forecast: forecast.step_ms, lambda result: result.step_ms))
    memory = list(_errors(trials, lambda forecast: forecast.memory_mb, lambda result: result.memory_mb))
    return Summary(
        budget_s=budget_s,
        workloads=len({trial.truth.job.id for trial in trials}),
        within_5_percent=fmean(regret <= 0.05 for regret in regrets),
        within_10_percent=fmean(regret <= 0.10 for regret in regrets),
        mean_regret=exp(fmean(log(1 + regret) for regret in regrets)) - 1,
        worst_regret=max(regrets),
        closed_gap=closed_gap(trials),
        step_time_mape=fmean(steps) if steps else None,
        step_time_median=median(steps) if steps else None,
        memory_mape=fmean(memory) if memory else None,
        memory_median=median(memory) if memory else None,
        coverage_90=_coverage(trials),
        break_even_median=median(break_evens) if (break_evens := list(_break_even_errors(trials))) else None,
        chosen=fmean(trial.pick is not None for trial in trials),
    )


def closed_gap(trials: Sequence[Trial]) -> float | None:
    """None where a single candidate is best for every job, so that there is no gap."""
    by_job: dict[str, Truth] = {trial.truth.job.id: trial.truth for trial in trials}
    single = min(_mean_log_regret(by_job.values(), candidate) for candidate in _candidates(by_job.values()))
    if single <= 0:
        return None
    return 1 - fmean(log(1 + trial.regret) for trial in trials) / single


def single_best(truths: Sequence[Truth]) -> str:
    """The candidate that is best for all jobs together."""
    return min(_candidates(truths), key=lambda candidate: _mean_log_regret(truths, candidate))


def _candidates(truths: Collection[Truth]) -> list[str]:
    return sorted({candidate for truth in truths for candidate in truth.results})


def _mean_log_regret(truths: Collection[Truth], candidate: str) -> float:
    return fmean(log(1 + truth.regret(candidate)) for truth in truths)


def _errors(
    trials: Sequence[Trial],
    foretold: Callable[[JobForecast], Estimate | None],
    measured: Callable[[CandidateResult], float | None],
) -> Iterator[float]:
    """The absolute error of every forecast whose truth is known, as a share of the truth."""
    for trial in trials:
        for candidate, result in trial.truth.results.items():
            estimate = foretold(trial.forecasts[candidate]) if candidate in trial.forecasts else None
            true = measured(result)
            if estimate is not None and true:
                yield abs(estimate.value / true - 1)


def _break_even_errors(trials: Sequence[Trial]) -> Iterator[float]:
    """The absolute error of every break-even between two modes of a framework that was foretold, where the full
    measurement can tell that there is one.
    """
    for trial in trials:
        known = {name: as_measured(result, measured_log_sd(result)) for name, result in trial.truth.results.items()}
        for one, other in modes(trial.forecasts.keys() & known.keys()):
            foretold = break_even(trial.forecasts[one], trial.forecasts[other])
            true = break_even(known[one], known[other])
            if foretold and true and foretold.steps and true.steps and foretold.later == true.later:
                yield abs(foretold.steps / true.steps - 1)


def _coverage(trials: Sequence[Trial]) -> float | None:
    held = [
        estimate.low <= result.step_ms <= estimate.high
        for trial in trials
        for candidate, result in trial.truth.results.items()
        if candidate in trial.forecasts
        and (estimate := trial.forecasts[candidate].step_ms) is not None
        and estimate.log_sd > 0
        and result.step_ms is not None
    ]
    return fmean(held) if held else None

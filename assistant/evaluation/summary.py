"""What many trials come to: regret, shares within 5 and 10 %, the gap closed, errors and coverage."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from math import exp, inf, log
from statistics import fmean, median

from pydantic import BaseModel, ConfigDict

from assistant.advice.break_even import break_even, modes
from assistant.advice.estimates import Estimate, JobForecast
from assistant.advice.forecast import as_measured
from assistant.advice.measured_rows import measured_log_sd
from assistant.evaluation.resampling import mean_interval
from assistant.evaluation.trials import Trial, Truth, by_job
from assistant.evidence import STRONGEST_FIRST, Evidence
from probes.report import CandidateResult

NEAR, RATHER_NEAR = 0.05, 0.10

# What is foretold of a figure.
Foretold = Callable[[JobForecast], Estimate | None]


class Errors(BaseModel):
    """How far forecasts were from what came: mean absolute errors as a share of the latter, with their medians beside
    them, over `forecasts` of step times; `coverage_90` is how often the 90 % interval held the step time.
    """

    model_config = ConfigDict(frozen=True)

    forecasts: int = 0
    step_time_mape: float | None = None
    step_time_median: float | None = None
    memory_mape: float | None = None
    memory_median: float | None = None
    coverage_90: float | None = None


class Summary(Errors):
    """How good one way of choosing is. Shares and errors are fractions; None where the way says nothing of it.

    Regret is how much longer a step of the pick takes than one of the best, its mean the geometric one. `closed_gap`
    is the share of the way from the single candidate that is best on the whole to the best for each job, in mean
    logarithmic regret. `within_5_low` to `within_5_high` is where `within_5_percent` lies in 90 of 100 cases, for
    other jobs of the same kinds. `chosen` is the share of trials in which there was anything to choose from,
    `foretold` that of the candidates that could do the job whose step time was told; `by_evidence` is of those that
    rest on one kind of evidence.

    There is a break-even for each of `break_even_pairs` modes of a framework on a job, of which the full measurement
    tells from which step on the later one is ahead. `break_even_foretold` is the share of trials that foretell one
    too: with the median error `break_even_median` of the step, inside its 90 % interval as often as
    `break_even_held`.
    """

    budget_s: float | None
    workloads: int
    within_5_percent: float
    within_5_low: float
    within_5_high: float
    within_10_percent: float
    mean_regret: float
    worst_regret: float
    closed_gap: float | None
    chosen: float
    foretold: float = 0.0
    by_evidence: dict[Evidence, Errors] = {}
    break_even_pairs: int = 0
    break_even_foretold: float | None = None
    break_even_held: float | None = None
    break_even_median: float | None = None


def summarize(trials: Sequence[Trial], budget_s: float | None) -> Summary:
    """Of at least one trial; every job counts by its trials."""
    regrets = [trial.regret for trial in trials]
    jobs = by_job(trials)
    errors = errors_of(trials)
    by_evidence = {evidence: errors_of(trials, evidence) for evidence in STRONGEST_FIRST}
    low, high = mean_interval([fmean(trial.regret <= NEAR for trial in own) for own in jobs.values()])
    return Summary(
        budget_s=budget_s,
        workloads=len(jobs),
        within_5_percent=fmean(regret <= NEAR for regret in regrets),
        within_5_low=low,
        within_5_high=high,
        within_10_percent=fmean(regret <= RATHER_NEAR for regret in regrets),
        mean_regret=exp(fmean(log(1 + regret) for regret in regrets)) - 1,
        worst_regret=max(regrets),
        closed_gap=closed_gap(trials),
        chosen=fmean(trial.pick is not None for trial in trials),
        foretold=errors.forecasts / sum(len(trial.truth.results) for trial in trials),
        by_evidence={evidence: found for evidence, found in by_evidence.items() if found.forecasts},
        **errors.model_dump(),
        **_break_evens(trials),
    )


def errors_of(trials: Sequence[Trial], evidence: Evidence | None = None) -> Errors:
    """Of every forecast, or of those that rest on this evidence."""

    def of(figure: Foretold, true: Callable[[CandidateResult], float | None]) -> list[tuple[Estimate, float]]:
        return list(_told(trials, figure, true, evidence))

    steps = of(lambda forecast: forecast.step_ms, lambda result: result.step_ms)
    memory = of(lambda forecast: forecast.memory_mb, lambda result: result.memory_mb)
    step_errors, memory_errors = _off(steps), _off(memory)
    held = [estimate.low <= true <= estimate.high for estimate, true in steps if estimate.log_sd > 0]
    return Errors(
        forecasts=len(steps),
        step_time_mape=fmean(step_errors) if step_errors else None,
        step_time_median=median(step_errors) if step_errors else None,
        memory_mape=fmean(memory_errors) if memory_errors else None,
        memory_median=median(memory_errors) if memory_errors else None,
        coverage_90=fmean(held) if held else None,
    )


def closed_gap(trials: Sequence[Trial]) -> float | None:
    """None where a single candidate is best for every job, so that there is no gap."""
    jobs = [own[0].truth for own in by_job(trials).values()]
    single = min(_mean_log_regret(jobs, candidate) for candidate in _candidates(jobs))
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


def _told(
    trials: Sequence[Trial],
    figure: Foretold,
    measured: Callable[[CandidateResult], float | None],
    evidence: Evidence | None,
) -> Iterator[tuple[Estimate, float]]:
    """Every forecast of a figure whose truth is known, and the truth."""
    for trial in trials:
        for candidate, result in trial.truth.results.items():
            estimate = figure(trial.forecasts[candidate]) if candidate in trial.forecasts else None
            true = measured(result)
            if estimate is not None and true and evidence in {None, estimate.evidence}:
                yield estimate, true


def _off(told: Sequence[tuple[Estimate, float]]) -> list[float]:
    """The absolute errors, as shares of the truth."""
    return [abs(estimate.value / true - 1) for estimate, true in told]


def _break_evens(trials: Sequence[Trial]) -> dict[str, float | None]:
    """The figures of `Summary` about break-evens, all of the modes that the full measurement tells one of."""
    pairs, errors, held = [], [], []
    for trial in trials:
        known = {name: as_measured(result, measured_log_sd(result)) for name, result in trial.truth.results.items()}
        for one, other in modes(known):
            true = break_even(known[one], known[other])
            if true is None or true.steps is None:
                continue
            pairs.append((trial.truth.job.id, one, other))
            told = {one, other} <= trial.forecasts.keys()
            foretold = break_even(trial.forecasts[one], trial.forecasts[other]) if told else None
            if foretold is not None and foretold.steps is not None and foretold.later == true.later:
                errors.append(abs(foretold.steps / true.steps - 1))
                held.append((foretold.steps_low or inf) <= true.steps <= (foretold.steps_high or inf))
    return {
        "break_even_pairs": len(set(pairs)),
        "break_even_foretold": len(errors) / len(pairs) if pairs and _foretell(trials) else None,
        "break_even_held": fmean(held) if held else None,
        "break_even_median": median(errors) if errors else None,
    }


def _foretell(trials: Sequence[Trial]) -> bool:
    """Whether starts are foretold at all, as no simple way of choosing does."""
    return any(each.first_result_s is not None for trial in trials for each in trial.forecasts.values())

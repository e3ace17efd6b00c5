"""How far forecasts of replayed probes are from what came, for the doubt of later forecasts to be learned from."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from math import log

from assistant.advice.estimates import JobForecast
from assistant.advice.forecast import as_measured
from assistant.corpus.records import Corpus
from assistant.corpus.replayed import FIGURES, ReplayedForecast
from assistant.evaluation.evaluate import ORDINARY_BUDGET_S, by_family, trials
from assistant.evaluation.trials import truths
from assistant.evaluation.ways import probewise


def replayed_forecasts(corpus: Corpus) -> tuple[ReplayedForecast, ...]:
    """Every forecast of the corpus's own jobs from an ordinary probe, with its doubt before that is corrected."""
    uncorrected = replace(corpus, replayed=())
    found = trials(probewise, by_family(uncorrected), truths(uncorrected), ORDINARY_BUDGET_S, seeds=(0,))
    return tuple(
        error
        for trial in found
        for candidate, result in trial.truth.results.items()
        if candidate in trial.forecasts
        for error in _errors(trial.truth.job.id, trial.forecasts[candidate], as_measured(result, 0.0))
    )


def _errors(job: str, foretold: JobForecast, true: JobForecast) -> Iterator[ReplayedForecast]:
    for figure in FIGURES:
        estimate, came = getattr(foretold, figure), getattr(true, figure)
        if estimate is not None and came is not None:
            error = log(came.value / estimate.value)
            yield ReplayedForecast(job, foretold.candidate, figure, estimate.evidence, estimate.log_sd, error)

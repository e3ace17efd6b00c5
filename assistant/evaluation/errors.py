"""How far forecasts of replayed probes are from what came, for the doubt of later forecasts to be learned from.

What the job itself measured foretells, and what less of it or small networks of its family do: each forecast comes
with a doubt of its own, and how large errors are in units of that is what is learned.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from math import log

from assistant.advice.estimates import JobForecast
from assistant.advice.forecast import as_measured
from assistant.corpus.records import Corpus
from assistant.corpus.replayed import FIGURES, ReplayedForecast
from assistant.evaluation.evaluate import ORDINARY_BUDGET_S, by_family, knows_rungs, large, trials
from assistant.evaluation.trials import Trial, Truth, truths
from assistant.evaluation.ways import Way, probewise, probewise_from_rungs, probewise_from_smaller


def replayed_forecasts(corpus: Corpus) -> tuple[ReplayedForecast, ...]:
    """Every forecast of the corpus's own jobs, with its doubt before that is corrected."""
    return tuple(
        error
        for trial in _trials(replace(corpus, replayed=()))
        for candidate, result in trial.truth.results.items()
        if candidate in trial.forecasts
        for error in _errors(trial.truth.job.id, trial.forecasts[candidate], as_measured(result, 0.0))
    )


def _trials(corpus: Corpus) -> Iterator[Trial]:
    split, jobs = by_family(corpus), truths(corpus)
    tried: list[tuple[Way, list[Truth]]] = [(probewise, jobs), (probewise_from_smaller, large(jobs, corpus))]
    if knows_rungs(corpus, jobs):
        tried.append((probewise_from_rungs, jobs))
    for way, chosen in tried:
        yield from trials(way, split, chosen, ORDINARY_BUDGET_S, seeds=(0,))


def _errors(job: str, foretold: JobForecast, true: JobForecast) -> Iterator[ReplayedForecast]:
    for figure in FIGURES:
        estimate, came = getattr(foretold, figure), getattr(true, figure)
        if estimate is not None and came is not None:
            error = log(came.value / estimate.value)
            yield ReplayedForecast(job, foretold.candidate, figure, estimate.evidence, estimate.log_sd, error)

"""Conformal intervals: how much wider or narrower forecasts must be for 90 % of what comes to lie within.

Split conformal prediction (MAPIE) on replayed probes: their errors, each in units of the doubt that it was foretold
with, give the factor by which doubt must be multiplied. It assumes that a person's job is like those of the corpus.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import cache

import numpy as np

from assistant.advice.estimates import Z_90, Estimate, JobForecast
from assistant.corpus.records import Corpus, own_first
from assistant.corpus.replayed import Figure

CONFIDENCE = 0.9

# The errors of one job have much in common: fewer jobs than this say nothing about the 90th percentile.
LEAST_JOBS = 10

# Of a figure and the evidence it rests on.
Kind = tuple[Figure, str]
Factors = Mapping[Kind, float]


@cache
def widening(learned: tuple[Corpus, ...], fingerprint: str) -> Factors:
    """The factors from the machine with this fingerprint, or from that with most replays where it has too few; those
    of which too little is known anywhere are left out.
    """
    errors: dict[Kind, list[float]] = {}
    for corpus in own_first(learned, fingerprint, lambda corpus: len(corpus.replayed)):
        errors = _errors(corpus) | errors
    return {kind: _factor(found) for kind, found in errors.items()}


def _errors(corpus: Corpus) -> dict[Kind, list[float]]:
    """The errors, in units of the doubt, of each kind of which there are enough."""
    errors: dict[Kind, list[float]] = {}
    jobs: dict[Kind, set[str]] = {}
    for each in corpus.replayed:
        if each.log_sd > 0:
            errors.setdefault((each.figure, each.evidence), []).append(each.log_error / each.log_sd)
            jobs.setdefault((each.figure, each.evidence), set()).add(each.job)
    return {kind: found for kind, found in errors.items() if len(jobs[kind]) >= LEAST_JOBS}


def widened(forecast: JobForecast, factors: Factors) -> JobForecast:
    """The same forecast with doubts as large as errors were where such were foretold."""

    def wide(figure: Figure, estimate: Estimate | None) -> Estimate | None:
        if estimate is None:
            return None
        return replace(estimate, log_sd=estimate.log_sd * factors.get((figure, estimate.evidence), 1.0))

    return replace(
        forecast,
        step_ms=wide("step_ms", forecast.step_ms),
        first_result_s=wide("first_result_s", forecast.first_result_s),
        memory_mb=wide("memory_mb", forecast.memory_mb),
    )


def _factor(errors: list[float]) -> float:
    """Half the width of the conformal interval of errors around none, in units of that of a normal distribution."""
    # They take a second to import, which an app that has measured nothing yet need not spend.
    from mapie.regression import SplitConformalRegressor  # noqa: PLC0415
    from sklearn.dummy import DummyRegressor  # noqa: PLC0415

    nothing, found = np.zeros((len(errors), 1)), np.array(errors)
    none = DummyRegressor(strategy="constant", constant=0.0).fit(nothing, found)
    conformal = SplitConformalRegressor(none, confidence_level=CONFIDENCE, prefit=True)
    _, interval = conformal.conformalize(nothing, found).predict_interval(nothing[:1])
    return float(interval[0, 1, 0]) / Z_90

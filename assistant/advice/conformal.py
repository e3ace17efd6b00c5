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
from assistant.corpus.records import Corpus
from assistant.corpus.replayed import Figure

CONFIDENCE = 0.9

# Fewer errors than this say nothing about their 90th percentile.
LEAST_ERRORS = 50

# Of a figure and the evidence it rests on.
Factors = Mapping[tuple[Figure, str], float]


@cache
def widening(learned: tuple[Corpus, ...], fingerprint: str) -> Factors:
    """The factors of the machine with this fingerprint, or of that with most replays if it has none; those of which
    too little is known are left out.
    """
    known = [corpus for corpus in learned if corpus.replayed]
    if not known:
        return {}
    corpus = max(known, key=lambda each: (each.machine.fingerprint == fingerprint, len(each.replayed)))
    by_kind: dict[tuple[Figure, str], list[float]] = {}
    for each in corpus.replayed:
        if each.log_sd > 0:
            by_kind.setdefault((each.figure, each.evidence), []).append(each.log_error / each.log_sd)
    return {kind: _factor(errors) for kind, errors in by_kind.items() if len(errors) >= LEAST_ERRORS}


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

"""Typical growth: how figures grew with the work on a machine that was measured in full, for where nothing here says.

Only its shape is taken over: `assistant.advice.scaling.fit_together` brings it to the speed of the machine at hand.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import numpy as np

from assistant.advice.scaling import Point, Rates, Term, rates
from assistant.corpus.records import Corpus, corpora
from probes.costs import costs
from probes.report import CandidateResult

Figure = Callable[[CandidateResult], float | None]


@cache
def published() -> tuple[Corpus, ...]:
    """The corpora that come with Probewise."""
    return tuple(corpora())


@cache
def typical_growth(learned: tuple[Corpus, ...], terms: tuple[Term, ...], family: str, figure: Figure) -> Rates | None:
    """The median rates of all candidates on networks of a family, from that corpus of the `learned` ones that has the
    most of them; None where none has any.
    """
    found = [_points(corpus, family, figure) for corpus in learned]
    most = max(found, key=lambda points: sum(map(len, points)), default=[])
    unknown = np.full(len(terms), np.nan)
    grown = [rates(terms, points, unknown) for points in most if len(points) > len(terms)]
    return np.asarray(np.median(grown, axis=0)) if grown else None


def _points(corpus: Corpus, family: str, figure: Figure) -> list[list[Point]]:
    """The figures of each candidate on every network of the family."""
    by_candidate: dict[str, list[Point]] = {}
    for passage in corpus.passages.values():
        for measurement in passage.measurements if passage.part == "probe" else ():
            if measurement.workload.family != family:
                continue
            work = costs(measurement.workload)
            for result in measurement.candidates:
                value = figure(result)
                if value is not None:
                    by_candidate.setdefault(result.candidate, []).append(Point(work, value, 0.0))
    return list(by_candidate.values())

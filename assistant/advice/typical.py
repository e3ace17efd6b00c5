"""Typical growth: how figures grew with the work on a machine that was measured in full, for where nothing here says.

Only its shape is taken over: `assistant.advice.scaling.fit_together` brings it to the speed of the machine at hand.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import numpy as np

from assistant.advice.scaling import Growth, Point, Term, rates
from assistant.corpus.records import Corpus, corpora
from probes.costs import costs
from probes.report import CandidateResult

Figure = Callable[[CandidateResult], float | None]


@cache
def published() -> tuple[Corpus, ...]:
    """The corpora that come with Probewise."""
    return tuple(corpora())


@cache
def typical_growth(
    learned: tuple[Corpus, ...], terms: tuple[Term, ...], family: str, figure: Figure
) -> Growth | None:
    """How the figure grew on networks of a family, from that corpus of the `learned` ones that has the most of them;
    None where none has enough. What a candidate's own measurements leave open is as it is with the median of all.
    """
    found = [_points(corpus, family, figure) for corpus in learned]
    most = max(found, key=lambda points: sum(map(len, points.values())), default={})
    enough = {candidate: points for candidate, points in most.items() if len(points) > len(terms)}
    if not enough:
        return None
    unknown = np.full(len(terms), np.nan)
    common = np.median([rates(terms, points, unknown) for points in enough.values()], axis=0)
    return Growth(common, {candidate: rates(terms, points, common) for candidate, points in enough.items()})


def _points(corpus: Corpus, family: str, figure: Figure) -> dict[str, list[Point]]:
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
    return by_candidate

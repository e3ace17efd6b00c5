"""Typical growth: how figures grew with the work on a machine that was measured in full, for where nothing here says.

Only its shape is taken over: `assistant.advice.scaling.fit_together` brings it to the speed of the machine at hand.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from itertools import chain

import numpy as np

from assistant.advice.scaling import Growth, Point, Term, rates
from assistant.corpus.records import Corpus, corpora, own_first
from probes.costs import costs
from probes.report import CandidateResult

Figure = Callable[[CandidateResult], float | None]


@cache
def published() -> tuple[Corpus, ...]:
    """The corpora that come with Probewise."""
    return tuple(corpora())


@cache
def typical_growth(
    learned: tuple[Corpus, ...], fingerprint: str, terms: tuple[Term, ...], family: str, figure: Figure
) -> Growth | None:
    """How the figure grew on networks of a family, or of all where too few of that are known; None where too few are.

    From the corpus of the machine with this fingerprint, else from the largest of the `learned` ones; before all
    networks of one, the family is looked for in each. What a candidate's own measurements leave open is as it is with
    the median of all.
    """
    ordered = own_first(learned, fingerprint, lambda corpus: len(corpus.passages))
    of_family = (_enough(terms, _points(corpus, figure, family)) for corpus in ordered)
    of_all = (_enough(terms, _points(corpus, figure)) for corpus in ordered)
    enough = next(filter(None, chain(of_family, of_all)), None)
    if enough is None:
        return None
    unknown = np.full(len(terms), np.nan)
    common = np.median([rates(terms, points, unknown) for points in enough.values()], axis=0)
    return Growth(common, {candidate: rates(terms, points, common) for candidate, points in enough.items()})


def _enough(terms: tuple[Term, ...], points: Mapping[str, list[Point]]) -> dict[str, list[Point]]:
    """Those of candidates with more points than terms."""
    return {candidate: own for candidate, own in points.items() if len(own) > len(terms)}


def _points(corpus: Corpus, figure: Figure, family: str | None = None) -> dict[str, list[Point]]:
    """The figures of each candidate on every network of the family, or on every one."""
    by_candidate: dict[str, list[Point]] = {}
    for passage in corpus.passages.values():
        for measurement in passage.measurements if passage.part == "probe" else ():
            if family not in {None, measurement.workload.family}:
                continue
            work = costs(measurement.workload)
            for result in measurement.candidates:
                value = figure(result)
                if value is not None:
                    by_candidate.setdefault(result.candidate, []).append(Point(work, value, 0.0))
    return by_candidate

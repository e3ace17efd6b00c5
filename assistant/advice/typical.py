"""Typical growth: how figures grew with the work on a machine that was measured in full, for where nothing here says.

Only its shape is taken over: `assistant.advice.scaling.fit_together` brings it to the speed of the machine at hand.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import cache

from assistant.advice.laws import Law
from assistant.advice.measured_rows import Row, rows_of
from assistant.advice.scaling import Growth, departures, points, typical
from assistant.corpus.records import Corpus, corpora, own_first
from probes.candidates import CANDIDATES
from probes.report import Machine


@cache
def published() -> tuple[Corpus, ...]:
    """The corpora that come with Probewise."""
    return tuple(corpora())


def typical_growth(learned: tuple[Corpus, ...], fingerprint: str, law: Law) -> Growth | None:
    """How the figure of the law grew with the work, of whatever family; None where too little is known.

    From the corpus of the machine with this fingerprint, else from the largest of the `learned` ones: machines are
    never mixed.
    """
    _machine, growth = _taught(learned, fingerprint, law)
    return growth


def teacher(learned: tuple[Corpus, ...], fingerprint: str, law: Law) -> Machine | None:
    """The machine that this growth was measured on."""
    machine, _growth = _taught(learned, fingerprint, law)
    return machine


@cache
def _taught(learned: tuple[Corpus, ...], fingerprint: str, law: Law) -> tuple[Machine | None, Growth | None]:
    ordered = own_first(learned, fingerprint, lambda corpus: len(corpus.passages))
    found = ((corpus.machine, growth) for corpus in ordered if (growth := _growth(law, corpus)) is not None)
    return next(found, (None, None))


def _growth(law: Law, corpus: Corpus) -> Growth | None:
    """Of those candidates that were measured on more sizes than the law has terms."""
    from assistant.advice.residual import consistent  # noqa: PLC0415  imports what takes a second

    measured = {candidate: own for candidate, own in points(law, _rows(corpus)).items() if len(own) > len(law.terms)}
    growth = typical(law, measured)
    if growth is None:
        return None
    own = {
        candidate: replace(known, departures=consistent(law, departures(law, known.rates, measured[candidate])))
        for candidate, known in growth.own.items()
    }
    return Growth(growth.common, own)


@cache
def _rows(corpus: Corpus) -> Mapping[str, tuple[Row, ...]]:
    """What probes found, by candidate; each job in processes of its own."""
    reports = [corpus.report(job) for job, part in corpus.passages if part == "probe"]
    return {
        candidate.id: tuple(row for report in reports for row in rows_of(candidate.id, report))
        for candidate in CANDIDATES
    }

"""What was really measured: the committed corpus, as reports."""

from __future__ import annotations

from functools import cache

from assistant.advice.forecast import Forecaster
from assistant.corpus.records import Corpus, corpora
from assistant.project import Project
from assistant.target import target
from probes.report import ProbeReport


@cache
def committed() -> Corpus:
    """The one of most passages."""
    return max(corpora(), key=lambda corpus: len(corpus.passages))


def rungs(family: str) -> ProbeReport:
    """The networks of a family that anybody may name, in three sizes."""
    return committed().report(f"{family}-medium")


def rungs_for(project: Project) -> ProbeReport:
    """Those of the project's family."""
    return rungs(target(project).workload.family)


def forecaster_for(project: Project) -> Forecaster:
    """What they foretell."""
    return _forecaster(target(project).workload.family)


@cache
def _forecaster(family: str) -> Forecaster:
    return Forecaster(rungs(family))

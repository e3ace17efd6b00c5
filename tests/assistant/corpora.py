"""Made-up corpora, small enough to foretell what a replay or an evaluation must say of them."""

from __future__ import annotations

from collections.abc import Mapping

from assistant.corpus.jobs import JOBS, Job
from assistant.corpus.records import Corpus, Part, Passage
from probes.candidates import find_candidate
from probes.costs import costs
from probes.report import CandidateResult, Machine, Measurement
from probes.statistics import step_time_interval
from probes.workloads import Workload

ORDINARY_JOBS = tuple(job for job in JOBS if job.forecast)
SMALL_JOB = min(ORDINARY_JOBS, key=lambda job: costs(job.workload).training_flops)
SMALL_NETWORKS = tuple(job for job in JOBS if not job.forecast)
LADDER_JOB = next(job for job in ORDINARY_JOBS if len(job.ladder) > 1)
WHEN = "2026-11-23T20:00:00+00:00"


def result(candidate: str, step_ms: float, **changes: object) -> CandidateResult:
    """Import, build and first step as long as is typical of the candidate; three samples, at most 10 % apart."""
    usual = find_candidate(candidate)
    half_s = usual.network_s / 2
    samples = (step_ms * 1.05, step_ms * 0.95, step_ms * 1.05)
    low, high = step_time_interval(samples)
    facts = {
        "status": "ok",
        "import_s": usual.import_s,
        "build_s": half_s,
        "first_step_s": half_s,
        "step_ms": step_ms,
        "step_ms_low": low,
        "step_ms_high": high,
        "samples": samples,
        "sample_rounds": (0, 1, 2),
        "rounds": 3,
        "memory_mb": 300.0,
        "device": "cpu",
        "steady": True,
    }
    return CandidateResult.model_validate({"candidate": candidate, **facts, **changes})


def failure(candidate: str, status: str, error: str) -> CandidateResult:
    """A candidate that was imported and came no further."""
    return CandidateResult.model_validate({"candidate": candidate, "status": status, "import_s": 0.5, "error": error})


def proportional(workload: Workload, ms_per_gflop: Mapping[str, float]) -> Measurement:
    """Every candidate takes a millisecond and so many for each GFLOP."""
    gflop = costs(workload).training_flops / 1e9
    rows = tuple(result(candidate, 1 + rate * gflop) for candidate, rate in ms_per_gflop.items())
    return Measurement(workload=workload, candidates=rows)


def corpus(machine: Machine, ms_per_gflop: Mapping[str, float], *jobs: Job) -> Corpus:
    """The jobs measured on a machine where step times are exactly proportional, probe and truth alike."""
    passages: dict[tuple[str, Part], Passage] = {}
    for job in jobs:
        probed = tuple(proportional(workload, ms_per_gflop) for workload in job.ladder)
        passages[job.id, "probe"] = Passage(job.id, "probe", WHEN, probed)
        passages[job.id, "truth"] = Passage(job.id, "truth", WHEN, probed[-1:])
    return Corpus(machine, {"torch": "2.13.0"}, passages)

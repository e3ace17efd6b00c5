"""Forecast: from measurements of small models to the time and memory of the person's job.

A measured row of the very job is used as it is. A candidate that was not measured, or failed, says so in words and
gets no number.
"""

from __future__ import annotations

from dataclasses import replace
from math import log, sqrt

from assistant.advice.estimates import Z_90, Estimate, JobForecast
from assistant.language import _
from assistant.project import Project
from assistant.target import Target, trains_on
from probes.candidates import CANDIDATES
from probes.report import CandidateResult, ProbeReport
from probes.workloads import Workload

# A repeated measurement within a minute differs by about this much (standard deviation of the logarithm), however
# narrow the interval of one run is; on a contended machine several times as much.
REPEAT_LOG_SD = 0.07
CONTENDED_FACTOR = 3.0


def forecast_job(project: Project, job: Target, probe: ProbeReport | None) -> dict[str, JobForecast]:
    """What is known about the job in every candidate, by candidate id."""
    if probe is None:
        return _nothing(_("Nothing has been measured yet."))
    if not trains_on(project, probe.machine):
        return _nothing(_("The job trains on another machine than the one that was measured; measure there."))
    return {candidate.id: _forecast(candidate.id, job, probe) for candidate in CANDIDATES}


def _nothing(why: str) -> dict[str, JobForecast]:
    return {candidate.id: JobForecast(candidate.id, missing=why) for candidate in CANDIDATES}


def _forecast(candidate: str, job: Target, probe: ProbeReport) -> JobForecast:
    rows = [
        (measurement.workload, row)
        for measurement in probe.measurements
        for row in measurement.candidates
        if row.candidate == candidate
    ]
    exact = next((row for workload, row in rows if same_work(workload, job.workload) and row.step_ms), None)
    if exact:
        return _as_measured(exact, contended=probe.contended)
    failure = next((row.error for _workload, row in rows if row.error), None)
    return JobForecast(candidate, missing=failure or _("It was not measured."))


def same_work(one: Workload, other: Workload) -> bool:
    """Whether two workloads are the same but for their names."""
    return replace(one, id="") == replace(other, id="")


def _as_measured(row: CandidateResult, *, contended: bool) -> JobForecast:
    assert row.step_ms is not None
    started = (row.import_s, row.build_s, row.first_step_s)
    first_s = sum(seconds or 0 for seconds in started) if row.first_step_s is not None else None
    sd = measured_log_sd(row) * (CONTENDED_FACTOR if contended else 1)
    return JobForecast(
        row.candidate,
        step_ms=Estimate(row.step_ms, sd, "measured"),
        first_result_s=Estimate(first_s, sd, "measured") if first_s else None,
        memory_mb=Estimate(row.memory_mb, sd, "measured") if row.memory_mb else None,
    )


def measured_log_sd(row: CandidateResult) -> float:
    """Standard deviation of a measured step time's logarithm: from its interval, and what a repeat differs by."""
    if row.step_ms_low and row.step_ms_high:
        return sqrt((log(row.step_ms_high / row.step_ms_low) / (2 * Z_90)) ** 2 + REPEAT_LOG_SD**2)
    return REPEAT_LOG_SD

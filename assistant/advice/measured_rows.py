"""The measured rows of one candidate, and the figures in them that a forecast is fitted on."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import hypot, log
from statistics import median

from assistant.advice.estimates import REPEAT_LOG_SD, Z_90
from probes.campaign.pacing import BESIDE_FACTOR
from probes.costs import Costs, costs
from probes.memory.growth import PEAK_SD_MB
from probes.report import CandidateResult, ProbeReport
from probes.workloads import Workload

# How many times as much repeats differ on a contended machine; what happened meanwhile is in the interval.
CONTENDED_FACTOR = 3.0


@dataclass(frozen=True)
class Row:
    """One candidate's measurement of one workload, with the standard deviation of its step time's logarithm."""

    workload: Workload
    costs: Costs
    result: CandidateResult
    log_sd: float

    def with_longer_start(self, more_s: float) -> Row:
        """The row with a first step longer by what takes `more_s` seconds with nobody beside it."""
        first_step_s = self.result.first_step_s
        if first_step_s is None:
            return self
        longer_s = first_step_s + more_s * _beside(self.result)
        return replace(self, result=self.result.model_copy(update={"first_step_s": longer_s}))


def rows_of(candidate: str, probe: ProbeReport) -> tuple[Row, ...]:
    """Every row of the candidate in the report, failed ones included, in the order of measuring."""
    rows = tuple(
        Row(measurement.workload, costs(measurement.workload), result, _log_sd(result, probe))
        for measurement in probe.measurements
        for result in measurement.candidates
        if result.candidate == candidate
    )
    return _as_if_fresh(rows)


def _log_sd(result: CandidateResult, probe: ProbeReport) -> float:
    # Who was broken off has few rounds, perhaps one.
    doubtful = probe.contended or result.contended or result.status != "ok"
    return measured_log_sd(result, repeat_log_sd=(CONTENDED_FACTOR if doubtful else 1.0) * REPEAT_LOG_SD)


def _as_if_fresh(rows: tuple[Row, ...]) -> tuple[Row, ...]:
    """The rows with first steps as long as in a person's own script, which builds nothing else before: libraries that
    only compiling needs are loaded with the first network of a process, and were there already for the later ones.
    """
    once_s = _once_s(rows)
    return tuple(row.with_longer_start(once_s) if row.result.fresh is False else row for row in rows)


def _once_s(rows: tuple[Row, ...]) -> float:
    """What compiling the first network of a process took beyond what its operations take in later ones; 0 where
    nothing shows it.
    """
    compiled = [(row, seconds) for row in rows if (seconds := compile_s_of(row.result)) is not None]
    first = next(((row, seconds) for row, seconds in compiled if row.result.fresh), None)
    later = [seconds / row.costs.launches for row, seconds in compiled if row.result.fresh is False]
    if first is None or not later:
        return 0.0
    row, seconds = first
    return max(seconds - median(later) * row.costs.launches, 0.0)


def measured_log_sd(result: CandidateResult, repeat_log_sd: float = REPEAT_LOG_SD) -> float:
    """Standard deviation of a measured step time's logarithm: from its interval, and what a repeat differs by."""
    if result.step_ms_low and result.step_ms_high:
        return hypot(log(result.step_ms_high / result.step_ms_low) / (2 * Z_90), repeat_log_sd)
    return 2 * repeat_log_sd


def step_ms_of(result: CandidateResult) -> float | None:
    """The step time, in ms."""
    return result.step_ms


def memory_mb_of(result: CandidateResult) -> float | None:
    """The peak memory, in MiB."""
    return result.memory_mb


def memory_log_sd(result: CandidateResult) -> float:
    """What fresh processes differ by; however busy the machine is, memory is not."""
    return PEAK_SD_MB / result.memory_mb if result.memory_mb else 0.0


def compile_s_of(result: CandidateResult) -> float | None:
    """What the first step took longer than a later one, at least a step: tracing and allocating are never free."""
    if result.first_step_s is None or result.step_ms is None:
        return None
    step_s = result.step_ms / 1e3
    return max(alone_s(result, result.first_step_s) - step_s, step_s)


def alone_s(result: CandidateResult, seconds: float | None) -> float:
    """What a build or first step would have taken with nobody beside it; 0 for what is not known."""
    return (seconds or 0.0) / _beside(result)


def _beside(result: CandidateResult) -> float:
    """How many times as long as alone a start took."""
    return BESIDE_FACTOR if result.start_beside else 1.0

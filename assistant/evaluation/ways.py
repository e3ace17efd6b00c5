"""Ways of choosing a candidate for a job: Probewise's own, and the simpler ones that it has to beat."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from assistant.advice.estimates import Estimate, JobForecast
from assistant.advice.forecast import CANNOT, Forecaster, as_measured
from assistant.advice.measured_rows import rows_of
from assistant.corpus.records import Corpus
from assistant.evaluation.replay import replayed_probe
from assistant.evaluation.trials import Trial, Truth, fastest
from assistant.ladder import OPENING_RUNG, family_rungs, probe_ladder
from probes.campaign.pacing import BLOCK_MS
from probes.costs import costs
from probes.report import CandidateResult, Machine, ProbeReport
from probes.statistics import step_time
from probes.workloads import Workload, find_workload


@dataclass(frozen=True)
class Setting:
    """What a trial is made of: the corpus, what may be learned from it (nothing of the job's kind, or of its size),
    the job, the seconds to measure for, and a seed.
    """

    corpus: Corpus
    learned: Corpus
    truth: Truth
    budget_s: float
    seed: int

    def trial(self, forecasts: Mapping[str, JobForecast]) -> Trial:
        """The fastest by these forecasts, held against the truth. Of a start they say nothing where the corpus knows
        only what it takes after other networks.
        """
        known = {
            candidate: each
            if self.corpus.knows_start(self.truth.job.id, candidate)
            else replace(each, first_result_s=None)
            for candidate, each in forecasts.items()
        }
        return Trial(self.truth, self.seed, fastest(known), known)

    def probe(self, workloads: Sequence[Workload]) -> ProbeReport:
        """What a probe of these workloads finds within the budget."""
        return replayed_probe(self.corpus, workloads, budget_s=self.budget_s, seed=self.seed)

    def foretold(self, workloads: Sequence[Workload]) -> Mapping[str, JobForecast]:
        """The forecasts of the job by what such a probe finds."""
        return Forecaster(self.probe(workloads), learned=(self.learned,)).of_workload(self.truth.job.workload)


Way = Callable[[Setting], Trial]


def probewise(setting: Setting) -> Trial:
    """The forecast from what the probe finds in time."""
    return setting.trial(setting.foretold(probe_ladder(setting.truth.job.workload, setting.corpus.machine)))


def probewise_from_smaller(setting: Setting) -> Trial:
    """The same without time for the job itself, from less of a large one only."""
    return setting.trial(setting.foretold(smaller_networks(setting.truth.job.workload, setting.corpus.machine)))


def probewise_from_rungs(setting: Setting) -> Trial:
    """The same where nothing of the job can be measured, as for one that is too large for the machine."""
    return setting.trial(setting.foretold(family_rungs(setting.truth.job.workload)))


def smallest_winner(setting: Setting) -> Trial:
    """Whoever was fastest on the smallest network of the family; what it took grows with the FLOPs."""
    return setting.trial(_in_proportion(setting, (opening_rung(setting.truth.job.workload),)))


def flops_proportional(setting: Setting) -> Trial:
    """What the largest measured of small networks of the family took, as many times as long as the job has FLOPs."""
    return setting.trial(_in_proportion(setting, family_rungs(setting.truth.job.workload)))


def real_target(setting: Setting) -> Trial:
    """The job itself in every candidate that can do it, one after the other for an equal share of the seconds; the
    fastest of those that took a step.
    """
    passage = setting.corpus.passages[setting.truth.job.id, "probe"]
    results = [row for row in passage.measurements[-1].candidates if row.status not in CANNOT]
    found = {row.candidate: _step_ms(row, setting.budget_s / len(results), setting.seed) for row in results}
    return setting.trial({candidate: _guess(candidate, ms) for candidate, ms in found.items() if ms is not None})


def measured_before(setting: Setting) -> Trial:
    """The job itself, measured in full by the probe that the corpus has of it, however long that took."""
    report = setting.corpus.report(setting.truth.job.id)
    rows = [rows_of(candidate, report)[-1] for candidate in setting.truth.results]
    return setting.trial(
        {row.result.candidate: as_measured(row.result, row.log_sd) for row in rows if row.result.step_ms is not None}
    )


def always(candidate: str) -> Way:
    """The same candidate for every job."""
    return lambda setting: Trial(setting.truth, setting.seed, candidate, {})


def smaller_networks(job: Workload, machine: Machine) -> tuple[Workload, ...]:
    """What a probe measures of a job before the job itself; nothing of one that is measured at once."""
    return tuple(each for each in probe_ladder(job, machine) if each != job)


def opening_rung(job: Workload) -> Workload:
    """The smallest network of the job's family."""
    return find_workload(f"{job.family}-{OPENING_RUNG}")


def _in_proportion(setting: Setting, networks: Sequence[Workload]) -> Mapping[str, JobForecast]:
    """The step time of each candidate's largest measured network, times how many more FLOPs the job has."""
    job_flops = costs(setting.truth.job.workload).training_flops
    found: dict[str, JobForecast] = {}
    for measurement in sorted(setting.probe(networks).measurements, key=lambda each: _flops(each.workload)):
        growth = job_flops / _flops(measurement.workload)
        known = {row.candidate: row.step_ms for row in measurement.candidates if row.step_ms is not None}
        found |= {candidate: _guess(candidate, step_ms * growth) for candidate, step_ms in known.items()}
    return found


def _flops(workload: Workload) -> float:
    return costs(workload).training_flops


def _step_ms(result: CandidateResult, share_s: float, seed: int) -> float | None:
    """What the candidate would show of the job in its share: import, build and first step, then blocks if any fit."""
    starts = (result.import_s, result.build_s, result.first_step_s)
    if result.step_ms is None or any(seconds is None for seconds in starts):
        return None
    left_ms = 1e3 * (share_s - sum(seconds or 0.0 for seconds in starts))
    if left_ms < result.step_ms:
        return None
    blocks = max(int(left_ms / max(BLOCK_MS, result.step_ms)), 1)
    return step_time(np.roll(result.samples, -seed)[:blocks].tolist())


def _guess(candidate: str, step_ms: float) -> JobForecast:
    return JobForecast(candidate, step_ms=Estimate(step_ms, 0.0, "forecast"))

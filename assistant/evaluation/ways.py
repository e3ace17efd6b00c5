"""Ways of choosing a candidate for a job: Probewise's own, and the simpler ones that it has to beat."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from assistant.advice.estimates import Estimate, JobForecast
from assistant.advice.forecast import Forecaster, as_measured
from assistant.advice.measured_rows import measured_log_sd
from assistant.corpus.records import Corpus
from assistant.evaluation.replay import replayed_probe
from assistant.evaluation.trials import Trial, Truth, fastest
from assistant.target import OPENING_RUNG, probe_ladder
from probes.campaign.pacing import MIN_ROUNDS
from probes.costs import costs
from probes.report import CandidateResult, ProbeReport
from probes.workloads import Workload, find_workload


@dataclass(frozen=True)
class Setting:
    """What a trial is made of: the corpus, what may be learned from it (none of the jobs of this one's family), the
    job, the seconds to measure for, and a seed.
    """

    corpus: Corpus
    learned: Corpus
    truth: Truth
    budget_s: float
    seed: int

    def trial(self, forecasts: Mapping[str, JobForecast]) -> Trial:
        """The fastest by these forecasts, held against the truth."""
        return Trial(self.truth, self.seed, fastest(forecasts), forecasts)

    def probe(self, workloads: Sequence[Workload] = ()) -> ProbeReport:
        """What a probe finds within the budget, of these workloads or of what is measured for the job."""
        chosen = workloads or probe_ladder(self.truth.job.workload, self.corpus.machine)
        return replayed_probe(self.corpus, chosen, budget_s=self.budget_s, seed=self.seed)


Way = Callable[[Setting], Trial]


def probewise(setting: Setting) -> Trial:
    """The forecast from what the probe finds in time."""
    forecaster = Forecaster(setting.probe(), learned=(setting.learned,))
    return setting.trial(forecaster.of_workload(setting.truth.job.workload))


def smallest_winner(setting: Setting) -> Trial:
    """Whoever was fastest on the smallest network of the family; what it took grows with the FLOPs."""
    job = setting.truth.job.workload
    smallest = find_workload(f"{job.family}-{OPENING_RUNG}")
    if smallest.id not in setting.corpus.probed:
        return setting.trial({})
    report = setting.probe((smallest,))
    growth = costs(job).training_flops / costs(report.workload).training_flops
    measured = {row.candidate: row.step_ms for row in report.candidates if row.step_ms is not None}
    return setting.trial({candidate: _guess(candidate, step_ms * growth) for candidate, step_ms in measured.items()})


def real_target(setting: Setting) -> Trial:
    """The job itself in every candidate for an equal share of the seconds; the fastest of those that took a step."""
    passage = setting.corpus.passages[setting.truth.job.id, "probe"]
    results = passage.measurements[-1].candidates
    share_s = setting.budget_s / len(results)
    found = {row.candidate: _step_ms(row, share_s, setting.seed) for row in results}
    return setting.trial({candidate: _guess(candidate, ms) for candidate, ms in found.items() if ms is not None})


def measured_before(setting: Setting) -> Trial:
    """The job itself, measured in full by the probe that the corpus has of it, however long that took."""
    results = setting.corpus.passages[setting.truth.job.id, "probe"].measurements[-1].candidates
    known = {row.candidate: as_measured(row, measured_log_sd(row)) for row in results if row.step_ms is not None}
    return setting.trial(known)


def always(candidate: str) -> Way:
    """The same candidate for every job."""
    return lambda setting: Trial(setting.truth, setting.seed, candidate, {})


def _step_ms(result: CandidateResult, share_s: float, seed: int) -> float | None:
    """What the candidate would show of the job in its share: import, build and first step, then steps if any fit."""
    starts = (result.import_s, result.build_s, result.first_step_s)
    if result.step_ms is None or any(seconds is None for seconds in starts):
        return None
    left_s = share_s - sum(seconds or 0.0 for seconds in starts)
    samples = result.samples[seed % len(result.samples) :][:MIN_ROUNDS]
    return sum(samples) / len(samples) if left_s >= result.step_ms / 1e3 else None


def _guess(candidate: str, step_ms: float) -> JobForecast:
    return JobForecast(candidate, step_ms=Estimate(step_ms, 0.0, "forecast"))

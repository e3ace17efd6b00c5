"""Trials: for one job and one seed, what a way of choosing said, and what came."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from math import exp

from assistant.advice.estimates import Estimate, JobForecast
from assistant.corpus.jobs import JOBS, Job
from assistant.corpus.records import Corpus
from probes.report import CandidateResult

# Who was not measured here counts as slower by so many standard deviations: the fastest of several guesses is most
# likely one that is too low. Chosen on the corpus 9e4128c5e0666f89.
CAUTION = 0.5


@dataclass(frozen=True)
class Truth:
    """A job as it was measured in full: the results by candidate id, of those that could do it."""

    job: Job
    results: Mapping[str, CandidateResult]

    @property
    def best_ms(self) -> float:
        """The step time of the fastest."""
        return min(self.step_ms(candidate) for candidate in self.results)

    def step_ms(self, candidate: str) -> float:
        """A candidate's step time; that of the slowest for one that could not do the job."""
        result = self.results.get(candidate)
        if result is None or result.step_ms is None:
            return max(each.step_ms for each in self.results.values() if each.step_ms is not None)
        return result.step_ms

    def regret(self, candidate: str | None) -> float:
        """How much longer a step takes than with the best choice, as a share; no choice counts as the worst one."""
        if candidate is None:
            return max(map(self.regret, self.results))
        return self.step_ms(candidate) / self.best_ms - 1


@dataclass(frozen=True)
class Trial:
    """What a way of choosing picked for a job (None where it had nothing to choose from) and what it foretold."""

    truth: Truth
    seed: int
    pick: str | None
    forecasts: Mapping[str, JobForecast]

    @property
    def regret(self) -> float:
        """Of the pick."""
        return self.truth.regret(self.pick)


def truths(corpus: Corpus) -> list[Truth]:
    """Every job of which the corpus has both the probe and the truth."""
    return list(_truths(corpus, (job for job in JOBS if job.forecast)))


def by_job(trials: Iterable[Trial]) -> dict[str, list[Trial]]:
    """The trials of each job, by its id."""
    found: dict[str, list[Trial]] = {}
    for trial in trials:
        found.setdefault(trial.truth.job.id, []).append(trial)
    return found


def fastest(forecasts: Mapping[str, JobForecast]) -> str | None:
    """The candidate with the shortest step, by forecasts of those that were not measured here with some caution."""
    known = {
        candidate: _cautious_ms(each.step_ms) for candidate, each in forecasts.items() if each.step_ms is not None
    }
    return min(known, key=lambda candidate: known[candidate], default=None)


def _cautious_ms(step_ms: Estimate) -> float:
    return step_ms.value * exp(CAUTION * step_ms.log_sd) if step_ms.evidence == "corpus" else step_ms.value


def _truths(corpus: Corpus, jobs: Iterable[Job]) -> Iterator[Truth]:
    for job in jobs:
        passage = corpus.passages.get((job.id, "truth"))
        if passage is None or (job.id, "probe") not in corpus.passages:
            continue
        results = {each.candidate: each for each in passage.measurements[-1].candidates if each.step_ms is not None}
        if results:
            yield Truth(job, results)

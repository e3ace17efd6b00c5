"""The evaluation: every way of choosing on every job of a corpus, at every budget, over several seeds."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from statistics import fmean

from pydantic import BaseModel, ConfigDict

from assistant.corpus.records import Corpus
from assistant.evaluation.interviews import Interviews
from assistant.evaluation.standings import Standing, standing
from assistant.evaluation.summary import Summary, single_best, summarize
from assistant.evaluation.trials import Trial, Truth, truths
from assistant.evaluation.ways import Setting, Way, always, measured_before, probewise, real_target, smallest_winner
from assistant.language import _
from probes.candidates import CANDIDATES
from probes.costs import costs

# Seconds of probing: the second last is what a probe takes unless told, and what the summary is of.
BUDGETS_S = (10.0, 30.0, 60.0, 120.0)
ORDINARY_BUDGET_S = 60.0

SEEDS, QUICK_SEEDS = 10, 2

SMALLEST_WINNER, REAL_TARGET = "smallest-winner", "real-target"


class Row(BaseModel):
    """One job: what was best, what was picked and how often, and what that cost on average."""

    model_config = ConfigDict(frozen=True)

    workload: str
    family: str
    best: str
    best_ms: float
    picks: dict[str, int]
    mean_regret: float
    step_time_error: float | None


class Noise(BaseModel):
    """What no way of choosing can be better than: how well a full measurement foretells itself.

    `repeated` is of choosing by the job measured in full, some time before what it is held against; `controls` are
    pairs of processes of the same candidate, `false_differences` the share of them that were told apart.
    """

    model_config = ConfigDict(frozen=True)

    repeated: Summary
    controls: int
    false_differences: float | None


class Evaluation(BaseModel):
    """All figures of one corpus; what `probewise evaluate --json` prints.

    `baselines` are by name: `SMALLEST_WINNER`, `REAL_TARGET`, and the id of each candidate for choosing always that
    one, of which `single_best` is the best; `standings` are theirs against Probewise. `measured_at` is when the last
    measurement was made (ISO 8601). `interviews` is None in a quick evaluation and without the written projects.
    """

    model_config = ConfigDict(frozen=True)

    machine: str
    versions: dict[str, str]
    measured_at: str
    seeds: int
    summary: Summary
    baselines: dict[str, Summary]
    standings: dict[str, Standing]
    single_best: str
    by_budget: tuple[Summary, ...]
    by_family: dict[str, Summary]
    largest_third: Summary
    noise: Noise
    rows: tuple[Row, ...]
    interviews: Interviews | None = None


def evaluate(corpus: Corpus, *, quick: bool, say: Callable[[str, float], None]) -> Evaluation:
    """Every job that the corpus has in full; `say` is told what is tried and the share that is done."""
    jobs, seeds = truths(corpus), range(QUICK_SEEDS if quick else SEEDS)
    by_budget: dict[float, list[Trial]] = {}
    for index, budget_s in enumerate(BUDGETS_S):
        say(_("Probing for {seconds:.0f} s").format(seconds=budget_s), index / (len(BUDGETS_S) + 1))
        by_budget[budget_s] = trials(probewise, corpus, jobs, budget_s, seeds)
    say(_("Other ways of choosing"), len(BUDGETS_S) / (len(BUDGETS_S) + 1))
    ours, others = by_budget[ORDINARY_BUDGET_S], _baselines(corpus, jobs, seeds)
    return Evaluation(
        machine=corpus.machine.cpu,
        versions=dict(corpus.versions),
        measured_at=max(passage.measured_at for passage in corpus.passages.values()),
        seeds=len(seeds),
        summary=summarize(ours, ORDINARY_BUDGET_S),
        baselines={name: summarize(found, ORDINARY_BUDGET_S) for name, found in others.items()},
        standings={name: standing(found, ours) for name, found in others.items()},
        single_best=single_best(jobs),
        by_budget=tuple(summarize(found, budget_s) for budget_s, found in by_budget.items()),
        by_family={
            family: summarize([trial for trial in ours if trial.truth.job.family == family], ORDINARY_BUDGET_S)
            for family in sorted({truth.job.family for truth in jobs})
        },
        largest_third=summarize(_largest_third(ours), ORDINARY_BUDGET_S),
        noise=_noise(corpus, jobs),
        rows=tuple(_row(truth, [trial for trial in ours if trial.truth is truth]) for truth in jobs),
    )


def trials(way: Way, corpus: Corpus, jobs: Sequence[Truth], budget_s: float, seeds: Sequence[int]) -> list[Trial]:
    """One way of choosing on every job with every seed."""
    families = {truth.job.family for truth in jobs}
    learned = {family: corpus.without(family) for family in families}
    return [
        way(Setting(corpus, learned[truth.job.family], truth, budget_s, seed)) for truth in jobs for seed in seeds
    ]


def _baselines(corpus: Corpus, jobs: Sequence[Truth], seeds: Sequence[int]) -> dict[str, list[Trial]]:
    ways: Mapping[str, Way] = {
        SMALLEST_WINNER: smallest_winner,
        REAL_TARGET: real_target,
        **{candidate.id: always(candidate.id) for candidate in CANDIDATES},
    }
    return {name: trials(way, corpus, jobs, ORDINARY_BUDGET_S, seeds) for name, way in ways.items()}


def _largest_third(found: Sequence[Trial]) -> list[Trial]:
    flops = {trial.truth.job.id: costs(trial.truth.job.workload).training_flops for trial in found}
    largest = sorted(flops, key=lambda job: flops[job])[-(len(flops) // 3 or 1) :]
    return [trial for trial in found if trial.truth.job.id in largest]


def _noise(corpus: Corpus, jobs: Sequence[Truth]) -> Noise:
    # With the same figures every time, one seed says all.
    repeated = trials(measured_before, corpus, jobs, math.inf, seeds=(0,))
    passages = corpus.passages.values()
    controls = [each.control for passage in passages for each in passage.measurements if each.control]
    return Noise(
        repeated=summarize(repeated, None),
        controls=len(controls),
        false_differences=fmean(control.different for control in controls) if controls else None,
    )


def _row(truth: Truth, found: Sequence[Trial]) -> Row:
    picks = [trial.pick or "" for trial in found]
    return Row(
        workload=truth.job.id,
        family=truth.job.family,
        best=min(truth.results, key=truth.step_ms),
        best_ms=truth.best_ms,
        picks={pick: picks.count(pick) for pick in sorted(set(picks))},
        mean_regret=fmean(trial.regret for trial in found),
        step_time_error=summarize(found, None).step_time_mape,
    )

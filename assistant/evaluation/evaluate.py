"""The evaluation: every way of choosing on every job of a corpus, at every budget, over several seeds."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean

from pydantic import BaseModel, ConfigDict

from assistant.corpus.jobs import JOBS
from assistant.corpus.records import Corpus
from assistant.evaluation.interviews import Interviews
from assistant.evaluation.standings import Standing, standing
from assistant.evaluation.summary import Summary, single_best, summarize
from assistant.evaluation.trials import Trial, Truth, truths
from assistant.evaluation.ways import (
    Setting,
    Way,
    always,
    flops_proportional,
    measured_before,
    opening_rung,
    probewise,
    probewise_from_rungs,
    probewise_from_smaller,
    real_target,
    smaller_networks,
    smallest_winner,
)
from assistant.ladder import family_rungs
from assistant.language import _
from probes.candidates import CANDIDATES
from probes.costs import costs

# Seconds of probing: the second last is what a probe takes unless told, and what the summary is of.
BUDGETS_S = (10.0, 30.0, 60.0, 120.0)
ORDINARY_BUDGET_S = 60.0

SEEDS, QUICK_SEEDS = 10, 2

SMALLEST_WINNER, FLOPS_PROPORTIONAL, REAL_TARGET = "smallest-winner", "flops-proportional", "real-target"

# Our own way.
PROBEWISE = "probewise"


@dataclass(frozen=True)
class Split:
    """A corpus, and for each job what of it may be learned from."""

    corpus: Corpus
    learned: Callable[[Truth], Corpus]


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

    `summary` is of an ordinary probe, which measures the job itself where a step of it is quick. `from_smaller` is of
    the jobs that are too large for that, without time for more than less of them; `from_rungs` of all, from small
    networks of their family only, and `learned_elsewhere` the same with what another machine taught. These are None
    where the corpora lack what they need. `largest_third` is of the largest jobs, with nothing learned from any as
    large. `baselines` are by name: `SMALLEST_WINNER`,
    `FLOPS_PROPORTIONAL`, `REAL_TARGET`, and the id of each candidate for choosing always that one, of which
    `single_best` is the best; `standings` are theirs against Probewise. `baselines_by_budget` has those that get
    better with more seconds. `measured_at` is when the last measurement was made (ISO 8601). `interviews` is None in
    a quick evaluation and without the written projects.
    """

    model_config = ConfigDict(frozen=True)

    machine: str
    versions: dict[str, str]
    measured_at: str
    seeds: int
    summary: Summary
    from_smaller: Summary | None
    from_rungs: Summary | None
    learned_elsewhere: Summary | None
    baselines: dict[str, Summary]
    standings: dict[str, Standing]
    single_best: str
    by_budget: tuple[Summary, ...]
    baselines_by_budget: dict[str, tuple[Summary, ...]]
    by_family: dict[str, Summary]
    largest_third: Summary
    noise: Noise
    rows: tuple[Row, ...]
    interviews: Interviews | None = None


def evaluate(
    corpus: Corpus, elsewhere: Sequence[Corpus] = (), *, quick: bool, say: Callable[[str, float], None]
) -> Evaluation:
    """Every job that the corpus has in full; `elsewhere` are those of other machines, and `say` is told what is tried
    and the share that is done.
    """
    jobs, seeds = truths(corpus), range(QUICK_SEEDS if quick else SEEDS)
    split = by_family(corpus)
    measuring = _measuring_ways(corpus, jobs)
    tried: dict[str, dict[float, list[Trial]]] = {}
    for number, (name, way) in enumerate(measuring.items()):
        say(_("Ways of choosing"), number / len(measuring))
        tried[name] = {each: trials(way, split, jobs, each, seeds) for each in BUDGETS_S}
    summaries = {
        name: {budget_s: summarize(each, budget_s) for budget_s, each in found.items()}
        for name, found in tried.items()
    }
    ours = tried.pop(PROBEWISE)[ORDINARY_BUDGET_S]
    our_summaries = summaries.pop(PROBEWISE)
    fixed = {each.id: trials(always(each.id), split, jobs, math.inf, seeds) for each in CANDIDATES}
    others = {name: found[ORDINARY_BUDGET_S] for name, found in tried.items()} | fixed
    return Evaluation(
        machine=corpus.machine.cpu,
        versions=dict(corpus.versions),
        measured_at=max(passage.measured_at for passage in corpus.passages.values()),
        seeds=len(seeds),
        summary=our_summaries[ORDINARY_BUDGET_S],
        from_smaller=_from_smaller(split, jobs, seeds),
        from_rungs=_from_rungs(split, jobs, seeds),
        learned_elsewhere=_learned_elsewhere(split, elsewhere, jobs, seeds),
        baselines={name: found[ORDINARY_BUDGET_S] for name, found in summaries.items()}
        | {name: summarize(found, ORDINARY_BUDGET_S) for name, found in fixed.items()},
        standings={name: standing(found, ours) for name, found in others.items()},
        single_best=single_best(jobs),
        by_budget=tuple(our_summaries.values()),
        baselines_by_budget={name: tuple(found.values()) for name, found in summaries.items()},
        by_family={
            family: summarize([trial for trial in ours if trial.truth.job.family == family], ORDINARY_BUDGET_S)
            for family in sorted({truth.job.family for truth in jobs})
        },
        largest_third=_largest_third(corpus, jobs, seeds),
        noise=_noise(split, jobs),
        rows=tuple(_row(truth, [trial for trial in ours if trial.truth is truth]) for truth in jobs),
    )


def trials(way: Way, split: Split, jobs: Sequence[Truth], budget_s: float, seeds: Sequence[int]) -> list[Trial]:
    """One way of choosing on every job with every seed."""
    return [
        way(Setting(split.corpus, split.learned(truth), truth, budget_s, seed)) for truth in jobs for seed in seeds
    ]


def by_family(corpus: Corpus, teacher: Corpus | None = None) -> Split:
    """Nothing of a job's kind of network may be learned from, on whichever machine: by default on the same."""
    families = {job.family for job in JOBS}
    known = teacher or corpus
    others = {family: known.without(job for job in JOBS if job.family == family) for family in families}
    return Split(corpus, lambda truth: others[truth.job.family])


def large(jobs: Sequence[Truth], corpus: Corpus) -> list[Truth]:
    """Those of which a probe measures less before it measures them."""
    return [truth for truth in jobs if smaller_networks(truth.job.workload, corpus.machine)]


def knows_rungs(corpus: Corpus, jobs: Sequence[Truth]) -> bool:
    """Whether small networks of every job's family were measured."""
    return all(rung.id in corpus.probed for truth in jobs for rung in family_rungs(truth.job.workload))


def _measuring_ways(corpus: Corpus, jobs: Sequence[Truth]) -> Mapping[str, Way]:
    """Those that measure something: our own first; without those that need what the corpus has not measured."""
    ways: dict[str, Way] = {PROBEWISE: probewise, REAL_TARGET: real_target}
    if knows_rungs(corpus, jobs):
        ways[FLOPS_PROPORTIONAL] = flops_proportional
    if all(opening_rung(truth.job.workload).id in corpus.probed for truth in jobs):
        ways[SMALLEST_WINNER] = smallest_winner
    return ways


def _from_smaller(split: Split, jobs: Sequence[Truth], seeds: Sequence[int]) -> Summary | None:
    chosen = large(jobs, split.corpus)
    if not chosen:
        return None
    return _ordinary(probewise_from_smaller, split, chosen, seeds)


def _from_rungs(split: Split, jobs: Sequence[Truth], seeds: Sequence[int]) -> Summary | None:
    if not knows_rungs(split.corpus, jobs):
        return None
    return _ordinary(probewise_from_rungs, split, jobs, seeds)


def _learned_elsewhere(
    split: Split, elsewhere: Sequence[Corpus], jobs: Sequence[Truth], seeds: Sequence[int]
) -> Summary | None:
    """From small networks of the family, with what the largest of the other corpora taught."""
    if not elsewhere:
        return None
    return _from_rungs(by_family(split.corpus, max(elsewhere, key=lambda other: len(other.passages))), jobs, seeds)


def _largest_third(corpus: Corpus, jobs: Sequence[Truth], seeds: Sequence[int]) -> Summary:
    """What was learned from the smaller jobs, of whatever family, tried on the largest."""
    by_size = sorted(jobs, key=lambda truth: costs(truth.job.workload).training_flops)
    largest = by_size[-(len(by_size) // 3 or 1) :]
    least = costs(largest[0].job.workload).training_flops
    smaller = corpus.without(job for job in JOBS if costs(job.workload).training_flops >= least)
    return _ordinary(probewise, Split(corpus, lambda _truth: smaller), largest, seeds)


def _ordinary(way: Way, split: Split, jobs: Sequence[Truth], seeds: Sequence[int]) -> Summary:
    """What an ordinary probe reaches with a way of choosing."""
    return summarize(trials(way, split, jobs, ORDINARY_BUDGET_S, seeds), ORDINARY_BUDGET_S)


def _noise(split: Split, jobs: Sequence[Truth]) -> Noise:
    # With the same figures every time, one seed says all.
    repeated = trials(measured_before, split, jobs, math.inf, seeds=(0,))
    passages = split.corpus.passages.values()
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

"""The one function that turns answers and measurements into a recommendation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from assistant.advice.break_even import lead_changes
from assistant.advice.eligibility import Relaxation, answers_to_relax, exclusions
from assistant.advice.estimates import Estimate, JobForecast
from assistant.advice.explanation import Case, contributions, exclusion_reason, reasons_against, reasons_for
from assistant.advice.flips import Change, flips
from assistant.advice.forecast import Forecaster
from assistant.advice.own_weights import own_weights
from assistant.advice.ranking import DRAWS, Standing, best_modes, central_scores, rank
from assistant.advice.recommendation import Choice, Flip, ForecastRow, Ranked, Reason, Recommendation
from assistant.advice.situation import situation_of
from assistant.conversation.questions import open_questions
from assistant.language import _
from assistant.project import Project
from assistant.table.records import TableTrial
from assistant.table.words import finding
from assistant.target import Target, target, weighed_answers
from knowledge.collection import Knowledge
from knowledge.load import load
from probes.candidates import CANDIDATES, FRAMEWORKS
from probes.report import Machine, ProbeReport

# A flip is confirmed with this many draws: the winner's share is then known to about two hundredths.
CONFIRMING_DRAWS = 1_500

# Of the draws, where nobody chooses another.
SEED = 0


@dataclass(frozen=True)
class Inquiry:
    """What is asked: the project, what was measured, the machine the person sits at, the rules, the draws' seed."""

    project: Project
    forecaster: Forecaster
    machine: Machine | None
    knowledge: Knowledge
    seed: int

    @cached_property
    def job(self) -> Target:
        """The project's workload and how long it is trained."""
        return target(self.project, self.machine)

    @cached_property
    def case(self) -> Case:
        """The central scores, and what they rest on."""
        answers = weighed_answers(self.project, self.machine)
        situation = situation_of(self.project, self.forecaster, self.machine)
        scores = central_scores(answers, situation, self.knowledge)
        excluded = exclusions(answers, self.knowledge)
        return Case(answers, scores, situation, excluded, self.job.workload.id, self.knowledge)

    def rank(self, draws: int = DRAWS) -> Standing:
        """Who wins in how many of `draws` plausible worlds."""
        return rank(self.case.answers, self.case.situation, self.case.knowledge, seed=self.seed, draws=draws)

    def winner_after(self, change: Change) -> str | None:
        """The framework that wins once an answer is changed; None when nothing is left."""
        changed = replace(self, project=self.project.with_answer(change.field, change.after))
        order = changed.rank(CONFIRMING_DRAWS).order
        return FRAMEWORKS[order[0]] if order else None


def recommend(
    project: Project,
    probe: ProbeReport | None = None,
    *,
    machine: Machine | None = None,
    forecaster: Forecaster | None = None,
    knowledge: Knowledge | None = None,
    table: TableTrial | None = None,
    seed: int = SEED,
) -> Recommendation:
    """Which framework to use for the project, why, how sure that is and what would change it.

    `machine` is where the person sits (the probe's unless given); it answers what they left open. `forecaster` is
    one that was fitted on the probe already, `knowledge` other than the files', `table` what simple models reached on
    the person's own. The same arguments give the same recommendation.
    """
    inquiry = Inquiry(
        project=project,
        forecaster=forecaster or Forecaster(probe),
        machine=machine or (probe.machine if probe else None),
        knowledge=knowledge or load(),
        seed=seed,
    )
    case, job = inquiry.case, inquiry.job
    outcome = inquiry.rank()
    best = _best_candidates(case, outcome)
    order = [FRAMEWORKS[index] for index in outcome.order]
    relaxation = Relaxation() if order else answers_to_relax(case.answers, case.knowledge)
    simpler_first, simpler_first_facts = _simpler_first(case, table)
    return Recommendation(
        winner=_choice(order, 0, best),
        runner_up=_choice(order, 1, best),
        tie=tuple(FRAMEWORKS[index] for index in outcome.tied),
        confidence=float(outcome.frameworks.max()),
        frameworks=dict(zip(FRAMEWORKS, map(float, outcome.frameworks), strict=True)),
        ranking=_ranking(case, outcome),
        forecast=tuple(_forecast_row(inquiry, row) for row in case.situation.forecasts.values()),
        reasons=_reasons(case, order, best),
        contributions=tuple(each for framework in order for each in contributions(case, best[framework])),
        why_not=_why_not(case, order, best),
        other_modes=_other_modes(case, best),
        flips=_flips(inquiry, order[0]) if order else (),
        unknown=tuple(question.id for question in open_questions(project, (), case.knowledge, inquiry.machine)),
        assumptions=dict(job.assumptions),
        simpler_first=simpler_first,
        simpler_first_facts=simpler_first_facts,
        table=finding(table) if table else None,
        relax=relaxation.fields,
        relax_together=relaxation.together,
        workload=job.workload.id,
        own_weights=own_weights(case.knowledge),
        steps_per_epoch=job.steps_per_epoch,
        break_even=lead_changes(
            {
                each.candidate: each
                for each in case.situation.forecasts.values()
                if each.candidate not in case.excluded
            }
        ),
    )


def _best_candidates(case: Case, outcome: Standing) -> dict[str, str]:
    """The mode of each framework to use: the one it wins with most often, or the best by the central scores."""
    modes, _totals = best_modes(case.scores)
    best = {}
    for index, framework in enumerate(FRAMEWORKS):
        own = [place for place, candidate in enumerate(CANDIDATES) if candidate.framework == framework]
        won = max(own, key=lambda place: outcome.candidates[place])
        best[framework] = CANDIDATES[won if outcome.candidates[won] > 0 else modes[index, 0]].id
    return best


def _choice(order: list[str], place: int, best: Mapping[str, str]) -> Choice | None:
    return Choice(framework=order[place], candidate=best[order[place]]) if place < len(order) else None


def _ranking(case: Case, outcome: Standing) -> tuple[Ranked, ...]:
    """Candidates by framework, best first, then by their own share and score; the excluded ones last."""
    totals = case.scores.totals[:, 0]
    shares = dict(zip(FRAMEWORKS, outcome.frameworks, strict=True))
    rows = []
    for index, candidate in enumerate(CANDIDATES):
        exclusion = case.excluded.get(candidate.id)
        row = Ranked(
            candidate=candidate.id,
            framework=candidate.framework,
            acceptability=0.0 if exclusion else float(outcome.candidates[index]),
            score=0.0 if exclusion else float(totals[index]),
            excluded=exclusion,
        )
        rows.append(row)
    return tuple(
        sorted(
            rows, key=lambda row: (row.excluded is not None, -shares[row.framework], -row.acceptability, -row.score)
        )
    )


def _reasons(case: Case, order: list[str], best: Mapping[str, str]) -> tuple[Reason, ...]:
    if not order:
        return ()
    rival = best[order[1]] if len(order) > 1 else None
    return reasons_for(case, best[order[0]], rival)


def _why_not(case: Case, order: list[str], best: Mapping[str, str]) -> dict[str, tuple[Reason, ...]]:
    """For each framework, what speaks against it: its exclusion, or what it lacks beside the winner.

    The winner is held against the runner-up.
    """
    against: dict[str, tuple[Reason, ...]] = {}
    for framework in FRAMEWORKS:
        if framework not in order:
            against[framework] = _exclusion_reasons(case, framework)
        elif len(order) > 1:
            rival = order[1] if framework == order[0] else order[0]
            against[framework] = reasons_against(case, best[framework], best[rival])
        else:
            against[framework] = ()
    return against


def _other_modes(case: Case, best: Mapping[str, str]) -> dict[str, tuple[Reason, ...]]:
    """For each candidate that is not the best of its framework: its exclusion, or what it lacks beside the best."""
    against: dict[str, tuple[Reason, ...]] = {}
    for candidate in CANDIDATES:
        if candidate.id in case.excluded:
            against[candidate.id] = (exclusion_reason(case, candidate.id),)
        elif candidate.id != best[candidate.framework]:
            against[candidate.id] = reasons_against(case, candidate.id, best[candidate.framework])
    return against


def _exclusion_reasons(case: Case, framework: str) -> tuple[Reason, ...]:
    own = [candidate.id for candidate in CANDIDATES if candidate.framework == framework]
    reasons = [exclusion_reason(case, candidate) for candidate in own if candidate in case.excluded]
    return tuple(dict.fromkeys(reasons))


def _flips(inquiry: Inquiry, winner: str) -> tuple[Flip, ...]:
    case = inquiry.case
    found = flips(
        case.answers,
        case.situation,
        case.knowledge,
        winner=winner,
        seed=inquiry.seed,
        confirm=inquiry.winner_after,
    )
    said = inquiry.project.answers
    return tuple(
        Flip.model_validate(
            {
                "field": change.field,
                "from": said.get(change.field, change.before),
                "to": change.after,
                "winner": framework,
            }
        )
        for change, framework in found
    )


def _simpler_first(case: Case, table: TableTrial | None) -> tuple[str | None, tuple[str, ...]]:
    """What to try before a network, and the facts it cites: as measured on the own table, else by the rules."""
    if table is not None and case.answers.get("task") in {None, table.facts.task}:
        if table.simple_will_do:
            return finding(table), ()
        if table.network == "better":
            return None, ()
    holding = (rule for rule in case.knowledge.simpler_first if rule.when.matches(case.answers))
    return next(((_(rule.reason), rule.facts) for rule in holding), (None, ()))


def _forecast_row(inquiry: Inquiry, row: JobForecast) -> ForecastRow:
    job = inquiry.job
    epoch = row.step_ms.times(job.steps_per_epoch / 1e3) if row.step_ms else None
    return ForecastRow(
        candidate=row.candidate,
        **_interval("step_ms", row.step_ms),
        **_interval("epoch_seconds", epoch),
        first_result_seconds=row.first_result_s.value if row.first_result_s else None,
        **_interval("memory_mb", row.memory_mb),
        memory_evidence=row.memory_mb.evidence if row.memory_mb else None,
        memory_gb=inquiry.forecaster.memory_gb.get(row.candidate),
        largest_batch=inquiry.forecaster.largest_batch(row.candidate, job.workload) if row.memory_mb else None,
        evidence=row.step_ms.evidence if row.step_ms else None,
        missing=row.missing,
    )


def _interval(name: str, estimate: Estimate | None) -> dict[str, Any]:
    if estimate is None:
        return {}
    return {name: estimate.value, f"{name}_low": estimate.low, f"{name}_high": estimate.high}

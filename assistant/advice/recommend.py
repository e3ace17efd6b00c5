"""The one function that turns answers and measurements into a recommendation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import chain
from typing import Any

from assistant import quantities, wording
from assistant.advice.break_even import lead_changes
from assistant.advice.eligibility import Relaxation, answers_to_relax
from assistant.advice.estimates import Estimate, JobForecast
from assistant.advice.explanation import (
    LEAST_CONTRIBUTION,
    Case,
    contributions,
    exclusion_reasons,
    reasons_against,
    reasons_for,
)
from assistant.advice.flips import Changes
from assistant.advice.forecast import Forecaster
from assistant.advice.inquiry import FAILED_HERE, Inquiry
from assistant.advice.own_weights import own_weights
from assistant.advice.ranking import Standing, best_modes, standing
from assistant.advice.recommendation import (
    AnswerChange,
    Choice,
    DoubleFlip,
    Flip,
    ForecastRow,
    Ranked,
    Reason,
    Recommendation,
)
from assistant.conversation.questions import open_questions
from assistant.language import _
from assistant.project import Project
from assistant.table.records import TableTrial
from assistant.table.words import finding
from knowledge.collection import Knowledge
from knowledge.load import load
from probes.candidates import CANDIDATES, FRAMEWORKS
from probes.report import Machine, ProbeReport
from probes.workloads import REFERENCE

# So many frameworks after the winner hear what would make them win.
RIVALS = 3

# Of the draws, where nobody chooses another.
SEED = 0


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
    outcome = standing(case.drawn)
    best = _best_candidates(case, outcome)
    order = [FRAMEWORKS[index] for index in outcome.order]
    flips = inquiry.flips(outcome, order[1 : 1 + RIVALS])
    found = {rival: _told(changes, project) for rival, changes in flips.items()}
    relaxation = Relaxation() if order else _relaxation(case)
    simpler_first, simpler_first_facts = _simpler_first(case, table)
    return Recommendation(
        winner=_choice(order, 0, best),
        runner_up=_choice(order, 1, best),
        tie=tuple(FRAMEWORKS[index] for index in outcome.tied),
        confidence=float(outcome.frameworks.max()),
        frameworks=dict(zip(FRAMEWORKS, map(float, outcome.frameworks), strict=True)),
        nothing_fits=outcome.nothing,
        score_note=_score_note(case, order, best),
        ranking=_ranking(case, outcome),
        forecast=tuple(_forecast_row(inquiry, row) for row in case.situation.forecasts.values()),
        reasons=_reasons(case, order, best),
        contributions=tuple(each for framework in order for each in contributions(case, best[framework])),
        why_not=_why_not(case, order, best),
        other_modes=_other_modes(case, best),
        flips=tuple(Flip(**told[0], winner=rival) for rival, told in found.items() if len(told) == 1),
        double_flips=tuple(_double_flip(told, rival) for rival, told in found.items() if len(told) > 1),
        steadfast=tuple(rival for rival, told in found.items() if not told),
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


def _relaxation(case: Case) -> Relaxation:
    """Which answers to change when nothing is left: the size of the network where what the rules left has failed."""
    failed_only = [each for each in case.excluded.values() if all(one.rule == FAILED_HERE for one in each)]
    if not failed_only:
        return answers_to_relax(case.answers, case.knowledge)
    return Relaxation(("model_scale",) if case.workload_id in REFERENCE else ("input_size", "model_scale"))


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
    scores = case.added.sum(axis=1)
    shares = dict(zip(FRAMEWORKS, outcome.frameworks, strict=True))
    rows = []
    for index, candidate in enumerate(CANDIDATES):
        exclusions = case.excluded.get(candidate.id, ())
        row = Ranked(
            candidate=candidate.id,
            framework=candidate.framework,
            acceptability=0.0 if exclusions else float(outcome.candidates[index]),
            score=0.0 if exclusions else float(scores[index]),
            excluded=exclusions[0] if exclusions else None,
            also_excluded=exclusions[1:],
        )
        rows.append(row)
    return tuple(
        sorted(
            rows, key=lambda row: (row.excluded is not None, -shares[row.framework], -row.acceptability, -row.score)
        )
    )


def _score_note(case: Case, order: Sequence[str], best: Mapping[str, str]) -> str | None:
    """In words, where another framework has the higher mean score than the one that wins most often."""
    scores = {framework: case.score(best[framework]) for framework in order}
    highest = max(scores, key=lambda framework: scores[framework], default=None)
    if highest is None or scores[highest] - scores[order[0]] < LEAST_CONTRIBUTION:
        return None
    usable = {framework: case.usable_share(best[framework]) for framework in (highest, order[0])}
    if usable[highest] < usable[order[0]]:
        text = _(
            "{other} has the higher mean score where it can be used, but that is in {share} of the plausible worlds "
            "only; {winner} is the best choice in more of them."
        )
    else:
        text = _(
            "{other} has the higher mean score: where it is ahead, it is ahead by more. {winner} is ahead in more of "
            "the plausible worlds, and that decides."
        )
    return text.format(
        other=wording.candidate_name(best[highest]),
        winner=wording.candidate_name(best[order[0]]),
        share=quantities.percent(usable[highest]),
    )


def _reasons(case: Case, order: list[str], best: Mapping[str, str]) -> tuple[Reason, ...]:
    if not order:
        return ()
    rival = best[order[1]] if len(order) > 1 else None
    # Where nothing that is known sets it apart, what speaks for it is told as such.
    return reasons_for(case, best[order[0]], rival) or reasons_for(case, best[order[0]], None)


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
            against[candidate.id] = exclusion_reasons(case, candidate.id)
        elif candidate.id != best[candidate.framework]:
            against[candidate.id] = reasons_against(case, candidate.id, best[candidate.framework])
    return against


def _exclusion_reasons(case: Case, framework: str) -> tuple[Reason, ...]:
    own = [candidate.id for candidate in CANDIDATES if candidate.framework == framework]
    reasons = (exclusion_reasons(case, candidate) for candidate in own if candidate in case.excluded)
    return tuple(dict.fromkeys(chain.from_iterable(reasons)))


def _told(changes: Changes, project: Project) -> list[dict[str, Any]]:
    """The changes as they are told, from what the person said."""
    said = project.answers
    return [{"field": each.field, "from": said.get(each.field, each.before), "to": each.after} for each in changes]


def _double_flip(told: Sequence[Mapping[str, Any]], rival: str) -> DoubleFlip:
    one, two = (AnswerChange(**change) for change in told)
    return DoubleFlip(changes=(one, two), winner=rival)


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
        first_result_evidence=row.first_result_s.evidence if row.first_result_s else None,
        **_interval("memory_mb", row.memory_mb),
        memory_evidence=row.memory_mb.evidence if row.memory_mb else None,
        memory_gb=inquiry.forecaster.memory_gb.get(row.candidate),
        largest_batch=inquiry.forecaster.largest_batch(row.candidate, job.workload) if row.memory_mb else None,
        evidence=row.step_ms.evidence if row.step_ms else None,
        measured_on=_measured_on(inquiry, row),
        missing=row.missing,
    )


def _measured_on(inquiry: Inquiry, row: JobForecast) -> str | None:
    """The machine that a forecast from the corpora is carried over from."""
    machine = inquiry.forecaster.elsewhere
    borrowed = row.step_ms is not None and row.step_ms.evidence == "corpus"
    if not borrowed or machine is None:
        return None
    told, probe = wording.machine_line(machine), inquiry.forecaster.probe
    alike = probe is not None and probe.machine.fingerprint == machine.fingerprint
    return _("{machine}, like this one").format(machine=told) if alike else told


def _interval(name: str, estimate: Estimate | None) -> dict[str, Any]:
    if estimate is None:
        return {}
    return {name: estimate.value, f"{name}_low": estimate.low, f"{name}_high": estimate.high}

"""Explanation: what each criterion adds to a score, the reasons for the winner, and why not the others.

Every reason carries its evidence: a cited fact, what the person said, or a figure measured or forecast here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from assistant import wording
from assistant.advice.criteria import Situation
from assistant.advice.estimates import Estimate
from assistant.advice.own_weights import own_weights
from assistant.advice.ranking import Scores
from assistant.advice.recommendation import Contribution, EvidenceKind, Exclusion, Reason
from assistant.language import _
from knowledge.collection import Knowledge
from knowledge.vocabulary import CRITERIA, MEASURED_CRITERIA
from probes.candidates import CANDIDATES, find_candidate
from probes.words import sentences

MOST_REASONS = 3

# A criterion that moves the score by less than this is no reason worth reading.
LEAST_CONTRIBUTION = 0.005

_INDEX = {candidate.id: index for index, candidate in enumerate(CANDIDATES)}


@dataclass(frozen=True)
class Case:
    """What the explanation is about: the known answers, the central scores and what is behind them."""

    answers: Mapping[str, Any]
    scores: Scores
    situation: Situation
    excluded: Mapping[str, Exclusion]
    workload_id: str
    knowledge: Knowledge


def contributions(case: Case, candidate: str) -> tuple[Contribution, ...]:
    """What each criterion adds to the candidate's score; together they are the score."""
    weights, values = case.scores.weights[:, 0], case.scores.values[_INDEX[candidate], :, 0]
    return tuple(
        Contribution(
            candidate=candidate,
            criterion=criterion,
            weight=float(weight),
            value=float(value),
            contribution=float(weight * value),
        )
        for criterion, weight, value in zip(CRITERIA, weights, values, strict=True)
    )


def reasons_for(case: Case, candidate: str, rival: str | None) -> tuple[Reason, ...]:
    """Why the candidate is better than the rival (or good at all, without one), strongest first."""
    return _strongest(case, candidate, rival, candidate)


def reasons_against(case: Case, candidate: str, rival: str) -> tuple[Reason, ...]:
    """What the candidate lacks beside the rival, strongest first, in the candidate's own ratings."""
    return _strongest(case, rival, candidate, candidate)


def exclusion_reason(case: Case, candidate: str) -> Reason:
    """The reason of a candidate that cannot work, with the fix."""
    exclusion = case.excluded[candidate]
    return Reason(
        text=sentences(exclusion.reason, exclusion.fix),
        evidence="cited",
        source=exclusion.source,
        framework=find_candidate(candidate).framework,
        facts=exclusion.facts,
    )


def _strongest(case: Case, better: str, worse: str | None, subject: str) -> tuple[Reason, ...]:
    """The criteria by which `better` leads `worse`, as reasons about the `subject`, one of the two."""
    values = case.scores.values[:, :, 0]
    floor = values[_INDEX[worse]] if worse else np.zeros(len(CRITERIA))
    lead = case.scores.weights[:, 0] * (values[_INDEX[better]] - floor)
    other = worse if subject == better else better
    found: list[Reason] = []
    for index in np.argsort(-lead, kind="stable"):
        if lead[index] < LEAST_CONTRIBUTION or len(found) == MOST_REASONS:
            break
        reason = _reason(case, CRITERIA[index], subject, other)
        if reason:
            found.append(reason)
    return tuple(found)


def _reason(case: Case, criterion: str, subject: str, other: str | None) -> Reason | None:
    if criterion in MEASURED_CRITERIA:
        return _measured_reason(case, criterion, subject, other)
    rule = case.knowledge.rating(criterion, subject, case.answers)
    label = _(case.knowledge.scales[criterion].label)
    lead = next(_because(case, criterion), label)
    if criterion in own_weights(case.knowledge):
        lead = _("{criterion}, which you gave this weight").format(criterion=label)
    text = _("{lead}: {reason}").format(lead=lead, reason=_(rule.reason))
    return Reason(
        text=text,
        evidence=rule.evidence,
        source=case.knowledge.first_source(rule.facts) if rule.facts else rule.when.fields[0],
        criterion=criterion,
        framework=find_candidate(subject).framework,
        facts=rule.facts,
    )


def _because(case: Case, criterion: str) -> Iterator[str]:
    """Why the criterion matters to this person: the reasons of the rules that raise its weight, strongest first."""
    raising = (rule for rule in case.knowledge.weights if rule.criterion == criterion and rule.factor > 1)
    holding = (rule for rule in raising if rule.when.matches(case.answers))
    yield from (_(rule.reason) for rule in sorted(holding, key=lambda rule: -rule.factor))


def _measured_reason(case: Case, criterion: str, subject: str, other: str | None) -> Reason | None:
    """A comparison of figures; None where one of the two is not known."""
    pair = _figures(case, criterion, subject, other) if other else None
    if pair is None or other is None:
        return None
    mine, theirs = pair
    evidence: EvidenceKind = "measured" if {mine.evidence, theirs.evidence} == {"measured"} else "forecast"
    return Reason(
        text=_comparison(criterion, mine.value, theirs.value, wording.candidate_name(other)),
        evidence=evidence,
        source=case.workload_id,
        criterion=criterion,
        framework=find_candidate(subject).framework,
    )


def _figures(case: Case, criterion: str, subject: str, other: str) -> tuple[Estimate, Estimate] | None:
    attribute = {"training_speed": "step_ms", "time_to_first_result": "first_result_s", "memory_fit": "memory_mb"}
    rows: Sequence[Any] = [case.situation.forecasts.get(candidate) for candidate in (subject, other)]
    mine, theirs = (getattr(row, attribute[criterion]) if row else None for row in rows)
    return (mine, theirs) if mine and theirs else None


def _comparison(criterion: str, mine: float, theirs: float, other: str) -> str:
    if criterion == "training_speed":
        ratio = wording.rounded(max(mine, theirs) / min(mine, theirs))
        if ratio == 1:
            return _("here about as fast as {other}").format(other=other)
        faster, slower = _("here {ratio:g} times faster than {other}"), _("here {ratio:g} times slower than {other}")
        return (faster if mine < theirs else slower).format(ratio=ratio, other=other)
    if criterion == "time_to_first_result":
        text = _("the first step is done after {mine}, with {other} after {theirs}")
        return text.format(mine=wording.duration(mine), theirs=wording.duration(theirs), other=other)
    text = _("training takes {mine} of memory, with {other} {theirs}")
    return text.format(mine=wording.memory(mine), theirs=wording.memory(theirs), other=other)

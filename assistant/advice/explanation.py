"""Explanation: what each criterion adds to a score, the reasons for the winner, and why not the others.

Every reason carries its evidence: a cited fact, what the person said, or a figure measured or forecast here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain, islice
from operator import attrgetter, itemgetter
from typing import Any

import numpy as np

from assistant import quantities, wording
from assistant.advice.criteria import Situation, Values
from assistant.advice.estimates import Estimate
from assistant.advice.own_weights import own_weights
from assistant.advice.ranking import Scores
from assistant.advice.recommendation import Contribution, Exclusion, Reason
from assistant.advice.worlds import Worlds
from assistant.evidence import STRONGEST_FIRST, Evidence
from assistant.language import _
from knowledge.collection import Knowledge
from knowledge.schema import CriterionRule, EligibilityRule, WeightRule
from knowledge.vocabulary import CRITERIA, FIELDS_ABOUT_FRAMEWORKS, MEASURED_CRITERIA
from probes.candidates import CANDIDATES, find_candidate
from probes.words import sentences

MOST_REASONS = 3

# A criterion that moves the score by less than this is no reason worth reading.
LEAST_CONTRIBUTION = 0.005

# A rating of this level praises, and one of that level blames, whatever it stands beside; others do neither alone.
LEAST_PRAISE, MOST_BLAME = 4, 2

# That a candidate cannot be used in fewer of the plausible worlds than this is not worth a reason; in more than that,
# nothing holds it back as much.
LEAST_RULED_OUT, MOSTLY_RULED_OUT = 0.1, 0.5

_INDEX = {candidate.id: index for index, candidate in enumerate(CANDIDATES)}


@dataclass(frozen=True)
class Case:
    """What the explanation is about: the known answers, the scores, and what is behind them.

    `scores` are those for what is known, `drawn` those in all plausible `worlds`; their means decide what comes first
    of what is told.
    """

    answers: Mapping[str, Any]
    worlds: Worlds
    scores: Scores
    drawn: Scores
    situation: Situation
    excluded: Mapping[str, tuple[Exclusion, ...]]
    workload_id: str
    knowledge: Knowledge

    @cached_property
    def most_added(self) -> Values:
        """What each criterion adds at most to each candidate's score in the mean; (candidates, criteria)."""
        return self.drawn.most_added

    @cached_property
    def added(self) -> Values:
        """What each criterion adds to each candidate's score in the mean; (candidates, criteria)."""
        return self.drawn.added

    def score(self, candidate: str) -> float:
        """The candidate's mean score."""
        return float(self.added[_INDEX[candidate]].sum())

    def usable_share(self, candidate: str) -> float:
        """The share of worlds in which the candidate can be used."""
        return float(self.drawn.usable[_INDEX[candidate]].mean())


def contributions(case: Case, candidate: str) -> tuple[Contribution, ...]:
    """What each criterion adds to the candidate's score; together they are the score."""
    weights, added = (part[_INDEX[candidate]] for part in (case.most_added, case.added))
    return tuple(
        Contribution(
            candidate=candidate,
            criterion=criterion,
            weight=float(weight),
            value=float(part / weight) if weight else 0.0,
            contribution=float(part),
            **_cell(case, criterion, candidate),
        )
        for criterion, weight, part in zip(CRITERIA, weights, added, strict=True)
    )


def _cell(case: Case, criterion: str, candidate: str) -> dict[str, Any]:
    """The level or figure of a candidate, with its evidence; nothing where it was not measured."""
    if criterion in MEASURED_CRITERIA:
        estimate = _figure(case, criterion, candidate)
        if estimate is None:
            return {}
        return {"figure": estimate.value, "evidence": estimate.evidence, "sources": (case.workload_id,)}
    rule = case.knowledge.rating(criterion, candidate, case.answers)
    sources = tuple(source.id for source in case.knowledge.sources_of(rule.facts)) or rule.when.fields[:1]
    return {"level": rule.level, "evidence": rule.evidence, "sources": sources}


def reasons_for(case: Case, candidate: str, rival: str | None) -> tuple[Reason, ...]:
    """Why the candidate is better than the rival (or good at all, without one), strongest first."""
    return tuple(islice(_strongest(case, candidate, rival, candidate), MOST_REASONS))


def reasons_against(case: Case, candidate: str, rival: str) -> tuple[Reason, ...]:
    """What speaks against the candidate beside the rival: what may rule it out, then what it lacks most."""
    reasons = chain(_ruled_out(case, candidate, rival), _strongest(case, rival, candidate, candidate))
    return tuple(islice(reasons, MOST_REASONS))


def exclusion_reasons(case: Case, candidate: str) -> tuple[Reason, ...]:
    """All that stands in the way of a candidate that cannot work, each with its fix."""
    return tuple(
        Reason(
            text=sentences(wording.as_sentence(exclusion.reason), exclusion.fix),
            evidence=exclusion.evidence,
            source=exclusion.source,
            framework=find_candidate(candidate).framework,
            facts=exclusion.facts,
        )
        for exclusion in case.excluded[candidate]
    )


def _ruled_out(case: Case, candidate: str, rival: str) -> Iterator[Reason]:
    """What excludes the candidate and not the rival in some plausible worlds, where that is what holds it back.

    It is not where the candidate can mostly be used and has the lower score then: what it lacks explains that.
    """
    share, rule = max(_ruling_out(case, candidate, rival), key=itemgetter(0), default=(0.0, None))
    if rule is None or share < LEAST_RULED_OUT:
        return
    if share <= MOSTLY_RULED_OUT and case.score(candidate) < case.score(rival):
        return
    framework = find_candidate(candidate).framework
    whole = framework in rule.frameworks
    lead = _(
        "What you did not answer may rule out {candidate}: in {share} of the plausible worlds it cannot be used, "
        "most often for this reason."
    ).format(
        candidate=wording.framework_name(framework) if whole else wording.candidate_name(candidate),
        share=quantities.percent(1 - case.usable_share(candidate)),
    )
    yield Reason(
        text=sentences(lead, _(rule.reason)),
        evidence="cited",
        source=case.knowledge.first_source(rule.facts),
        framework=framework,
        facts=rule.facts,
    )


def _ruling_out(case: Case, candidate: str, rival: str) -> Iterator[tuple[float, EligibilityRule]]:
    """The rules that exclude the candidate and not the rival, each with the share of the worlds in which it does."""
    mine, theirs = (find_candidate(each).framework for each in (candidate, rival))
    for rule in case.knowledge.eligibility:
        if rule.concerns(candidate, mine) and not rule.concerns(rival, theirs):
            yield float(np.mean(case.worlds.matches(rule.when))), rule


def _strongest(case: Case, better: str, worse: str | None, subject: str) -> Iterator[Reason]:
    """The criteria by which `better` leads `worse`, as reasons about the `subject`, one of the two."""
    known, drawn = (_ahead(added, better, worse) for added in (case.scores.added, case.added))
    # What leads only for answers that are still open cannot be told as a reason for the known ones.
    ahead = np.where(known > 0, drawn, 0)
    other = worse if subject == better else better
    for index in np.argsort(-ahead, kind="stable"):
        if ahead[index] < LEAST_CONTRIBUTION:
            return
        reason = _reason(case, CRITERIA[index], subject, other, praises=subject == better)
        if reason:
            yield reason


def _ahead(added: Values, better: str, worse: str | None) -> Values:
    """How much more each criterion adds to one candidate's score than to the other's; (criteria,)."""
    return np.asarray(added[_INDEX[better]] - (added[_INDEX[worse]] if worse else 0))


def _reason(case: Case, criterion: str, subject: str, other: str | None, *, praises: bool) -> Reason | None:
    if criterion in MEASURED_CRITERIA:
        return _measured_reason(case, criterion, subject, other)
    return _rated_reason(case, criterion, subject, other, praises=praises)


def _rated_reason(case: Case, criterion: str, subject: str, other: str | None, *, praises: bool) -> Reason | None:
    """The subject's rating; with that of the other where it does not speak for itself, or None without another."""
    mine = case.knowledge.rating(criterion, subject, case.answers)
    alone = mine.level >= LEAST_PRAISE if praises else mine.level <= MOST_BLAME
    if other is None and not alone:
        return None
    theirs = None if alone or other is None else case.knowledge.rating(criterion, other, case.answers)
    told = (mine, theirs) if theirs else (mine,)
    facts = tuple(dict.fromkeys(fact for rule in told for fact in rule.facts))
    lead = wording.as_sentence(_lead(case, criterion, told))
    first = _("{lead}: {reason}.").format(lead=lead, reason=_(mine.reason))
    return Reason(
        text=sentences(first, _beside(theirs, subject, other, praises=praises) if theirs and other else ""),
        evidence="cited" if facts else "you",
        source=case.knowledge.first_source(facts) if facts else mine.when.fields[0],
        criterion=criterion,
        framework=find_candidate(subject).framework,
        facts=facts,
    )


def _beside(rule: CriterionRule, subject: str, other: str, *, praises: bool) -> str:
    """What the other is like, said so that nobody takes the worse of the two for the better."""
    whole = rule.framework is not None and rule.framework != find_candidate(subject).framework
    name = wording.framework_name(rule.framework) if rule.framework and whole else wording.candidate_name(other)
    text = _("Worse with {other}: {reason}.") if praises else _("Better with {other}: {reason}.")
    return text.format(other=name, reason=_(rule.reason))


def _lead(case: Case, criterion: str, told: Sequence[CriterionRule]) -> str:
    """Why the criterion matters to this person, or its name: what comes before what is told of it."""
    label = _(case.knowledge.scales[criterion].label)
    if criterion in own_weights(case.knowledge):
        return _("{criterion}, which you gave this weight").format(criterion=label)
    raising = (rule for rule in case.knowledge.weights if rule.criterion == criterion and rule.factor > 1)
    holding = [rule for rule in raising if rule.when.matches(case.answers) and _leads_to(rule, told)]
    return _(max(holding, key=attrgetter("factor")).reason) if holding else label


def _leads_to(weight: WeightRule, told: Sequence[CriterionRule]) -> bool:
    """Whether what is told answers it: a framework that the person named says nothing about those they did not."""
    about = [field for field in weight.when.fields if field in FIELDS_ABOUT_FRAMEWORKS]
    return all(any(field in rule.when.fields for rule in told) for field in about)


def _measured_reason(case: Case, criterion: str, subject: str, other: str | None) -> Reason | None:
    """A comparison of figures; None where one of the two is not known."""
    pair = _figures(case, criterion, subject, other) if other else None
    if pair is None or other is None:
        return None
    mine, theirs = pair
    evidence = max(mine.evidence, theirs.evidence, key=STRONGEST_FIRST.index)
    return Reason(
        text=_comparison(criterion, mine.value, theirs.value, wording.candidate_name(other), evidence),
        evidence=evidence,
        source=case.workload_id,
        criterion=criterion,
        framework=find_candidate(subject).framework,
    )


def _speed(mine: float, theirs: float, other: str, evidence: Evidence) -> str:
    ratio = quantities.rounded(max(mine, theirs) / min(mine, theirs))
    alike, faster, slower = (
        (
            _("By another machine's figures about as fast as {other}."),
            _("By another machine's figures {ratio:g} times faster than {other}."),
            _("By another machine's figures {ratio:g} times slower than {other}."),
        )
        if evidence == "corpus"
        else (
            _("Here about as fast as {other}."),
            _("Here {ratio:g} times faster than {other}."),
            _("Here {ratio:g} times slower than {other}."),
        )
    )
    text = alike if ratio == 1 else faster if mine < theirs else slower
    return text.format(ratio=ratio, other=other)


def _figures(case: Case, criterion: str, subject: str, other: str) -> tuple[Estimate, Estimate] | None:
    mine, theirs = (_figure(case, criterion, candidate) for candidate in (subject, other))
    return (mine, theirs) if mine and theirs else None


def _figure(case: Case, criterion: str, candidate: str) -> Estimate | None:
    """What is known of the candidate's figure on a measured criterion, in the unit of its scale."""
    row = case.situation.forecasts.get(candidate)
    if row is None:
        return None
    return {
        "training_speed": row.step_ms,
        "time_to_first_result": row.first_result_s,
        "memory_fit": row.memory_mb,
    }[criterion]


def _comparison(criterion: str, mine: float, theirs: float, other: str, evidence: Evidence) -> str:
    if criterion == "training_speed":
        return _speed(mine, theirs, other, evidence)
    if criterion == "time_to_first_result":
        text = _("The first step is done after {mine}, with {other} after {theirs}.")
        return text.format(mine=quantities.duration(mine), theirs=quantities.duration(theirs), other=other)
    text = _("Training takes {mine} of memory, with {other} {theirs}.")
    return text.format(mine=quantities.memory(mine), theirs=quantities.memory(theirs), other=other)

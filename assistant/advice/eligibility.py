"""Eligibility: what cannot work for these answers, with the reason and what would bring it back.

What follows from the answers alone: who failed at this very job is excluded by `inquiry`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain, combinations
from typing import Any

import numpy as np

from assistant.advice.recommendation import Exclusion, Ranked
from assistant.advice.worlds import Mask, Worlds
from assistant.language import _
from knowledge.collection import Knowledge
from knowledge.schema import EligibilityRule
from probes.candidates import CANDIDATES

# How many answers may have to be relaxed together before something fits again.
MAX_RELAXED = 3

TASK = "task"


def exclusions(answers: Mapping[str, Any], knowledge: Knowledge) -> dict[str, tuple[Exclusion, ...]]:
    """The candidates that cannot work for these answers, each with all that stands in its way, in rule order."""
    found = ((candidate.id, knowledge.exclusions(candidate.id, answers)) for candidate in CANDIDATES)
    return {candidate: tuple(_exclusion(rule, knowledge) for rule in rules) for candidate, rules in found if rules}


def exclusions_by_worlds(worlds: Worlds, knowledge: Knowledge) -> dict[str, tuple[Exclusion, ...]]:
    """The candidates that cannot work in any of the worlds, each with all that stands in its way in some, in rule
    order: whatever an open answer is, one rule or another excludes it.
    """
    usable = eligible(worlds, knowledge)
    return {
        candidate.id: tuple(
            _exclusion(rule, knowledge)
            for rule in knowledge.eligibility
            if rule.concerns(candidate.id, candidate.framework) and np.any(worlds.matches(rule.when))
        )
        for candidate, here in zip(CANDIDATES, usable, strict=True)
        if not here.any()
    }


def eligible(worlds: Worlds, knowledge: Knowledge) -> Mask:
    """Which candidate can be used in which world; (candidates, worlds)."""
    usable = np.ones((len(CANDIDATES), worlds.size), bool)
    for rule in knowledge.eligibility:
        excluded = worlds.matches(rule.when)
        if excluded is not False:
            concerned = [rule.concerns(candidate.id, candidate.framework) for candidate in CANDIDATES]
            usable[concerned] &= ~np.asarray(excluded)
    return usable


def by_exclusion(ranking: Iterable[Ranked]) -> dict[Exclusion, list[str]]:
    """All that stands in the way of candidates, each with those that it concerns: one may stand at several."""
    together: dict[Exclusion, list[str]] = {}
    for ranked in ranking:
        for exclusion in ranked.exclusions:
            together.setdefault(exclusion, []).append(ranked.candidate)
    return together


@dataclass(frozen=True)
class Relaxation:
    """The answers in the way of everything: each would do alone or, where none would, all of them `together`."""

    fields: tuple[str, ...] = ()
    together: bool = False


def answers_to_relax(answers: Mapping[str, Any], knowledge: Knowledge) -> Relaxation:
    """The fewest answers whose removal lets something fit again; every one that would do when one is enough.

    Another task is another project: to give it up is named only where nothing else helps.
    """
    fields = sorted({field for rule in knowledge.eligibility for field in rule.when.fields} & set(answers))
    for count in range(1, MAX_RELAXED + 1):
        enough = list(_enough_to_relax(fields, count, answers, knowledge))
        enough = [each for each in enough if TASK not in each] or enough
        if enough:
            return Relaxation(tuple(chain(*enough))) if count == 1 else Relaxation(enough[0], together=True)
    return Relaxation(tuple(fields), together=True)


def _enough_to_relax(
    fields: list[str], count: int, answers: Mapping[str, Any], knowledge: Knowledge
) -> Iterator[tuple[str, ...]]:
    for dropped in combinations(fields, count):
        kept = {field: value for field, value in answers.items() if field not in dropped}
        if len(exclusions(kept, knowledge)) < len(CANDIDATES):
            yield dropped


def _exclusion(rule: EligibilityRule, knowledge: Knowledge) -> Exclusion:
    return Exclusion(
        reason=_(rule.reason),
        fix=_(rule.fix),
        rule=rule.id,
        facts=rule.facts,
        source=knowledge.first_source(rule.facts),
    )

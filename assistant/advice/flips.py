"""Flips: the smallest change of answers that would make another framework win, found by search, one for each rival.

The smallest is the likeliest: to answer an open question the ordinary way is less than to train elsewhere.
Changes of one answer are tried all, those of two answers where one is not enough: the pairs that add up to most.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, islice
from math import log2
from typing import Any

import numpy as np
from numpy.typing import NDArray

from assistant.advice.criteria import Situation, Values
from assistant.advice.ranking import best_modes, drawn_scores
from assistant.advice.worlds import Column, Worlds, alternatives, prior_shares, sample
from knowledge.collection import Knowledge
from knowledge.schema import Question
from probes.candidates import FRAMEWORKS

# Draws for each change while searching; what is found is confirmed with a full ranking before it is told.
SEARCH_DRAWS = 120

# For each rival so many changes of one answer, and of two, are confirmed at most: each costs a ranking.
MOST_CONFIRMED = (3, 1)

# For each rival so many pairs of changes are searched: those without an answer of `LAST`, and those with.
PAIRS = (8, 4)

# A change whose share is this far behind the best one's in the search may still be a flip.
SEARCH_SLACK = 0.02

# These answers name a framework themselves, or make it another project: a change of theirs explains little, and is
# told only for want of another.
LAST = ("knows", "existing_code", "task")

# To take back an answer, of the person or the machine, is so much less likely than to give an open one.
TAKEN_BACK_BITS = 1.0

# Answers that lie on a line: their neighbours are a smaller change than their ends.
ORDERED = (
    "dataset_rows",
    "dataset_gb",
    "input_size",
    "model_scale",
    "experience",
    "performance",
    "devices",
    "python",
)

# What counts for a framework that cannot be used, where scores are averaged.
UNUSABLE_SCORE = -1.0


@dataclass(frozen=True)
class Change:
    """One answer changed. `bits` say how unlikely that is."""

    field: str
    before: Any
    after: Any
    bits: float


Changes = tuple[Change, ...]


@dataclass(frozen=True)
class Search:
    """Where to look: the known answers and what they are `after` some changes, the situation, the rules, the seed.

    `shares` (frameworks,) of the worlds are what each framework wins without a change. `confirm` says which framework
    really wins after changes; None when nothing is left.
    """

    answers: Mapping[str, Any]
    situation: Situation
    knowledge: Knowledge
    seed: int
    shares: NDArray[np.float64]
    after: Callable[[Changes], Mapping[str, Any]]
    confirm: Callable[[Changes], str | None]


def flips(search: Search, rivals: Sequence[str]) -> dict[str, Changes]:
    """By rival, the smallest changes that make it win: one answer or, where none does, two; none where neither do."""
    one = [(change,) for change in single_changes(search.answers, search.knowledge)]
    margins, drawn = _outcomes(search, [(), *one])
    # By so much the few draws are off without a change, and about as much with one.
    off = drawn[0] - search.shares
    found = {rival: _smallest(search, rival, one, drawn[1:] - off) for rival in rivals}
    missing = [rival for rival in rivals if not found[rival]]
    two = [pair for rival in missing for pair in _pairs(one, margins[:, FRAMEWORKS.index(rival)])]
    if two:
        _margins, drawn = _outcomes(search, two)
        found |= {rival: _smallest(search, rival, two, drawn - off) for rival in missing}
    return found


def single_changes(answers: Mapping[str, Any], knowledge: Knowledge) -> Iterator[Change]:
    """Every other answer to every question that matters."""
    for question in knowledge.questions_for(answers):
        before = answers.get(question.id)
        values = alternatives(question, answers)
        for after, share in zip(values, prior_shares(question, values), strict=True):
            if after not in (before, ()):
                taken_back = 0.0 if before is None else TAKEN_BACK_BITS
                further = _steps(question, values, before, after) - 1
                yield Change(question.id, before, after, -log2(share) + taken_back + further)


def _steps(question: Question, values: tuple[Any, ...], before: Any, after: Any) -> int:
    """How far an answer goes, counted in options: what does not lie on a line is one step away."""
    if question.id not in ORDERED or before is None:
        return 1
    if question.kind == "number":
        low, high = sorted((float(before), float(after)))
        return 1 + sum(low < float(value) < high for value in values)
    places = {value: place for place, value in enumerate(values)}
    return abs(places[before] - places[after]) if before in places else 1


def _smallest(search: Search, rival: str, tried: Sequence[Changes], shares: Values) -> Changes:
    """Of the changes after which the rival wins, or nearly does, the smallest that a full ranking confirms."""
    own = shares[:, FRAMEWORKS.index(rival)]
    likely = np.flatnonzero((own > 0) & (own >= shares.max(axis=1) - SEARCH_SLACK)).tolist()
    by_size = sorted(likely, key=lambda place: (*_size(tried[place]), -own[place]))
    thinkable = (tried[place] for place in by_size if _go_together(search, tried[place]))
    most = MOST_CONFIRMED[len(tried[0]) - 1] if tried else 0
    return next((changes for changes in islice(thinkable, most) if search.confirm(changes) == rival), ())


def _go_together(search: Search, changes: Changes) -> bool:
    """Whether some machine gives the answers that count after the changes."""
    after = search.after(changes)
    return not any(impossible.when.matches(after) for impossible in search.knowledge.impossible)


def _size(changes: Changes) -> tuple[int, float]:
    return _told_last(changes), sum(change.bits for change in changes)


def _told_last(changes: Changes) -> int:
    return sum(change.field in LAST for change in changes)


def _pairs(one: Sequence[Changes], margins: NDArray[np.float64]) -> Iterator[Changes]:
    """The pairs of changes that bring a rival furthest ahead if their effects add up.

    `margins` (1 + changes,) is how far ahead it is without a change and with each.
    """
    gains = margins[1:] - margins[0]
    by_gain = [place for place in np.argsort(-gains, kind="stable") if gains[place] > 0]
    pairs = sorted(combinations(by_gain, 2), key=lambda pair: -(gains[pair[0]] + gains[pair[1]]))
    apart = [one[first] + one[second] for first, second in pairs if one[first][0].field != one[second][0].field]
    for most, last in zip(PAIRS, (False, True), strict=True):
        yield from islice((pair for pair in apart if bool(_told_last(pair)) is last), most)


def _outcomes(search: Search, tried: Sequence[Changes]) -> tuple[Values, Values]:
    """After each of the changes: how far each framework is ahead of the best other one, in the mean, and the share of
    worlds that it wins; both (changes, frameworks).
    """
    worlds = _changed(search, tried)
    _modes, totals = best_modes(drawn_scores(worlds, search.situation, search.knowledge, search.seed))
    decided = np.isfinite(totals.max(axis=0))
    won = (totals.argmax(axis=0)[None] == np.arange(len(FRAMEWORKS))[:, None]) & decided
    scores = np.maximum(totals, UNUSABLE_SCORE)
    ordered = np.sort(scores, axis=0)
    best_other = np.where(scores == ordered[-1], ordered[-2], ordered[-1])
    shape = (len(FRAMEWORKS), len(tried), SEARCH_DRAWS)
    ahead, shares = (each.reshape(shape).mean(axis=2).T for each in (scores - best_other, won))
    return ahead, shares


def _changed(search: Search, tried: Sequence[Changes]) -> Worlds:
    """The worlds of now once for each of the changes, with the answers that count after it; change by change."""
    base = sample(search.answers, search.knowledge, SEARCH_DRAWS, search.seed)
    answers = [search.after(changes) for changes in tried]
    moved = {field for each in answers for field in {*each, *base.known} if each.get(field) != base.known.get(field)}
    fields = dict.fromkeys((*base.columns, *sorted(moved)))
    columns = {field: _tiled(base, search.knowledge.question(field), answers) for field in fields}
    return Worlds(base.size * len(tried), base.known, columns)


def _tiled(base: Worlds, question: Question, answers: Sequence[Mapping[str, Any]]) -> Column:
    """The answers to a question: what is given, what was drawn where it is open, none where it is not asked."""
    drawn = base.columns.get(question.id, Column((None,), np.zeros(base.size, np.intp)))
    given = [each.get(question.id) for each in answers]
    values = tuple(dict.fromkeys((*drawn.values, *given, None)))
    codes = [
        drawn.codes
        if value is None and not question.when.ruled_out(each)
        else np.full(base.size, values.index(value))
        for value, each in zip(given, answers, strict=True)
    ]
    return Column(values, np.concatenate(codes))

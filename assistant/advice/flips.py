"""Flips: which change of one answer would change the winning framework, found by trying them all."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from assistant.advice.criteria import Situation
from assistant.advice.ranking import best_modes, drawn_scores
from assistant.advice.worlds import Column, Worlds, alternatives, sample
from knowledge.collection import Knowledge
from knowledge.schema import Question
from probes.candidates import FRAMEWORKS

MOST_FLIPS = 3

# Draws for each change while searching; what is found is confirmed with a full ranking before it is told.
SEARCH_DRAWS = 150

# A change that looked like a flip in the search may not be one. So many are confirmed at most: each costs a ranking.
MOST_CONFIRMED = 12

# These answers name a framework themselves: a change of theirs explains little, and is told only for want of another.
NAMING = ("knows", "existing_code")

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


@dataclass(frozen=True)
class Change:
    """One answer changed: `steps` from where it was, counted in options."""

    field: str
    before: Any
    after: Any
    steps: int


def flips(
    answers: Mapping[str, Any],
    situation: Situation,
    knowledge: Knowledge,
    *,
    winner: str,
    seed: int,
    confirm: Callable[[Change], str | None],
) -> tuple[tuple[Change, str], ...]:
    """Changes that make another framework win, and which: the smallest first, one for each framework that could.

    `confirm` says which framework really wins after a change.
    """
    changes = tuple(_changes(answers, knowledge))
    shares = _shares_won(changes, answers, situation, knowledge, seed)
    likely = shares.argmax(axis=1)
    sureness = shares.max(axis=1, initial=0)
    order = sorted(
        range(len(changes)),
        key=lambda index: (changes[index].field in NAMING, changes[index].steps, -sureness[index]),
    )
    promising = [index for index in order if FRAMEWORKS[likely[index]] != winner and shares[index].any()]
    found: dict[str, Change] = {}
    confirmed = 0
    for index in promising:
        framework = FRAMEWORKS[likely[index]]
        if len(found) == MOST_FLIPS or confirmed == MOST_CONFIRMED:
            break
        if framework not in found:
            confirmed += 1
            if confirm(changes[index]) == framework:
                found[framework] = changes[index]
    return tuple((change, framework) for framework, change in found.items())


def _changes(answers: Mapping[str, Any], knowledge: Knowledge) -> Iterator[Change]:
    for question in knowledge.questions_for(answers):
        before = answers.get(question.id)
        values = alternatives(question, answers)
        for after in values:
            if after not in (before, ()):
                yield Change(question.id, before, after, _steps(question, values, before, after))


def _steps(question: Question, values: tuple[Any, ...], before: Any, after: Any) -> int:
    if question.id not in ORDERED or before is None:
        return 1
    if question.kind == "number":
        low, high = sorted((float(before), float(after)))
        return 1 + sum(low < float(value) < high for value in values)
    places = {value: place for place, value in enumerate(values)}
    return abs(places[before] - places[after]) if before in places else 1


def _shares_won(
    changes: tuple[Change, ...], answers: Mapping[str, Any], situation: Situation, knowledge: Knowledge, seed: int
) -> NDArray[np.float64]:
    """The share of worlds that each framework wins after each change; (changes, frameworks)."""
    worlds = _changed(sample(answers, knowledge, SEARCH_DRAWS, seed), changes)
    _modes, totals = best_modes(drawn_scores(worlds, situation, knowledge, seed))
    won = totals.argmax(axis=0)[None] == np.arange(len(FRAMEWORKS))[:, None]
    won &= np.isfinite(totals.max(axis=0))
    shares = won.reshape(len(FRAMEWORKS), len(changes), SEARCH_DRAWS).mean(axis=2)
    return np.asarray(shares.T)


def _changed(base: Worlds, changes: tuple[Change, ...]) -> Worlds:
    """The base worlds once for each change, with that change made; change by change."""
    columns = {name: _tiled(column, name, changes) for name, column in base.columns.items()}
    for field in dict.fromkeys(change.field for change in changes):
        if field not in columns:
            known = Column((base.known.get(field),), np.zeros(base.size, np.intp))
            columns[field] = _tiled(known, field, changes)
    return Worlds(base.size * len(changes), base.known, columns)


def _tiled(column: Column, field: str, changes: tuple[Change, ...]) -> Column:
    concerned = [index for index, change in enumerate(changes) if change.field == field]
    codes = np.tile(column.codes, (len(changes), 1))
    for place, index in enumerate(concerned):
        codes[index] = len(column.values) + place
    return Column((*column.values, *(changes[index].after for index in concerned)), codes.ravel())

"""Worlds: complete sets of answers, the unknown ones sampled, over which the rules are applied all at once.

Unknown answers are sampled, not guessed: as often as the priors of the questions say. Each field has its own random
stream, so that answering one question does not shake the others.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from assistant.project import FIELDS
from knowledge.collection import Knowledge
from knowledge.conditions import Condition
from knowledge.schema import Question

Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Column:
    """One field in every world: `codes` (worlds,) are indices into `values`; the value None means no answer."""

    values: tuple[Any, ...]
    codes: NDArray[np.intp]

    def fits(self, condition: Condition, field: str) -> Mask:
        """In which worlds the field's answer is what the condition expects of it; (worlds,)."""
        fits = [value is not None and not condition.ruled_out({field: value}) for value in self.values]
        return np.asarray(np.array(fits)[self.codes])


@dataclass(frozen=True)
class Worlds:
    """`size` sets of answers: `known` are the same in all of them, `columns` differ, other fields have no answer."""

    size: int
    known: Mapping[str, Any]
    columns: Mapping[str, Column]

    def matches(self, condition: Condition) -> Mask | bool:
        """Where the condition holds: (worlds,), or one bool when it is the same everywhere."""
        holds: Mask | bool = True
        for field in condition.fields:
            if field in self.columns:
                holds = holds & self.columns[field].fits(condition, field)
            elif self.known.get(field) is None or condition.ruled_out({field: self.known[field]}):
                return False
        return holds

    def lookup(self, field: str, table: Mapping[Any, float]) -> NDArray[np.float64]:
        """What `table` says for the field's answer in each world, None being no answer; (worlds,)."""
        if field in self.columns:
            column = self.columns[field]
            figures = np.array([float(table[value]) for value in column.values])
            return np.asarray(figures[column.codes])
        return np.full(self.size, float(table[self.known.get(field)]))


def certain(answers: Mapping[str, Any]) -> Worlds:
    """The single world of what is known; what is not stays without an answer."""
    return Worlds(1, answers, {})


def sample(answers: Mapping[str, Any], knowledge: Knowledge, size: int, seed: int) -> Worlds:
    """`size` worlds that agree with `answers`; a question that does not matter in a world has no answer there."""
    worlds = Worlds(size, answers, {})
    for question in knowledge.questions.values():
        if question.id in answers or question.when.ruled_out(answers):
            continue
        column = _sample_column(question, answers, worlds, knowledge, seed)
        worlds = replace(worlds, columns={**worlds.columns, question.id: column})
    return worlds


def alternatives(question: Question, answers: Mapping[str, Any]) -> tuple[Any, ...]:
    """Every value that an answer to the question may plausibly take; for a number, the picks that are offered."""
    if question.kind == "number":
        return tuple(_picks(question, answers))
    values = tuple(option.value for option in question.option)
    return ((), *((value,) for value in values)) if question.kind == "choices" else values


def prior_shares(question: Question, values: Sequence[Any]) -> NDArray[np.float64]:
    """The share of the worlds that each value gets: what the question's prior says, else all the same."""
    prior = question.prior
    if prior is None:
        return np.full(len(values), 1 / len(values))
    together = (prior.ordinary,) if question.kind == "choices" else prior.ordinary
    ordinary = np.array([value in together for value in values])
    shares = np.where(ordinary, prior.share / ordinary.sum(), (1 - prior.share) / (~ordinary).sum())
    return np.asarray(shares)


def _sample_column(
    question: Question, answers: Mapping[str, Any], worlds: Worlds, knowledge: Knowledge, seed: int
) -> Column:
    values = alternatives(question, answers)
    drawn = np.random.default_rng([seed, FIELDS.index(question.id)]).random(worlds.size)
    shares = prior_shares(question, values)[:, None] * _possible(question.id, values, worlds, knowledge)
    ends = np.cumsum(shares / shares.sum(axis=0), axis=0)
    # Rounding may leave the last end a little below 1.
    codes = np.minimum((drawn >= ends).sum(axis=0), len(values) - 1)
    matters = worlds.matches(question.when)
    return Column((*values, None), np.where(matters, codes, len(values)))


def _possible(field: str, values: Sequence[Any], worlds: Worlds, knowledge: Knowledge) -> Mask:
    """Which values go with the answers that a world has already; (values, worlds), or (values, 1) if all alike."""
    possible = np.ones((len(values), 1), bool)
    for impossible in knowledge.impossible:
        if field not in impossible.when.fields:
            continue
        excluded = np.array([not impossible.when.ruled_out({field: value}) for value in values])
        possible = possible & ~(excluded[:, None] & worlds.matches(impossible.when.without(field)))
    return possible


def _picks(question: Question, answers: Mapping[str, Any]) -> Iterator[float]:
    ranges = [variant.number for variant in question.variant if variant.when.matches(answers)]
    offered = ranges[0] if ranges else question.number
    assert offered is not None  # the schema requires a range of every question for a number
    integral = question.id != "dataset_gb"
    yield from (int(pick) if integral else pick for pick in offered.picks)

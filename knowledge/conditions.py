"""Conditions: when a rule applies or a question matters, written as data over the fields of a project."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Self

from pydantic import BaseModel, ConfigDict, RootModel, model_validator

from knowledge.vocabulary import FIELDS, FieldDefinition


class Bounds(BaseModel):
    """A closed interval of numbers; at least one end is given."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    min: float | None = None
    max: float | None = None

    @model_validator(mode="after")
    def _some_interval(self) -> Self:
        low, high = self.min, self.max
        if low is None and high is None:
            raise ValueError("expected min, max or both")
        if low is not None and high is not None and low > high:
            raise ValueError(f"min {low:g} is above max {high:g}")
        return self

    def holds(self, number: object) -> bool:
        if isinstance(number, bool) or not isinstance(number, int | float):
            return False
        return (self.min is None or number >= self.min) and (self.max is None or number <= self.max)


class Condition(RootModel[dict[str, tuple[str, ...] | Bounds]]):
    """All of its fields must fit: a list fits any of its values, `{min, max}` a number between them.

    In TOML: `when = {task = ["text_generation"], dataset_rows = {max = 20000}}`. The empty condition always holds.
    """

    model_config = ConfigDict(frozen=True)

    root: dict[str, tuple[str, ...] | Bounds] = {}

    @model_validator(mode="after")
    def _in_vocabulary(self) -> Self:
        for field, expected in self.root.items():
            if field not in FIELDS:
                raise ValueError(f"got field {field!r}, expected one of {', '.join(FIELDS)}")
            _check_values(field, expected, FIELDS[field])
        return self

    @property
    def fields(self) -> tuple[str, ...]:
        """The fields it looks at."""
        return tuple(self.root)

    def without(self, field: str) -> Condition:
        """What it expects of the other fields."""
        return Condition({name: expected for name, expected in self.root.items() if name != field})

    def matches(self, answers: Mapping[str, object]) -> bool:
        """Whether every field is known (not None) and fits; a list of answers fits when one of them does."""
        return all(_fits(expected, answers.get(field)) for field, expected in self.root.items())

    def ruled_out(self, answers: Mapping[str, object]) -> bool:
        """Whether a known answer already contradicts it, whatever the unknown ones turn out to be."""
        known = ((expected, answers.get(field)) for field, expected in self.root.items())
        return any(value is not None and not _fits(expected, value) for expected, value in known)


def _check_values(field: str, expected: tuple[str, ...] | Bounds, definition: FieldDefinition) -> None:
    if isinstance(expected, Bounds) != definition.numeric:
        form = "{min, max}" if definition.numeric else "a list of values"
        raise ValueError(f"field {field!r}: got {expected!r}, expected {form}")
    if isinstance(expected, Bounds):
        return
    unknown = [value for value in expected if value not in definition.values]
    if unknown or not expected:
        got = ", ".join(map(repr, unknown)) or "an empty list"
        raise ValueError(f"field {field!r}: got {got}, expected one of {', '.join(definition.values)}")


def _fits(expected: tuple[str, ...] | Bounds, answer: object) -> bool:
    if isinstance(expected, Bounds):
        return expected.holds(answer)
    if isinstance(answer, Collection) and not isinstance(answer, str):
        return any(value in expected for value in answer)
    return answer in expected

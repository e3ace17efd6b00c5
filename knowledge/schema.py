"""The records of the TOML files: frozen, unknown keys refused, each naming its texts for translation."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Annotated, ClassVar, Literal, Self

from packaging.version import InvalidVersion, Version
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, HttpUrl, model_validator

from knowledge.conditions import Condition
from knowledge.vocabulary import (
    FIELDS,
    FIELDS_ABOUT_FRAMEWORKS,
    FrameworkId,
    MeasuredCriterion,
    RatedCriterion,
)

Text = Annotated[str, Field(min_length=1)]
Identifier = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9._-]*$")]
Level = Annotated[int, Field(ge=1, le=5, strict=True)]
SourceKind = Literal["documentation", "release notes", "source code", "measurement", "secondary"]


def _version(text: str) -> str:
    try:
        Version(text)
    except InvalidVersion:
        raise ValueError(f"got {text!r}, expected a version such as 2.15.0") from None
    return text


def _clause(text: str) -> str:
    if ":" in text or text.endswith("."):
        raise ValueError(f"got {text!r}, expected no colon and no full stop: it stands beside a colon in a sentence")
    return text


Clause = Annotated[Text, AfterValidator(_clause)]
Versions = dict[str, Annotated[str, AfterValidator(_version)]]
SomeFacts = Annotated[tuple[Identifier, ...], Field(min_length=1)]


class Record(BaseModel):
    """Base of all records. `translated` names the attributes that a person reads."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    translated: ClassVar[tuple[str, ...]] = ()

    def messages(self) -> Iterator[str]:
        """Every text a person reads in this record and the records within it, in file order."""
        for name in type(self).model_fields:
            value = getattr(self, name)
            parts = value if isinstance(value, tuple) else (value,)
            for part in parts:
                if isinstance(part, Record):
                    yield from part.messages()
                elif name in self.translated and part:
                    yield part


class Source(Record):
    """Where a statement comes from. A package is cited by name and version in the title, without an address."""

    id: Identifier
    title: Text
    kind: SourceKind
    address: HttpUrl | None = None

    @property
    def primary(self) -> bool:
        """Whether it is the thing itself (its documentation, code, notes or a measurement) and not a retelling."""
        return self.kind != "secondary"

    def messages(self) -> Iterator[str]:
        """The title where it is in our own words: with an address it is that of the page there."""
        if self.address is None:
            yield self.title


class Dimension(Record):
    """What a fact or claim is about; the filter of the claims page."""

    translated = ("label",)

    id: Identifier
    label: Text


class Dated(Record):
    """A statement with its sources, the day it was checked and the versions of distributions it speaks of."""

    translated: ClassVar[tuple[str, ...]] = ("statement",)

    id: Identifier
    dimension: Identifier
    statement: Text
    sources: tuple[Identifier, ...]
    checked: date
    versions: Versions = {}


class Fact(Dated):
    """Something about one framework that changes a recommendation. Its id begins with the framework's."""

    sources: Annotated[tuple[Identifier, ...], Field(min_length=1)]


class Mode(Record):
    """A candidate: the framework in one mode, and what a person reads for it."""

    translated = ("label",)

    candidate: Identifier
    label: Text

    @property
    def id(self) -> str:
        return self.candidate


class Framework(Record):
    """A framework: its name and home page. One that is not measured has no modes."""

    id: Identifier
    name: Text
    home: HttpUrl


class Option(Record):
    """One answer to a question."""

    translated = ("label", "help")

    value: Text
    label: Text
    help: Text | None = None


class NumberRange(Record):
    """What may be typed: bounds (both allowed), the unit shown beside it, and values to pick at once."""

    translated = ("unit",)

    unit: Text
    minimum: Annotated[float, Field(gt=0)]
    maximum: Annotated[float, Field(gt=0)]
    picks: tuple[float, ...]

    @model_validator(mode="after")
    def _picks_within(self) -> Self:
        outside = [pick for pick in self.picks if not self.minimum <= pick <= self.maximum]
        if self.minimum > self.maximum or outside:
            raise ValueError(f"got picks {list(self.picks)}, expected {self.minimum:g} to {self.maximum:g}")
        return self


class Prior(Record):
    """What projects are like where nothing was said: an assumption of ours, not a fact.

    The `ordinary` answers share `share` of the sampled projects evenly, all others the rest. Where several answers
    may be given together, `ordinary` is one such answer, the empty list none of them.
    """

    ordinary: tuple[Text, ...]
    share: Annotated[float, Field(gt=0, lt=1)]


class Variant(Record):
    """Another wording and range of a question, for some tasks."""

    translated = ("text",)

    when: Condition
    text: Text
    number: NumberRange


class Question(Record):
    """One question of the interview; its id is the project field it fills. The file's order is the default order.

    `when` says for which answers it matters; the app adds "not sure" to every question.
    """

    translated = ("text", "why")

    id: Identifier
    kind: Literal["choice", "choices", "number"]
    text: Text
    why: Text
    when: Condition = Condition()
    option: tuple[Option, ...] = ()
    number: NumberRange | None = None
    variant: tuple[Variant, ...] = ()
    prior: Prior | None = None

    @model_validator(mode="after")
    def _fits_its_field(self) -> Self:
        if self.id not in FIELDS:
            raise ValueError(f"got id {self.id!r}, expected one of {', '.join(FIELDS)}")
        field = FIELDS[self.id]
        kind = "number" if field.numeric else field.kind
        if self.kind != kind:
            raise ValueError(f"got kind {self.kind!r}, expected {kind!r}")
        if field.numeric != (self.number is not None):
            raise ValueError(f"a question of kind {kind!r} {'needs' if field.numeric else 'takes no'} [number]")
        offered = tuple(option.value for option in self.option)
        if sorted(offered) != sorted(field.values):
            raise ValueError(f"got options {', '.join(offered)}, expected {', '.join(field.values)}")
        ranges = [self.number, *(variant.number for variant in self.variant)]
        if any(each and field.maximum and each.maximum > field.maximum for each in ranges):
            raise ValueError(f"got a maximum above {field.maximum:g}, the largest {self.id} there is")
        return self

    @model_validator(mode="after")
    def _prior_names_its_options(self) -> Self:
        if self.prior is None:
            return self
        offered, ordinary = {option.value for option in self.option}, set(self.prior.ordinary)
        together = self.kind == "choices"
        if not (ordinary <= offered if together else set() < ordinary < offered):
            expected = f"some of {', '.join(sorted(offered))}, not all" if offered else "none for a number"
            raise ValueError(f"got ordinary answers {list(self.prior.ordinary)}, expected {expected}")
        return self


class Impossible(Record):
    """Answers that no machine gives together: where some of `when` is known, the rest is taken for ruled out."""

    id: Identifier
    when: Condition
    facts: SomeFacts

    @model_validator(mode="after")
    def _of_choices(self) -> Self:
        if len(self.when.fields) < 2 or any(FIELDS[field].numeric for field in self.when.fields):
            raise ValueError(f"got fields {', '.join(self.when.fields)}, expected two or more that are choices")
        return self


class EligibilityRule(Record):
    """Excludes every candidate of `frameworks`, and each of `candidates`, while `when` matches."""

    translated = ("reason", "fix")

    id: Identifier
    frameworks: tuple[FrameworkId, ...] = ()
    candidates: tuple[Identifier, ...] = ()
    when: Condition
    reason: Text
    fix: Text
    facts: SomeFacts

    def concerns(self, candidate: str, framework: str) -> bool:
        """Whether it excludes this candidate, which is a mode of the framework."""
        return framework in self.frameworks or candidate in self.candidates

    @model_validator(mode="after")
    def _excludes_something(self) -> Self:
        if not self.frameworks and not self.candidates:
            raise ValueError("got neither frameworks nor candidates, expected at least one of them")
        return self


class CriterionRule(Record):
    """Rates a framework, or one candidate of it, on one criterion while `when` matches.

    Of several that match, the last in the file counts: the general rule stands first, its refinements below. Not so
    for `platform_support`: a machine is no better than its weakest part, so there the lowest counts. What a reason
    says about a framework is `cited`: it names `facts`. Only a reason that repeats the person's own answer about this
    very framework ("you know PyTorch") rests on nothing else: its `evidence` is `you`, and it names none.
    """

    translated = ("reason",)

    id: Identifier
    criterion: RatedCriterion
    framework: FrameworkId | None = None
    candidate: Identifier | None = None
    when: Condition = Condition()
    level: Level
    reason: Clause
    evidence: Literal["cited", "you"] = "cited"
    facts: tuple[Identifier, ...] = ()

    def concerns(self, candidate: str, framework: str) -> bool:
        """Whether it rates this candidate, which is a mode of the framework."""
        return self.framework == framework or self.candidate == candidate

    @model_validator(mode="after")
    def _rates_one_thing(self) -> Self:
        if (self.framework is None) == (self.candidate is None):
            raise ValueError("expected either a framework or a candidate")
        return self

    @model_validator(mode="after")
    def _rests_on_something(self) -> Self:
        if self.evidence == "cited" and not self.facts:
            raise ValueError("got no facts, expected the id of one or more that the reason rests on")
        if self.evidence == "you" and self.facts:
            raise ValueError("got facts for evidence 'you', expected none, or evidence = 'cited'")
        if self.evidence == "you" and not self._repeats_an_answer():
            fields = " or ".join(FIELDS_ABOUT_FRAMEWORKS)
            raise ValueError(f"got evidence 'you', expected a condition on {fields} that names this framework alone")
        return self

    def _repeats_an_answer(self) -> bool:
        return any(self.when.root.get(field) == (self.framework,) for field in FIELDS_ABOUT_FRAMEWORKS)


class WeightRule(Record):
    """Multiplies the importance of a criterion while `when` matches; what nobody mentioned stays at 1."""

    translated = ("reason",)

    id: Identifier
    criterion: MeasuredCriterion | RatedCriterion
    when: Condition
    factor: Annotated[float, Field(gt=0, le=10)]
    reason: Clause


class SimplerFirst(Record):
    """When to try scikit-learn before deep learning, and why."""

    translated = ("reason",)

    id: Identifier
    when: Condition
    reason: Text
    facts: SomeFacts


class Scale(Record):
    """A criterion: its name, what it asks, and either the unit it is measured in or what levels 1-5 mean."""

    translated = ("label", "asks", "levels")

    criterion: MeasuredCriterion | RatedCriterion
    label: Text
    asks: Text
    unit: Text | None = None
    levels: Annotated[tuple[Text, ...], Field(max_length=5)] = ()

    @property
    def id(self) -> str:
        return self.criterion

    @model_validator(mode="after")
    def _unit_or_levels(self) -> Self:
        if (self.unit is None) == (not self.levels) or len(self.levels) not in {0, 5}:
            raise ValueError(f"got unit {self.unit!r} and {len(self.levels)} levels, expected a unit or five levels")
        return self

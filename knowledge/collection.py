"""Knowledge: all records together, found by id, and the rules applied to a set of answers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from operator import attrgetter
from typing import TypeVar

from knowledge.claims import Claim
from knowledge.errors import UnknownRecord
from knowledge.schema import (
    CriterionRule,
    Dimension,
    EligibilityRule,
    Fact,
    Framework,
    Impossible,
    Mode,
    Question,
    Record,
    Scale,
    SimplerFirst,
    Source,
    WeightRule,
)
from knowledge.vocabulary import LIMITED_CRITERIA

R = TypeVar("R", bound=Record)


@dataclass(frozen=True)
class Entry:
    """One record, the file below `knowledge/` and the table it stands in."""

    file: str
    table: str
    record: Record

    @property
    def id(self) -> str:
        return str(self.record.id)  # type: ignore[attr-defined]  # every record that is an entry has an id

    @property
    def name(self) -> str:
        return f"{self.table} {self.id!r}"


@dataclass(frozen=True)
class Knowledge:
    """Every record, in file order; the mappings are keyed by id."""

    entries: tuple[Entry, ...]

    @cached_property
    def sources(self) -> Mapping[str, Source]:
        return self._by_id(Source)

    @cached_property
    def dimensions(self) -> Mapping[str, Dimension]:
        return self._by_id(Dimension)

    @cached_property
    def frameworks(self) -> Mapping[str, Framework]:
        return self._by_id(Framework)

    @cached_property
    def modes(self) -> Mapping[str, Mode]:
        """The candidates' labels, by candidate id."""
        return self._by_id(Mode)

    @cached_property
    def facts(self) -> Mapping[str, Fact]:
        return self._by_id(Fact)

    @cached_property
    def claims(self) -> Mapping[str, Claim]:
        return self._by_id(Claim)

    @cached_property
    def questions(self) -> Mapping[str, Question]:
        """In the default order of asking."""
        return self._by_id(Question)

    @cached_property
    def impossible(self) -> tuple[Impossible, ...]:
        return tuple(self._records(Impossible))

    @cached_property
    def scales(self) -> Mapping[str, Scale]:
        """By criterion, in the order to show them."""
        return self._by_id(Scale)

    @cached_property
    def eligibility(self) -> tuple[EligibilityRule, ...]:
        return tuple(self._records(EligibilityRule))

    @cached_property
    def criteria(self) -> tuple[CriterionRule, ...]:
        return tuple(self._records(CriterionRule))

    @cached_property
    def weights(self) -> tuple[WeightRule, ...]:
        return tuple(self._records(WeightRule))

    @cached_property
    def simpler_first(self) -> tuple[SimplerFirst, ...]:
        return tuple(self._records(SimplerFirst))

    @cached_property
    def framework_of(self) -> Mapping[str, str]:
        """The framework's id of each candidate."""
        return self._frameworks_of(Mode)

    @cached_property
    def framework_of_fact(self) -> Mapping[str, str]:
        """The framework's id of each fact."""
        return self._frameworks_of(Fact)

    @cached_property
    def counting_facts(self) -> frozenset[str]:
        """The facts that a rule or a question rests on; all others are there to be read."""
        return frozenset(fact for entry in self.entries for fact in getattr(entry.record, "facts", ()))

    def source(self, source_id: str) -> Source:
        return _find("source", source_id, self.sources)

    def framework(self, framework_id: str) -> Framework:
        return _find("framework", framework_id, self.frameworks)

    def mode(self, candidate: str) -> Mode:
        return _find("candidate", candidate, self.modes)

    def fact(self, fact_id: str) -> Fact:
        return _find("fact", fact_id, self.facts)

    def claim(self, claim_id: str) -> Claim:
        return _find("claim", claim_id, self.claims)

    def question(self, field: str) -> Question:
        return _find("question", field, self.questions)

    def sources_of(self, facts: Iterable[str]) -> tuple[Source, ...]:
        """What the facts rest on, each source once; those that a reader can open come first."""
        ids = dict.fromkeys(source for fact in facts for source in self.fact(fact).sources)
        return tuple(sorted(map(self.source, ids), key=lambda source: source.address is None))

    def first_source(self, facts: Iterable[str]) -> str:
        """Where a reader looks first: the address of the first source that has one, else the title of the first."""
        first = self.sources_of(facts)[0]
        return str(first.address or first.title)

    def checked(self, facts: Iterable[str]) -> date:
        """Since when nobody has looked at all of the facts: the day of the one that was checked longest ago."""
        return min(self.fact(fact).checked for fact in facts)

    def exclusions(self, candidate: str, answers: Mapping[str, object]) -> tuple[EligibilityRule, ...]:
        """The rules that exclude the candidate for these answers; none means that it can be used."""
        framework = _find("candidate", candidate, self.framework_of)
        return tuple(
            rule for rule in self.eligibility if rule.concerns(candidate, framework) and rule.when.matches(answers)
        )

    def rating(self, criterion: str, candidate: str, answers: Mapping[str, object]) -> CriterionRule:
        """The rule that rates the candidate on a rated criterion: the last in the file of those that match the
        answers, or the lowest of those that name limits.
        """
        framework = _find("candidate", candidate, self.framework_of)
        rules = _find("rated criterion", criterion, self._rules_by_criterion)
        matching = (
            rule for rule in reversed(rules) if rule.concerns(candidate, framework) and rule.when.matches(answers)
        )
        return min(matching, key=attrgetter("level")) if criterion in LIMITED_CRITERIA else next(matching)

    def bearing(self, answers: Mapping[str, object]) -> frozenset[str]:
        """The open fields on which some rule still depends: no known answer rules it out."""
        conditions = [rule.when for rules in (self.eligibility, self.criteria, self.weights) for rule in rules]
        depending = (when.fields for when in conditions if not when.ruled_out(answers))
        return frozenset(field for fields in depending for field in fields if field not in answers)

    def questions_for(self, answers: Mapping[str, object]) -> tuple[Question, ...]:
        """The questions that matter: those that no known answer rules out, in the default order."""
        return tuple(question for question in self.questions.values() if not question.when.ruled_out(answers))

    @cached_property
    def _rules_by_criterion(self) -> Mapping[str, tuple[CriterionRule, ...]]:
        names = dict.fromkeys(rule.criterion for rule in self.criteria)
        return {name: tuple(rule for rule in self.criteria if rule.criterion == name) for name in names}

    def _frameworks_of(self, model: type[Record]) -> Mapping[str, str]:
        """The framework of each such record: the one whose file it stands in."""
        frameworks = {entry.file: entry.id for entry in self.entries if isinstance(entry.record, Framework)}
        return {entry.id: frameworks[entry.file] for entry in self.entries if isinstance(entry.record, model)}

    def _records(self, model: type[R]) -> Iterator[R]:
        return (entry.record for entry in self.entries if isinstance(entry.record, model))

    def _by_id(self, model: type[R]) -> Mapping[str, R]:
        return {entry.id: entry.record for entry in self.entries if isinstance(entry.record, model)}


V = TypeVar("V")


def _find(kind: str, wanted: str, known: Mapping[str, V]) -> V:
    try:
        return known[wanted]
    except KeyError:
        raise UnknownRecord(f"Unknown {kind} {wanted!r}; expected one of {', '.join(known)}.") from None

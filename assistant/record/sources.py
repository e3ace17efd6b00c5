"""What a record rests on: the facts it cites, numbered in the order in which they first appear, and their sources."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain

from assistant import wording
from assistant.advice.recommendation import Reason, Recommendation
from assistant.language import _
from assistant.record.document import Badge, Block, Line, Link, Paragraph, Piece, Section, Table, columns
from knowledge.load import load
from knowledge.schema import Fact, Source


@dataclass(frozen=True)
class Citations:
    """The cited facts by their ids, in the order of their numbers."""

    facts: tuple[str, ...]

    def reason(self, reason: Reason) -> Line:
        """A reason with its badge and, where it is cited, the way to its source."""
        return (reason.text, *self.evidence(reason.evidence, reason.facts))

    def evidence(self, kind: str, facts: Sequence[str]) -> tuple[Piece, ...]:
        """The badge of an evidence kind, and the way to each of the facts if it rests on some."""
        return self.cited(facts) if facts else (badge(kind),)

    def cited(self, facts: Sequence[str]) -> tuple[Piece, ...]:
        """The badge of what rests on these facts, with the day of the oldest, and the way to each."""
        return (badge("cited", load().checked(facts).isoformat()), *map(self._reference, facts))

    def section(self) -> Section:
        """Every cited fact with all its sources, the day on which they were read and the versions they speak of."""
        blocks: tuple[Block, ...] = (Paragraph(_("Nothing is cited: the decision rests on answers and figures.")),)
        if self.facts:
            rows = tuple(self._row(load().fact(fact)) for fact in self.facts)
            titles = columns(_("No."), _("What they say"), _("Source"), _("Checked"), _("Versions"))
            blocks = (Table(titles, rows).without_empty_columns(),)
        return Section("sources", _("Sources"), blocks)

    def _row(self, fact: Fact) -> tuple[Line, ...]:
        sources = tuple(_apart([_source_link(load().source(source)) for source in fact.sources]))
        versions = wording.clauses(f"{name} {version}" for name, version in fact.versions.items())
        return (self._number(fact.id), _(fact.statement), sources, fact.checked.isoformat(), versions)

    def _reference(self, fact: str) -> Piece:
        """The fact's number, which leads to its first source on the web."""
        address = load().sources_of((fact,))[0].address
        number = f"[{self._number(fact)}]"
        return Link(number, str(address)) if address else number

    def _number(self, fact: str) -> str:
        return str(self.facts.index(fact) + 1)


def citations(advice: Recommendation) -> Citations:
    """Everything that the recommendation cites: for each exclusion, for it and against it."""
    return Citations(tuple(dict.fromkeys(_facts(advice))))


def badge(evidence: str, detail: str = "") -> Badge:
    """The badge of an evidence kind, with a detail such as the day on which it was checked."""
    return Badge(wording.clauses(filter(None, (wording.evidence_badge(evidence), detail))), evidence)


def _facts(advice: Recommendation) -> Iterator[str]:
    """In the order of the record: the excluded, what speaks for the winner, against the others, modes and it."""
    for ranked in advice.ranking:
        for exclusion in ranked.exclusions:
            yield from exclusion.facts
    yield from advice.simpler_first_facts
    winner, *others = dict.fromkeys(ranked.framework for ranked in advice.ranking)
    frameworks = (advice.why_not.get(framework, ()) for framework in others)
    reasons = chain(advice.reasons, *frameworks, *advice.other_modes.values(), advice.why_not.get(winner, ()))
    yield from chain.from_iterable(reason.facts for reason in reasons)


def _source_link(source: Source) -> Piece:
    """The source's title, leading to it where it is on the web."""
    return Link(source.title, str(source.address)) if source.address else _(source.title)


def _apart(links: list[Piece]) -> Iterator[Piece]:
    yield links[0]
    for link in links[1:]:
        yield from ("\u00b7", link)

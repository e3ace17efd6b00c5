"""The ledger's rows and the facts: filtered, in the order of the files, claims with what this machine said last."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import get_args

from assistant.claims.records import CheckedLedger, CheckResult, CitedSource, ClaimRow
from assistant.errors import InvalidInput
from assistant.language import _
from knowledge.claims import Claim, Verdict
from knowledge.collection import Knowledge
from knowledge.schema import Dated, Fact

VERDICTS: tuple[Verdict, ...] = get_args(Verdict)

# Longer than any search, shorter than what would slow one down.
MAX_TEXT = 200


@dataclass(frozen=True)
class Filter:
    """Which claims or facts to list; None and the empty text let everything pass. A fact has no verdict."""

    verdict: str | None = None
    framework: str | None = None
    dimension: str | None = None
    text: str = ""

    def admits(self, claim: Claim) -> bool:
        """Whether the claim passes; each word of `text` must stand in what is claimed or in what is true today."""
        return self.verdict in {None, claim.verdict} and self._fits(claim, claim.frameworks, _(claim.today))

    def admits_fact(self, fact: Fact, framework: str) -> bool:
        """Whether the fact about this framework passes; each word of `text` must stand in it."""
        return self._fits(fact, (framework,))

    def _fits(self, record: Dated, frameworks: Sequence[str], *more: str) -> bool:
        written = " ".join((_(record.statement), *more)).casefold()
        return (
            (self.framework is None or self.framework in frameworks)
            and self.dimension in {None, record.dimension}
            and all(word in written for word in self.text.casefold().split())
        )


def checked_filter(
    knowledge: Knowledge,
    *,
    verdict: str | None = None,
    framework: str | None = None,
    dimension: str | None = None,
    text: str = "",
) -> Filter:
    """A filter from a command's options or a page's address; raises `InvalidInput` for what nothing is known by.

    Of `text` the first `MAX_TEXT` characters count.
    """
    _expect(_("verdict"), verdict, VERDICTS)
    _expect(_("framework"), framework, tuple(knowledge.frameworks))
    _expect(_("dimension"), dimension, tuple(knowledge.dimensions))
    return Filter(verdict=verdict, framework=framework, dimension=dimension, text=text.strip()[:MAX_TEXT])


def matching(knowledge: Knowledge, wanted: Filter) -> tuple[Claim, ...]:
    """The claims that the filter admits, in the order of the files."""
    return tuple(claim for claim in knowledge.claims.values() if wanted.admits(claim))


def matching_facts(knowledge: Knowledge, wanted: Filter) -> tuple[Fact, ...]:
    """The facts that the filter admits, framework by framework."""
    frameworks = knowledge.framework_of_fact
    return tuple(fact for fact in knowledge.facts.values() if wanted.admits_fact(fact, frameworks[fact.id]))


def counts(claims: Sequence[Claim]) -> dict[Verdict, int]:
    """How many claims there are of each verdict, every verdict named."""
    found = Counter(claim.verdict for claim in claims)
    return {verdict: found[verdict] for verdict in VERDICTS}


def rows(knowledge: Knowledge, claims: Sequence[Claim], ledger: CheckedLedger | None) -> tuple[ClaimRow, ...]:
    """The claims with their sources in full and, where there is one, the result of their check here."""
    results = {result.claim: result for result in ledger.results} if ledger else {}
    return tuple(_row(knowledge, claim, results) for claim in claims)


def cited(knowledge: Knowledge, record: Dated) -> tuple[CitedSource, ...]:
    """The sources of a claim or fact in full, in the language in use."""
    sources = [knowledge.source(source_id) for source_id in record.sources]
    return tuple(
        CitedSource(
            id=source.id,
            title=_(source.title),
            kind=source.kind,
            address=str(source.address) if source.address else None,
        )
        for source in sources
    )


def _row(knowledge: Knowledge, claim: Claim, results: Mapping[str, CheckResult]) -> ClaimRow:
    return ClaimRow(
        id=claim.id,
        statement=_(claim.statement),
        verdict=claim.verdict,
        today=_(claim.today),
        frameworks=claim.frameworks,
        dimension=claim.dimension,
        checked=claim.checked.isoformat(),
        sources=cited(knowledge, claim),
        checkable=claim.check is not None,
        check=_explained(claim, results.get(claim.id)),
    )


def _explained(claim: Claim, result: CheckResult | None) -> CheckResult | None:
    """The result with what its outcome means, in the language in use."""
    if result is None or result.outcome is None or claim.check is None:
        return result
    meanings = {
        "holds here": _(claim.check.if_holds),
        "does not hold here": _(claim.check.if_not),
        "too close to call": _("The difference is within the noise of this machine."),
    }
    return result.model_copy(update={"meaning": meanings[result.outcome]})


def _expect(name: str, value: str | None, known: Sequence[str]) -> None:
    if value is not None and value not in known:
        raise InvalidInput(
            _("Unknown {name} {value!r}; expected one of {known}.").format(
                name=name, value=value, known=", ".join(known)
            )
        )

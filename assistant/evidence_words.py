"""Evidence in words: what a badge says, and the sources that a reader can open; the same wherever it is told."""

from __future__ import annotations

from collections.abc import Sequence

from assistant import moments, wording
from assistant.language import _
from knowledge.load import load


def badge(kind: str, facts: Sequence[str] = ()) -> str:
    """The word of an evidence kind and, for what is cited, since when nobody has looked: `cited, Nov 2026`."""
    word = wording.evidence_badge(kind)
    return wording.clauses((word, moments.month(load().checked(facts)))) if facts else word


def addresses(facts: Sequence[str]) -> tuple[str, ...]:
    """Where the cited facts can be read, the first place first; none where packages alone are cited."""
    return tuple(str(source.address) for source in load().sources_of(facts) if source.address)


def titles(facts: Sequence[str]) -> tuple[str, ...]:
    """What the cited facts rest on, where nothing of it has an address: packages by name and version."""
    sources = load().sources_of(facts)
    return () if any(source.address for source in sources) else tuple(_(source.title) for source in sources)

"""Rules between records: references lead somewhere, ids are used once, dates can be, ratings are complete."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from knowledge.claims import NEEDS_PRIMARY_SOURCE, Claim, RatioCheck
from knowledge.collection import Entry
from knowledge.errors import Problem
from knowledge.schema import CriterionRule, Dated, Fact, Framework, Source
from knowledge.vocabulary import CRITERIA, FIELDS, FRAMEWORK_IDS, RATED_CRITERIA

# The ledger was begun in 2026; an earlier date is a slip of the pen.
EARLIEST = date(2026, 1, 1)

# Where the ids that stand in an attribute of any record come from.
REFERENCES = {
    "sources": "source",
    "facts": "fact",
    "dimension": "dimension",
    "frameworks": "framework",
    "candidates": "mode",
    "candidate": "mode",
}


@dataclass(frozen=True)
class Parsed:
    """The records that could be read, and the ids of all, also of those that could not, by table."""

    entries: tuple[Entry, ...]
    ids: Mapping[str, tuple[str, ...]]
    complete: bool


def cross_record_problems(parsed: Parsed, today: date | None) -> Iterator[Problem]:
    """Everything wrong between records; nothing that only a record that could not be read would cause."""
    yield from _repeated_ids(parsed.entries)
    for entry in parsed.entries:
        yield from _dangling_references(entry, parsed.ids)
        yield from _impossible_dates(entry, today)
    yield from _foreign_facts(parsed.entries)
    yield from _claims_without_primary_source(parsed.entries)
    yield from _misplaced_general_ratings(parsed.entries)
    if parsed.complete:
        yield from _unused(parsed.entries, "source", "sources")
        yield from _unused(parsed.entries, "dimension", "dimension")
        yield from _incomplete(parsed.ids)
        yield from _missing_ratings(parsed.entries)


def _repeated_ids(entries: Iterable[Entry]) -> Iterator[Problem]:
    """Rules share one set of ids, because a reason names a rule by its id alone."""
    rules = {"eligibility", "criterion", "weight", "simpler_first"}
    places: dict[tuple[str, str], list[Entry]] = {}
    for entry in entries:
        places.setdefault(("rule" if entry.table in rules else entry.table, entry.id), []).append(entry)
    for (_, identity), (first, *others) in places.items():
        for entry in others:
            message = f"got id {identity!r} again, expected one not used yet (it stands in knowledge/{first.file})"
            yield Problem(entry.file, entry.name, message)


def _references(entry: Entry, attribute: str) -> tuple[str, ...]:
    value = getattr(entry.record, attribute, None) or ()
    if attribute == "candidate" and entry.table == "mode":
        return ()
    return (value,) if isinstance(value, str) else tuple(value)


def _dangling_references(entry: Entry, ids: Mapping[str, tuple[str, ...]]) -> Iterator[Problem]:
    for attribute, table in REFERENCES.items():
        for wanted in _references(entry, attribute):
            if wanted not in ids.get(table, ()):
                yield Problem(entry.file, entry.name, _unknown(table, wanted, ids))
    check = getattr(entry.record, "check", None)
    if isinstance(check, RatioCheck):
        for wanted in (check.numerator, *check.denominator):
            if wanted not in ids.get("mode", ()):
                yield Problem(entry.file, entry.name, _unknown("mode", wanted, ids))


def _unknown(table: str, wanted: str, ids: Mapping[str, tuple[str, ...]]) -> str:
    known = ids.get(table, ())
    name = {"mode": "candidate"}.get(table, table)
    # A hundred facts are no help in an error; the file to look in is.
    expected = f"one of {', '.join(known)}" if len(known) <= 40 else f"the id of a {name} record"
    return f"got unknown {name} {wanted!r}, expected {expected}"


def _impossible_dates(entry: Entry, today: date | None) -> Iterator[Problem]:
    if not isinstance(entry.record, Dated):
        return
    checked = entry.record.checked
    if checked < EARLIEST:
        yield Problem(entry.file, entry.name, f"got checked = {checked}, expected {EARLIEST} or later")
    if today and checked > today:
        yield Problem(entry.file, entry.name, f"got checked = {checked}, expected no day after today ({today})")


def _foreign_facts(entries: Iterable[Entry]) -> Iterator[Problem]:
    frameworks = {entry.file: entry.id for entry in entries if isinstance(entry.record, Framework)}
    for entry in entries:
        framework = frameworks.get(entry.file)
        if isinstance(entry.record, Fact) and framework and not entry.id.startswith(f"{framework}."):
            yield Problem(
                entry.file, entry.name, f"got id {entry.id!r}, expected one that begins with '{framework}.'"
            )


def _claims_without_primary_source(entries: Iterable[Entry]) -> Iterator[Problem]:
    primary = {entry.id for entry in entries if isinstance(entry.record, Source) and entry.record.primary}
    known = {entry.id for entry in entries if isinstance(entry.record, Source)}
    for entry in entries:
        claim = entry.record
        if not isinstance(claim, Claim) or claim.verdict not in NEEDS_PRIMARY_SOURCE:
            continue
        if not primary.intersection(claim.sources) and known.issuperset(claim.sources):
            message = f"got verdict {claim.verdict!r} without a primary source, expected one that is not secondary"
            yield Problem(entry.file, entry.name, message)


def _misplaced_general_ratings(entries: Iterable[Entry]) -> Iterator[Problem]:
    """The last rule that matches counts, so a rule without a condition would hide all before it."""
    seen: set[tuple[str, str]] = set()
    for entry in entries:
        rule = entry.record
        if not isinstance(rule, CriterionRule) or rule.framework is None:
            continue
        pair = (rule.criterion, rule.framework)
        if pair in seen and not rule.when.fields:
            yield Problem(entry.file, entry.name, "got no condition, expected one: it would hide the rules above it")
        seen.add(pair)


def _missing_ratings(entries: Iterable[Entry]) -> Iterator[Problem]:
    rules = [entry.record for entry in entries if isinstance(entry.record, CriterionRule)]
    general = {(rule.criterion, rule.framework) for rule in rules if not rule.when.fields}
    for criterion in RATED_CRITERIA:
        for framework in FRAMEWORK_IDS:
            if (criterion, framework) not in general:
                message = f"{framework} has no rule without a condition, expected one: some answers leave it unrated"
                yield Problem("rules.toml", f"criterion {criterion!r}", message)


def _unused(entries: Iterable[Entry], table: str, attribute: str) -> Iterator[Problem]:
    used = Counter(identity for entry in entries for identity in _references(entry, attribute))
    for entry in entries:
        if entry.table == table and not used[entry.id]:
            yield Problem(entry.file, entry.name, f"got a {table} that no record names, expected a use of it")


def _incomplete(ids: Mapping[str, tuple[str, ...]]) -> Iterator[Problem]:
    expected = {"question": tuple(FIELDS), "scale": CRITERIA, "framework": FRAMEWORK_IDS}
    for table, wanted in expected.items():
        missing = [identity for identity in wanted if identity not in ids.get(table, ())]
        if missing:
            yield Problem(
                "*.toml", f"table {table!r}", f"{', '.join(missing)} is missing, expected one record for each"
            )

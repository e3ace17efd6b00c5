"""What a claim's check on this machine gave, and the ledger's rows as they are listed."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict

from knowledge.claims import Outcome, Verdict


class Record(BaseModel):
    """Base of all records: frozen, unknown keys refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Comparison(Record):
    """One measured ratio, numerator over denominator, with its 90 % interval and the values of every round."""

    numerator: str
    denominator: str
    figure: float
    low: float
    high: float
    ratios: tuple[float, ...] = ()


class CheckResult(Record):
    """What a check gave. `outcome` is None when nothing can be said; then `problem` says why.

    `figure` is the ratio that decided (a number), or what a script saw (words); `low` and `high` are the ends of a
    ratio's 90 % interval. `meaning`, which is added when a claim is listed, says in the reader's language what the
    outcome means.
    """

    claim: str
    outcome: Outcome | None
    figure: float | str | None = None
    low: float | None = None
    high: float | None = None
    comparisons: tuple[Comparison, ...] = ()
    meaning: str | None = None
    problem: str | None = None


class CheckedLedger(Record):
    """All checks of one run: on which machine, with which versions, when (ISO 8601, UTC) and in how many seconds."""

    fingerprint: str
    versions: dict[str, str]
    checked_at: str
    seconds: float
    results: tuple[CheckResult, ...]


class CitedSource(Record):
    """A source as it is shown: its address is None for a package, which is cited by name and version."""

    id: str
    title: str
    kind: Literal["documentation", "release notes", "source code", "measurement", "secondary"]
    address: str | None


class ClaimRow(Record):
    """One claim as `probewise claims` lists it; `check` is what this machine said, None if it was not asked."""

    id: str
    statement: str
    verdict: Verdict
    today: str
    frameworks: tuple[str, ...]
    dimension: str
    checked: str
    sources: tuple[CitedSource, ...]
    checkable: bool
    check: CheckResult | None

"""What a claim's check on this machine gave, and the ledger's rows as they are listed."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, model_validator

from knowledge.claims import Outcome, Verdict

# What came between a check and its outcome: other processes, a failure, or the end of the time.
Undecided = Literal["disturbed", "failed", "not reached"]


def now() -> str:
    """The moment of a check, as records keep it."""
    return datetime.now(UTC).isoformat(timespec="seconds")


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


class Repeat(Record):
    """A later check of the same claim that decided nothing: when (ISO 8601, UTC), what came in between, in words."""

    checked_at: str
    undecided: Undecided
    problem: str


class CheckResult(Record):
    """What a check gave, and when it was made (ISO 8601, UTC).

    `outcome` is None when nothing can be said; then `undecided` says what came in between and `problem` tells it.
    `figure` is the ratio that decided (a number), or what a script saw (words); `low` and `high` are the ends of a
    ratio's 90 % interval. `meaning`, which is added when a claim is listed, says in the reader's language what the
    outcome means. `repeat` is a later check in vain, which leaves the outcome as it was.
    """

    claim: str
    outcome: Outcome | None
    checked_at: str
    figure: float | str | None = None
    low: float | None = None
    high: float | None = None
    comparisons: tuple[Comparison, ...] = ()
    meaning: str | None = None
    undecided: Undecided | None = None
    problem: str | None = None
    repeat: Repeat | None = None

    @model_validator(mode="after")
    def _decided_or_why_not(self) -> Self:
        if len({self.outcome is None, self.undecided is not None, self.problem is not None}) > 1:
            raise ValueError("expected either an outcome or why there is none")
        return self


class CheckedLedger(Record):
    """All checks of one run: on which machine, with which versions, and in how many seconds of work."""

    fingerprint: str
    versions: dict[str, str]
    seconds: float
    results: tuple[CheckResult, ...]

    @property
    def decided(self) -> tuple[CheckResult, ...]:
        """The results with an outcome."""
        return tuple(result for result in self.results if result.outcome)


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

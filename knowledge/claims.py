"""Claims: what articles say about frameworks, what is true today, and how a machine can decide it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from knowledge.schema import Dated, Identifier, Record, Text

Verdict = Literal["holds", "outdated", "wrong", "depends", "opinion", "unverified"]
Outcome = Literal["holds here", "does not hold here", "too close to call"]
Metric = Literal["step_ms", "first_step_s", "import_s", "memory_mb", "install_mb"]

NEEDS_PRIMARY_SOURCE: frozenset[Verdict] = frozenset({"holds", "outdated", "wrong"})


class Ratio(Record):
    """One measured ratio, numerator over denominator, with its interval."""

    figure: float
    low: float
    high: float


class RatioCheck(Record):
    """Decided by measuring: the numerator's metric over that of each denominator, against the threshold.

    The claim holds when every ratio is above (or below) `threshold`, or, for `within`, between 1/threshold and
    threshold. `if_holds` and `if_not` say what each outcome means. `install_mb` needs no workload: it is the
    installed size of the candidate's framework packages with what they require.
    """

    translated = ("if_holds", "if_not")

    kind: Literal["ratio"]
    metric: Metric
    numerator: Identifier
    denominator: Annotated[tuple[Identifier, ...], Field(min_length=1)]
    workload: Identifier | None = None
    holds_when: Literal["above", "below", "within"]
    threshold: Annotated[float, Field(gt=0)]
    if_holds: Text
    if_not: Text

    @model_validator(mode="after")
    def _measurable(self) -> Self:
        if (self.metric == "install_mb") != (self.workload is None):
            needs = "no workload" if self.metric == "install_mb" else "the id of a reference workload"
            raise ValueError(f"got workload {self.workload!r} for metric {self.metric!r}, expected {needs}")
        if self.holds_when == "within" and self.threshold <= 1:
            raise ValueError(f"got threshold {self.threshold:g} for 'within', expected more than 1")
        if self.numerator in self.denominator:
            raise ValueError(f"got {self.numerator!r} as numerator and denominator, expected different candidates")
        return self

    def decide(self, ratios: Iterable[Ratio]) -> Outcome:
        """The outcome of one ratio per denominator: an interval that straddles a bound decides nothing."""
        outcomes = {self._decide_one(ratio) for ratio in ratios}
        if "does not hold here" in outcomes:
            return "does not hold here"
        return "holds here" if outcomes == {"holds here"} else "too close to call"

    def bounds(self) -> tuple[float, float]:
        """Between these, which may be 0 or infinite, a ratio is what the claim says."""
        if self.holds_when == "within":
            return 1 / self.threshold, self.threshold
        return (self.threshold, float("inf")) if self.holds_when == "above" else (0.0, self.threshold)

    def _decide_one(self, ratio: Ratio) -> Outcome:
        low, high = self.bounds()
        if low <= ratio.low and ratio.high <= high:
            return "holds here"
        return "does not hold here" if ratio.high < low or ratio.low > high else "too close to call"


class ScriptCheck(Record):
    """Decided by running a short script in a worker where `needs` (distributions) can be imported.

    The script sets `holds` (bool) and `figure` (str: what was seen). `environment` is set before Python starts.
    Scripts with the same environment may share a process, each in a namespace of its own, unless one must be
    `alone` because it hides modules or must come before any operation. Two processes run at a time; one with a
    script that compares times must be `timed` and comes after them, with nothing beside it. `expected` is what it
    gave with the claim's versions. Another behaviour of the library must give the other outcome: an error that would
    be an answer is caught by its name. A script that fails decides nothing.
    """

    translated = ("if_holds", "if_not")

    kind: Literal["script"]
    needs: Annotated[tuple[Text, ...], Field(min_length=1)]
    environment: dict[str, str] = Field(default_factory=dict)
    alone: bool = False
    timed: bool = False
    script: Text
    expected: Literal["holds here", "does not hold here"]
    if_holds: Text
    if_not: Text

    @model_validator(mode="after")
    def _compiles(self) -> Self:
        try:
            compile(self.script, "check", "exec")
        except SyntaxError as error:
            raise ValueError(f"the script is not valid Python: {error.msg} in line {error.lineno}") from None
        return self


Check = Annotated[RatioCheck | ScriptCheck, Field(discriminator="kind")]


class Claim(Dated):
    """One claim in our words, the verdict on it, and what is true today."""

    translated = ("statement", "today")

    frameworks: Annotated[tuple[Identifier, ...], Field(min_length=1)]
    verdict: Verdict
    today: Text
    sources: tuple[Identifier, ...] = ()
    check: Check | None = None

"""What the advice hands over: the recommendation, every part of it with its evidence.

The JSON of `probewise recommend --json` is this record.
"""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from assistant.evidence import Evidence

EvidenceKind = Evidence | Literal["cited", "you"]


class Record(BaseModel):
    """Base of all records: frozen, unknown keys refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Reason(Record):
    """One reason: its text in the person's language, the kind of evidence and where it comes from.

    `source` is a source's address or title for `cited`, the field for `you`, the workload's id for the others.
    `facts` are the ids of what is cited, of both sides where it tells of two. `criterion` is what it moves; None for
    what excludes.
    """

    text: str
    evidence: EvidenceKind
    source: str
    criterion: str | None = None
    framework: str | None = None
    facts: tuple[str, ...] = ()


class Exclusion(Record):
    """Why a candidate cannot be used, and what would bring it back; `facts` and `source` as those of a `Reason`.

    It is `cited` where a rule says so, `measured` where the candidate failed on this very job.
    """

    reason: str
    fix: str
    rule: str
    facts: tuple[str, ...]
    source: str
    evidence: EvidenceKind = "cited"


class Ranked(Record):
    """One candidate's place. `acceptability` is the share of plausible worlds it wins (0-1, with `nothing_fits` they
    add up to 1 over the candidates); `score` its mean score over the worlds in which it can be used (at most 1); both
    0 when excluded. `excluded` is the first thing that stands in its way, `also_excluded` what else does: only
    without all of them can it be used.
    """

    candidate: str
    framework: str
    acceptability: float
    score: float
    excluded: Exclusion | None = None
    also_excluded: tuple[Exclusion, ...] = ()

    @property
    def exclusions(self) -> tuple[Exclusion, ...]:
        """Everything that stands in its way."""
        return (self.excluded, *self.also_excluded) if self.excluded else ()


class ForecastRow(Record):
    """What one candidate would take for the person's job; the interval is meant to hold 90 % of outcomes.

    `evidence` is `measured` when this very workload was measured, `forecast` when other networks of the candidate
    were, `corpus` when it was measured only on another machine, which `measured_on` names. `memory_evidence` is the
    same for the memory, `first_result_evidence` for the first result. `largest_batch` is the number of examples of
    which a step surely fits into `memory_gb`, the memory of the device that was measured; it is always a forecast.
    Values are None when there is too little to say.
    """

    candidate: str
    step_ms: float | None = None
    step_ms_low: float | None = None
    step_ms_high: float | None = None
    epoch_seconds: float | None = None
    epoch_seconds_low: float | None = None
    epoch_seconds_high: float | None = None
    first_result_seconds: float | None = None
    first_result_evidence: Evidence | None = None
    memory_mb: float | None = None
    memory_mb_low: float | None = None
    memory_mb_high: float | None = None
    memory_evidence: Evidence | None = None
    memory_gb: float | None = None
    largest_batch: int | None = None
    evidence: Evidence | None = None
    measured_on: str | None = None
    missing: str | None = None


class BreakEven(Record):
    """`sooner` has its first result first; after `steps` training steps `later` has caught up, and leads from there.

    `steps_low` to `steps_high` is the 90 % interval; an end is None where it never catches up. `steps` is None where
    it is not likely that it does.
    """

    sooner: str
    later: str
    steps: float | None
    steps_low: float | None
    steps_high: float | None


class AnswerChange(Record):
    """Another answer to one question."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    field: str
    from_: Any = Field(alias="from")
    to: Any


class Flip(AnswerChange):
    """A change of one answer that would change the winning framework."""

    winner: str


class DoubleFlip(Record):
    """Two changes of answers that make this framework win together; none of one answer was found that does."""

    changes: tuple[AnswerChange, AnswerChange]
    winner: str


class Choice(Record):
    """A framework and the mode of it to use."""

    framework: str
    candidate: str


class Contribution(Record):
    """How much one criterion adds to the score of one framework's best candidate; they add up to its score.

    `contribution` and `weight` are means over the plausible worlds in which the candidate can be used, as its score
    is; `value` is the one divided by the other: at most 1, the most a person needs. What the value rests on, for the
    answers and the job as they are known: the `level`, 1 to 5, of a rated criterion, or the `figure` of a measured
    one in its scale's unit; `evidence` is its kind and `sources` are the ids of what is `cited`, the field that the
    person answered (`you`), or the workload. Without `evidence` it was not measured: the value stands in for it, the
    usual one of what was measured.
    """

    candidate: str
    criterion: str
    weight: float
    value: float
    contribution: float
    level: int | None = None
    figure: float | None = None
    evidence: EvidenceKind | None = None
    sources: tuple[str, ...] = ()


class Recommendation(Record):
    """The answer. `frameworks` maps each framework to its share of plausible worlds, `nothing_fits` is the share of
    those in which nothing can be used: with it they add up to 1. `score_note` says so where the shares and the scores
    put different frameworks first. `flips` are the smallest changes that make one of the three next frameworks win,
    `double_flips` those of two answers where none of one was found; for the `steadfast` no change of two was found.

    `winner` is None only when every candidate is excluded; then `relax` names the answers to change: one of them or,
    with `relax_together`, all. `tie` lists the frameworks that are equally good here, the winner first, when the
    margin is within the noise. `why_not` says for each framework what speaks against it: its exclusion, or what it
    lacks beside the winner (the winner itself: beside the runner-up), `other_modes` the same for each candidate that
    is not the best of its framework, beside that one. `break_even` says from when on a slower start pays, for that
    job. `simpler_first_facts` is what `simpler_first` cites: nothing where it was measured on the person's own table,
    of which `table` says what models reached. `own_weights` are those of the person, by criterion; empty where they
    follow from the answers.
    """

    winner: Choice | None
    runner_up: Choice | None
    tie: tuple[str, ...] = ()
    confidence: float
    frameworks: dict[str, float]
    nothing_fits: float = 0.0
    score_note: str | None = None
    ranking: tuple[Ranked, ...]
    forecast: tuple[ForecastRow, ...]
    reasons: tuple[Reason, ...]
    contributions: tuple[Contribution, ...] = ()
    why_not: dict[str, tuple[Reason, ...]] = {}
    other_modes: dict[str, tuple[Reason, ...]] = {}
    flips: tuple[Flip, ...]
    double_flips: tuple[DoubleFlip, ...] = ()
    steadfast: tuple[str, ...] = ()
    unknown: tuple[str, ...]
    assumptions: dict[str, Any] = {}
    simpler_first: str | None = None
    simpler_first_facts: tuple[str, ...] = ()
    table: str | None = None
    relax: tuple[str, ...] = ()
    relax_together: bool = False
    workload: str | None = None
    own_weights: dict[str, float] = {}
    steps_per_epoch: int | None = None
    break_even: tuple[BreakEven, ...] = ()

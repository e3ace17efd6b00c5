"""What a record is made of, and what several of its parts say about it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from assistant import change_words, quantities, wording
from assistant.advice.criteria import JOB_FIELDS
from assistant.advice.recommendation import Recommendation
from assistant.language import _
from assistant.project import Project
from assistant.record.document import Line, Strong
from assistant.record.sources import Citations, badge
from assistant.target import known_answers
from knowledge.load import load
from probes.report import Machine, ProbeReport


@dataclass(frozen=True)
class Basis:
    """The answers, what was recommended for them, what that rests on, and the machine the person sits at."""

    project: Project
    advice: Recommendation
    report: ProbeReport | None
    machine: Machine | None
    cited: Citations

    @property
    def recommended(self) -> tuple[str, ...]:
        """The recommended candidate; of a tie, the best of each framework; none where nothing fits."""
        winner, tie = self.advice.winner, self.advice.tie
        if winner is None or not tie:
            return (winner.candidate,) if winner else ()
        usable = [ranked for ranked in self.advice.ranking if ranked.excluded is None]
        return tuple(next(each.candidate for each in usable if each.framework == framework) for framework in tie)

    @property
    def verdict(self) -> str:
        """The decision in one sentence."""
        winner, tie = self.advice.winner, self.advice.tie
        if winner is None:
            return _("Nothing fits these answers.")
        if tie:
            names = wording.listing(map(wording.framework_name, tie))
            return _("{tied} are equally good here; choose by taste.").format(tied=names)
        return _("{winner} is recommended, {confidence} sure.").format(
            winner=wording.candidate_name(winner.candidate), confidence=quantities.percent(self.advice.confidence)
        )

    @property
    def moving(self) -> frozenset[str]:
        """The open fields whose answers can move the shares: some rule depends on them, or the forecast does."""
        bearing = load().bearing(known_answers(self.project, self.machine))
        return bearing | frozenset(JOB_FIELDS if self.forecasts else ())

    @property
    def forecasts(self) -> bool:
        """Whether anything is foretold of the job."""
        return any(row.step_ms is not None for row in self.advice.forecast)

    def jobs(self) -> Iterator[Line]:
        """What each recommended candidate means for the person's job, where that is known."""
        rows = {row.candidate: row for row in self.advice.forecast}
        for candidate in self.recommended:
            row = rows.get(candidate)
            if row and row.evidence:
                name = Strong(wording.candidate_name(candidate)) if self.advice.tie else ""
                yield name, wording.job_line(row), badge(row.evidence)

    def question(self, field: str) -> str:
        """The question as it is put for these answers."""
        return change_words.question(field, self.project)

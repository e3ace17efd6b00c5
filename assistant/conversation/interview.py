"""Interview: what was asked and answered so far. A value; every answer makes a new one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from typing import Any

from assistant.advice.forecast import UNMEASURED, Forecaster
from assistant.conversation.named_networks import unfit
from assistant.conversation.questions import (
    MostTelling,
    counting,
    next_question,
    open_questions,
    outlook,
    phrasing,
    questions_for,
    suits,
    worded,
)
from assistant.errors import InvalidInput
from assistant.networks import networks_for
from assistant.project import Project, parse_project
from assistant.target import detected_answers, known_answers
from knowledge.collection import Knowledge
from knowledge.schema import NumberRange, Question
from knowledge.vocabulary import FIELDS
from probes.report import Machine

# Unlike every answer, None included.
_UNTOLD = object()

# An answer belongs to the wording it was given to: 30 columns are not 30 pixels.
Wording = tuple[str, str]


@dataclass(frozen=True)
class OpenQuestion:
    """A question as it is put to the person now; `text` is an English msgid, `value` what was answered before.

    `networks` are the ids of reference workloads that answer it as well as its options do.
    """

    question: Question
    text: str
    number: NumberRange | None
    value: Any = None
    networks: tuple[str, ...] = ()

    @property
    def id(self) -> str:
        """The project field it fills."""
        return self.question.id


@dataclass(frozen=True)
class Settled:
    """A question that was answered, passed over (`value` None) or answered by the machine (`detected`).

    `text` and `unit` are English msgids; numbers alone have a unit.
    """

    id: str
    text: str
    unit: str
    value: Any
    detected: bool = False


@dataclass(frozen=True)
class Interview:
    """Nothing given is ever dropped: an answer whose question no longer applies waits until it applies again.

    `forecaster` is what was measured when the last answer was given: figures that come later decide about the next
    question, and never replace the one that the person is reading. `thorough` asks also what could hardly change the
    framework.
    """

    knowledge: Knowledge
    machine: Machine | None = None
    given: dict[Wording, Any] = field(default_factory=dict)
    revisited: str | None = None
    forecaster: Forecaster = UNMEASURED
    thorough: bool = False

    @cached_property
    def project(self) -> Project:
        """The answers that count now: those whose question applies, in the wording they were given to."""
        return parse_project(counting(self.knowledge, self._given))

    @cached_property
    def open_question(self) -> OpenQuestion | None:
        """The one question to ask now: the one being changed, else the most telling; None when enough is said."""
        project = self.project
        applicable = {question.id: question for question in questions_for(project, self.knowledge)}
        question = applicable.get(self.revisited or "")
        if question is None:
            question = next_question(project, self._passed(project), self.knowledge, self.machine, self._chooser)
        if question is None:
            return None
        text, number = phrasing(question, project)
        networks = networks_for(project.task) if FIELDS[question.id].open else ()
        return OpenQuestion(question, text, number, known_answers(project, self.machine).get(question.id), networks)

    @property
    def unasked(self) -> int:
        """How many questions nobody has answered or passed over."""
        project = self.project
        return len(open_questions(project, self._passed(project), self.knowledge, self.machine))

    @property
    def settled(self) -> tuple[Settled, ...]:
        """What was answered or passed over, in the order of asking; then what the machine answers by itself."""
        project = self.project
        machine_knows = detected_answers(project, self.machine)
        lines: list[Settled] = []
        for question in questions_for(project, self.knowledge):
            text, number = phrasing(question, project)
            unit = number.unit if number else ""
            if question.id in machine_knows:
                lines.append(Settled(question.id, text, unit, machine_knows[question.id], detected=True))
            elif self._counts(question, project.answers):
                lines.append(Settled(question.id, text, unit, self.given[question.id, text]))
        asked = {wording: place for place, wording in enumerate(self.given)}
        return tuple(sorted(lines, key=lambda line: asked.get((line.id, line.text), len(asked))))

    def answer(self, question_id: str, value: object) -> Interview:
        """The interview with one answer more; None passes the question over. Raises `InvalidInput`."""
        project = self.project.with_answer(question_id, value)
        wording = _wording(self.knowledge.question(question_id), self.project.answers)
        checked = getattr(project, question_id)
        if not suits(question_id, checked, project.answers):
            raise InvalidInput(unfit(checked, networks_for(project.task)))
        return replace(self, given={**self.given, wording: checked}, revisited=None)

    def take_back(self, told: Mapping[str, object]) -> Interview:
        """The interview as if these had not been answered; what was answered otherwise since stays."""
        given = {wording: value for wording, value in self.given.items() if told.get(wording[0], _UNTOLD) != value}
        return replace(self, given=given)

    def revisit(self, question_id: str) -> Interview:
        """Open an answered question again, keeping its answer until it is replaced."""
        return replace(self, revisited=self.knowledge.question(question_id).id)

    def keep(self) -> Interview:
        """Close the reopened question and leave its answer as it was."""
        return replace(self, revisited=None)

    def measured(self, forecaster: Forecaster) -> Interview:
        """The interview with what is measured by now."""
        return replace(self, forecaster=forecaster)

    def knowing(self, knowledge: Knowledge) -> Interview:
        """The interview with other weights."""
        return replace(self, knowledge=knowledge)

    def go_through(self) -> Interview:
        """Ask the rest as well."""
        return replace(self, thorough=True)

    @property
    def _chooser(self) -> MostTelling:
        look = partial(outlook, knowledge=self.knowledge, machine=self.machine, forecaster=self.forecaster)
        return MostTelling(look, self.machine, self.thorough)

    def _passed(self, project: Project) -> tuple[str, ...]:
        """The questions that were put and left open, in their present wording."""
        applicable = questions_for(project, self.knowledge)
        return tuple(question.id for question in applicable if self._counts(question, project.answers))

    def _given(self, question: Question, answers: Mapping[str, Any]) -> Any:
        """What was answered to the question as it is put after these answers; None where that does not count."""
        return self.given[_wording(question, answers)] if self._counts(question, answers) else None

    def _counts(self, question: Question, answers: Mapping[str, Any]) -> bool:
        """Whether what was given to the question, None included, is an answer to it as it is put after these."""
        wording = _wording(question, answers)
        return wording in self.given and suits(question.id, self.given[wording], answers)


def _wording(question: Question, answers: Mapping[str, Any]) -> Wording:
    return question.id, worded(question, answers)

"""The interview: which questions matter for these answers, and which comes next.

The task comes first: it decides what the others are about and how they are worded. After it always the question
whose answer is expected to tell most about the best framework for the effort of answering it. What no answer could
change is not asked, unless the forecast needs it; a person who wants to answer the rest is asked the rest.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from assistant.advice.criteria import JOB_FIELDS
from assistant.advice.forecast import UNMEASURED, Forecaster
from assistant.advice.information import Draws, draw
from assistant.advice.situation import situation_of
from assistant.conversation.named_networks import unfit
from assistant.errors import InvalidInput
from assistant.networks import is_for, networks_for
from assistant.project import Project, parse_project
from assistant.target import known_answers, names_network, trains_on, weighed_answers
from knowledge.collection import Knowledge
from knowledge.schema import NumberRange, Question
from knowledge.vocabulary import FIELDS
from probes.report import Machine

Chooser = Callable[[Sequence[Question], Project], Question | None]

FIRST = "task"

# What an answer costs the person, in clicks on one option: for several options there is a second click at least, a
# number has to be looked up or estimated, and maybe typed.
EFFORT: Mapping[str, float] = {"choice": 1.0, "choices": 2.0, "number": 2.0}

# In how many of the plausible worlds the leading framework must be the best before no more is asked.
ENOUGH = 0.9

# What a question tells is then known to about a hundredth of a bit.
QUESTION_DRAWS = 3_000


@dataclass(frozen=True)
class MostTelling:
    """Chooses by what an answer is expected to tell, given the `outlook` of what is known so far.

    `machine` is where the person sits. `thorough`: goes on with what could hardly change the framework.
    """

    outlook: Callable[[Project], Draws]
    machine: Machine | None = None
    thorough: bool = False

    def __call__(self, questions: Sequence[Question], project: Project) -> Question | None:
        """The question to ask of these, in the questionnaire's order; None when the rest need not be asked."""
        if questions[0].id == FIRST:
            return questions[0]
        draws = self.outlook(project)
        wanted = worthwhile(questions, draws) or self._needed(questions, project)
        if not wanted and self.thorough:
            wanted = questions
        return max(wanted, key=lambda each: draws.expected_bits(each.id) / EFFORT[each.kind], default=None)

    def _needed(self, questions: Sequence[Question], project: Project) -> Sequence[Question]:
        """What a forecast here would have to assume otherwise: each changes it by orders of magnitude.

        A network with a name brings its input with it.
        """
        forecast = self.machine is not None and trains_on(project, self.machine)
        wanted = set(JOB_FIELDS) - ({"input_size"} if names_network(project.model_scale) else set())
        return [question for question in questions if forecast and question.id in wanted]


def outlook(
    project: Project,
    knowledge: Knowledge,
    machine: Machine | None = None,
    forecaster: Forecaster = UNMEASURED,
    *,
    seed: int = 0,
    draws: int = QUESTION_DRAWS,
) -> Draws:
    """Who wins in the worlds that the answers and the measurements of `forecaster` leave plausible."""
    situation = situation_of(project, forecaster, machine)
    return draw(weighed_answers(project, machine), situation, knowledge, seed=seed, draws=draws)


def worthwhile(questions: Sequence[Question], draws: Draws) -> Sequence[Question]:
    """Those that could make another framework lead; none once the leader is certain enough."""
    if draws.confidence >= ENOUGH:
        return []
    could_change = draws.could_change([question.id for question in questions])
    return [question for question in questions if question.id in could_change]


def in_order(questions: Sequence[Question], _project: Project) -> Question:
    """The first in the questionnaire's order, until none is left."""
    return questions[0]


def questions_for(project: Project, knowledge: Knowledge) -> tuple[Question, ...]:
    """The questions that matter for what is known so far, answered ones included, in the questionnaire's order."""
    return knowledge.questions_for(project.answers)


def open_questions(
    project: Project, skipped: Collection[str], knowledge: Knowledge, machine: Machine | None = None
) -> tuple[Question, ...]:
    """Those neither answered, nor skipped ("not sure"), nor answered by this machine."""
    closed = {*known_answers(project, machine), *skipped}
    return tuple(question for question in questions_for(project, knowledge) if question.id not in closed)


def next_question(
    project: Project,
    skipped: Collection[str],
    knowledge: Knowledge,
    machine: Machine | None = None,
    choose: Chooser = in_order,
) -> Question | None:
    """The question to ask now; None when there is none to ask.

    `skipped` are the fields that the person was asked about and left open.
    """
    questions = open_questions(project, skipped, knowledge, machine)
    return choose(questions, project) if questions else None


def counting(knowledge: Knowledge, given: Callable[[Question, Mapping[str, Any]], Any]) -> dict[str, Any]:
    """The answers that count: those whose question applies after the answers to the questions before it.

    `given` says what was answered to a question, after those answers; None for nothing.
    """
    answers: dict[str, Any] = {}
    for question in knowledge.questions.values():
        if not question.when.ruled_out(answers):
            value = given(question, answers)
            if value is not None:
                answers[question.id] = value
    return answers


def changed(project: Project, answers: Mapping[str, Any], knowledge: Knowledge) -> Project:
    """The project with other answers to some questions, without those that the interview would then drop: their
    question no longer applies, or is put in other words.
    """

    def given(question: Question, before: Mapping[str, Any]) -> Any:
        if question.id in answers:
            return answers[question.id]
        value = getattr(project, question.id)
        same = worded(question, before) == worded(question, project.answers)
        return value if same and suits(question.id, value, before) else None

    return parse_project(counting(knowledge, given))


def answered(project: Project, knowledge: Knowledge) -> tuple[Project, tuple[str, ...]]:
    """The project with the answers that count, as after an interview, and the fields of those that do not: nobody is
    asked them after the others.

    Raises `InvalidInput` for a network that is not for the task.
    """
    scale = project.model_scale
    if not suits("model_scale", scale, project.answers):
        raise InvalidInput(unfit(str(scale), networks_for(project.task)))
    counts = changed(project, {}, knowledge)
    return counts, tuple(field for field in project.answers if field not in counts.answers)


def suits(field: str, value: Any, answers: Mapping[str, Any]) -> bool:
    """Whether an answer goes with the task: a network for photos is none for a table."""
    return not (FIELDS[field].open and names_network(value)) or is_for(value, answers.get("task"))


def worded(question: Question, answers: Mapping[str, Any]) -> str:
    """The question's text, as `phrasing` has it."""
    return _variant(question, answers)[0]


def phrasing(question: Question, project: Project) -> tuple[str, NumberRange | None]:
    """The question's text (an English msgid) and range for these answers: those of the variant that fits, if any."""
    return _variant(question, project.answers)


def _variant(question: Question, answers: Mapping[str, Any]) -> tuple[str, NumberRange | None]:
    for variant in question.variant:
        if variant.when.matches(answers):
            return variant.text, variant.number
    return question.text, question.number

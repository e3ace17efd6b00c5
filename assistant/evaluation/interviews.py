"""How long the interview is: questions until it ends, in the app's order, in the questionnaire's and at random."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from statistics import fmean
from typing import Any

import numpy as np
from pydantic import BaseModel, ConfigDict

from assistant.advice.information import Draws
from assistant.advice.worlds import sample
from assistant.conversation.questions import (
    QUESTION_DRAWS,
    Chooser,
    MostTelling,
    in_order,
    next_question,
    outlook,
)
from assistant.project import Project, parse_project
from assistant.target import detected_answers, known_answers
from knowledge.collection import Knowledge
from knowledge.schema import Question
from probes.report import Accelerator, Machine

# The written projects that the advice is tested with. They come with the source code alone.
SCENARIOS = Path(__file__).parents[2] / "tests" / "scenarios"

MOST_TELLING, QUESTIONNAIRE, RANDOM = "most-telling", "questionnaire", "random"


class Lengths(BaseModel):
    """The interviews of many people in one order: `asked` until one ends, `settled` until the framework that leads is
    the one that everything said would lead to, whatever comes later; `right` is the share that ends with that one.
    """

    model_config = ConfigDict(frozen=True)

    asked_median: float
    asked_90: float
    settled_median: float
    settled_90: float
    right: float


class Interviews(BaseModel):
    """`people` were interviewed in each of the `orders`."""

    model_config = ConfigDict(frozen=True)

    people: int
    orders: dict[str, Lengths]


@dataclass(frozen=True)
class Person:
    """Who is interviewed: what they would answer, at a machine that answers for itself."""

    project: Project
    machine: Machine


@dataclass(frozen=True)
class Course:
    """One interview: see `Lengths`."""

    settled: int
    asked: int
    right: bool


def scenario_files() -> list[Path]:
    """The files of the written projects; none where only the package is installed."""
    return sorted(SCENARIOS.glob("*.toml"))


def people(machine: Machine, knowledge: Knowledge) -> list[Person]:
    """A person for every written project, who sits at this machine but for what the project says of its own."""
    written = (tomllib.loads(path.read_text(encoding="utf-8"))["scenario"] for path in scenario_files())
    said = (parse_project(scenario["says"]) for scenarios in written for scenario in scenarios)
    return [person(project, machine, knowledge, seed) for seed, project in enumerate(said)]


def person(said: Project, machine: Machine, knowledge: Knowledge, seed: int) -> Person:
    """Who said this, with an answer to all else: drawn as the ranking draws it, but for what the machine answers."""
    own = _own_machine(said, machine)
    world = sample(known_answers(said, own), knowledge, 1, seed)
    drawn = {name: column.values[column.codes[0]] for name, column in world.columns.items()}
    return Person(said.model_copy(update=drawn), own)


def interviews(
    interviewed: Sequence[Person], knowledge: Knowledge, *, seed: int = 0, draws: int = QUESTION_DRAWS
) -> Interviews:
    """What it takes to interview them as the app does, machine and all, with nothing measured yet.

    All orders stop by the app's rule. Where a machine is not the one that a person means, they correct its answer
    unasked, which counts as a question.
    """
    courses: dict[str, list[Course]] = {MOST_TELLING: [], QUESTIONNAIRE: [], RANDOM: []}
    at_random = _at_random(seed)
    for each in interviewed:
        look = cache(partial(outlook, knowledge=knowledge, machine=each.machine, seed=seed, draws=draws))
        orders: Mapping[str, Chooser] = {
            MOST_TELLING: MostTelling(look, each.machine, thorough=True),
            QUESTIONNAIRE: in_order,
            RANDOM: at_random,
        }
        for name, choose in orders.items():
            courses[name].append(_course(each, knowledge, look, choose))
    return Interviews(people=len(interviewed), orders={name: _lengths(found) for name, found in courses.items()})


@dataclass(frozen=True)
class _Moment:
    """What is known at a moment of an interview, and what was passed over."""

    project: Project
    passed: tuple[str, ...] = ()

    def after(self, field: str, value: object) -> _Moment:
        if value is None:
            return _Moment(self.project, (*self.passed, field))
        return _Moment(self.project.with_answer(field, value), self.passed)


def _own_machine(said: Project, machine: Machine) -> Machine:
    """The machine of somebody who says so much of it: what they do not say is as here."""
    changes: dict[str, Any] = {}
    if said.operating_system:
        changes["operating_system"] = said.operating_system
    if said.python:
        changes["python"] = said.python
    if said.accelerator:
        kind = said.accelerator
        changes["accelerators"] = () if kind == "none" else (Accelerator(kind=kind, name=kind),)
    return machine.model_copy(update=changes)


def _course(each: Person, knowledge: Knowledge, look: Callable[[Project], Draws], choose: Chooser) -> Course:
    moments = list(_interview(each, knowledge, choose))
    leaders = [look(moment.project).leader for moment in moments]
    final = look(each.project).leader
    wrong = [count for count, leader in enumerate(leaders) if leader != final]
    enough = MostTelling(look, each.machine)
    corrected = len(moments[0].project.answers)
    ends = next(
        count
        for count, moment in enumerate(moments)
        if next_question(moment.project, moment.passed, knowledge, each.machine, enough) is None
    )
    settled = wrong[-1] + 1 if wrong else 0
    return Course(settled=corrected + settled, asked=corrected + ends, right=leaders[ends] == final)


def _interview(each: Person, knowledge: Knowledge, choose: Chooser) -> Iterator[_Moment]:
    """The moments of the whole interview: before it and after every question, until none is left."""
    moment = _Moment(_corrected(each))
    yield moment
    while question := next_question(moment.project, moment.passed, knowledge, each.machine, choose):
        moment = moment.after(question.id, getattr(each.project, question.id))
        yield moment


def _corrected(each: Person) -> Project:
    """What the machine would answer otherwise than the person means: not every accelerator is one to train on."""
    meant, detected = each.project.answers, detected_answers(Project(), each.machine)
    wrong = {field: meant[field] for field, value in detected.items() if meant.get(field, value) != value}
    return Project(**wrong)


def _at_random(seed: int) -> Chooser:
    generator = np.random.default_rng(seed)

    def choose(questions: Sequence[Question], _project: Project) -> Question:
        return questions[int(generator.integers(len(questions)))]

    return choose


def _lengths(courses: Sequence[Course]) -> Lengths:
    asked, settled = ([getattr(course, name) for course in courses] for name in ("asked", "settled"))
    return Lengths(
        asked_median=float(np.percentile(asked, 50)),
        asked_90=float(np.percentile(asked, 90)),
        settled_median=float(np.percentile(settled, 50)),
        settled_90=float(np.percentile(settled, 90)),
        right=fmean(course.right for course in courses),
    )

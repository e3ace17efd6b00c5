"""How many questions it takes: the order by information against the questionnaire's and a random one."""

from __future__ import annotations

from dataclasses import replace

import pytest

from assistant.evaluation.interviews import MOST_TELLING, QUESTIONNAIRE, Course, interviews, people, person
from assistant.evaluation.interviews import _lengths as lengths
from assistant.project import Project
from assistant.target import known_answers
from knowledge.load import load
from tests.assistant.recorded import committed
from tests.assistant.scenarios import SCENARIOS

# A third of the app's, so that everybody can be interviewed in a minute. Fewer draws show less of what could change
# the framework: interviews end sooner, and less often right. The published figures are by as many as the app draws.
DRAWS = 1000


@pytest.fixture(scope="module")
def interviewed():
    return people(committed().machine, load())


@pytest.fixture(scope="module")
def measured(interviewed):
    return interviews(interviewed, load(), draws=DRAWS)


@pytest.mark.parametrize("figure", ["asked_median", "asked_90", "settled_median", "settled_90"])
def test_the_final_framework_takes_fewer_questions_than_in_any_other_order(measured, figure) -> None:
    ours = getattr(measured.orders[MOST_TELLING], figure)
    others = {name: getattr(each, figure) for name, each in measured.orders.items() if name != MOST_TELLING}
    assert len(others) == 2
    assert all(ours < other for other in others.values()), (ours, others)


def test_stopping_early_seldom_misses_the_final_framework(measured) -> None:
    assert measured.people == len(SCENARIOS)
    assert measured.orders[MOST_TELLING].right >= 0.85


def test_everybody_answers_everything_that_matters(interviewed) -> None:
    for each in interviewed:
        known = known_answers(each.project, each.machine)
        assert {question.id for question in load().questions_for(known)} <= set(known)


def test_a_person_sits_at_the_machine_they_speak_of(laptop) -> None:
    mac = person(Project(operating_system="macos", accelerator="apple"), laptop, load(), seed=0)
    assert known_answers(Project(), mac.machine)["operating_system"] == "macos"
    assert known_answers(Project(), mac.machine)["accelerator"] == "apple"
    here = person(Project(goal="research"), laptop, load(), seed=0)
    assert here.machine == laptop
    assert here.project.operating_system is None, "the machine says it"


def test_correcting_the_machine_counts_as_a_question(laptop) -> None:
    """Graphics of AMD are not taken to be trained on, unless a person says so."""
    project = Project(task="text_classification", accelerator="amd")
    owner = person(project, laptop, load(), seed=0)
    assert known_answers(Project(), owner.machine)["accelerator"] == "none"
    silent = replace(owner, project=owner.project.with_answer("accelerator", None))
    told, untold = (interviews([each], load(), draws=300).orders[QUESTIONNAIRE] for each in (owner, silent))
    assert (untold.asked_median, told.asked_median) == (8, 9)
    assert told.settled_median == 1, "the correction alone settles it"


def test_the_percentiles_are_those_of_the_courses() -> None:
    counted = lengths([Course(settled, settled + 1, right=settled < 3) for settled in range(1, 6)])
    assert (counted.settled_median, counted.settled_90) == (3, 4.6)
    assert (counted.asked_median, counted.right) == (4, 0.4)

"""The scenarios of tests/scenarios/*.toml: what a person says, and what may be answered to it.

`python -m tests.assistant.scenarios` prints what is answered to each: knowing nothing else, and at the corpus's
machine without and with its measurements.
"""

from __future__ import annotations

import tomllib
from typing import Any

from assistant.advice.forecast import Forecaster
from assistant.advice.ranking import DRAWS, Standing, rank
from assistant.advice.recommend import SEED
from assistant.advice.situation import situation_of
from assistant.evaluation.interviews import scenario_files
from assistant.project import Project, parse_project
from assistant.target import known_answers, trains_on
from knowledge.load import load
from probes.candidates import FRAMEWORKS
from probes.report import Machine
from tests.assistant.recorded import committed, forecaster_for

SCENARIOS: list[dict[str, Any]] = [
    scenario for path in scenario_files() for scenario in tomllib.loads(path.read_text(encoding="utf-8"))["scenario"]
]


def measured_here(project: Project) -> bool:
    """Whether the corpus can speak for the machine that the project trains on."""
    return trains_on(project, committed().machine)


def standing(project: Project, *, draws: int = DRAWS) -> Standing:
    """What is answered where nothing is known but what was said."""
    return _rank(project, Forecaster(None), None, draws)


def standing_here(project: Project, *, measured: bool, draws: int = DRAWS) -> Standing:
    """What is answered at the corpus's machine, with its measurements or without any."""
    return _rank(project, forecaster_for(project) if measured else Forecaster(None), committed().machine, draws)


def winner(outcome: Standing) -> str | None:
    return FRAMEWORKS[outcome.order[0]] if outcome.order else None


def _rank(project: Project, forecaster: Forecaster, machine: Machine | None, draws: int) -> Standing:
    situation = situation_of(project, forecaster, machine)
    return rank(known_answers(project, machine), situation, load(), seed=SEED, draws=draws)


def _answer(outcome: Standing) -> str:
    return f"{winner(outcome) or '-':12} {outcome.frameworks.max():4.0%}"


def main() -> None:
    same = []
    for scenario in SCENARIOS:
        project = parse_project(scenario["says"])
        told = [_answer(standing(project))]
        if measured_here(project):
            without, probed = (standing_here(project, measured=measured) for measured in (False, True))
            told += [_answer(without), _answer(probed)]
            same.append(winner(without) == winner(probed))
        print(f"{scenario['id']:45}", *told, sep="  ")
    print(f"Without and with measurements the same framework: {sum(same)} of {len(same)}.")


if __name__ == "__main__":
    main()

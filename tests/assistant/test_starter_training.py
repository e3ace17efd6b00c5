"""Starters train for real, in child processes with the installed frameworks.

The default run covers every framework on every kind of data and every backend of Keras, and of these every framework
and task once with all that its README says; PROBEWISE_EVERY_STARTER=1 does so with all of them. As many are trained
at a time as there are processors: each is held to one.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest
from starters import EVERY_STARTER, make, name, unpack

from assistant.starter.catalogue import KERAS_BACKENDS, KINDS, STARTERS, Starter

COVERING = [
    Starter("tabular_classification", "tensorflow"),
    Starter("tabular_regression", "scikit-learn"),
    Starter("image_classification", "pytorch"),
    Starter("text_classification", "keras", "tensorflow"),
    Starter("tabular_classification", "jax"),
]
# Their own tests train them as they are, and hold that they learn.
OTHERS = [
    Starter("tabular_regression", "pytorch"),
    Starter("text_classification", "pytorch"),
    Starter("image_classification", "tensorflow"),
    Starter("text_classification", "tensorflow"),
    Starter("tabular_classification", "keras", "torch"),
    Starter("image_classification", "keras", "jax"),
    Starter("image_classification", "jax"),
    Starter("text_classification", "jax"),
    Starter("text_classification", "scikit-learn"),
]
EVERY = bool(os.environ.get("PROBEWISE_EVERY_STARTER"))
CHOSEN = EVERY_STARTER if EVERY else COVERING + OTHERS
TIME_LIMIT_S = 300


@dataclass(frozen=True)
class Outcome:
    """What a starter left behind: what train.py and evaluate.py printed, if they were run, and its own tests."""

    root: Path
    trained: str
    evaluated: str
    tested: str


Trainings = dict[Starter, "Future[Outcome]"]


@pytest.fixture(scope="module")
def trainings(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Trainings]:
    """The starters of the tests that were selected, being trained."""
    items = (item for item in request.session.items if item.module is request.module and hasattr(item, "callspec"))
    wanted = dict.fromkeys(item.callspec.params["starter"] for item in items)
    pool = ThreadPoolExecutor(max_workers=os.cpu_count() or 1)
    yield {starter: pool.submit(use, starter, tmp_path_factory.mktemp(name(starter))) for starter in wanted}
    pool.shutdown(cancel_futures=True)


def use(starter: Starter, folder: Path) -> Outcome:
    """Do with it what its README says."""
    root = unpack(make(starter), folder)
    whole = EVERY or starter in COVERING
    trained = run(root, "train.py") if whole else ""
    evaluated = run(root, "evaluate.py") if whole else ""
    return Outcome(root, trained, evaluated, run(root, "-m", "pytest", "-q"))


def run(root: Path, *arguments: str) -> str:
    """What the command printed; fails with all of it when the command fails."""
    # Networks this small are slowed down by threads, most of all on a busy machine.
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "TF_CPP_MIN_LOG_LEVEL": "3"}
    environment.pop("PYTEST_ADDOPTS", None)
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=root,
        env=environment,
        capture_output=True,
        text=True,
        timeout=TIME_LIMIT_S,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_every_framework_is_trained_on_every_kind_of_data_and_keras_on_every_backend() -> None:
    possible = {(KINDS[task], framework) for task, frameworks in STARTERS.items() for framework in frameworks}
    assert {(starter.kind, starter.framework) for starter in CHOSEN} == possible
    assert {starter.backend for starter in CHOSEN} - {None} == set(KERAS_BACKENDS)


@pytest.mark.frameworks
@pytest.mark.parametrize("starter", CHOSEN, ids=name)
def test_a_starter_passes_its_own_tests(starter: Starter, trainings: Trainings) -> None:
    assert "passed" in trainings[starter].result().tested


@pytest.mark.frameworks
@pytest.mark.parametrize("starter", EVERY_STARTER if EVERY else COVERING, ids=name)
def test_a_starter_trains_and_evaluates(starter: Starter, trainings: Trainings) -> None:
    done = trainings[starter].result()
    scores = json.loads((done.root / "trained" / "metrics.json").read_text())
    if starter.task == "tabular_regression":
        metric, margin = "mean_absolute_error", scores["baseline"]["mean_absolute_error"] * 0.5
        assert scores["test"][metric] < margin
    else:
        metric = "balanced_accuracy"
        assert scores["test"][metric] > scores["baseline"][metric] + 0.3
    assert f"{scores['test'][metric]:.3f}" in done.trained
    assert f"{scores['test'][metric]:.3f}" in done.evaluated

"""Starters train for real, in child processes with the installed frameworks.

The default run covers every framework and every task once; PROBEWISE_EVERY_STARTER=1 runs all of them.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from starters import EVERY_STARTER, make, name, unpack

from assistant.starter.catalogue import Starter

COVERING = [
    Starter("tabular_classification", "tensorflow"),
    Starter("tabular_regression", "scikit-learn"),
    Starter("image_classification", "pytorch"),
    Starter("text_classification", "keras", "tensorflow"),
    Starter("tabular_classification", "jax"),
]
CHOSEN = EVERY_STARTER if os.environ.get("PROBEWISE_EVERY_STARTER") else COVERING
TIME_LIMIT_S = 300


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


@pytest.mark.frameworks
@pytest.mark.parametrize("starter", CHOSEN, ids=name)
def test_a_starter_trains_evaluates_and_passes_its_own_tests(starter: Starter, tmp_path: Path) -> None:
    root = unpack(make(starter), tmp_path)
    printed = run(root, "train.py")
    scores = json.loads((root / "trained" / "metrics.json").read_text())
    if starter.task == "tabular_regression":
        metric, margin = "mean_absolute_error", scores["baseline"]["mean_absolute_error"] * 0.5
        assert scores["test"][metric] < margin
    else:
        metric = "balanced_accuracy"
        assert scores["test"][metric] > scores["baseline"][metric] + 0.3
    assert f"{scores['test'][metric]:.3f}" in printed
    assert f"{scores['test'][metric]:.3f}" in run(root, "evaluate.py")
    assert "passed" in run(root, "-m", "pytest", "-q")

"""What is installed, and whether it works."""

from __future__ import annotations

from pathlib import Path

import pytest
import toy_worker

from probes import environments
from probes.candidates import CANDIDATES, FRAMEWORKS
from probes.report import FrameworkState

pytestmark = pytest.mark.usefixtures("no_process_left")


def examine(directory: Path, monkeypatch: pytest.MonkeyPatch, **faults: str) -> dict[str, FrameworkState]:
    """The states when every framework is a toy, with faults by candidate id (underscores for hyphens)."""
    by_id = {name.replace("_", "-"): fault for name, fault in faults.items()}
    interpreters = {c.id: toy_worker.interpreter(directory, by_id.get(c.id, "none")) for c in CANDIDATES}
    monkeypatch.setattr(environments, "chosen_interpreters", lambda: interpreters)
    return {state.framework: state for state in environments.examine()}


def test_every_framework_that_takes_a_step_is_usable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    states = examine(tmp_path, monkeypatch)
    assert tuple(states) == FRAMEWORKS
    assert {state.status for state in states.values()} == {"usable"}
    assert states["keras"].candidates == ("keras-tensorflow", "keras-jax", "keras-torch")
    assert (states["jax"].device, states["jax"].problem, states["jax"].versions) == ("cpu", None, {"toy": "1.0"})


def test_missing_is_told_from_broken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    states = examine(
        tmp_path, monkeypatch, pytorch_eager="not_installed@configure", tensorflow_graph="segfault@train"
    )
    assert states["pytorch"].status == "missing"
    assert "-m pip install torch" in states["pytorch"].problem
    assert states["tensorflow"].status == "unusable"
    assert "SIGSEGV" in states["tensorflow"].problem
    assert states["jax"].status == "usable"


def test_one_working_backend_makes_keras_usable_and_the_others_are_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    state = examine(tmp_path, monkeypatch, keras_torch="broken_library@configure")["keras"]
    assert (state.status, state.candidates) == ("usable", ("keras-tensorflow", "keras-jax"))
    assert "libcudnn" in state.problem


def test_versions_are_read_without_importing() -> None:
    versions = environments.installed_versions()
    assert set(versions) == {name for candidate in CANDIDATES for name in candidate.distributions}


@pytest.mark.frameworks
def test_the_frameworks_installed_here_work() -> None:
    states = environments.examine()
    assert {state.framework: (state.status, state.problem) for state in states} == dict.fromkeys(
        FRAMEWORKS, ("usable", None)
    )
    installed = environments.installed_versions()
    assert all(installed[name] == version for state in states for name, version in state.versions.items())


def test_an_installed_size_is_known_only_when_every_package_is_there() -> None:
    assert environments.installed_mb(["packaging"]) > 0
    assert environments.installed_mb(["scikit-learn"]) > environments.installed_mb(["joblib"])
    assert environments.installed_mb(["packaging", "no-such-package"]) is None

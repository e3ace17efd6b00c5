"""Which Python runs which candidate, and what is installed there."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Mapping
from pathlib import Path

import fake_environments
import pytest

from probes import environments
from probes.candidates import CANDIDATES, FRAMEWORKS, find_candidate
from probes.errors import InvalidEnvironment
from probes.installed.inventory import Inventory, inventory
from probes.installed.registry import BUILT_IN, Registered, register

EVERYTHING = tuple(dict.fromkeys(name for candidate in CANDIDATES for name in candidate.distributions))


def built_in_has(monkeypatch: pytest.MonkeyPatch, packages: Mapping[str, str]) -> None:
    """Let the built-in interpreter have these and nothing else."""
    real = inventory(sys.executable)
    listed = {name: {"version": version, "requires": (), "mb": 1.0} for name, version in packages.items()}
    pretended = Inventory.model_validate({**real.model_dump(), "packages": listed})
    monkeypatch.setattr(
        environments, "inventory", lambda path: pretended if path == sys.executable else inventory(path)
    )


def registered(directory: Path, name: str, packages: Mapping[str, str], *preferred_for: str) -> str:
    interpreter = fake_environments.make(directory / name, packages)
    register(Registered(name=name, interpreter=interpreter, preferred_for=preferred_for))
    return interpreter


def test_nothing_registered_means_the_built_in_interpreter() -> None:
    assert set(environments.chosen_interpreters().values()) == {sys.executable}


def test_what_gives_a_package_its_devices_belongs_to_its_versions(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    built_in_has(monkeypatch, fake_environments.SCIKIT_LEARN)
    registered(tmp_path, "theirs", fake_environments.JAX | {"jax-cuda13-plugin": "0.9.1", "tensorflow-metal": "1.2"})
    versions = environments.installed_versions()
    assert versions["jax-cuda13-plugin"] == versions["jax"] == "0.9.1"
    assert "tensorflow-metal" not in versions, "TensorFlow is not there"


def test_what_is_measured_elsewhere_is_noted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert environments.placement_notes(["jax-jit"]) == ()
    built_in_has(monkeypatch, {"torch": "2.13.0", "keras": "3.15.1", "numpy": "2.4.6"})
    registered(tmp_path, "theirs", fake_environments.JAX)
    (note,) = environments.placement_notes(["jax-jit", "pytorch-eager"])
    assert note.startswith("jax-jit: measured in the environment theirs, Python 3.")
    assert environments.placement_notes(["pytorch-eager"]) == ()


def test_the_built_in_interpreter_comes_before_a_registered_one_that_has_the_same(tmp_path: Path) -> None:
    registered(tmp_path, "other", fake_environments.JAX)
    assert environments.chosen_interpreters()["jax-jit"] == sys.executable


def test_a_registered_interpreter_is_taken_for_what_is_not_built_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    built_in_has(monkeypatch, {"torch": "2.13.0", "keras": "3.15.1", "numpy": "2.4.6"})
    registered(tmp_path, "useless", {"numpy": "2.3.0"})
    theirs = registered(tmp_path, "theirs", fake_environments.JAX)
    registered(tmp_path, "later", fake_environments.JAX)
    chosen = environments.chosen_interpreters()
    assert chosen["jax-jit"] == theirs
    assert chosen["pytorch-eager"] == chosen["keras-torch"] == sys.executable
    # Keras and JAX are both there, but not in one of them.
    assert chosen["keras-jax"] == sys.executable


def test_numpy_is_needed_even_where_the_framework_does_without(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    built_in_has(monkeypatch, {"torch": "2.13.0"})
    theirs = registered(tmp_path, "theirs", {"torch": "2.13.0", "numpy": "2.3.0"})
    assert environments.chosen_interpreters()["pytorch-eager"] == theirs


def test_a_preferred_interpreter_comes_first_if_it_has_the_packages(tmp_path: Path) -> None:
    theirs = registered(tmp_path, "theirs", fake_environments.JAX, "jax", "keras")
    chosen = environments.chosen_interpreters()
    assert chosen["jax-jit"] == theirs
    assert chosen["keras-jax"] == sys.executable


def test_an_interpreter_that_is_gone_is_not_chosen_and_told(tmp_path: Path) -> None:
    registered(tmp_path, "theirs", fake_environments.JAX, "jax")
    shutil.rmtree(tmp_path / "theirs")
    assert environments.chosen_interpreters()["jax-jit"] == sys.executable
    _, theirs = environments.known_environments()
    assert "cannot say which packages it has" in (theirs.problem or "")
    assert (theirs.python, theirs.candidates) == (None, ())


def test_versions_are_those_of_the_interpreters_that_run(tmp_path: Path) -> None:
    before = environments.installed_versions()
    assert set(before) == set(EVERYTHING)
    registered(tmp_path, "theirs", fake_environments.JAX, "jax")
    assert environments.installed_versions() == before | {"jax": "0.9.1", "optax": "0.2.7"}


def test_what_is_not_installed_has_no_version(monkeypatch: pytest.MonkeyPatch) -> None:
    built_in_has(monkeypatch, {"torch": "2.13.0", "keras": "3.15.1"})
    assert environments.installed_versions() == {"torch": "2.13.0", "keras": "3.15.1"}


def test_an_installed_size_is_that_where_the_candidate_runs(tmp_path: Path) -> None:
    jax = find_candidate("jax-jit")
    built_in = environments.installed_mb(jax)
    assert built_in is not None
    assert built_in > 100
    registered(tmp_path, "theirs", fake_environments.JAX, "jax")
    assert environments.installed_mb(jax) == 2 * fake_environments.PACKAGE_BYTES / 2**20


def test_the_environments_are_listed_with_what_runs_in_them(tmp_path: Path) -> None:
    registered(tmp_path, "theirs", fake_environments.JAX, "jax")
    first, theirs = environments.known_environments()
    assert (first.name, first.interpreter) == (BUILT_IN, sys.executable)
    assert set(first.candidates) | set(theirs.candidates) == {candidate.id for candidate in CANDIDATES}
    assert theirs.candidates == ("jax-jit",)
    assert theirs.versions == {"jax": "0.9.1", "optax": "0.2.7"}
    assert theirs.size_mb == 3 * fake_environments.PACKAGE_BYTES / 2**20


def test_an_interpreter_is_proven_before_it_is_taken(tmp_path: Path) -> None:
    assert environments.proven(fake_environments.make(tmp_path / "good", fake_environments.SCIKIT_LEARN)).python
    with pytest.raises(InvalidEnvironment, match="no framework that can be probed; expected one of pytorch"):
        environments.proven(fake_environments.make(tmp_path / "empty", {"numpy": "2.3.0"}))


def test_an_old_python_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(environments, "OLDEST_PYTHON", environments.Version("99"))
    with pytest.raises(InvalidEnvironment, match=r"is Python 3\.\d+\.\d+; expected 99 or later"):
        environments.proven(fake_environments.make(tmp_path / "env", fake_environments.JAX))


def test_every_framework_can_be_chosen() -> None:
    assert {find_candidate(name).framework for name in environments.chosen_interpreters()} == set(FRAMEWORKS)

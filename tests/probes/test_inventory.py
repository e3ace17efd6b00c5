"""What an interpreter has, told by itself, and kept until it changes."""

from __future__ import annotations

import platform
import sys
from pathlib import Path

import fake_environments
import pytest

from probes.errors import InterpreterFailed
from probes.installed import inventory as inventories
from probes.installed.inventory import Inventory, Package, inventory


@pytest.fixture(autouse=True)
def forgetful(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is remembered from test to test."""
    monkeypatch.setattr(inventories, "_known", {})


def script(path: Path, text: str) -> str:
    path.write_text(f"#!/bin/sh\n{text}\n", encoding="utf-8")
    path.chmod(0o755)
    return str(path)


def test_an_interpreter_tells_its_version_and_packages(tmp_path: Path) -> None:
    has = inventory(fake_environments.make(tmp_path / "env", fake_environments.JAX))
    assert has.python == platform.python_version()
    assert has.versions(["jax", "optax", "torch"]) == {"jax": "0.9.1", "optax": "0.2.7"}
    assert has.has(["jax", "numpy"])
    assert not has.has(["jax", "torch"])


def test_the_built_in_interpreter_is_read_without_starting_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inventories, "_told_by", lambda interpreter: pytest.fail("started it"))
    assert inventory(sys.executable).has(["numpy", "pytest"])


def test_it_is_asked_once_until_something_is_installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    interpreter = fake_environments.make(tmp_path / "env", {"numpy": "2.3.0"})
    assert not inventory(interpreter).has(["jax"])
    asked: list[str] = []
    told_by = inventories._told_by
    monkeypatch.setattr(inventories, "_told_by", lambda path: asked.append(path) or told_by(path))
    inventory(interpreter)
    # Another process finds what this one has kept on disk.
    monkeypatch.setattr(inventories, "_known", {})
    inventory(interpreter)
    assert asked == []
    fake_environments.add(tmp_path / "env", "jax", "0.10.2")
    assert inventory(interpreter).versions(["jax"]) == {"jax": "0.10.2"}
    assert asked == [interpreter]


def test_what_was_kept_and_cannot_be_read_is_asked_again(tmp_path: Path, home: Path) -> None:
    interpreter = fake_environments.make(tmp_path / "env", {"numpy": "2.3.0"})
    inventory(interpreter)
    (kept,) = (home / "inventories").iterdir()
    kept.write_text("{", encoding="utf-8")
    inventories._known.clear()
    assert inventory(interpreter).has(["numpy"])


def test_no_place_to_keep_it_does_no_harm(tmp_path: Path, home: Path) -> None:
    home.mkdir()
    (home / "inventories").write_text("a file is in the way", encoding="utf-8")
    assert inventory(fake_environments.make(tmp_path / "env", {"numpy": "2.3.0"})).has(["numpy"])


def test_variables_that_a_worker_does_not_get_are_not_believed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    elsewhere = tmp_path / "elsewhere"
    fake_environments.make(elsewhere, {"torch": "2.13.0"})
    monkeypatch.setenv("PYTHONPATH", str(fake_environments.site_packages(elsewhere)))
    assert not inventory(fake_environments.make(tmp_path / "env", {"numpy": "2.3.0"})).has(["torch"])


def test_what_a_site_customization_prints_does_no_harm(tmp_path: Path) -> None:
    interpreter = fake_environments.make(tmp_path / "env", {"numpy": "2.3.0"})
    custom = fake_environments.site_packages(tmp_path / "env") / "sitecustomize.py"
    custom.write_text('print("{}")\nprint("welcome", end="")\n', encoding="utf-8")
    assert inventory(interpreter).has(["numpy"])


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("exit 3", "exit code 3"),
        ("echo no such module >&2; exit 1", "exit code 1: no such module"),
        ("echo hello", "it is no Python"),
        ('echo "{}"', "it is no Python"),
    ],
)
def test_what_is_no_python_is_told(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(InterpreterFailed, match=words):
        inventory(script(tmp_path / "python", text))


def test_an_interpreter_that_is_gone_is_told() -> None:
    with pytest.raises(InterpreterFailed, match="/nowhere/python cannot say which packages it has: No such file"):
        inventory("/nowhere/python")


def test_an_interpreter_that_hangs_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inventories, "READING_S", 0.3)
    with pytest.raises(InterpreterFailed, match="no answer in 0 s"):
        inventory(script(tmp_path / "python", "exec sleep 60"))


def test_an_interpreter_that_was_deleted_is_not_believed_any_more(tmp_path: Path) -> None:
    interpreter = fake_environments.make(tmp_path / "env", {"numpy": "2.3.0"})
    inventory(interpreter)
    (tmp_path / "env").rename(tmp_path / "moved")
    with pytest.raises(InterpreterFailed, match="No such file"):
        inventory(interpreter)


def described(**packages: Package) -> Inventory:
    return Inventory(
        python="3.12.1",
        architecture="x86_64",
        markers={"python_version": "3.12", "platform_machine": "x86_64"},
        directories=(),
        packages={name.replace("_", "-"): package for name, package in packages.items()},
    )


def package(mb: float | None, *requires: str) -> Package:
    return Package(version="1.0", requires=requires, mb=mb)


def test_the_size_of_packages_includes_what_they_need_and_nothing_twice() -> None:
    has = described(
        keras=package(2.0, "Some.Base", "h5py"), h5py=package(4.0, "some_base"), some_base=package(8.0, "keras")
    )
    assert has.size_mb(["keras"]) == 14.0
    assert has.total_mb == 14.0


def test_markers_are_those_of_the_interpreter_and_extras_are_left_out() -> None:
    has = described(
        jax=package(1.0, 'old; python_version < "3.12"', 'new; python_version >= "3.12"', 'cuda; extra == "cuda12"'),
        old=package(2.0),
        new=package(4.0),
        cuda=package(8.0),
    )
    assert has.closure(["jax"]) == {"jax", "new"}


def test_a_size_is_known_only_when_every_package_is_there_and_lists_its_files() -> None:
    has = described(keras=package(2.0), from_conda=package(None))
    assert has.size_mb(["keras"]) == 2.0
    assert has.size_mb(["keras", "no-such-package"]) is None
    assert has.size_mb(["from-conda"]) is None


def test_a_framework_under_another_name_is_found() -> None:
    has = described(tensorflow_cpu=package(1.0, "numpy"), numpy=package(2.0))
    assert has.versions(["tensorflow"]) == {"tensorflow": "1.0"}
    assert has.size_mb(["tensorflow"]) == 3.0

"""The list of registered interpreters: kept whole, read with doubt, changed one at a time."""

from __future__ import annotations

import json
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import fake_environments
import pytest

from probes.errors import InvalidEnvironment
from probes.installed.registry import Registered, checked_name, forget, interpreter_at, register, registry


def entry(name: str, *preferred_for: str) -> Registered:
    return Registered(name=name, interpreter=f"/opt/{name}/bin/python", preferred_for=preferred_for)


def test_what_is_registered_is_found_again_in_order() -> None:
    assert registry().interpreters == ()
    register(entry("second"))
    register(entry("first", "jax"))
    assert [each.name for each in registry().interpreters] == ["second", "first"]
    assert registry().find("first") == entry("first", "jax")


def test_one_interpreter_at_a_time_is_preferred_for_a_framework() -> None:
    register(entry("old", "jax", "keras"))
    register(entry("new", "jax"))
    assert [each.preferred_for for each in registry().interpreters] == [("keras",), ("jax",)]


def test_what_is_forgotten_is_gone_and_returned() -> None:
    register(entry("one"))
    register(entry("two"))
    assert forget("one") == entry("one")
    assert registry().interpreters == (entry("two"),)


def test_an_unknown_name_is_told_with_the_known_ones() -> None:
    with pytest.raises(InvalidEnvironment, match="no environment one; none is registered"):
        forget("one")
    register(entry("two"))
    with pytest.raises(InvalidEnvironment, match="no environment one; expected one of two"):
        forget("one")


def test_a_name_is_given_once() -> None:
    register(entry("one"))
    for give in (lambda: register(entry("one")), lambda: checked_name("one")):
        with pytest.raises(InvalidEnvironment, match="env remove one"):
            give()


@pytest.mark.parametrize("name", ["", "Upper", "../outside", "built-in", "-dash", "a" * 41, "with space", ".hidden"])
def test_a_name_that_is_no_folder_of_ours_is_refused(name: str) -> None:
    with pytest.raises(InvalidEnvironment, match="cannot be used; expected up to 40"):
        checked_name(name)


@pytest.mark.parametrize("content", ["", "[]", '{"interpreters": [{"name": 3}]}', '{"other": 1}'])
def test_a_list_that_cannot_be_read_is_said_and_never_written_over(home: Path, content: str) -> None:
    home.mkdir()
    path = home / "environments.json"
    path.write_text(content, encoding="utf-8")
    assert registry().interpreters == ()
    assert str(path) in (registry().problem or "")
    with pytest.raises(InvalidEnvironment, match="cannot be read"):
        register(entry("one"))
    assert path.read_text(encoding="utf-8") == content


def test_a_list_that_cannot_be_written_is_told(home: Path) -> None:
    home.write_text("a file is in the way", encoding="utf-8")
    with pytest.raises(InvalidEnvironment, match=r"cannot be written: .*make it writable"):
        register(entry("one"))


def test_the_file_says_nothing_of_its_own_problem(home: Path) -> None:
    register(entry("one"))
    assert set(json.loads((home / "environments.json").read_text(encoding="utf-8"))) == {"interpreters"}


def test_several_at_once_do_not_lose_each_other() -> None:
    names = [f"env-{index}" for index in range(12)]
    with ThreadPoolExecutor(6) as pool:
        list(pool.map(lambda name: register(entry(name)), names))
    assert sorted(each.name for each in registry().interpreters) == sorted(names)


def test_an_interpreter_is_found_by_itself_and_by_its_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    interpreter = fake_environments.make(tmp_path / "env", {})
    assert interpreter_at(tmp_path / "env") == interpreter
    monkeypatch.chdir(tmp_path)
    # Not what the link points to: that is another Python, without the environment's packages.
    assert interpreter_at(Path("env/bin/python")) == interpreter != sys.executable


def test_what_is_no_interpreter_is_told(tmp_path: Path) -> None:
    (tmp_path / "text").write_text("print()", encoding="utf-8")
    with pytest.raises(InvalidEnvironment, match="nothing at"):
        interpreter_at(tmp_path / "nowhere")
    with pytest.raises(InvalidEnvironment, match="no Python in"):
        interpreter_at(tmp_path)
    with pytest.raises(InvalidEnvironment, match="cannot be executed"):
        interpreter_at(tmp_path / "text")

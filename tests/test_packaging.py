"""The promises of pyproject.toml, the lock and the checks before an installation."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tomllib
from importlib.metadata import distribution, version
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from assistant import preflight
from assistant.views import table
from probes.history.archive import MAX_BYTES

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
LOCK = dict(line.split("==") for line in (ROOT / "requirements.lock").read_text(encoding="utf-8").split())


def normalised(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def installed_closure() -> set[str]:
    """Every distribution that the project and its test tools bring here, by normalised name."""
    closure: set[str] = set()
    waiting = [(Requirement("probewise[test]"), frozenset({"test"}))]
    while waiting:
        requirement, extras = waiting.pop()
        for text in distribution(requirement.name).requires or ():
            needed = Requirement(text)
            wanted = needed.marker is None or any(needed.marker.evaluate({"extra": extra}) for extra in (*extras, ""))
            if wanted and normalised(needed.name) not in closure:
                closure.add(normalised(needed.name))
                waiting.append((needed, frozenset(needed.extras)))
    return closure


def test_every_installed_dependency_is_pinned_to_the_version_that_is_installed() -> None:
    closure = installed_closure()
    assert len(closure) > len(PROJECT["dependencies"])
    installed = {name: version(name).split("+")[0] for name in closure}
    assert {name: LOCK.get(name) for name in closure} == installed


def test_the_lock_satisfies_every_declared_range() -> None:
    declared = PROJECT["dependencies"] + PROJECT["optional-dependencies"]["test"]
    outside = [
        text for text in declared if LOCK[normalised(Requirement(text).name)] not in Requirement(text).specifier
    ]
    assert outside == []


def test_torch_is_pinned_exactly() -> None:
    assert "torch==2.13.0" in PROJECT["dependencies"]


def test_a_python_for_intel_macs_is_told_and_no_other() -> None:
    assert "Intel" in preflight.processor_problem("darwin", "x86_64")
    for fitting in (("darwin", "arm64"), ("linux", "x86_64"), ("linux", "aarch64")):
        assert preflight.processor_problem(*fitting) is None


def test_the_server_takes_whatever_a_page_says_that_it_takes() -> None:
    config = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text(encoding="utf-8"))
    assert config["server"]["maxUploadSize"] >= max(table.MOST_MB, MAX_BYTES >> 20)


@pytest.mark.parametrize("supported", [(3, 11), (3, 12), (3, 13)])
def test_supported_pythons_pass_the_preflight(supported: tuple[int, int]) -> None:
    assert preflight.python_problem(supported) is None


@pytest.mark.parametrize("other", [(3, 6), (3, 10), (3, 14)])
def test_another_python_is_told_in_one_line(other: tuple[int, int]) -> None:
    problem = preflight.python_problem(other)
    assert problem is not None
    assert "\n" not in problem
    assert "found Python {}.{}".format(*other) in problem
    assert "3.11 to 3.13" in problem


def test_too_little_disk_is_told_in_one_line_before_anything_else_happens(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(preflight, "NEEDED_GB", 1e9)
    monkeypatch.setattr(preflight, "NEEDED_WITH_CUDA_GB", 1e9)
    with pytest.raises(SystemExit, match=r"GB free in \., but installing the frameworks needs") as stopped:
        preflight.main(".")
    assert "\n" not in str(stopped.value)


def test_a_missing_venv_module_is_told_in_one_line() -> None:
    script = (
        "import sys; sys.modules['ensurepip'] = None; sys.argv[1:] = ['.'];"
        f"import runpy; runpy.run_path({str(ROOT / 'assistant/preflight.py')!r}, run_name='__main__')"
    )
    ended = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert ended.returncode == 1
    assert ended.stderr.count("\n") == 1
    assert "no venv module" in ended.stderr


# Stands for Python: writes down what it was called with, says that it is supported, and makes environments of itself.
STUB = """#!/bin/sh
test "$1" = -c && echo True && exit
echo "$(basename $(dirname $0)) $*" >> calls
case "$*" in
    *preflight*) test ! -e full ;;
    "-m venv --clear .venv") rm -rf .venv && mkdir -p .venv/bin && cp "$0" .venv/bin/python ;;
    *install*) test -d "$TMPDIR" && echo "$TMPDIR" > unpacked_in ;;
esac
"""
MADE = "system -m venv --clear .venv"


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A clone in which Python is a stub; the file `full` makes its disk too small."""
    shutil.copy(ROOT / "Makefile", tmp_path)
    for name in ("pyproject.toml", "requirements.lock"):
        (tmp_path / name).touch()
    _executable(tmp_path / "system" / "python", STUB)
    return tmp_path


def _executable(path: Path, script: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(script, encoding="utf-8")
    path.chmod(0o755)


def _setup(clone: Path) -> tuple[int, list[str]]:
    """The exit code of `make setup`, and the calls of Python that it made."""
    calls = clone / "calls"
    calls.write_text("")
    made = subprocess.run(["make", "setup", "PYTHON=system/python"], cwd=clone, check=False, capture_output=True)
    return made.returncode, calls.read_text(encoding="utf-8").splitlines()


def test_a_first_setup_is_checked_made_and_installed_and_a_second_does_nothing(clone: Path) -> None:
    code, calls = _setup(clone)
    assert code == 0
    assert calls[:3] == ["system assistant/preflight.py .", MADE, "bin -m pip --version"]
    assert calls[3].startswith("bin -m pip install")
    assert (clone / "unpacked_in").read_text(encoding="utf-8").strip() == str(clone / ".venv" / "unpacked")
    assert _setup(clone) == (0, [])


def test_on_a_full_disk_nothing_is_begun(clone: Path) -> None:
    (clone / "full").touch()
    assert _setup(clone) == (2, ["system assistant/preflight.py ."])
    assert not (clone / ".venv").exists()


def test_a_changed_lock_is_installed_without_asking_for_the_room_of_everything(clone: Path) -> None:
    _setup(clone)
    (clone / "full").touch()
    os.utime(clone / "requirements.lock", (2**32, 2**32))
    code, calls = _setup(clone)
    assert code == 0
    assert [call.split(" install")[0] for call in calls] == ["bin -m pip --version", "bin -m pip"]


def test_an_installation_that_was_broken_off_goes_on(clone: Path) -> None:
    _setup(clone)
    (clone / ".venv" / ".installed").unlink()
    code, calls = _setup(clone)
    assert code == 0
    called = [call.split(" install")[0] for call in calls]
    assert called == ["system assistant/preflight.py .", "bin -m pip --version", "bin -m pip"]


def test_an_environment_that_lacks_only_pip_gets_it_and_keeps_the_rest(clone: Path) -> None:
    _executable(clone / ".venv" / "bin" / "python", '#!/bin/sh\ntest "$1" = -c && echo True && exit\nexit 1\n')
    _code, calls = _setup(clone)
    assert calls == ["system assistant/preflight.py .", "system -m venv .venv"]


@pytest.mark.parametrize(
    "python",
    ["#!/nowhere/python\n", "#!/bin/sh\necho False\n"],
    ids=["gone", "another version"],
)
def test_an_environment_whose_python_cannot_run_probewise_is_made_anew(clone: Path, python: str) -> None:
    _setup(clone)
    _executable(clone / ".venv" / "bin" / "python", python)
    code, calls = _setup(clone)
    assert code == 0
    assert calls[:2] == ["system assistant/preflight.py .", MADE]
    assert calls[3].startswith("bin -m pip install")

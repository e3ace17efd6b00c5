"""`probewise env`: what is printed, what is refused and with which exit code, and what `doctor` says of it."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from assistant import environment_commands, examination_words
from assistant.cli import main
from probes.candidates import CANDIDATES
from probes.doctor.examination import Proof
from probes.doctor.usability.case import FrameworkFacts
from probes.errors import CreationFailed
from probes.installed.isolation import Created, Plan, environments_directory
from probes.installed.registry import Registered, register, registry
from probes.report import (
    Accelerator,
    AcceleratorState,
    DeviceTrial,
    EnvironmentState,
    Examination,
    FrameworkState,
    Machine,
)
from tests.probes import fake_environments

Run = Callable[..., tuple[int, str, str]]

MACHINE = Machine(
    fingerprint="0" * 16,
    operating_system="linux",
    platform="Linux",
    python="3.12.1",
    cpu="AMD EPYC",
    physical_cores=2,
    logical_cores=2,
    memory_gb=24.0,
    accelerators=(Accelerator(kind="nvidia", name="NVIDIA L4"),),
)


@pytest.fixture
def run(capfd: pytest.CaptureFixture[str]) -> Run:
    def run(*arguments: object) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as ended:
            main(["env", *map(str, arguments)])
        out, err = capfd.readouterr()
        return int(ended.value.code or 0), out, err

    return run


@pytest.fixture
def jax(tmp_path: Path) -> str:
    return fake_environments.make(tmp_path / "theirs", fake_environments.JAX)


@pytest.fixture
def empty(tmp_path: Path) -> str:
    return fake_environments.make(tmp_path / "empty", {})


@pytest.fixture
def without_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    here = environment_commands.surroundings().model_copy(update={"accelerators": ()})
    monkeypatch.setattr(environment_commands, "surroundings", lambda: here)
    monkeypatch.setattr(environment_commands, "make", lambda *_arguments: pytest.fail("made it"))


def test_the_built_in_environment_is_listed_first(run: Run, jax: str) -> None:
    assert run("add", "theirs", jax, "--for", "jax")[0] == 0
    code, out, err = run("list", "--json")
    first, theirs = json.loads(out)
    assert (code, err, first["name"], first["interpreter"]) == (0, "", "built-in", sys.executable)
    assert set(theirs) == set(EnvironmentState.model_fields)
    assert (theirs["name"], theirs["interpreter"], theirs["preferred_for"]) == ("theirs", jax, ["jax"])
    assert (theirs["versions"], theirs["candidates"]) == ({"jax": "0.9.1", "optax": "0.2.7"}, ["jax-jit"])


def test_the_words_name_what_the_json_names(run: Run, jax: str) -> None:
    run("add", "theirs", jax)
    _code, out, _err = run("list")
    assert [word for word in ("built-in", "theirs", "jax 0.9.1", "Runs nothing") if word not in out] == []


def test_an_added_environment_is_told_and_kept(run: Run, jax: str) -> None:
    code, out, err = run("add", "theirs", Path(jax).parents[1])
    assert (code, out) == (0, "")
    assert err.startswith("probewise: Registered theirs: Python 3.")
    assert "with jax 0.9.1, optax 0.2.7." in err
    assert registry().find("theirs") == Registered(name="theirs", interpreter=jax)


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["add", "Theirs", "{jax}"], "lower-case letters"),
        (["add", "built-in", "{jax}"], "cannot be used"),
        (["add", "theirs", "/nowhere"], "nothing at /nowhere"),
        (["add", "theirs", "/bin/false"], "cannot say which packages it has"),
        (["add", "theirs", "{empty}"], "no framework that can be probed"),
        (["add", "theirs", "{jax}", "--for", "mxnet"], "expected one of pytorch"),
        (["add", "theirs"], "path"),
        (["remove", "theirs"], "no environment theirs"),
        (["create", "mxnet"], "expected one of pytorch"),
        (["create", "jax", "--name", "../jax"], "cannot be used"),
        (["create", "jax", "--gpu"], "no GPU was found"),
        (["nonsense"], "nonsense"),
    ],
)
@pytest.mark.usefixtures("without_gpu")
def test_wrong_input_gets_exit_code_2_and_one_line(
    run: Run, jax: str, empty: str, arguments: list[str], expected: str
) -> None:
    code, out, err = run(*(argument.format(jax=jax, empty=empty) for argument in arguments))
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert expected in err
    assert registry().interpreters == ()


def test_a_list_that_cannot_be_read_is_said_and_the_rest_is_shown(run: Run, home: Path) -> None:
    home.mkdir()
    (home / "environments.json").write_text("not a list", encoding="utf-8")
    code, out, err = run("list", "--json")
    assert (code, len(json.loads(out))) == (0, 1)
    assert "cannot be read" in err


def test_removing_leaves_an_environment_that_was_made_elsewhere(run: Run, jax: str) -> None:
    run("add", "theirs", jax)
    code, _out, err = run("remove", "theirs")
    assert (code, registry().interpreters) == (0, ())
    assert f"{jax} is still there" in err
    assert Path(jax).exists()


def test_removing_deletes_an_environment_that_was_made_here(run: Run) -> None:
    folder = environments_directory() / "ours"
    register(Registered(name="ours", interpreter=fake_environments.make(folder, fake_environments.JAX)))
    code, _out, err = run("remove", "ours")
    assert (code, folder.exists()) == (0, False)
    assert f"deleted {folder}" in err


def test_a_created_environment_is_told_with_where_it_trains_and_what_it_does_not_use(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    around = environment_commands.surroundings().model_copy(update={"accelerators": MACHINE.accelerators})
    monkeypatch.setattr(environment_commands, "surroundings", lambda: around)

    def make(name: str, wanted: Plan, say: Callable[[str], None]) -> Created:
        say("Downloading jaxlib (81.2MiB)")
        facts = FrameworkFacts(package="jax", version="0.10.2")
        proof = Proof(wanted.candidate, "/opt/python", {"jax": "0.10.2"}, "cpu:0", facts)
        return Created(Registered(name=name, interpreter="/opt/python"), proof)

    monkeypatch.setattr(environment_commands, "make", make)
    code, out, err = run("create", "jax", "--cpu")
    assert (code, out) == (0, "")
    downloading, made, unused = err.splitlines()
    assert downloading == "probewise: Downloading jaxlib (81.2MiB)"
    assert made == "probewise: Made jax with jax 0.10.2; it trains on cpu:0."
    assert "build without CUDA" in unused


def test_a_failed_creation_ends_with_1_and_says_what_to_do(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_arguments: object) -> Created:
        raise CreationFailed("The disk is full. Free some space.")

    monkeypatch.setattr(environment_commands, "make", fail)
    code, out, err = run("create", "scikit-learn")
    assert (code, out) == (1, "")
    assert err == "probewise: Nothing was made. The disk is full. Free some space.\n"


def unusable(candidate: str) -> AcceleratorState:
    return AcceleratorState(
        kind="nvidia", accelerator="NVIDIA L4", candidate=candidate, status="unusable", problem="No.", fix="Do this."
    )


def shown(found: Examination, capsys: pytest.CaptureFixture[str]) -> str:
    from rich.console import Console

    Console(width=160).print(examination_words.examination(found))
    return capsys.readouterr().out


def test_doctor_shows_devices_and_each_problem_once(capsys: pytest.CaptureFixture[str]) -> None:
    keras = FrameworkState(
        framework="keras",
        status="usable",
        interpreter="/opt/python",
        versions={"keras": "3.15.1"},
        device="cpu:0",
        trials=(
            DeviceTrial(device="cpu:0", platform="cpu"),
            DeviceTrial(device="gpu:0", platform="cuda"),
            DeviceTrial(device="gpu:1", platform="cuda", error="no kernel image"),
        ),
        accelerators=(unusable("keras-jax"), unusable("keras-torch")),
    )
    words = shown(Examination(machine=MACHINE, frameworks=(keras,)), capsys)
    assert "cpu:0, gpu:0" in words
    assert "gpu:1" not in words
    assert words.count("No. Do this.") == 1


def test_doctor_shows_registered_environments_and_what_is_wrong_with_them(capsys: pytest.CaptureFixture[str]) -> None:
    built_in = EnvironmentState(
        name="built-in",
        interpreter="/opt/python",
        python="3.12.1",
        size_mb=3700.0,
        versions={"torch": "2.13.0"},
        candidates=tuple(candidate.id for candidate in CANDIDATES),
    )
    gone = EnvironmentState(name="gone", interpreter="/gone/python", problem="It cannot be run.")
    alone = Examination(machine=MACHINE, frameworks=(), environments=(built_in,))
    assert "/opt/python" not in shown(alone, capsys)
    both = alone.model_copy(update={"environments": (built_in, gone), "problems": ("The list is broken.",)})
    words = shown(both, capsys)
    expected = ("Python 3.12.1, 3.6 GB", "torch 2.13.0", "gone", "It cannot be run.", "The list is broken.")
    assert [word for word in expected if word not in words] == []

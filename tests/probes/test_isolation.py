"""An environment for one framework: what is installed for which machine, and that it is made whole or not at all."""

from __future__ import annotations

import os
import shutil
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import fake_environments
import fake_uv
import pytest
from filelock import FileLock

from probes.candidates import find_candidate
from probes.directories import cache_directory
from probes.doctor.examination import Proof
from probes.doctor.surroundings import Surroundings
from probes.errors import CreationFailed, InvalidEnvironment, WorkerFailed
from probes.installed import isolation
from probes.installed.inventory import Inventory, inventory
from probes.installed.isolation import create, delete_if_ours, environments_directory, find_framework, plan
from probes.installed.registry import Registered, register, registry
from probes.report import Accelerator

pytestmark = pytest.mark.usefixtures("no_process_left")

H200 = Accelerator(kind="nvidia", name="NVIDIA H200", driver="580.95.05", compute_capability="9.0")
NODE_535 = H200.model_copy(update={"driver": "535.183.01"})
NODE_470 = H200.model_copy(update={"driver": "470.256.02"})
RADEON = Accelerator(kind="amd", name="Radeon RX 7900 XTX")
APPLE = Accelerator(kind="apple", name="Apple M3 GPU")
TPU = Accelerator(kind="tpu", name="TPU v6e")

EMPTY = Inventory(python="3.12.1", architecture="x86_64", markers={}, directories=(), packages={})


def machine(*accelerators: Accelerator, system: str = "linux") -> Surroundings:
    return Surroundings.model_validate(
        {"operating_system": system, "architecture": "x86_64", "accelerators": accelerators}
    )


def built_in() -> Inventory:
    return inventory(sys.executable)


def requirements(name: str, around: Surroundings, **options: object) -> list[str]:
    """What is asked for, without the versions."""
    wanted = plan(find_framework(name), around, built_in(), **options)
    return [text.partition("==")[0] for text in wanted.requirements]


@pytest.mark.parametrize(
    ("framework", "gpus", "packages"),
    [
        ("jax", [], ["jax", "optax", "numpy"]),
        ("jax", [H200], ["jax[cuda13]", "optax", "numpy"]),
        ("jax", [NODE_535], ["jax[cuda12]", "optax", "numpy"]),
        ("jax", [NODE_470], ["jax", "optax", "numpy"]),
        ("jax", [RADEON], ["jax[rocm7-local]", "optax", "numpy"]),
        ("jax", [TPU], ["jax[tpu]", "optax", "numpy"]),
        ("jax", [APPLE], ["jax", "optax", "numpy"]),
        ("tensorflow", [], ["tensorflow", "keras", "numpy"]),
        ("tensorflow", [H200], ["tensorflow[and-cuda]", "keras", "numpy"]),
        ("tensorflow", [RADEON], ["tensorflow", "keras", "numpy"]),
        ("tensorflow", [NODE_535], ["tensorflow[and-cuda]", "keras", "numpy"]),
        ("tensorflow", [NODE_470], ["tensorflow", "keras", "numpy"]),
        ("pytorch", [H200], ["torch", "numpy"]),
        ("keras", [H200], ["keras", "tensorflow[and-cuda]", "numpy"]),
        ("keras-jax", [H200], ["keras", "jax[cuda13]", "numpy"]),
        ("scikit-learn", [H200], ["scikit-learn", "numpy"]),
    ],
)
def test_the_build_is_that_for_the_machine(framework: str, gpus: list[Accelerator], packages: list[str]) -> None:
    system = "macos" if APPLE in gpus else "linux"
    assert requirements(framework, machine(*gpus, system=system)) == packages


def test_the_processor_s_build_can_be_asked_for() -> None:
    assert requirements("jax", machine(H200), gpu=False) == ["jax", "optax", "numpy"]


def test_on_windows_there_is_no_build_with_cuda() -> None:
    assert requirements("tensorflow", machine(H200, system="windows")) == ["tensorflow", "keras", "numpy"]
    assert requirements("jax", machine(H200, system="windows")) == ["jax", "optax", "numpy"]


@pytest.mark.parametrize(
    ("framework", "around", "words"),
    [
        ("jax", machine(), "no GPU was found"),
        ("jax", machine(NODE_470), "no build of jax for NVIDIA H200 with its driver.*probewise doctor"),
        ("pytorch", machine(NODE_535), "no build of pytorch for NVIDIA H200 with its driver.*--index"),
        ("tensorflow", machine(NODE_470), "no build of tensorflow for NVIDIA H200 with its driver"),
        ("pytorch", machine(RADEON), r"no build of pytorch for Radeon.*pytorch\.org.*--index"),
        ("scikit-learn", machine(H200), "no build of scikit-learn"),
    ],
)
def test_a_gpu_that_cannot_be_served_is_refused(framework: str, around: Surroundings, words: str) -> None:
    with pytest.raises(InvalidEnvironment, match=words):
        plan(find_framework(framework), around, built_in(), gpu=True)


def test_another_index_is_trusted_to_have_the_build() -> None:
    wanted = plan(find_framework("pytorch"), machine(RADEON), built_in(), gpu=True, index="https://index.example")
    assert (wanted.index, wanted.constraints) == ("https://index.example", ())


def test_versions_are_those_that_are_built_in() -> None:
    wanted = plan(find_framework("jax"), machine(), built_in())
    versions = built_in().versions(["jax", "optax", "numpy", "jaxlib"])
    assert wanted.requirements == tuple(f"{name}=={versions[name]}" for name in ("jax", "optax", "numpy"))
    assert f"jaxlib=={versions['jaxlib']}" in wanted.constraints
    assert not any(text.startswith(("jax=", "torch", "keras")) for text in wanted.constraints)


def test_the_name_of_a_build_is_no_part_of_a_pinned_version() -> None:
    packages = {"torch": {"version": "2.13.0+cpu", "requires": (), "mb": 1.0}}
    has = Inventory.model_validate({**EMPTY.model_dump(), "packages": packages})
    assert plan(find_framework("pytorch"), machine(), has).requirements == ("torch==2.13.0", "numpy")


def test_what_is_not_built_in_gets_the_range_that_probewise_declares() -> None:
    requires = ("jax<0.11,>=0.10", "torch==2.13.0", 'pytest>=9; extra == "test"')
    packages = {"probewise": {"version": "0.1.0", "requires": requires, "mb": 1.0}}
    has = Inventory.model_validate({**EMPTY.model_dump(), "packages": packages})
    assert plan(find_framework("jax"), machine(H200), has).requirements == (
        "jax[cuda13]<0.11,>=0.10",
        "optax",
        "numpy",
    )


def test_pytorch_s_usual_build_needs_the_room_that_cuda_takes() -> None:
    assert plan(find_framework("pytorch"), machine(), EMPTY).needs_gb == isolation.NEEDS_WITH_CUDA_GB
    assert (
        plan(find_framework("jax"), machine(), EMPTY).needs_gb
        < plan(find_framework("jax"), machine(H200), EMPTY).needs_gb
    )


def test_an_unknown_framework_is_told_with_the_known_ones() -> None:
    assert find_framework("keras-torch") == find_candidate("keras-torch")
    with pytest.raises(InvalidEnvironment, match=r"expected one of pytorch, .*such as keras-jax"):
        find_framework("mxnet")


Say = Callable[[str], None]


@pytest.fixture
def uv(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Path]:
    def put(**behaviour: object) -> Path:
        for name, value in fake_uv.put_on_path(tmp_path / "bin", **behaviour).items():
            monkeypatch.setenv(name, value)
        return tmp_path / "bin"

    return put


@pytest.fixture
def training(monkeypatch: pytest.MonkeyPatch) -> None:
    """What was only written down takes its training step all the same."""
    monkeypatch.setattr(
        isolation, "prove", lambda candidate, interpreter: Proof(candidate, interpreter, {"jax": "0.10.2"}, "cpu:0")
    )


def make_jax(name: str = "mine", say: Say = lambda _sentence: None) -> isolation.Created:
    return create(name, plan(find_framework("jax"), machine(), built_in()), say)


def nothing_is_left(name: str = "mine") -> bool:
    return not (environments_directory() / name).exists() and registry().find(name) is None


@pytest.mark.usefixtures("training")
def test_an_environment_is_made_tried_and_registered(uv: Callable[..., Path]) -> None:
    uv(lines="Downloading jaxlib (81.2MiB)\nPrepared 8 packages in 2.1s\n")
    said: list[str] = []
    made = make_jax(say=said.append)
    assert made.entry == registry().find("mine")
    assert made.entry.preferred_for == ("jax",)
    assert inventory(made.entry.interpreter).has(["jax", "optax", "numpy"])
    assert said[2:] == ["Downloading jaxlib (81.2MiB)", "Unpacking 8 packages", "Trying jax-jit"]


def test_a_failed_installation_leaves_nothing_behind(uv: Callable[..., Path]) -> None:
    uv(lines="error: dns error\n", code=2)
    with pytest.raises(CreationFailed, match="no connection"):
        make_jax()
    assert nothing_is_left()


def test_a_framework_that_takes_no_step_leaves_nothing_behind(
    uv: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    uv()
    failed = WorkerFailed("jax-jit died of SIGILL.")
    monkeypatch.setattr(isolation, "prove", lambda candidate, path: Proof(candidate, path, {}, failure=failed))
    with pytest.raises(CreationFailed, match="SIGILL"):
        make_jax()
    assert nothing_is_left()


@pytest.fixture
def interruptible() -> Iterator[None]:
    """Ctrl-C raises here, also where whoever runs the tests in the background has it ignored."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("interruptible")
def test_an_interrupt_ends_the_installer_and_leaves_nothing_behind(uv: Callable[..., Path]) -> None:
    uv(lines="Prepared 8 packages in 2.1s\n", hangs=True)

    def interrupt(sentence: str) -> None:
        if sentence.startswith("Unpacking"):
            threading.Timer(0.1, os.kill, (os.getpid(), signal.SIGINT)).start()

    with pytest.raises(KeyboardInterrupt):
        make_jax(say=interrupt)
    assert nothing_is_left()


def test_a_list_that_cannot_be_changed_leaves_nothing_behind(
    uv: Callable[..., Path], training: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    uv()

    def refuse(entry: Registered) -> None:
        raise InvalidEnvironment("The list cannot be written.")

    monkeypatch.setattr(isolation, "register", refuse)
    with pytest.raises(InvalidEnvironment):
        make_jax()
    assert nothing_is_left()


def test_too_little_disk_is_told_before_anything_is_made(
    uv: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    directory = uv()
    usage = shutil.disk_usage("/")._replace(free=10**8)
    monkeypatch.setattr(isolation.shutil, "disk_usage", lambda path: usage)
    with pytest.raises(CreationFailed, match=r"0\.1 GB are free in .*PROBEWISE_HOME"):
        make_jax()
    assert fake_uv.asked(directory) == []


@pytest.mark.usefixtures("training")
def test_what_a_killed_attempt_left_is_made_anew(uv: Callable[..., Path]) -> None:
    uv()
    left = environments_directory() / "mine" / "bin"
    left.mkdir(parents=True)
    (left / "half").touch()
    made = make_jax()
    assert Path(made.entry.interpreter).exists()
    assert not (left / "half").exists()


def test_two_are_not_made_at_once(uv: Callable[..., Path]) -> None:
    uv()
    cache_directory().mkdir(parents=True)
    with (
        FileLock(cache_directory() / "making-an-environment.lock"),
        pytest.raises(InvalidEnvironment, match="Another environment is being made"),
    ):
        make_jax()


def test_a_name_that_is_taken_is_told_before_anything_is_made(uv: Callable[..., Path]) -> None:
    directory = uv()
    register(Registered(name="mine", interpreter="/opt/python"))
    with pytest.raises(InvalidEnvironment, match="an environment mine already"):
        make_jax()
    assert fake_uv.asked(directory) == []


def test_a_place_that_cannot_be_written_is_told(home: Path, uv: Callable[..., Path]) -> None:
    uv()
    home.mkdir()
    (home / "environments").write_text("a file is in the way", encoding="utf-8")
    with pytest.raises(CreationFailed, match="Nothing can be made in"):
        make_jax()


def test_only_what_was_made_here_is_deleted(tmp_path: Path) -> None:
    ours = fake_environments.make(environments_directory() / "ours", {})
    theirs = fake_environments.make(tmp_path / "theirs", {})
    assert delete_if_ours(Registered(name="theirs", interpreter=theirs)) is None
    assert delete_if_ours(Registered(name="ours", interpreter=ours)) == environments_directory() / "ours"
    assert Path(theirs).exists()
    assert not Path(ours).exists()

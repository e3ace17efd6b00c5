"""Whether the installed frameworks work, and what a person is told of those that do not."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

import machine_recordings as recordings
import pytest
import toy_worker
from leftovers import left_by, started_by

from probes.candidates import CANDIDATES, FRAMEWORKS
from probes.doctor import examination
from probes.doctor.surroundings import Surroundings
from probes.environments import installed_versions
from probes.installed.inventory import inventory
from probes.report import Examination, FrameworkState

pytestmark = pytest.mark.usefixtures("no_process_left")

GPU = recordings.Accelerator(kind="nvidia", name="NVIDIA L4", driver="580.95.05", compute_capability="8.9")


@pytest.fixture(autouse=True)
def asked_as_toys_are(monkeypatch: pytest.MonkeyPatch) -> None:
    """A toy has no devices to try, so its worker says what a package without any would."""
    said = '{{"package": "{package}", "version": "1.0", "trials": [{{"device": "cpu", "platform": "cpu"}}]}}'
    monkeypatch.setattr(examination, "ASKING", f"holds, figure = True, '{said}'")


def examine(directory: Path, monkeypatch: pytest.MonkeyPatch, **faults: str) -> dict[str, FrameworkState]:
    """The states when every framework is a toy, with faults by candidate id (underscores for hyphens)."""
    by_id = {name.replace("_", "-"): fault for name, fault in faults.items()}
    interpreters = {c.id: toy_worker.interpreter(directory, by_id.get(c.id, "none")) for c in CANDIDATES}
    monkeypatch.setattr(examination, "chosen_interpreters", lambda: interpreters)
    return {state.framework: state for state in examination.examine().frameworks}


def on_a_machine_with_a_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    around = Surroundings(operating_system="linux", architecture="x86_64", accelerators=(GPU,))
    monkeypatch.setattr(examination, "surroundings", lambda: around)


def test_interrupted_it_waits_for_nothing_and_leaves_no_worker(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hanging = toy_worker.interpreter(tmp_path, "hang@configure")
    monkeypatch.setattr(examination, "EXAMINATION_S", 3600.0)
    monkeypatch.setattr(examination, "chosen_interpreters", lambda: {c.id: hanging for c in CANDIDATES})

    def interrupt(_candidate: str, _share: float) -> None:
        patience = time.monotonic() + 60
        while not started_by(os.getpid()) and time.monotonic() < patience:
            time.sleep(0.01)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        examination.examine(interrupt)
    assert not left_by(os.getpid())


def test_what_is_done_is_told_as_it_goes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[tuple[str, float]] = []
    interpreters = {c.id: toy_worker.interpreter(tmp_path) for c in CANDIDATES}
    monkeypatch.setattr(examination, "chosen_interpreters", lambda: interpreters)
    examination.examine(lambda *said: told.append(said))
    assert {candidate for candidate, _share in told} < {c.id for c in CANDIDATES}
    assert [share for _candidate, share in told] == sorted({share for _candidate, share in told})
    assert told[0][1] == 0.0


def test_every_framework_that_takes_a_step_is_usable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    states = examine(tmp_path, monkeypatch)
    assert tuple(states) == FRAMEWORKS
    assert {state.status for state in states.values()} == {"usable"}
    assert states["keras"].candidates == ("keras-tensorflow", "keras-jax", "keras-torch")
    assert (states["jax"].device, states["jax"].problem, states["jax"].versions) == ("cpu", None, {"toy": "1.0"})
    assert [trial.device for trial in states["keras"].trials] == ["cpu"]


def test_missing_is_told_from_broken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    states = examine(
        tmp_path, monkeypatch, pytorch_eager="not_installed@configure", tensorflow_graph="segfault@train"
    )
    assert states["pytorch"].status == "missing"
    assert "-m pip install torch" in (states["pytorch"].problem or "")
    assert states["tensorflow"].status == "unusable"
    assert "SIGSEGV" in (states["tensorflow"].problem or "")
    assert states["jax"].status == "usable"


def test_one_working_backend_makes_keras_usable_and_the_others_are_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    state = examine(tmp_path, monkeypatch, keras_torch="broken_library@configure")["keras"]
    assert (state.status, state.candidates) == ("usable", ("keras-tensorflow", "keras-jax"))
    assert "libcudnn" in (state.problem or "")


def test_a_gpu_that_a_framework_does_not_use_is_told_with_the_fix(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    on_a_machine_with_a_gpu(monkeypatch)
    states = examine(tmp_path, monkeypatch)
    (gpu,) = states["pytorch"].accelerators
    assert (gpu.status, gpu.candidate, gpu.accelerator) == ("unusable", "pytorch-eager", "NVIDIA L4")
    assert "build without CUDA" in (gpu.problem or "")
    assert toy_worker.interpreter(tmp_path) in (gpu.fix or "")
    assert states["scikit-learn"].accelerators == ()
    assert [each.candidate for each in states["keras"].accelerators] == [
        "keras-tensorflow",
        "keras-jax",
        "keras-torch",
    ]


def test_what_keeps_a_framework_from_being_imported_is_told_with_the_fix(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    on_a_machine_with_a_gpu(monkeypatch)
    # A toy cannot say which packages it has; what its framework is, the built-in interpreter says.
    monkeypatch.setattr(examination, "inventory", lambda _interpreter: inventory(sys.executable))
    state = examine(tmp_path, monkeypatch, pytorch_eager="broken_library@configure")["pytorch"]
    (gpu,) = state.accelerators
    assert state.status == "unusable"
    assert "does not find all CUDA libraries" in (gpu.problem or "")


def test_a_package_that_is_missing_has_nothing_to_say_about_a_gpu(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    on_a_machine_with_a_gpu(monkeypatch)
    assert examine(tmp_path, monkeypatch, jax_jit="not_installed@configure")["jax"].accelerators == ()


def test_a_device_that_crashes_when_it_is_tried_does_not_undo_the_step(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(examination, "ASKING", "import os, signal\nos.kill(os.getpid(), signal.SIGSEGV)")
    states = examine(tmp_path, monkeypatch)
    assert (states["jax"].status, states["jax"].device) == ("usable", "cpu")
    assert "SIGSEGV" in (states["jax"].problem or "")
    assert states["scikit-learn"].problem is None


def test_the_environments_and_what_is_wrong_with_their_list_are_told(
    tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home.mkdir()
    (home / "environments.json").write_text("not a list", encoding="utf-8")
    monkeypatch.setattr(examination, "FRAMEWORKS", ("scikit-learn",))
    toy = toy_worker.interpreter(tmp_path)
    monkeypatch.setattr(examination, "chosen_interpreters", lambda: {"scikit-learn": toy})
    found = examination.examine()
    assert [each.name for each in found.environments] == ["built-in"]
    assert "cannot be read" in found.problems[0]


def test_what_doctor_said_before_can_still_be_read() -> None:
    before = {"machine": {}, "frameworks": [{"framework": "jax", "status": "usable", "interpreter": "/bin/python"}]}
    before["machine"] = {
        "fingerprint": "0", "operating_system": "linux", "platform": "Linux", "python": "3.11.7", "cpu": "AMD EPYC",
        "physical_cores": 2, "logical_cores": 2, "memory_gb": 23.5,
    }  # fmt: skip
    assert Examination.model_validate(before).environments == ()


@pytest.mark.frameworks
def test_the_frameworks_installed_here_work(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    found = examination.examine()
    assert {state.framework: (state.status, state.problem) for state in found.frameworks} == dict.fromkeys(
        FRAMEWORKS, ("usable", None)
    )
    installed = installed_versions()
    assert all(installed[name] == version for state in found.frameworks for name, version in state.versions.items())
    tried = {state.framework: {trial.platform for trial in state.trials} for state in found.frameworks}
    assert all("cpu" in platforms for framework, platforms in tried.items() if framework != "scikit-learn")

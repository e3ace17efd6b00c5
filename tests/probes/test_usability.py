"""What a person is told about the accelerators of machines that are not this one."""

from __future__ import annotations

from pathlib import Path

import machine_recordings as recordings
import pytest

from probes.candidates import find_candidate
from probes.doctor import usability
from probes.doctor.surroundings import Surroundings, hiding_variables, in_container, surroundings
from probes.doctor.usability import accelerator_states
from probes.doctor.usability.case import Case, FrameworkFacts, Remedy, Rule
from probes.doctor.usability.nvidia import cuda_family

PYTHON = "/opt/venv/bin/python"


def test_many_different_machines_are_recorded() -> None:
    assert len(recordings.RECORDINGS) >= 12


@pytest.mark.parametrize("path", recordings.RECORDINGS, ids=lambda path: path.stem)
def test_a_recorded_machine_is_told_as_expected(path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    recording = recordings.read(path)
    around = recordings.around(recording, tmp_path, monkeypatch)
    for said in recordings.said(recording):
        states = accelerator_states(find_candidate(said.candidate), said.facts, around, PYTHON)
        assert [(state.kind, state.status) for state in states] == [
            (expected["kind"], expected["status"]) for expected in said.expected
        ], said.candidate
        for state, expected in zip(states, said.expected, strict=True):
            assert [word for word in expected.get("problem", ()) if word not in (state.problem or "")] == []
            assert [word for word in expected.get("fix", ()) if word not in (state.fix or "")] == []


@pytest.mark.parametrize("path", recordings.RECORDINGS, ids=lambda path: path.stem)
def test_what_is_unusable_always_has_a_problem_and_a_fix(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recording = recordings.read(path)
    around = recordings.around(recording, tmp_path, monkeypatch)
    for said in recordings.said(recording):
        for state in accelerator_states(find_candidate(said.candidate), said.facts, around, PYTHON):
            assert (state.status == "usable") == (state.problem is None) == (state.fix is None)
            assert (state.status == "usable") <= bool(state.devices)


def test_every_rule_is_the_answer_on_some_recorded_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    answered = set()

    def watched(rule: Rule) -> Rule:
        def watch(case: Case) -> Remedy | None:
            remedy = rule(case)
            if remedy is not None:
                answered.add(rule)
            return remedy

        return watch

    rules = {kind: tuple(rules) for kind, rules in usability._RULES.items()}
    for kind, each in rules.items():
        monkeypatch.setitem(usability._RULES, kind, tuple(map(watched, each)))
    for path in recordings.RECORDINGS:
        recording = recordings.read(path)
        around = recordings.around(recording, tmp_path / path.stem, monkeypatch)
        for said in recordings.said(recording):
            accelerator_states(find_candidate(said.candidate), said.facts, around, PYTHON)
    assert {rule for each in rules.values() for rule in each} - answered == set()


def test_the_recording_of_the_machine_is_read_as_this_one_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (path,) = [path for path in recordings.RECORDINGS if path.stem == "linux-nvidia-works"]
    around = recordings.around(recordings.read(path), tmp_path, monkeypatch)
    gpus = around.of("nvidia")
    assert len(gpus) == 8
    assert (gpus[0].name, gpus[0].memory_gb, gpus[0].compute_capability) == ("NVIDIA H200", 140.4, "9.0")
    # The NVSwitch beside them is no display controller.
    assert around.bus == ("NVIDIA graphics 2335",) * 8


def test_an_unknown_reason_is_told_in_the_framework_s_own_words() -> None:
    facts = FrameworkFacts(package="jax", version="0.10.2", built_for={"cuda": ""}, refusal="RuntimeError: no luck")
    around = Surroundings(operating_system="linux", architecture="x86_64", bus=("NVIDIA graphics 2684",))
    around = around.model_copy(
        update={"accelerators": (recordings.Accelerator(kind="nvidia", name="NVIDIA GeForce RTX 4090"),)}
    )
    (state,) = accelerator_states(find_candidate("jax-jit"), facts, around, PYTHON)
    assert state.problem == ("JAX 0.10.2 does not see NVIDIA GeForce RTX 4090. It said: RuntimeError: no luck")
    assert state.fix == "Try it in an environment of its own: probewise env create jax --gpu"


def test_the_environment_that_is_proposed_is_that_of_the_candidate() -> None:
    gpu = recordings.Accelerator(kind="nvidia", name="NVIDIA L4", driver="580.95.05", compute_capability="8.9")
    around = Surroundings(operating_system="linux", architecture="x86_64", accelerators=(gpu,))
    facts = FrameworkFacts(package="torch", version="2.13.0+cpu")
    for candidate, name in (("pytorch-compile", "pytorch"), ("keras-torch", "keras-torch")):
        (state,) = accelerator_states(find_candidate(candidate), facts, around, PYTHON)
        assert f"probewise env create {name} --gpu" in (state.fix or "")


def test_an_operation_that_fails_on_one_of_two_devices_is_told() -> None:
    trials = [
        {"device": "cuda:0", "platform": "cuda"},
        {
            "device": "cuda:1",
            "platform": "cuda",
            "error": "AcceleratorError: CUDA error: device-side assert triggered",
        },
    ]
    facts = FrameworkFacts.model_validate(
        {"package": "torch", "version": "2.13.0", "built_for": {"cuda": "13.0"}, "trials": trials}
    )
    gpu = recordings.Accelerator(kind="nvidia", name="NVIDIA L4", driver="580.95.05", compute_capability="8.9")
    around = Surroundings(operating_system="linux", architecture="x86_64", accelerators=(gpu, gpu))
    (state,) = accelerator_states(find_candidate("pytorch-eager"), facts, around, PYTHON)
    assert (state.status, state.devices, state.accelerator) == ("unusable", ("cuda:0",), "2 x NVIDIA L4")
    assert "cuda:1: AcceleratorError: CUDA error: device-side assert triggered" in (state.problem or "")


@pytest.mark.parametrize(
    ("driver", "capability", "family"),
    [
        ("580.95.05", "9.0", 13),
        ("570.86.15", "9.0", 12),
        ("580.95.05", "7.0", 12),
        ("470.256.02", "7.5", None),
        (None, "8.0", 13),
    ],
)
def test_the_cuda_family_follows_driver_and_card(driver: str | None, capability: str, family: int | None) -> None:
    assert cuda_family(driver, [capability]) == family


@pytest.mark.parametrize(
    ("environment", "hiding"),
    [
        ({}, {}),
        ({"CUDA_VISIBLE_DEVICES": "0,1"}, {}),
        ({"CUDA_VISIBLE_DEVICES": "GPU-5ebe9f43"}, {}),
        ({"CUDA_VISIBLE_DEVICES": "-1"}, {"CUDA_VISIBLE_DEVICES": "-1"}),
        ({"HIP_VISIBLE_DEVICES": ""}, {"HIP_VISIBLE_DEVICES": ""}),
    ],
)
def test_only_a_variable_that_hides_every_gpu_counts(environment: dict[str, str], hiding: dict[str, str]) -> None:
    assert hiding_variables(environment) == hiding


def test_a_container_is_known_by_its_marks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("KUBERNETES_SERVICE_HOST", raising=False)
    assert not in_container(tmp_path)
    (tmp_path / ".dockerenv").touch()
    assert in_container(tmp_path)


def test_the_surroundings_of_this_machine_can_be_read() -> None:
    here = surroundings()
    assert here.architecture
    assert set(here.closed_files) <= set(here.device_files)

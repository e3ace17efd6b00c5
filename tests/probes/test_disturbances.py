"""What is told about power, heat, others on the GPU and drift, from recorded readings."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pynvml
import pytest

from probes.campaign import disturbances, gpus
from probes.campaign.disturbances import Conditions, disturbance_notes, drift, drift_note, throttle_count


def test_calm_conditions_need_no_words() -> None:
    calm = Conditions(on_battery=False, throttled=7)
    assert disturbance_notes(calm, calm) == []


def test_a_battery_is_told_even_when_it_was_plugged_in_meanwhile() -> None:
    (note,) = disturbance_notes(Conditions(on_battery=True), Conditions())
    assert "battery" in note


def test_heat_is_told_with_its_count() -> None:
    (note,) = disturbance_notes(Conditions(throttled=7), Conditions(throttled=10))
    assert "3 times" in note


def test_others_on_the_gpu_are_named() -> None:
    (note,) = disturbance_notes(Conditions(gpu_processes=frozenset((41,))), Conditions(gpu_processes=frozenset((7,))))
    assert "process ids 7, 41" in note


def test_throttling_is_counted_over_all_cores(tmp_path: Path) -> None:
    for core, text in (("cpu0", "3\n"), ("cpu1", "4\n"), ("cpu2", "unreadable")):
        directory = tmp_path / core / "thermal_throttle"
        directory.mkdir(parents=True)
        (directory / "core_throttle_count").write_text(text)
    assert throttle_count(tmp_path) == 7
    assert throttle_count(tmp_path / "cpufreq") == 0


@pytest.fixture
def two_gpus(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pynvml, "nvmlInit", lambda: None)
    monkeypatch.setattr(pynvml, "nvmlShutdown", lambda: None)
    monkeypatch.setattr(pynvml, "nvmlDeviceGetCount", lambda: 2)
    monkeypatch.setattr(pynvml, "nvmlDeviceGetHandleByIndex", lambda index: index)


def test_gpu_processes_are_those_of_others_on_every_gpu(two_gpus: None, monkeypatch: pytest.MonkeyPatch) -> None:
    processes = {0: [41, 42], 1: [42, 99]}
    monkeypatch.setattr(
        pynvml,
        "nvmlDeviceGetComputeRunningProcesses",
        lambda handle: [SimpleNamespace(pid=pid) for pid in processes[handle]],
    )
    monkeypatch.setattr(disturbances, "_own_processes", lambda: frozenset((99,)))
    assert Conditions.read().gpu_processes == {41, 42}


# Masks as NVML gives them (nvml.h, nvmlClocksEventReasons): 0x1 idle, 0x4 power cap, 0x8 any hardware slowdown,
# 0x20 and 0x40 heat, 0x80 power brake.
@pytest.mark.parametrize(
    ("reasons", "words"),
    [
        (0x0, []),
        (0x1, []),
        (0x4, []),
        (0x20, ["too hot"]),
        (0x48, ["too hot"]),
        (0x88, ["power supply"]),
        (0xE8, ["too hot", "power supply"]),
    ],
)
def test_what_slows_a_gpu_down_before_or_after_is_told(
    two_gpus: None, monkeypatch: pytest.MonkeyPatch, reasons: int, words: list[str]
) -> None:
    def slowed(handle: int) -> int:
        if handle == 0:
            raise pynvml.NVMLError_NotSupported
        return reasons

    monkeypatch.setattr(pynvml, "nvmlDeviceGetCurrentClocksEventReasons", slowed)
    monkeypatch.setattr(pynvml, "nvmlDeviceGetComputeRunningProcesses", lambda handle: [])
    slow = Conditions(gpu_slowdowns=Conditions.read().gpu_slowdowns)
    for notes in (disturbance_notes(slow, Conditions()), disturbance_notes(Conditions(), slow)):
        assert [word for note, word in zip(notes, words, strict=True) if word not in note] == []


@pytest.mark.parametrize(
    ("visible", "free_mb"),
    [
        (None, 1024.0),
        ("0,1", 1024.0),
        ("1", 2048.0),
        ("1,0", 2048.0),
        ("GPU-b,0", 2048.0),
        ("", None),
        ("-1", None),
        ("7", None),
        ("GPU-c", None),
    ],
)
def test_free_memory_is_that_of_the_first_gpu_that_a_process_sees(
    two_gpus: None, monkeypatch: pytest.MonkeyPatch, visible: str | None, free_mb: float | None
) -> None:
    handles = {0: 1, 1: 2, "GPU-a": 1, "GPU-b": 2}

    def handle(name: int | str) -> int:
        if name not in handles:
            raise pynvml.NVMLError_NotFound
        return handles[name]

    monkeypatch.setattr(pynvml, "nvmlDeviceGetHandleByIndex", handle)
    monkeypatch.setattr(pynvml, "nvmlDeviceGetHandleByUUID", handle)
    monkeypatch.setattr(pynvml, "nvmlDeviceGetMemoryInfo", lambda handle: SimpleNamespace(free=handle * 2**30))
    assert gpus.free_mb(visible) == free_mb


def test_a_machine_that_becomes_slower_is_found_through_different_step_times() -> None:
    slowing = [{number: scale * 1.03**number for number in range(12)} for scale in (0.1, 50.0)]
    assert drift(slowing) == pytest.approx(1.03**8)
    assert "rose by 27 %" in drift_note(slowing)
    assert "fell by 21 %" in drift_note([{11 - number: ms for number, ms in times.items()} for times in slowing])


def test_one_that_slows_alone_is_not_the_machine() -> None:
    steady = dict.fromkeys(range(12), 1.0)
    slowing = {number: 1.03**number for number in range(12)}
    assert drift_note([steady, steady, steady, slowing]) is None


def test_few_rounds_tell_no_drift() -> None:
    assert drift([dict.fromkeys(range(5), 1.0)]) is None
    assert drift_note([]) is None

"""Recordings of machines in `machines/*.toml`, and the reading of what they hold by the code that reads this machine.

A file has what the operating system says (`pci` entries as vendor:device:class[:memory:name], NVML's answers, device
files, variables) and per framework what its worker told and wrote, with what a person should then be told.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pynvml
import pytest

from probes import hardware
from probes.diagnosis import MAX_TAIL_LINE_CHARACTERS
from probes.doctor.surroundings import Surroundings, hiding_variables
from probes.doctor.usability.case import FrameworkFacts
from probes.report import Accelerator

RECORDINGS = sorted(Path(__file__).with_name("machines").glob("*.toml"))


@dataclass(frozen=True)
class Said:
    """What one framework's worker said on a machine, and the words a person should read for it."""

    candidate: str
    facts: FrameworkFacts
    expected: list[dict[str, Any]]


def read(path: Path) -> dict[str, Any]:
    return tomllib.loads(path.read_text(encoding="utf-8"))


def said(recording: dict[str, Any]) -> list[Said]:
    return [_said(dict(each)) for each in recording["said"]]


def around(recording: dict[str, Any], directory: Path, monkeypatch: pytest.MonkeyPatch) -> Surroundings:
    """The surroundings as they are read on a machine that answers what the recording holds."""
    _answer_as_nvml(recording.get("nvml", {"error": "NVML_ERROR_LIBRARY_NOT_FOUND"}), monkeypatch)
    bus = directory / "devices"
    _write_bus(bus, recording.get("pci", []))
    monkeypatch.setattr(hardware, "PCI_DEVICES", bus)
    monkeypatch.setattr(hardware.platform, "system", lambda: recording["system"])
    monkeypatch.setattr(hardware.platform, "machine", lambda: recording["architecture"])
    return Surroundings(
        operating_system=hardware.operating_system(),
        architecture=recording["architecture"],
        accelerators=_accelerators(recording),
        bus=hardware.nvidia_on_the_bus(),
        nvml=hardware.nvml_problem(),
        wsl="microsoft" in recording.get("release", ""),
        container=recording.get("container", False),
        translated=recording.get("translated", False),
        device_files=recording.get("device_files", ()),
        closed_files=recording.get("closed_files", ()),
        hiding=hiding_variables(recording.get("environment", {})),
    )


def _accelerators(recording: dict[str, Any]) -> tuple[Accelerator, ...]:
    return hardware.accelerators(recording.get("cpu", "AMD EPYC"), 32.0)


def _said(each: dict[str, Any]) -> Said:
    candidate, expected, output = each.pop("candidate"), each.pop("expected", []), each.pop("output", "")
    # As the supervisor keeps it: a line that is too long goes on in the next.
    log = [
        line[start : start + MAX_TAIL_LINE_CHARACTERS]
        for line in output.splitlines()
        for start in range(0, len(line), MAX_TAIL_LINE_CHARACTERS)
    ]
    return Said(candidate, FrameworkFacts.model_validate({**each, "log": log}), expected)


def _write_bus(directory: Path, entries: list[str]) -> None:
    for index, entry in enumerate(entries):
        device = directory / f"0000:{index:02x}:00.0"
        device.mkdir(parents=True)
        vendor, identity, device_class, *rest = entry.split(":")
        facts = {"vendor": f"0x{vendor}", "device": f"0x{identity}", "class": f"0x{device_class}"}
        facts |= dict(zip(("mem_info_vram_total", "product_name"), rest, strict=False))
        for name, value in facts.items():
            (device / name).write_text(f"{value}\n", encoding="utf-8")


def _answer_as_nvml(answers: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    def initialise() -> None:
        if "error" in answers:
            raise pynvml.NVMLError(getattr(pynvml, answers["error"]))

    def handle(index: int) -> dict[str, Any]:
        gpu = answers["gpu"][index]
        if "error" in gpu:
            raise pynvml.NVMLError(getattr(pynvml, gpu["error"]))
        return gpu

    replies = {
        "nvmlInit": initialise,
        "nvmlShutdown": lambda: None,
        "nvmlSystemGetDriverVersion": lambda: answers["driver"],
        "nvmlDeviceGetCount": lambda: len(answers["gpu"]),
        "nvmlDeviceGetHandleByIndex": handle,
        "nvmlDeviceGetName": lambda gpu: gpu["name"],
        "nvmlDeviceGetMemoryInfo": lambda gpu: SimpleNamespace(total=gpu["memory_bytes"]),
        "nvmlDeviceGetCudaComputeCapability": lambda gpu: tuple(gpu["capability"]),
    }
    for name, reply in replies.items():
        monkeypatch.setattr(pynvml, name, reply)

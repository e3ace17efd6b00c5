"""Reading the machine, from recorded facts of machines that are not this one."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pynvml
import pytest

from probes import hardware
from probes.hardware import PciDevice
from probes.report import Accelerator
from tests.runs import LAPTOP

H200 = Accelerator(kind="nvidia", name="NVIDIA H200", memory_gb=139.8, driver="570.86.15", compute_capability="9.0")

PROC_CPUINFO = """processor\t: 0
vendor_id\t: AuthenticAMD
cpu family\t: 26
model\t\t: 2
model name\t: AMD EPYC 9655  96-Core Processor
stepping\t: 1
cpu MHz\t\t: 2596.100

processor\t: 1
model name\t: AMD EPYC 9655  96-Core Processor
"""

PROC_CPUINFO_ARM = """processor\t: 0
BogoMIPS\t: 243.75
CPU implementer\t: 0x41
CPU part\t: 0xd0c
"""


def test_this_machine_is_read_once_and_completely() -> None:
    machine = hardware.machine()
    assert machine is hardware.machine()
    assert machine.cpu
    assert 1 <= machine.physical_cores <= machine.logical_cores
    assert machine.memory_gb > 0.5
    assert len(machine.fingerprint) == 16


def test_the_processor_is_named_by_the_kernel_where_it_can() -> None:
    assert hardware.cpu_from_proc(PROC_CPUINFO) == "AMD EPYC 9655 96-Core Processor"
    assert hardware.cpu_from_proc(PROC_CPUINFO_ARM) is None
    assert hardware.cpu_from_proc("") is None


def test_generations_of_a_processor_are_told_apart_where_their_name_is_the_same() -> None:
    assert hardware.cpu_model_from_proc(PROC_CPUINFO) == "cpu family 26, model 2, stepping 1"
    assert hardware.cpu_model_from_proc(PROC_CPUINFO_ARM) == "CPU implementer 0x41, CPU part 0xd0c"
    assert hardware.cpu_model_from_proc("") is None


@pytest.mark.parametrize(
    ("changed", "another"),
    [
        ({"memory_gb": LAPTOP.memory_gb + 0.1, "python": "3.13.0", "platform": "Linux 9"}, False),
        ({"accelerators": (H200.model_copy(update={"driver": "600.1"}),)}, False),
        ({"accelerators": ()}, True),
        ({"memory_gb": LAPTOP.memory_gb + 8}, True),
        ({"physical_cores": 64}, True),
        ({"cpu_model": "cpu family 25, model 1, stepping 1"}, True),
        ({"restrictions": ("OMP_NUM_THREADS=1",)}, True),
    ],
)
def test_the_fingerprint_follows_the_hardware_and_what_may_be_used_of_it(
    changed: dict[str, object], another: bool
) -> None:
    here = LAPTOP.model_copy(update={"accelerators": (H200,)})
    changed_here = here.model_copy(update=changed)
    assert (hardware.fingerprint(changed_here) != hardware.fingerprint(here)) is another


def test_what_keeps_workers_from_a_part_of_the_hardware_is_told() -> None:
    environment = {"OMP_NUM_THREADS": "1", "CUDA_VISIBLE_DEVICES": "", "HOME": "/home/ada"}
    assert hardware.restrictions({}, 4, 4) == ()
    assert hardware.restrictions(environment, 4, 4) == ("CUDA_VISIBLE_DEVICES=", "OMP_NUM_THREADS=1")
    assert hardware.restrictions({}, 1, 4) == ("1 of 4 cores",)


def test_nvidia_gpus_are_those_of_the_driver(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pynvml, "nvmlInit", lambda: None)
    monkeypatch.setattr(pynvml, "nvmlShutdown", lambda: None)
    monkeypatch.setattr(pynvml, "nvmlSystemGetDriverVersion", lambda: "570.86.15")
    monkeypatch.setattr(pynvml, "nvmlDeviceGetCount", lambda: 2)
    monkeypatch.setattr(pynvml, "nvmlDeviceGetHandleByIndex", lambda index: index)
    monkeypatch.setattr(pynvml, "nvmlDeviceGetName", lambda handle: "NVIDIA H200")
    monkeypatch.setattr(pynvml, "nvmlDeviceGetMemoryInfo", lambda handle: SimpleNamespace(total=150_110_011_392))
    monkeypatch.setattr(pynvml, "nvmlDeviceGetCudaComputeCapability", lambda handle: (9, 0))
    assert hardware.nvidia_accelerators() == (H200, H200)
    assert hardware.nvml_problem() is None


def test_a_gpu_that_is_lost_does_not_hide_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    def handle(index: int) -> int:
        if index == 0:
            raise pynvml.NVMLError(pynvml.NVML_ERROR_GPU_IS_LOST)
        return index

    test_nvidia_gpus_are_those_of_the_driver(monkeypatch)
    monkeypatch.setattr(pynvml, "nvmlDeviceGetHandleByIndex", handle)
    assert hardware.nvidia_accelerators() == (H200,)
    assert hardware.nvml_problem() == "GPU is lost"


def test_without_a_driver_there_are_no_nvidia_gpus(monkeypatch: pytest.MonkeyPatch) -> None:
    def no_library() -> None:
        raise pynvml.NVMLError(pynvml.NVML_ERROR_LIBRARY_NOT_FOUND)

    monkeypatch.setattr(pynvml, "nvmlInit", no_library)
    assert hardware.nvidia_accelerators() == ()
    assert hardware.nvml_problem() == "NVML Shared Library Not Found"


def test_an_apple_chip_has_a_gpu_and_an_intel_mac_has_none_of_ours() -> None:
    (gpu,) = hardware.apple_accelerator("Darwin", "arm64", "Apple M3 Pro", 36.0)
    assert (gpu.kind, gpu.name, gpu.memory_gb) == ("apple", "Apple M3 Pro GPU", 36.0)
    assert hardware.apple_accelerator("Darwin", "x86_64", "Intel Core i7", 16.0) == ()
    assert hardware.apple_accelerator("Linux", "arm64", "Neoverse-N1", 16.0) == ()


def test_amd_and_intel_gpus_and_tpus_are_found_on_the_bus() -> None:
    radeon = PciDevice(0x1002, 0x744C, 0x030000, memory_bytes=25_753_026_560, name="Radeon RX 7900 XTX")
    arc = PciDevice(0x8086, 0x56A0, 0x030000)
    trillium = PciDevice(0x1AE0, 0x006F, 0x120000)
    found = hardware.pci_accelerators([radeon, arc, trillium])
    assert [(accelerator.kind, accelerator.name, accelerator.memory_gb) for accelerator in found] == [
        ("amd", "Radeon RX 7900 XTX", 24.0),
        ("intel", "Intel graphics 56a0", None),
        ("tpu", "TPU v6e", None),
    ]


def test_other_devices_of_the_same_makers_are_no_accelerators() -> None:
    google_network, intel_network = PciDevice(0x1AE0, 0x0042, 0x020000), PciDevice(0x8086, 0x1572, 0x020000)
    amd_bridge, nvidia = PciDevice(0x1002, 0x1478, 0x060400), PciDevice(0x10DE, 0x2335, 0x030200)
    assert hardware.pci_accelerators([google_network, intel_network, amd_bridge, nvidia]) == ()


def test_the_bus_is_read_from_sysfs(tmp_path: Path) -> None:
    device = tmp_path / "0000:03:00.0"
    device.mkdir()
    facts = {"vendor": "0x1002", "device": "0x744c", "class": "0x030000", "mem_info_vram_total": "25753026560"}
    for name, value in facts.items():
        (device / name).write_text(value + "\n")
    (tmp_path / "0000:04:00.0").mkdir()
    assert hardware._pci_devices(tmp_path) == (PciDevice(0x1002, 0x744C, 0x030000, 25_753_026_560),)
    assert hardware._pci_devices(tmp_path / "nowhere") == ()


def test_nvidia_s_gpus_are_found_on_the_bus_without_a_driver(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    entries = {"01:00.0": ("0x10de", "0x2684", "0x030000"), "01:00.1": ("0x10de", "0x22ba", "0x040300")}
    for name, facts in entries.items():
        (tmp_path / name).mkdir()
        for file, value in zip(("vendor", "device", "class"), facts, strict=True):
            (tmp_path / name / file).write_text(f"{value}\n")
    monkeypatch.setattr(hardware, "PCI_DEVICES", tmp_path)
    assert hardware.nvidia_on_the_bus() == ("NVIDIA graphics 2684",)


@pytest.mark.parametrize(
    ("system", "answer", "translated"), [("Darwin", "1", True), ("Darwin", "0", False), ("Linux", "1", False)]
)
def test_a_translated_program_is_known(
    monkeypatch: pytest.MonkeyPatch, system: str, answer: str, translated: bool
) -> None:
    monkeypatch.setattr(hardware.platform, "system", lambda: system)
    monkeypatch.setattr(hardware, "_sysctl", lambda name: answer)
    assert hardware.runs_translated() is translated

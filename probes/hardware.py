"""What is in this machine. Reading is here; that a device works is proven by a worker that uses it."""

from __future__ import annotations

import hashlib
import os
import platform
import subprocess
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal

import cpuinfo
import psutil
import pynvml

from probes.report import Accelerator, Machine

OperatingSystem = Literal["linux", "macos", "windows"]

_SYSTEMS: dict[str, OperatingSystem] = {"Linux": "linux", "Darwin": "macos", "Windows": "windows"}

# PCI vendor ids, and the base class of display controllers: PCI Code and ID Assignment Specification, section 1.4.
_AMD, _INTEL, _GOOGLE, _NVIDIA = 0x1002, 0x8086, 0x1AE0, 0x10DE
_DISPLAY_CLASS = 0x03
PCI_DEVICES = Path("/sys/bus/pci/devices")
PROC_CPUINFO = Path("/proc/cpuinfo")

# Google's other PCI devices (network, disk) share its vendor id. From jax 0.10, jax/_src/hardware_utils.py.
_TPU_DEVICES = {
    0x0027: "TPU v3",
    0x005E: "TPU v4",
    0x0062: "TPU v5p",
    0x0063: "TPU v5e",
    0x006F: "TPU v6e",
    0x0076: "TPU7x",
}

# What tells the generations of a processor apart in /proc/cpuinfo, on x86 and on ARM: a virtual machine may call all
# of them by one name.
_MODEL_KEYS = ("cpu family", "model", "stepping", "CPU implementer", "CPU part", "CPU variant")

# With these a person keeps the frameworks from some of the cores or devices. NVIDIA_VISIBLE_DEVICES is not one: a
# container's runtime has acted on it before, and it may name another device in each.
RESTRICTING_VARIABLES = frozenset(
    (
        *("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "CUDA_VISIBLE_DEVICES"),
        *("ROCR_VISIBLE_DEVICES", "HIP_VISIBLE_DEVICES", "ONEAPI_DEVICE_SELECTOR", "TPU_VISIBLE_DEVICES"),
    )
)

SYSCTL_TIMEOUT_S = 2.0


@cache
def machine() -> Machine:
    """The facts of this machine; read once a process."""
    cpu, memory_gb = cpu_name(), round(psutil.virtual_memory().total / 2**30, 1)
    physical = psutil.cpu_count(logical=False) or psutil.cpu_count() or 1
    logical = psutil.cpu_count() or physical
    here = Machine(
        fingerprint="",
        operating_system=operating_system(),
        platform=platform.platform(),
        python=platform.python_version(),
        cpu=cpu,
        cpu_model=cpu_model(),
        physical_cores=physical,
        logical_cores=logical,
        memory_gb=memory_gb,
        accelerators=accelerators(cpu, memory_gb),
        restrictions=restrictions(os.environ, _allowed_cores(), logical),
    )
    return here.model_copy(update={"fingerprint": fingerprint(here)})


def fingerprint(here: Machine) -> str:
    """Sixteen hexadecimal digits that change when the hardware does, or what of it may be used, and not with drivers
    or system updates.

    Memory is rounded to GiB: what the firmware keeps for itself differs from one start to the next.
    """
    system = f"{platform.system()} {platform.machine()}"
    parts = [system, here.cpu, here.cpu_model or "", str(here.physical_cores), str(here.logical_cores)]
    parts += [str(round(here.memory_gb)), *here.restrictions]
    parts += sorted(f"{accelerator.kind} {accelerator.name}" for accelerator in here.accelerators)
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]


def restrictions(environment: Mapping[str, str], allowed_cores: int, logical_cores: int) -> tuple[str, ...]:
    """What keeps workers from a part of the hardware, as `NAME=value` or `1 of 4 cores`, in a fixed order."""
    named = tuple(f"{name}={environment[name]}" for name in sorted(RESTRICTING_VARIABLES & environment.keys()))
    return named if allowed_cores >= logical_cores else (*named, f"{allowed_cores} of {logical_cores} cores")


def _allowed_cores() -> int:
    """How many cores this process and its children may run on; all of them where the system cannot tell."""
    process = psutil.Process()
    return len(process.cpu_affinity()) if hasattr(process, "cpu_affinity") else psutil.cpu_count() or 1


def operating_system() -> OperatingSystem:
    """The operating system in our vocabulary; a Unix that we do not know counts as Linux."""
    return _SYSTEMS.get(platform.system(), "linux")


def cpu_name() -> str:
    """The processor's name. py-cpuinfo takes a second, so it is asked only where the system does not say."""
    if name := cpu_from_proc(_read(PROC_CPUINFO) or ""):
        return name
    if platform.system() == "Darwin" and (name := _sysctl("machdep.cpu.brand_string")):
        return name
    return str(cpuinfo.get_cpu_info().get("brand_raw") or platform.processor() or platform.machine())


def cpu_model() -> str | None:
    """Family, model and stepping of the processor as far as the system tells; what its name may leave open."""
    return cpu_model_from_proc(_read(PROC_CPUINFO) or "") or platform.processor() or None


def cpu_from_proc(text: str) -> str | None:
    """The `model name` in the text of /proc/cpuinfo; ARM kernels do not give one."""
    name = _first_core(text).get("model name")
    return " ".join(name.split()) if name else None


def cpu_model_from_proc(text: str) -> str | None:
    """What identifies the first core in the text of /proc/cpuinfo, as `cpu family 25, model 1, stepping 1`."""
    core = _first_core(text)
    return ", ".join(f"{key} {core[key]}" for key in _MODEL_KEYS if key in core) or None


def _first_core(text: str) -> dict[str, str]:
    """The first value of each key in the text of /proc/cpuinfo."""
    values: dict[str, str] = {}
    for key, colon, value in (line.partition(":") for line in text.splitlines()):
        if colon and value.strip():
            values.setdefault(key.strip(), value.strip())
    return values


def accelerators(cpu: str, memory_gb: float) -> tuple[Accelerator, ...]:
    """Every GPU and TPU that can be found without a framework."""
    apple = apple_accelerator(platform.system(), platform.machine(), cpu, memory_gb)
    return (*nvidia_accelerators(), *apple, *pci_accelerators(_pci_devices(PCI_DEVICES)))


def nvidia_accelerators() -> tuple[Accelerator, ...]:
    """The GPUs that NVIDIA's driver knows and that answer; none where there is no driver."""
    return _ask_nvml()[0]


def nvml_problem() -> str | None:
    """What NVIDIA's management library said of a GPU that does not answer, or of the driver; None if all is well."""
    return _ask_nvml()[1]


def nvidia_on_the_bus() -> tuple[str, ...]:
    """NVIDIA's display controllers among the PCI devices (Linux), whether there is a driver for them or not."""
    return tuple(
        device.name or f"NVIDIA graphics {device.device:04x}"
        for device in _pci_devices(PCI_DEVICES)
        if device.vendor == _NVIDIA and device.device_class >> 16 == _DISPLAY_CLASS
    )


def _ask_nvml() -> tuple[tuple[Accelerator, ...], str | None]:
    try:
        pynvml.nvmlInit()
    except pynvml.NVMLError as error:
        return (), str(error)
    found: list[Accelerator] = []
    problem = None
    try:
        driver = pynvml.nvmlSystemGetDriverVersion()
        for index in range(pynvml.nvmlDeviceGetCount()):
            try:
                found.append(_nvidia(pynvml.nvmlDeviceGetHandleByIndex(index), driver))
            except pynvml.NVMLError as error:
                # A GPU that has fallen off its bus answers nothing more; no framework can train on it either.
                problem = str(error)
    except pynvml.NVMLError as error:
        problem = str(error)
    finally:
        pynvml.nvmlShutdown()
    return tuple(found), problem


def _nvidia(handle: object, driver: str) -> Accelerator:
    try:
        memory_gb = round(pynvml.nvmlDeviceGetMemoryInfo(handle).total / 2**30, 1)
    except pynvml.NVMLError_NotSupported:
        # A chip that shares the machine's memory has none of its own.
        memory_gb = None
    major, minor = pynvml.nvmlDeviceGetCudaComputeCapability(handle)
    return Accelerator(
        kind="nvidia",
        name=pynvml.nvmlDeviceGetName(handle),
        memory_gb=memory_gb,
        driver=driver,
        compute_capability=f"{major}.{minor}",
    )


def apple_accelerator(system: str, architecture: str, cpu: str, memory_gb: float) -> tuple[Accelerator, ...]:
    """The GPU of an Apple chip; it shares the machine's memory."""
    if (system, architecture) != ("Darwin", "arm64"):
        return ()
    return (Accelerator(kind="apple", name=f"{cpu} GPU", memory_gb=memory_gb),)


@dataclass(frozen=True)
class PciDevice:
    """One entry of /sys/bus/pci/devices; `memory_bytes` and `name` where the driver tells."""

    vendor: int
    device: int
    device_class: int
    memory_bytes: int | None = None
    name: str | None = None


def pci_accelerators(devices: Iterable[PciDevice]) -> tuple[Accelerator, ...]:
    """AMD and Intel GPUs and Google TPUs among the PCI devices. NVIDIA's are told by its driver."""
    found = (_pci_accelerator(device) for device in devices)
    return tuple(accelerator for accelerator in found if accelerator is not None)


def _pci_accelerator(device: PciDevice) -> Accelerator | None:
    memory_gb = round(device.memory_bytes / 2**30, 1) if device.memory_bytes else None
    if device.vendor == _GOOGLE and device.device in _TPU_DEVICES:
        return Accelerator(kind="tpu", name=_TPU_DEVICES[device.device])
    if device.device_class >> 16 != _DISPLAY_CLASS:
        return None
    if device.vendor == _AMD:
        name = device.name or f"AMD graphics {device.device:04x}"
        return Accelerator(kind="amd", name=name, memory_gb=memory_gb)
    if device.vendor == _INTEL:
        return Accelerator(kind="intel", name=device.name or f"Intel graphics {device.device:04x}")
    return None


def _pci_devices(root: Path) -> tuple[PciDevice, ...]:
    directories = sorted(root.iterdir()) if root.is_dir() else []
    devices = (_pci_device(directory) for directory in directories)
    return tuple(device for device in devices if device is not None)


def _pci_device(directory: Path) -> PciDevice | None:
    vendor, device, device_class = (_read(directory / name) for name in ("vendor", "device", "class"))
    if vendor is None or device is None or device_class is None:
        return None
    memory = _read(directory / "mem_info_vram_total")
    return PciDevice(
        vendor=int(vendor, 16),
        device=int(device, 16),
        device_class=int(device_class, 16),
        memory_bytes=int(memory) if memory else None,
        name=_read(directory / "product_name") or None,
    )


def _read(path: Path) -> str | None:
    try:
        return path.read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return None


def runs_translated() -> bool:
    """Whether this is an Intel program that an Apple chip translates (Rosetta); see sysctl.proc_translated."""
    return platform.system() == "Darwin" and _sysctl("sysctl.proc_translated") == "1"


def _sysctl(name: str) -> str | None:
    try:
        answer = subprocess.run(  # noqa: S603  a constant command
            ["/usr/sbin/sysctl", "-n", name],
            capture_output=True,
            text=True,
            timeout=SYSCTL_TIMEOUT_S,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return answer.stdout.strip() or None

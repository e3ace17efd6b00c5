"""What of the machine decides whether a framework can reach a GPU, apart from the framework itself."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Literal

from pydantic import Field

from probes.hardware import machine, nvidia_on_the_bus, nvml_problem, runs_translated
from probes.records import Record
from probes.report import Accelerator

# Device files by what opens them: NVIDIA's driver, AMD's compute driver, the direct rendering that AMD and Intel need
# as well, and the GPU that Windows lends to WSL2.
DEVICE_FILES = ("nvidia[0-9]*", "kfd", "dri/renderD*", "dxg")

# Variables that hide GPUs from every framework; see the CUDA and HIP documentation.
HIDING_VARIABLES = ("CUDA_VISIBLE_DEVICES", "HIP_VISIBLE_DEVICES", "ROCR_VISIBLE_DEVICES")
HIDES_ALL = ("", "-1", "none", "NoDevFiles")


class Surroundings(Record):
    """Facts of one machine, as data, so that recordings of other machines can stand for it.

    `bus` names NVIDIA's display controllers on the PCI bus, `nvml` what NVIDIA's management library answered when it
    gave no GPU. `device_files` exist, `closed_files` are those of them that this user may not open. `hiding` are
    variables that hide every GPU. `translated`: this Python is an Intel program on an Apple chip (Rosetta).
    """

    operating_system: Literal["linux", "macos", "windows"]
    architecture: str
    accelerators: tuple[Accelerator, ...] = ()
    bus: tuple[str, ...] = ()
    nvml: str | None = None
    wsl: bool = False
    container: bool = False
    translated: bool = False
    device_files: tuple[str, ...] = ()
    closed_files: tuple[str, ...] = ()
    hiding: dict[str, str] = Field(default_factory=dict)

    def of(self, kind: str) -> tuple[Accelerator, ...]:
        """The accelerators of this kind."""
        return tuple(each for each in self.accelerators if each.kind == kind)


def surroundings() -> Surroundings:
    """Those of this machine, now."""
    here = machine()
    files = [str(path) for pattern in DEVICE_FILES for path in sorted(Path("/dev").glob(pattern))]
    return Surroundings(
        operating_system=here.operating_system,
        architecture=platform.machine(),
        accelerators=here.accelerators,
        bus=nvidia_on_the_bus(),
        nvml=nvml_problem(),
        wsl="microsoft" in platform.release().lower(),
        container=in_container(Path("/")),
        translated=runs_translated(),
        device_files=tuple(files),
        closed_files=tuple(name for name in files if not os.access(name, os.R_OK | os.W_OK)),
        hiding=hiding_variables(os.environ),
    )


def hiding_variables(environment: Mapping[str, str]) -> dict[str, str]:
    """Those of the variables that are set so that no GPU is left."""
    return {name: environment[name] for name in HIDING_VARIABLES if environment.get(name, "0").strip() in HIDES_ALL}


def in_container(root: Path) -> bool:
    """Whether this runs in a container of Docker, Podman or Kubernetes."""
    marks: Iterable[str] = (".dockerenv", "run/.containerenv")
    return any((root / mark).exists() for mark in marks) or "KUBERNETES_SERVICE_HOST" in os.environ

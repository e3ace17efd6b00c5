from __future__ import annotations

import pytest

from probes.report import Accelerator, Machine


@pytest.fixture(scope="session")
def laptop() -> Machine:
    """A Linux machine without an accelerator."""
    return Machine(
        fingerprint="0" * 16,
        operating_system="linux",
        platform="Linux",
        python="3.12.4",
        cpu="a processor",
        physical_cores=4,
        logical_cores=8,
        memory_gb=16,
    )


@pytest.fixture(scope="session")
def workstation(laptop: Machine) -> Machine:
    """The same with an NVIDIA GPU."""
    gpu = Accelerator(kind="nvidia", name="a GPU", memory_gb=24)
    return laptop.model_copy(update={"accelerators": (gpu,)})

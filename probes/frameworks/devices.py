"""Which device a framework should use and how full it got, decided from facts that its adapter reads."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from probes.errors import InvalidWorkload

MIB = 2**20

# The first of NVIDIA's generations with arithmetic units for TF32 and bfloat16 is Ampere: CUDA C++ Programming Guide,
# table "Feature Support per Compute Capability".
_AMPERE = (8, 0)
_REDUCED_PRECISION = frozenset({"tf32", "mixed_bfloat16"})


def torch_device(*, cuda: bool, mps: bool) -> str:
    """PyTorch's name of the device to train on: an NVIDIA or AMD GPU, else Apple's, else the CPU."""
    if cuda:
        return "cuda"
    return "mps" if mps else "cpu"


def jax_peak_mb(memory_stats: Mapping[str, int] | None) -> float | None:
    """Peak memory in MiB from `jax.Device.memory_stats()`, which is None on a CPU."""
    return None if not memory_stats else memory_stats["peak_bytes_in_use"] / MIB


def tensorflow_device(gpus: int) -> str:
    """TensorFlow's name of the device to train on, from the number of GPUs it sees."""
    return "GPU:0" if gpus else "CPU:0"


def require_units(tunings: frozenset[str], compute_capability: tuple[int, int] | None) -> None:
    """Raise `InvalidWorkload` for a tuning whose arithmetic the GPU has no units for; None is no GPU of NVIDIA's."""
    asked = tunings & _REDUCED_PRECISION
    if asked and (compute_capability is None or compute_capability < _AMPERE):
        raise InvalidWorkload(
            "Tuning {tuning!r} needs an NVIDIA GPU of compute capability 8.0 or more; this one has {found}.",
            tuning=min(asked),
            found="none" if compute_capability is None else ".".join(map(str, compute_capability)),
        )


def nvidia_capability(text: str) -> tuple[int, int] | None:
    """(8, 0) for "8.0", as JAX has it; None for an AMD GPU's "gfx90a" and for nothing."""
    major, _, minor = text.partition(".")
    return (int(major), int(minor)) if major.isdigit() and minor.isdigit() else None


def threads_named(name: str) -> int:
    """How many threads of this process bear that name: those that a framework's pool really has.

    The kernel's list on Linux; elsewhere, and where there are none, the number of cores that this process may use,
    which is the size of such a pool by default. Never more than that: TensorFlow 2.21 starts 15 more
    threads of the same name with its first convolution, whatever the number of cores.
    """
    tasks = Path("/proc/self/task")
    names = [(task / "comm").read_text().strip() for task in tasks.iterdir()] if tasks.is_dir() else []
    return min(names.count(name) or _usable_cores(), _usable_cores())


def _usable_cores() -> int:
    affinity = getattr(os, "sched_getaffinity", None)
    return len(affinity(0)) if affinity else os.cpu_count() or 1


def short_name(native: str) -> str:
    """`cpu:0` for TensorFlow's `/job:localhost/replica:0/task:0/device:CPU:0`; other names in lower case."""
    return native.rpartition("device:")[2].lower()

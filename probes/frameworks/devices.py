"""Which device a framework should use and how full it got, decided from facts that its adapter reads."""

from __future__ import annotations

from collections.abc import Mapping

MIB = 2**20


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


def short_name(native: str) -> str:
    """`cpu:0` for TensorFlow's `/job:localhost/replica:0/task:0/device:CPU:0`; other names in lower case."""
    return native.rpartition("device:")[2].lower()

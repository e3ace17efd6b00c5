"""Settings, synchronisation and memory of PyTorch, whoever drives it."""

from __future__ import annotations

import ctypes
from importlib.metadata import version

import torch

from probes.frameworks.devices import MIB, torch_device

# As the installation says, which is what is compared with later: `torch.__version__` of the same may add "+cu130".
VERSIONS = {"torch": version("torch")}

_NO_TUNINGS: frozenset[str] = frozenset()

# Of glibc, mallopt(3): how many blocks may be asked of the system one by one, and how much free memory is kept.
_M_MMAP_MAX, _M_TRIM_THRESHOLD, _ALL = -4, -1, -1

# What PyTorch calls the precision of products, in the words of `Settings`.
_PRECISIONS = {"highest": "float32", "high": "tf32", "medium": "bfloat16"}


def prepare(seed: int) -> None:
    """Seed every generator and keep products in float32 on a GPU."""
    torch.manual_seed(seed)
    use(_NO_TUNINGS)


def use(tunings: frozenset[str]) -> None:
    """Have the process compute as these tunings say: precision and cuDNN's search are no model's own. A process that
    was told to keep its memory does so to its end.
    """
    torch.set_float32_matmul_precision("high" if "tf32" in tunings else "highest")
    torch.backends.cudnn.allow_tf32 = "tf32" in tunings
    torch.backends.cudnn.benchmark = "cudnn_benchmark" in tunings
    if "keep_memory" in tunings:
        _keep_memory()


def _keep_memory() -> None:
    """Use memory again instead of giving it back to the system and asking for it anew at every step."""
    glibc = ctypes.CDLL(None)
    glibc.mallopt(_M_MMAP_MAX, 0)
    glibc.mallopt(_M_TRIM_THRESHOLD, _ALL)


def training_device() -> torch.device:
    """The device to train on."""
    return torch.device(torch_device(cuda=torch.cuda.is_available(), mps=torch.backends.mps.is_available()))


def device_name() -> str:
    """The device to train on, in words."""
    return str(training_device())


def compute_capability() -> tuple[int, int] | None:
    """That of the NVIDIA GPU to train on; None on anything else."""
    if torch.version.hip is not None or not torch.cuda.is_available():
        return None
    return torch.cuda.get_device_capability()


def matmul_precision() -> str:
    """Of products of float32 numbers, in the words of `Settings`."""
    return _PRECISIONS[torch.get_float32_matmul_precision()]


def threads() -> int:
    """Threads of the pool within an operation."""
    return torch.get_num_threads()


def deterministic() -> bool:
    """Whether only deterministic algorithms are allowed."""
    return torch.are_deterministic_algorithms_enabled()


def synchronize() -> None:
    """Wait until the device has finished."""
    if torch.cuda.is_available():
        torch.cuda.synchronize()
    elif torch.backends.mps.is_available():
        torch.mps.synchronize()


def peak_memory_mb() -> float | None:
    """Peak memory of the GPU in MiB (on Apple's, what the allocator holds: it keeps its peak); None on a CPU."""
    if torch.cuda.is_available():
        return torch.cuda.max_memory_allocated() / MIB
    if torch.backends.mps.is_available():
        return torch.mps.driver_allocated_memory() / MIB
    return None

"""Settings, synchronisation and memory of PyTorch, whoever drives it."""

from __future__ import annotations

import torch

from probes.frameworks.devices import MIB, torch_device

VERSIONS = {"torch": str(torch.__version__)}


def prepare(seed: int) -> None:
    """Seed every generator and keep products in float32 on a GPU."""
    torch.manual_seed(seed)
    torch.set_float32_matmul_precision("highest")
    torch.backends.cudnn.allow_tf32 = False


def training_device() -> torch.device:
    """The device to train on."""
    return torch.device(torch_device(cuda=torch.cuda.is_available(), mps=torch.backends.mps.is_available()))


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

"""What NVIDIA's driver says of the GPUs now. Nothing where there is no driver or it does not answer."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any, Literal, TypeVar

import pynvml

Slowdown = Literal["heat", "power brake"]

# Why clocks are lower than they could be, in NVML's bits: HW and SW thermal slowdown, and HW power brake, which a
# power supply asks for. A GPU that is idle or at its ordinary power cap is not slowed down by these.
_THERMAL = pynvml.nvmlClocksEventReasonHwThermalSlowdown | pynvml.nvmlClocksEventReasonSwThermalSlowdown
_POWER_BRAKE = pynvml.nvmlClocksEventReasonHwPowerBrakeSlowdown

Answer = TypeVar("Answer")


def processes() -> frozenset[int]:
    """Ids of the processes that compute on any of them."""
    running = _of_each(pynvml.nvmlDeviceGetComputeRunningProcesses)
    return frozenset(int(each.pid) for of_one in running for each in of_one)


def slowdowns() -> frozenset[Slowdown]:
    """What slows any of them down."""
    return frozenset().union(*map(told, _of_each(pynvml.nvmlDeviceGetCurrentClocksEventReasons)))


def free_mb(visible: str | None) -> float | None:
    """Free memory in MiB of the GPU that a process takes first with this CUDA_VISIBLE_DEVICES (None: not set).

    None where it sees no GPU. An index is taken as the driver counts; CUDA does so with CUDA_DEVICE_ORDER=PCI_BUS_ID,
    and where all GPUs are the same.
    """
    first = "0" if visible is None else visible.split(",")[0].strip()
    if not first:
        return None
    with suppress(pynvml.NVMLError), _driver():
        return float(pynvml.nvmlDeviceGetMemoryInfo(_handle(first)).free) / 2**20
    return None


def told(reasons: int) -> frozenset[Slowdown]:
    """The slowdowns in NVML's mask of reasons."""
    masks: dict[Slowdown, int] = {"heat": _THERMAL, "power brake": _POWER_BRAKE}
    return frozenset(slowdown for slowdown, mask in masks.items() if reasons & mask)


def _of_each(ask: Callable[[Any], Answer]) -> list[Answer]:
    """The answer of every GPU that gives one: a chip that shares the machine's memory does not tell all."""
    with suppress(pynvml.NVMLError), _driver():
        return [answer for index in range(pynvml.nvmlDeviceGetCount()) for answer in _answers(ask, index)]
    return []


@contextmanager
def _driver() -> Iterator[None]:
    pynvml.nvmlInit()
    try:
        yield
    finally:
        pynvml.nvmlShutdown()


def _handle(name: str) -> object:
    """Of the GPU, or part of one, with this index or UUID."""
    return pynvml.nvmlDeviceGetHandleByIndex(int(name)) if name.isdigit() else pynvml.nvmlDeviceGetHandleByUUID(name)


def _answers(ask: Callable[[Any], Answer], index: int) -> list[Answer]:
    try:
        return [ask(pynvml.nvmlDeviceGetHandleByIndex(index))]
    except pynvml.NVMLError:
        return []

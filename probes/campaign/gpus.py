"""What NVIDIA's driver says of the GPUs now. Nothing where there is no driver or it does not answer."""

from __future__ import annotations

from collections.abc import Callable
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


def free_mb() -> list[float]:
    """Free memory of each in MiB, in the order of the driver."""
    return [memory.free / 2**20 for memory in _of_each(pynvml.nvmlDeviceGetMemoryInfo)]


def told(reasons: int) -> frozenset[Slowdown]:
    """The slowdowns in NVML's mask of reasons."""
    masks: dict[Slowdown, int] = {"heat": _THERMAL, "power brake": _POWER_BRAKE}
    return frozenset(slowdown for slowdown, mask in masks.items() if reasons & mask)


def _of_each(ask: Callable[[Any], Answer]) -> list[Answer]:
    """The answer of every GPU that gives one: a chip that shares the machine's memory does not tell all."""
    try:
        pynvml.nvmlInit()
    except pynvml.NVMLError:
        return []
    try:
        return [answer for index in range(pynvml.nvmlDeviceGetCount()) for answer in _answers(ask, index)]
    except pynvml.NVMLError:
        return []
    finally:
        pynvml.nvmlShutdown()


def _answers(ask: Callable[[Any], Answer], index: int) -> list[Answer]:
    try:
        return [ask(pynvml.nvmlDeviceGetHandleByIndex(index))]
    except pynvml.NVMLError:
        return []

"""What else changes step times while a measurement goes on: a battery, heat, others on the GPU, a slow drift."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from math import exp, log
from pathlib import Path
from statistics import fmean

import psutil

from probes.campaign import gpus
from probes.campaign.gpus import Slowdown
from probes.words import _

CPU_DIRECTORY = Path("/sys/devices/system/cpu")

# The rounds of one workload are split in three; with fewer than this, a third is hardly more than a single round.
LEAST_DRIFT_ROUNDS = 9

# A change of all step times by more than this between the first and the last third of the rounds is told.
TOLD_DRIFT = 0.1


@dataclass(frozen=True)
class Conditions:
    """A reading: whether the machine runs on its battery, how often heat slowed its cores since it started, the
    ids of the processes, ours aside, that use a GPU, and what slows GPUs down.
    """

    on_battery: bool = False
    throttled: int = 0
    gpu_processes: frozenset[int] = frozenset()
    gpu_slowdowns: frozenset[Slowdown] = frozenset()

    @staticmethod
    def read() -> Conditions:
        """The conditions now."""
        others = gpus.processes() - _own_processes()
        return Conditions(_on_battery(), throttle_count(CPU_DIRECTORY), others, gpus.slowdowns())


def disturbance_notes(before: Conditions, after: Conditions) -> list[str]:
    """Sentences on what a reader of the figures must know, between a reading before and one after the measuring."""
    told: list[str] = []
    if before.on_battery or after.on_battery:
        told.append(_("The machine runs on its battery, which may slow it down. Plug it in and measure again."))
    if after.throttled > before.throttled:
        told.append(
            _("The processor was slowed down because it was too hot, {count} times while measuring.").format(
                count=after.throttled - before.throttled
            )
        )
    slowdowns = before.gpu_slowdowns | after.gpu_slowdowns
    if "heat" in slowdowns:
        told.append(_("The GPU was slowed down because it was too hot. Cool it, then measure again."))
    if "power brake" in slowdowns:
        told.append(
            _("The GPU was slowed down because its power supply asked for it. Check the supply, then measure again.")
        )
    if others := before.gpu_processes | after.gpu_processes:
        told.append(
            _("Other processes use the GPU (process ids {ids}), which disturbs what was measured on it.").format(
                ids=", ".join(map(str, sorted(others)))
            )
        )
    return told


def drift_note(samples: Iterable[Mapping[int, float]]) -> str | None:
    """A sentence when all step times, {round: ms} of each contender, changed together while they were measured."""
    change = drift(samples)
    if change is None or abs(log(change)) < log(1 + TOLD_DRIFT):
        return None
    if change > 1:
        return _("Step times rose by {percent:.0f} % while measuring: the machine became slower.").format(
            percent=100 * (change - 1)
        )
    return _("Step times fell by {percent:.0f} % while measuring: the machine became faster.").format(
        percent=100 * (1 - change)
    )


def drift(samples: Iterable[Mapping[int, float]]) -> float | None:
    """How many times their step time at first the contenders take at last: the geometric mean over those that were
    measured throughout, of the last third of the rounds over the first. None with too few rounds.
    """
    complete = [times for times in samples if len(times) >= LEAST_DRIFT_ROUNDS]
    if not complete:
        return None
    return exp(fmean(_log_change(times) for times in complete))


def throttle_count(cpu_directory: Path) -> int:
    """How often heat slowed any core since the machine started (Linux on Intel processors; elsewhere 0)."""
    counts = 0
    for path in cpu_directory.glob("cpu[0-9]*/thermal_throttle/core_throttle_count"):
        with suppress(OSError, ValueError):
            counts += int(path.read_text(encoding="ascii"))
    return counts


def _log_change(times: Mapping[int, float]) -> float:
    logs = [log(times[number]) for number in sorted(times)]
    third = len(logs) // 3
    return fmean(logs[-third:]) - fmean(logs[:third])


def _on_battery() -> bool:
    # Not every system tells; a virtual machine has none.
    battery = psutil.sensors_battery() if hasattr(psutil, "sensors_battery") else None
    return battery is not None and battery.power_plugged is False


def _own_processes() -> frozenset[int]:
    children = psutil.Process().children(recursive=True)
    return frozenset((os.getpid(), *(child.pid for child in children)))

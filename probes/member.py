"""What is asked of a worker that measures; a real one, or one of a replay."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from probes.protocol import Block, Built, FirstStep, Imported, PeakMemory, WarmedUp
from probes.workloads import Workload


class Member(Protocol):
    """One candidate in a process of its own; `probes.supervisor.Worker` says what each request does.

    A request that is not answered in `timeout_s` raises `WorkerFailed`, and so does one that cannot be done.
    """

    imported: bool

    @property
    def alive(self) -> bool:
        """Whether it can still be asked."""

    @property
    def cache_variables(self) -> Mapping[str, str]:
        """Environment variables with which another one uses what its compilers keep."""

    def fileno(self) -> int:
        """What its answers come through."""

    def has_answered(self) -> bool:
        """Whether what came through it is a whole answer, or the end of all."""

    def begin_import(self, seed: int) -> None:
        """Load the framework, without waiting."""

    def import_framework(self, seed: int, timeout_s: float) -> Imported:
        """Load the framework, or wait for the rest of it."""

    def begin_build(self, workload: Workload, seed: int, tunings: Sequence[str] = ()) -> None:
        """Build the network, without waiting."""

    def build(self, workload: Workload, seed: int, timeout_s: float, tunings: Sequence[str] = ()) -> Built:
        """Build the network, or wait for the rest of it."""

    def begin_first_step(self) -> None:
        """Take the first optimizer step, without waiting."""

    def first_step(self, timeout_s: float) -> FirstStep:
        """Take the first optimizer step, or wait for the rest of it."""

    def warm_up(self, window_ms: float, most: int, timeout_s: float) -> WarmedUp:
        """Train until two windows agree."""

    def measure(self, block_ms: float, timeout_s: float) -> Block:
        """Train a block."""

    def peak_memory(self, timeout_s: float) -> PeakMemory:
        """Peak memory since the build."""

    def close(self) -> None:
        """End it."""

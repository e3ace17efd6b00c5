"""The live workers of a session: one per contender, as many at once as memory allows."""

from __future__ import annotations

import math
import os
import threading
from collections.abc import Collection, Mapping
from concurrent.futures import ThreadPoolExecutor

import psutil

from probes.campaign import gpus
from probes.campaign.contenders import Contender
from probes.costs import costs
from probes.member import Member
from probes.memory.growth import RESERVE_MB
from probes.supervisor import Worker
from probes.tunings import device_kind
from probes.workloads import Workload

# Peak resident memory of a Keras worker with a small network, rounded up, and how many times what a network keeps
# by `probes.costs` comes on top. 97 % of 669 measured peaks are below; XLA, which unrolls recurrent networks, took up
# to 5 GB. The mean of all candidates on a workload is always below.
WORKER_MB, KEPT_FACTOR = 1100, 2.0

# A process that computes on an NVIDIA GPU takes so much of its memory for itself, beside the same for its network.
# An assumption of ours: no GPU was at hand to measure it.
DEVICE_WORKER_MB = 600

# Reading files, running imports and compiling keep one core busy; more at once than this fight over the disk.
MOST_STARTS_AT_ONCE = 4


class CrewClosed(Exception):
    """A worker was asked for after `close`."""


class Crew:
    """Hires and dismisses workers; `close` may be called from any thread and ends them all for good."""

    def __init__(self, interpreters: Mapping[str, str]) -> None:
        self._interpreters = interpreters
        self._workers: dict[str, Member] = {}
        self._largest_mb: dict[str, float] = {}
        self._held: dict[str, Workload] = {}
        self._device_kinds: set[str] = set()
        self._lock = threading.Lock()
        self._closed = False

    @property
    def alive(self) -> frozenset[str]:
        """Names of the contenders whose worker can be asked."""
        return frozenset(name for name, worker in list(self._workers.items()) if worker.alive)

    def free_mb(self) -> float:
        """MiB that another worker may take without pushing out anything else on the machine."""
        return max(psutil.virtual_memory().available / 2**20 - RESERVE_MB, 0.0)

    def capacity(self, workload: Workload) -> int:
        """How many workers with this network fit into the memory that is free now and that living workers hold, of
        the machine and, unless all have trained without it, of the GPU; at least one.
        """
        rooms = [self._room(self.free_mb(), WORKER_MB, workload)]
        if not self._device_kinds or "gpu" in self._device_kinds:
            # Frameworks train on the first GPU that they see.
            device_mb = gpus.free_mb(os.environ.get("CUDA_VISIBLE_DEVICES"))
            rooms += [] if device_mb is None else [self._room(device_mb, DEVICE_WORKER_MB, workload)]
        return max(1, len(self.alive) + min(rooms))

    def _room(self, free_mb: float, worker_mb: float, workload: Workload) -> int:
        """How many more workers fit, less than 0 when those that live will not, with this network."""
        network_mb = KEPT_FACTOR * costs(workload).kept_mb
        growing_mb = sum(max(network_mb - KEPT_FACTOR * self._largest_mb.get(name, 0.0), 0.0) for name in self.alive)
        return math.floor((free_mb - growing_mb) / (worker_mb + network_mb))

    def starts_at_once(self) -> int:
        """How many may import, build or compile at the same time: one a physical core."""
        return max(1, min(psutil.cpu_count(logical=False) or 1, MOST_STARTS_AT_ONCE))

    def worker(self, contender: Contender) -> Member:
        """The contender's worker, which was hired before; raises `CrewClosed` when all were ended meanwhile."""
        worker = self._workers.get(contender.name)
        if worker is None:
            assert self._closed, "it was hired before"
            raise CrewClosed
        return worker

    def imported(self, contender: Contender) -> bool:
        """Whether the contender's worker is alive and has loaded its framework."""
        worker = self._workers.get(contender.name)
        return worker is not None and worker.alive and worker.imported

    def hire(
        self,
        contender: Contender,
        workload: Workload,
        keep: Collection[str] = (),
        variables: Mapping[str, str] | None = None,
        limit_mb: float | None = None,
    ) -> Member:
        """A worker for the contender and this network, in the place of the one it had; makes room by dismissing one
        whose name is not in `keep`. `variables` are added to its environment; with more than `limit_mb` (MiB) it is
        killed.
        """
        self.dismiss(contender)
        idle = sorted(self.alive - set(keep))
        if idle and len(self.alive) >= self.capacity(workload):
            self._end(idle[0])
        with self._lock:
            if self._closed:
                raise CrewClosed
            worker = self.started(contender, variables, limit_mb)
            self._workers[contender.name] = worker
            self._largest_mb[contender.name] = 0.0
            self._held.pop(contender.name, None)
        return worker

    def is_largest(self, contender: Contender, workload: Workload) -> bool:
        """Whether this network is the largest that the contender's worker has held. After a larger one its peak
        memory is not its own: frameworks keep what they once took.
        """
        return costs(workload).kept_mb >= self._largest_mb[contender.name]

    def is_fresh(self, contender: Contender) -> bool:
        """Whether the contender's worker has built nothing yet."""
        return self._largest_mb[contender.name] == 0.0

    def holds(self, contender: Contender, workload: Workload) -> bool:
        """Whether the contender's worker is alive and can go on training this network."""
        return self.imported(contender) and self._held.get(contender.name) == workload

    def lets_go(self, contender: Contender) -> None:
        """Take note that the contender's worker is to hold another network."""
        self._held.pop(contender.name, None)

    def has_warmed_up(self, contender: Contender, workload: Workload) -> None:
        """Take note that the contender's worker holds this network from now on, ready to be measured."""
        self._held[contender.name] = workload

    def has_built(self, contender: Contender, workload: Workload, device: str) -> None:
        """Take note of the network that the contender's worker has built, and where."""
        self._largest_mb[contender.name] = max(self._largest_mb[contender.name], costs(workload).kept_mb)
        if contender.candidate.package is not None:
            self._device_kinds.add(device_kind(device))

    def started(self, contender: Contender, variables: Mapping[str, str] | None, limit_mb: float | None) -> Member:
        """A new process for the contender; `hire` is how to ask for one."""
        return Worker(contender.candidate, self._interpreters[contender.candidate.id], variables, limit_mb)

    def dismiss(self, contender: Contender) -> None:
        """End the contender's worker, if it has one."""
        self._end(contender.name)

    def rest(self) -> None:
        """End every worker; the next `hire` starts anew."""
        with self._lock:
            workers, self._workers = list(self._workers.values()), {}
        if workers:
            with ThreadPoolExecutor(len(workers)) as pool:
                list(pool.map(_close, workers))

    def close(self) -> None:
        """End every worker and hire no more."""
        with self._lock:
            self._closed = True
        self.rest()

    def _end(self, name: str) -> None:
        worker = self._workers.pop(name, None)
        if worker is not None:
            worker.close()


def _close(worker: Member) -> None:
    worker.close()

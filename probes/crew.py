"""The live workers of a session: one per candidate, as many at once as memory allows."""

from __future__ import annotations

import threading
from collections.abc import Collection, Mapping
from concurrent.futures import ThreadPoolExecutor

import psutil

from probes.candidates import Candidate
from probes.supervisor import Worker

# Peak resident memory of a Keras worker with a small network, rounded up; the largest of all candidates.
WORKER_MB = 1100

# Left to everything else on the machine.
RESERVE_MB = 1024


class CrewClosed(Exception):
    """A worker was asked for after `close`."""


class Crew:
    """Hires and dismisses workers; `close` may be called from any thread and ends them all for good."""

    def __init__(self, interpreters: Mapping[str, str]) -> None:
        self._interpreters = interpreters
        self._workers: dict[str, Worker] = {}
        self._lock = threading.Lock()
        self._closed = False

    @property
    def alive(self) -> frozenset[str]:
        """Ids of the candidates whose worker can be asked."""
        return frozenset(candidate_id for candidate_id, worker in list(self._workers.items()) if worker.alive)

    def capacity(self) -> int:
        """How many workers fit into the memory that is free now and that living workers hold; at least one."""
        free_mb = psutil.virtual_memory().available / 2**20 - RESERVE_MB
        return max(1, len(self.alive) + int(free_mb // WORKER_MB))

    def hire(self, candidate: Candidate, keep: Collection[str]) -> Worker:
        """The candidate's live worker, or a new one; makes room by dismissing one that is not in `keep`."""
        worker = self._workers.get(candidate.id)
        if worker is not None and worker.alive:
            return worker
        idle = sorted(self.alive - set(keep))
        if idle and len(self.alive) >= self.capacity():
            self._dismiss(idle[0])
        with self._lock:
            if self._closed:
                raise CrewClosed
            worker = Worker(candidate, self._interpreters[candidate.id])
            self._workers[candidate.id] = worker
        return worker

    def rest(self) -> None:
        """End every worker; the next `hire` starts anew."""
        with self._lock:
            workers, self._workers = list(self._workers.values()), {}
        if workers:
            with ThreadPoolExecutor(len(workers)) as pool:
                list(pool.map(Worker.close, workers))

    def close(self) -> None:
        """End every worker and hire no more."""
        with self._lock:
            self._closed = True
        self.rest()

    def _dismiss(self, candidate_id: str) -> None:
        self._workers.pop(candidate_id).close()

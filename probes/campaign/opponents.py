"""Opponents: whom those that are started next take rounds with, so that everybody is compared with everybody."""

from __future__ import annotations

import math
from collections.abc import Sequence

from probes.campaign.bench import Bench
from probes.campaign.clock import Deadline
from probes.campaign.contenders import Contender
from probes.campaign.preparation import Preparation
from probes.statistics import step_time
from probes.workloads import Workload


class Opponents:
    """On one workload. Who may still be the fastest races on; when nobody does any more, whoever comes late meets the
    fastest of those measured before, whose network is built once more for that unless its process holds it still.
    """

    def __init__(
        self,
        bench: Bench,
        preparation: Preparation,
        contenders: Sequence[Contender],
        workload: Workload,
        deadline: Deadline,
    ) -> None:
        self._bench = bench
        self._preparation = preparation
        self._contenders = contenders
        self._workload = workload
        self._deadline = deadline
        self.racing: list[Contender] = []
        self._chosen: list[Contender] = []

    def make_room(self, waiting: Sequence[Contender]) -> None:
        """Keep racing only those that memory has room for while these are started, the fastest before others."""
        room = self._bench.crew.capacity(self._workload)
        self.racing = sorted(self.racing, key=self._step_ms)[: max(room - len(waiting), min(room - 1, 1))]

    def choose(self, group: Sequence[Contender]) -> list[Contender]:
        """Whom the group will meet; they stay warm while it is started."""
        self._chosen = self.racing or self._fastest_before(group)
        return self._chosen

    def joining(self, ready: Sequence[Contender], *, needed: bool) -> list[Contender]:
        """Those of the chosen that take part: who races is warm, who raced before is built again if needed."""
        if self.racing:
            return [each for each in self._chosen if self._bench.crew.imported(each)]
        if not needed:
            return []
        again, workload, deadline = self._preparation.ready_again, self._workload, self._deadline
        return [each for each in self._chosen if again(each, workload, deadline, ready=len(ready))]

    def _step_ms(self, contender: Contender) -> float:
        row = self._bench.ledger.row(contender, self._workload)
        return math.inf if row is None or row.step_ms is None else row.step_ms

    def _fastest_before(self, group: Sequence[Contender]) -> list[Contender]:
        """The fastest of those measured on this workload before whose process is still there; nobody without room for
        it.
        """
        if len(group) >= self._bench.crew.capacity(self._workload):
            return []
        rows = {each: self._bench.ledger.row(each, self._workload) for each in self._contenders}
        times = {
            each: step_time(row.samples)
            for each, row in rows.items()
            if row is not None and row.finished and row.failure is None and self._bench.crew.imported(each)
        }
        return [min(times, key=times.__getitem__)] if times else []

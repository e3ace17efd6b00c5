"""Rounds: every contender trains one block in a shuffled order, again and again until it is settled who is faster."""

from __future__ import annotations

import math
from collections.abc import Sequence

from probes.campaign import pacing
from probes.campaign.bench import Bench
from probes.campaign.clock import Deadline
from probes.campaign.contenders import Contender
from probes.campaign.ledger import Row
from probes.comparison import clearly_slower, leader, settled, undisturbed
from probes.errors import WorkerFailed
from probes.protocol import Block
from probes.statistics import CONTENDED_SHARE
from probes.workloads import Workload


class Rounds:
    """The rounds of some warm contenders on one workload. Who is surely much slower than the leader drops out."""

    def __init__(self, bench: Bench, contenders: Sequence[Contender], workload: Workload, deadline: Deadline) -> None:
        self._bench = bench
        self._workload = workload
        self._deadline = deadline
        self._numbers: set[int] = set()
        self._rows = {each: row for each in contenders if (row := bench.ledger.row(each, workload)) is not None}
        # Complete before: they only lend themselves to be compared with, and stay complete whatever happens now.
        self._lent = {each for each, row in self._rows.items() if row.finished}
        self._gone: set[Contender] = set()

    @property
    def samples(self) -> list[dict[int, float]]:
        """{round: step time in ms} of every contender in these rounds, without the disturbed ones."""
        return [
            {number: ms for number, ms in undisturbed(row).items() if number in self._numbers}
            for row in self._rows.values()
        ]

    def take(self, most: int) -> list[Contender]:
        """Measure until all is settled or the time is not worth another round, at most `most` rounds; then the rows
        that have enough of them are finished. Returns who may still be the fastest.
        """
        racing = self._race(self._going(), 0, most, pacing.DECIDING_ROUND_SHARE)
        for row in self._rows.values():
            row.finished = len(row.times_ms) >= pacing.MIN_ROUNDS
        return racing

    def decide(self, most: int) -> None:
        """Measure further those that may still be the fastest, until it is settled which of them is or another round
        is not worth its time, at most `most` rounds with those that they have.
        """
        racing = self._still_racing()
        taken = min((len(self._rows[each].times_ms) for each in racing), default=0)
        self._race(racing, max(taken, pacing.FULL_ROUNDS), most, pacing.LAST_ROUND_SHARE)

    def _race(self, racing: list[Contender], taken: int, most: int, share: float) -> list[Contender]:
        """Rounds as long as they are worth it, beyond the full number this share of what is left; who races still."""
        while racing and self._another(taken, most, racing, share):
            number = next(self._bench.ledger.round_numbers)
            self._numbers.add(number)
            for index in self._bench.order.permutation(len(racing)):
                self._block(racing[index], number)
            taken, racing = taken + 1, self._still_racing()
        return racing

    def _another(self, taken: int, most: int, racing: Sequence[Contender], share: float) -> bool:
        rows = [self._rows[each] for each in racing]
        all_settled = all(settled(row, first) for row, first in self._against_leader(racing).values())
        return pacing.another_round(taken, rows, self._deadline.left_s, most, share, settled=all_settled)

    def _still_racing(self) -> list[Contender]:
        going = self._going()
        slow = {each for each, (row, first) in self._against_leader(going).items() if clearly_slower(row, first)}
        racing = [each for each in going if each not in slow]
        return [each for each in racing if each.part != "control" or each.twin in racing]

    def _going(self) -> list[Contender]:
        """Those that have not failed."""
        return [each for each, row in self._rows.items() if row.failure is None and each not in self._gone]

    def _against_leader(self, contenders: Sequence[Contender]) -> dict[Contender, tuple[Row, Row]]:
        """Everybody's row but the leader's and the control's, and the leader's."""
        rows = {each.name: self._rows[each] for each in contenders if each.part != "control"}
        first = leader(rows)
        others = [each for each in contenders if each.name in rows and each.name != first]
        return {each: (rows[each.name], rows[first]) for each in others} if first is not None else {}

    def _block(self, contender: Contender, number: int) -> None:
        row, bench = self._rows[contender], self._bench
        if row.failure is not None or contender in self._gone or pacing.block_s(row) > self._deadline.left_s:
            return
        bench.say(contender, "measuring", self._workload)
        try:
            share = self._take(contender, number)
            if share > CONTENDED_SHARE and pacing.block_s(row) < min(bench.repeats_s, self._deadline.left_s):
                bench.repeats_s -= pacing.block_s(row)
                self._take(contender, number, unless=share)
        except WorkerFailed as failure:
            if contender in self._lent:
                bench.check()
                self._gone.add(contender)
            else:
                bench.fail(contender, self._workload, failure)

    def _take(self, contender: Contender, number: int, unless: float = math.inf) -> float:
        """Measure a block and write it down, unless others used this share of all cores or more; returns what they
        used.
        """
        row = self._rows[contender]
        block, share = self._watched(contender, row)
        if share < unless:
            row.times_ms[number] = 1000 * block.seconds / block.steps
            row.disturbed = (row.disturbed - {number}) | ({number} if share > CONTENDED_SHARE else set())
        return share

    def _watched(self, contender: Contender, row: Row) -> tuple[Block, float]:
        """A block, and the share of all cores that others used meanwhile."""
        bench = self._bench
        worker = bench.worker(contender)
        before = bench.clock.cpu()
        with bench.wall.spent("timed steps"):
            block = worker.measure(pacing.BLOCK_MS, pacing.block_limit_s(row, bench.deadline.left_s))
        bench.wall.move(block.lead_in_s, "timed steps", "warming up")
        return block, before.others_share(bench.clock.cpu(), block.cpu_s)

"""Rounds: every contender trains one block in a shuffled order, again and again until it is settled who is faster."""

from __future__ import annotations

from collections.abc import Sequence
from operator import itemgetter

from probes.campaign import pacing
from probes.campaign.bench import Bench
from probes.campaign.clock import Deadline
from probes.campaign.contenders import Contender
from probes.campaign.ledger import Row
from probes.comparison import Ratio, leader, paired_ratio, undisturbed
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
        self._rows = {each: row for each in contenders if (row := bench.ledger.row(each, workload)) is not None}

    @property
    def samples(self) -> list[dict[int, float]]:
        """{round: step time in ms} of every contender, without the disturbed rounds."""
        return [undisturbed(row) for row in self._rows.values()]

    def take(self, most: int) -> list[Contender]:
        """Measure until all is settled or the time is not worth another round, at most `most` rounds; then the rows
        are finished. Returns who may still be the fastest.
        """
        taken, racing = 0, self._going()
        while racing and self._another(taken, most, racing):
            number = next(self._bench.round_numbers)
            for index in self._bench.order.permutation(len(racing)):
                self._block(racing[index], number)
            taken, racing = taken + 1, self._still_racing()
        for row in self._rows.values():
            row.finished = bool(row.times_ms)
        return racing

    def _another(self, taken: int, most: int, racing: Sequence[Contender]) -> bool:
        settled = all(ratio is None or ratio.settled for ratio in self._ratios(racing).values())
        rows = [self._rows[each] for each in racing]
        return pacing.another_round(taken, rows, self._deadline.left_s, most, settled=settled)

    def _still_racing(self) -> list[Contender]:
        going = self._going()
        slow = {each for each, ratio in self._ratios(going).items() if ratio is not None and ratio.clearly_slower}
        racing = [each for each in going if each not in slow]
        return [each for each in racing if each.part != "control" or each.twin in racing]

    def _going(self) -> list[Contender]:
        """Those that have not failed."""
        return [each for each, row in self._rows.items() if row.failure is None]

    def _ratios(self, contenders: Sequence[Contender]) -> dict[Contender, Ratio | None]:
        """Each one's step time over the leader's; None for the leader and with too few rounds. No controls."""
        rows = {each.name: self._rows[each] for each in contenders if each.part != "control"}
        first = leader(rows)
        if first is None:
            return {}
        return {
            each: None if each.name == first else paired_ratio(rows[each.name], rows[first])
            for each in contenders
            if each.name in rows
        }

    def _block(self, contender: Contender, number: int) -> None:
        row, bench = self._rows[contender], self._bench
        if row.failure is not None or pacing.block_s(row) > self._deadline.left_s:
            return
        bench.say(contender, "measuring", self._workload)
        try:
            block, share = self._watched(contender, row)
            if share > CONTENDED_SHARE and pacing.block_s(row) < min(bench.repeats_s, self._deadline.left_s):
                bench.repeats_s -= pacing.block_s(row)
                block, share = min((block, share), self._watched(contender, row), key=itemgetter(1))
        except WorkerFailed as failure:
            bench.fail(contender, self._workload, failure)
            return
        row.times_ms[number] = 1000 * block.seconds / block.steps
        if share > CONTENDED_SHARE:
            row.disturbed.add(number)

    def _watched(self, contender: Contender, row: Row) -> tuple[Block, float]:
        """A block, and the share of all cores that others used meanwhile."""
        bench = self._bench
        worker = bench.worker(contender)
        before = bench.clock.cpu()
        with bench.wall.spent("timed steps"):
            block = worker.measure(pacing.BLOCK_MS, pacing.block_limit_s(row, bench.deadline.left_s))
        bench.wall.move(block.lead_in_s, "timed steps", "warming up")
        return block, before.others_share(bench.clock.cpu(), block.cpu_s)

"""How a budget of seconds is divided among candidates and sizes. Pure functions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from probes.campaign.contenders import Contender
from probes.campaign.ledger import Ledger, Row
from probes.costs import costs
from probes.workloads import Workload

# One sample: long enough to hold hundreds of the smallest steps, short enough to give every candidate several.
BLOCK_MS = 100.0

# Three samples are the least that show a spread; with five its 90 % interval is 2.1 standard errors to each side
# instead of 2.9 (Student's t). More are taken only to tell who is faster.
MIN_ROUNDS, FULL_ROUNDS, MOST_ROUNDS = 3, 5, 30

# Rounds beyond the least are taken while one costs no more than this share of what is left, beyond the full number
# while it costs no more than the second; than the third once everybody was measured, for who is the fastest is asked
# before all else.
EXTRA_ROUND_SHARE, DECIDING_ROUND_SHARE, LAST_ROUND_SHARE = 0.1, 0.025, 0.05

# Windows of half a block until two in a row agree; who is not steady after so many is said to be never steady.
LEAST_WINDOWS, MOST_WINDOWS = 2, 8

# A block also trains unmeasured before it begins and overshoots its length; a message to and fro is negligible.
BLOCK_OVERHEAD = 1.3

# Less than this is not enough to start any framework.
LEAST_START_S = 1.0

# No single candidate may take more than this share of what is left while others wait.
LARGEST_SHARE = 1 / 3

# Blocks that others disturbed are measured again for at most this share of the budget: when the machine is busy all
# the time, more of the same helps nobody.
REPEAT_SHARE = 0.05

# Who will take more than this share of what all cores have of the budget is put off until the others were measured on
# every size.
LONGEST_START_SHARE = 0.15

# Kept back to end the processes, so that the budget holds for the person who waits.
ENDING_SHARE = 0.02

# A start may take this many times what it is expected to take from what it took on another workload, and this many
# times what is typical.
TRUST_FACTOR, PATIENCE = 3.0, 2.0

# Starts that will take more than this share of the time that is left go side by side: first steps are then no longer
# what they are alone, but everybody gets one. Each takes this many times as long as alone, one a core.
HURRY_SHARE, BESIDE_FACTOR = 0.3, 1.3

# What is expected to take more than this share of the time that is left may well not fit into it.
FITTING_SHARE = 0.8

# A block that takes this many times what the warm-up promised has hung.
HANG_FACTOR, LEAST_HANG_S = 10.0, 5.0


@dataclass(frozen=True)
class Effort:
    """How far to go when time is left: rounds of one workload to tell who is faster, then tuned rows and warm starts
    if `refined`. With `hurried`, starts go side by side when time is short.
    """

    most_rounds: int = MOST_ROUNDS
    refined: bool = True
    hurried: bool = True


# What a person is served with.
ORDINARY = Effort()


def block_s(row: Row) -> float:
    """Seconds that the next block of this row will take."""
    return max(BLOCK_MS, row.step_ms or 0.0) / 1000 * BLOCK_OVERHEAD


def start_limit_s(
    left_s: float,
    known_s: float | None,
    *,
    ready: int,
    waiting: int,
    later: int = 0,
    typical_s: float = 0.0,
    step_s: float = 0.0,
) -> float:
    """Seconds that a candidate may take until it is warm; 0 when beginning would be a waste.

    `known_s` is what it took on another workload; without it, hanging must be reckoned with, and the limit is a share
    of what is left, or what is typical (`typical_s`) if that is more; a start with no time for that is not begun.
    With it, the limit may go beyond `left_s`, for ending a sound worker costs another import. `ready` others have
    been started on this workload, `waiting` ones come after it, and `later` ones when these are measured. Time to
    measure those that will be ready is kept back, at `step_s` a step.
    """
    if known_s is not None:
        fits = known_s <= left_s - _measuring_s(ready + 1, step_s)
        return max(TRUST_FACTOR * known_s, LEAST_HANG_S) if fits else 0.0
    if typical_s > left_s:
        return 0.0
    spare_s = left_s - _measuring_s(ready + 1 + waiting, step_s)
    limit_s = max(spare_s * max(LARGEST_SHARE, 1 / (waiting + later + 1)), min(PATIENCE * typical_s, spare_s))
    enough_s = min(LEAST_START_S, PATIENCE * typical_s) if typical_s else LEAST_START_S
    return limit_s if limit_s >= enough_s else 0.0


def _measuring_s(candidates: int, step_s: float) -> float:
    """Seconds for the least that so many can be warmed up and measured with."""
    return candidates * (LEAST_WINDOWS * step_s + MIN_ROUNDS * block_s(Row(step_ms=1000 * step_s)))


def block_limit_s(row: Row, left_s: float) -> float:
    """Seconds that a block may take before its worker is given up."""
    return min(left_s, max(HANG_FACTOR * block_s(row), LEAST_HANG_S))


def another_round(
    taken: int,
    rows: Sequence[Row],
    left_s: float,
    most: int = MOST_ROUNDS,
    share: float = DECIDING_ROUND_SHARE,
    *,
    settled: bool,
) -> bool:
    """Whether the contenders of these rows get one more block each, of at most `most`, beyond the full number for no
    more than this share of what is left; `settled` when it is known who is faster or more rounds would not tell.
    """
    round_s = sum(map(block_s, rows))
    if taken < MIN_ROUNDS:
        return True
    if taken >= most:
        return False
    if taken < FULL_ROUNDS:
        return round_s <= EXTRA_ROUND_SHARE * left_s
    return not settled and round_s <= share * left_s


def fitting(expected_s: Sequence[float], left_s: float, *, beside: int, at_once: int = 1, step_s: float = 0.0) -> int:
    """How many of those who wait will be started and measured in time, the first first, with `beside` others."""
    for count in range(len(expected_s), 0, -1):
        if starting_s(expected_s[:count], at_once) + _measuring_s(beside + count, step_s) <= left_s:
            return count
    return 0


def starting_s(expected_s: Sequence[float], at_once: int) -> float:
    """Seconds for starts that take so long each alone, `at_once` of them at the same time."""
    if at_once == 1:
        return sum(expected_s)
    return BESIDE_FACTOR * max(sum(expected_s) / at_once, *expected_s)


def least_step_s(ledger: Ledger, workload: Workload) -> float:
    """Seconds that a step of the workload will take at least, from who has taken some; 0 while nobody has."""
    return min((row.step_ms / 1000 for row in ledger.rows_on(workload) if row.step_ms), default=0.0)


def typical_start_s(contender: Contender, workload: Workload, *, alive: bool) -> float:
    """Seconds until the candidate has taken its first step, with its import unless `alive`, on a usual machine."""
    candidate = contender.candidate
    network_s = candidate.network_s + candidate.operation_s * costs(workload).operations
    return network_s if alive else candidate.import_s + network_s


def known_start_s(ledger: Ledger, contender: Contender, workload: Workload, *, alive: bool) -> float | None:
    """The same from what the candidate took on another workload here, until it was warm; None if unknown."""
    for other, row in reversed(ledger.rows_of(contender.twin)):
        if row.start_s is not None:
            networks = [typical_start_s(contender, each, alive=True) for each in (workload, other)]
            start_s = row.start_s * networks[0] / networks[1] + block_s(Row())
            return start_s if alive else start_s + ledger.latest_import_s.get(contender.candidate.id, 0.0)
    return None


def expected_start_s(ledger: Ledger, contender: Contender, workload: Workload, *, alive: bool) -> float:
    """The same from its own history, else what is typical on a machine like this."""
    known_s = known_start_s(ledger, contender, workload, alive=alive)
    return typical_start_s(contender, workload, alive=alive) * slowness(ledger) if known_s is None else known_s


def slowness(ledger: Ledger) -> float:
    """How many times longer than usual imports take on this machine now; 1 while none is known."""
    imported = [candidate for candidate in ledger.candidates if ledger.latest_import_s.get(candidate.id)]
    usual_s = sum(candidate.import_s for candidate in imported)
    return sum(ledger.latest_import_s[candidate.id] for candidate in imported) / usual_s if imported else 1.0


def expected_left_s(
    ledger: Ledger, contenders: Sequence[Contender], workloads: Sequence[Workload], alive: frozenset[str]
) -> float:
    """Seconds that all unsettled rows will probably take; the budget may end it sooner."""
    return sum(
        expected_row_s(ledger, contender, workload, alive=contender.name in alive or index > 0)
        for index, workload in enumerate(workloads)
        for contender in contenders
        if not ledger.settled(contender, workload)
    )


def further_budget_s(ledger: Ledger, contenders: Sequence[Contender], workloads: Sequence[Workload]) -> float:
    """Seconds of a budget in which whoever came too late is started and measured, even if every start takes longer
    than expected and no worker is alive by then; 0 where nobody came too late.
    """
    needed_s, begun = 0.0, set[Contender]()
    for workload in workloads:
        late = [each for each in contenders if ledger.came_too_late(each, workload)]
        needed_s += PATIENCE * sum(_renewed_start_s(ledger, each, workload, alive=each in begun) for each in late)
        # Beside one that was measured before, and the control.
        needed_s += _measuring_s(len(late) + 2, least_step_s(ledger, workload)) if late else 0.0
        begun.update(late)
    return needed_s / (1 - ENDING_SHARE)


def _renewed_start_s(ledger: Ledger, contender: Contender, workload: Workload, *, alive: bool) -> float:
    # What is known of one that came too late is forgotten before it is tried again: then what is typical counts.
    typical_s = typical_start_s(contender, workload, alive=alive) * slowness(ledger)
    return max(typical_s, expected_start_s(ledger, contender, workload, alive=alive))


def expected_row_s(ledger: Ledger, contender: Contender, workload: Workload, *, alive: bool) -> float:
    """Seconds that an unsettled row will probably take, with an import unless the contender's worker is alive."""
    row = ledger.row(contender, workload)
    if row is None or row.step_ms is None:
        like_others = Row(step_ms=1000 * least_step_s(ledger, workload))
        return expected_start_s(ledger, contender, workload, alive=alive) + FULL_ROUNDS * block_s(like_others)
    return max(FULL_ROUNDS - len(row.times_ms), 0) * block_s(row)

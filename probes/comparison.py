"""Who is faster, and how sure that is: step times of the same rounds compared in pairs.

In one round every contender trains one block, so what the machine did meanwhile falls on both sides of a ratio and
cancels. A ratio is compared on its logarithm; its interval comes from the bootstrap over rounds, widened by what two
processes of one candidate differ by: where its memory lies is drawn once for each, and more rounds do not undo it
(Kalibera and Jones, Rigorous Benchmarking in Reasonable Time, ISMM 2013).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from statistics import NormalDist
from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from probes.statistics import resamples, step_time, student_quantile

# A contender this much slower than the leader, for sure, need not be measured further.
CLEARLY_SLOWER = 1.05

# Within this much of each other, for sure, two are equally fast: less than what a repeated measurement differs by.
# Where processes alone may differ by more, that is never sure, and what is not told apart is a tie.
EQUAL = 1.025

# The level of what the rounds say, wherever it decides. It is looked at anew after each round, which makes a false
# decision likelier than one look would: with 0.99, between two that are alike, up to one in ten for noise of 6 %
# (simulated).
DECISION_LEVEL = 0.99

# How often what two processes differ by is within what is allowed for it. It is drawn once, not looked at again.
PROCESS_LEVEL = 0.95
_PROCESS_QUANTILE = NormalDist().inv_cdf((1 + PROCESS_LEVEL) / 2)

# An interval of these two processes that is no wider than this share of what any two differ by adds a twentieth.
PRECISE_SHARE = 0.3

# Fewer pairs than `LEAST_PAIRS` say nothing at all, and fewer than `DECIDING_PAIRS` only what is beyond doubt.
LEAST_PAIRS, DECIDING_PAIRS = 3, 5

# Below this many pairs the bootstrap cannot reach the level: all of five fall on one side once in sixteen times.
BOOTSTRAP_PAIRS = 8

# Left out at each end before averaging, so that one disturbed round does not carry the ratio. Wilcox, Introduction to
# Robust Estimation and Hypothesis Testing, 4th ed., section 3.3.
TRIMMED = 0.2

Standing = Literal["leader", "tied", "slower"]


@dataclass(frozen=True)
class Ratio:
    """How many times another's step time one takes, with its interval, from `pairs` rounds: at `DECISION_LEVEL` for
    what the rounds vary by, at `PROCESS_LEVEL` for what processes differ by.
    """

    ratio: float
    low: float
    high: float
    pairs: int

    @property
    def below(self) -> float:
        """How far the logarithm of the lower end is from that of the ratio."""
        return math.log(self.ratio / self.low)

    @property
    def above(self) -> float:
        """The same of the upper end."""
        return math.log(self.high / self.ratio)

    @property
    def differs(self) -> bool:
        """Whether one is surely faster than the other, by however little."""
        return not self.low <= 1.0 <= self.high

    @property
    def equal(self) -> bool:
        """Whether any difference is surely too small to matter."""
        return self.low >= 1 / EQUAL and self.high <= EQUAL

    @property
    def tells_apart(self) -> bool:
        """Whether one is surely faster than the other, by more than what could not matter."""
        return self.differs and not self.equal

    @property
    def decided(self) -> bool:
        """Whether more rounds would not change what is said."""
        return self.pairs >= DECIDING_PAIRS and (self.differs or self.equal)


class Timed(Protocol):
    """{round: step time in ms}, and the rounds in which others used too much of the machine; `process_sd` is the
    standard deviation of the logarithm of the step time between processes of the same.
    """

    times_ms: dict[int, float]
    disturbed: set[int]

    @property
    def process_sd(self) -> float: ...


def leader(rows: Mapping[str, Timed]) -> str | None:
    """Whose step time is the least; of those measured most often, for few rounds may have been lucky ones."""
    times = {name: undisturbed(row) for name, row in rows.items()}
    most = max(map(len, times.values()), default=0)
    known = {name: each for name, each in times.items() if len(each) >= min(most, LEAST_PAIRS) > 0}
    return min(known, key=lambda name: step_time(list(known[name].values())), default=None)


def undisturbed(row: Timed) -> dict[int, float]:
    """{round: step time in ms} without the disturbed rounds, as long as some are left."""
    calm = {number: ms for number, ms in row.times_ms.items() if number not in row.disturbed}
    return calm if len(calm) >= LEAST_PAIRS else row.times_ms


def paired_ratio(mine: Timed, other: Timed) -> Ratio | None:
    """The step time of `mine` over that of `other`; None with fewer than `LEAST_PAIRS` rounds in common.

    Of the rounds that neither was disturbed in, if there are enough; else of all, which the rows then say themselves.

    The centre is the trimmed mean of the log-ratios. Its interval, for these two processes, is the bootstrap's
    expanded percentile interval (Hesterberg, What Teachers Should Know About the Bootstrap, The American Statistician
    69, 2015), which is as wide for few pairs as Student's t; below `BOOTSTRAP_PAIRS`, where it cannot reach beyond
    the data, it is Student's t. For any two processes of them it is wider by what those differ by.
    """
    ratio = _ratio_of_these(mine, other)
    return None if ratio is None else _of_any(ratio, _allowed(mine, other))


def settled(mine: Timed, other: Timed) -> bool:
    """Whether more rounds would not change what is said of two, or not make it surer by much: where these two
    processes are known better than what any two differ by. Also when there are too few rounds to say anything.
    """
    ratio = _ratio_of_these(mine, other)
    if ratio is None:
        return True
    allowed = _allowed(mine, other)
    known = ratio.pairs >= DECIDING_PAIRS and (ratio.below + ratio.above) / 2 <= PRECISE_SHARE * allowed
    return known or _of_any(ratio, allowed).decided


def clearly_slower(mine: Timed, other: Timed) -> bool:
    """Whether it was surely so much slower in these two processes that nothing more need be known of it: it is told
    already, or more rounds would not tell it either.
    """
    ratio = _ratio_of_these(mine, other)
    if ratio is None or ratio.low <= CLEARLY_SLOWER:
        return False
    return _of_any(ratio, _allowed(mine, other)).low > 1 or settled(mine, other)


def _allowed(mine: Timed, other: Timed) -> float:
    """What the logarithm of a ratio may be off by because of the processes it was measured in."""
    return _PROCESS_QUANTILE * math.hypot(mine.process_sd, other.process_sd)


def _of_any(ratio: Ratio, allowed: float) -> Ratio:
    """The ratio of these two processes, taken for that of any two."""
    below, above = math.hypot(ratio.below, allowed), math.hypot(ratio.above, allowed)
    return replace(ratio, low=ratio.ratio * math.exp(-below), high=ratio.ratio * math.exp(above))


def allowing_for(ratio: Ratio, process_sd: float, instead_of: float) -> Ratio:
    """A ratio between two processes of one candidate, with its interval as wide as it is where these are known to
    differ by `process_sd`; it was made with `instead_of`.
    """
    now, then = (_PROCESS_QUANTILE * math.hypot(sd, sd) for sd in (process_sd, instead_of))
    below, above = (math.sqrt(max(side**2 - then**2, 0.0)) for side in (ratio.below, ratio.above))
    these = replace(ratio, low=ratio.ratio * math.exp(-below), high=ratio.ratio * math.exp(above))
    return _of_any(these, now)


def _ratio_of_these(mine: Timed, other: Timed) -> Ratio | None:
    common = mine.times_ms.keys() & other.times_ms.keys()
    calm = common - mine.disturbed - other.disturbed
    rounds = sorted(calm if len(calm) >= LEAST_PAIRS else common)
    if len(rounds) < LEAST_PAIRS:
        return None
    return _ratio(tuple(math.log(mine.times_ms[number] / other.times_ms[number]) for number in rounds))


def standings(rows: Mapping[str, Timed]) -> dict[str, tuple[Standing, Ratio | None]]:
    """Where each stands against the leader; what could not be told apart is a tie."""
    first = leader(rows)
    if first is None:
        return {}
    others = {name: row for name, row in rows.items() if name != first}
    ratios = {
        name: paired_ratio(row, rows[first]) or _through(row, rows[first], others) for name, row in others.items()
    }
    told: dict[str, tuple[Standing, Ratio | None]] = {first: ("leader", None)}
    for name, ratio in ratios.items():
        if ratio is not None:
            told[name] = ("slower" if ratio.low > 1 and not ratio.equal else "tied", ratio)
    return told


def _through(mine: Timed, other: Timed, thirds: Mapping[str, Timed]) -> Ratio | None:
    """The ratio of two that shared no rounds, by way of one that shared some with each; the surest there is."""
    ways = [
        Ratio(
            there.ratio * back.ratio,
            there.ratio * back.ratio * math.exp(-math.hypot(there.below, back.below)),
            there.ratio * back.ratio * math.exp(math.hypot(there.above, back.above)),
            min(there.pairs, back.pairs),
        )
        for third in thirds.values()
        if (there := paired_ratio(mine, third)) is not None and (back := paired_ratio(third, other)) is not None
    ]
    return min(ways, key=lambda ratio: ratio.below + ratio.above, default=None)


# A running measurement asks for all ratios after each block, which changes few of them.
@lru_cache(maxsize=1024)
def _ratio(log_ratios: tuple[float, ...]) -> Ratio:
    logs = np.array(log_ratios)
    centre = float(_trimmed_means(np.sort(logs)[np.newaxis])[0])
    low, high = _student_interval(logs) if len(logs) < BOOTSTRAP_PAIRS else _bootstrap_interval(logs)
    return Ratio(math.exp(centre), math.exp(min(low, centre)), math.exp(max(high, centre)), len(logs))


def _trimmed_means(sorted_rows: NDArray[np.float64]) -> NDArray[np.float64]:
    """The mean of each row without its extremes; rows are sorted, shape (resamples, pairs)."""
    count = sorted_rows.shape[1]
    cut = int(TRIMMED * count)
    means: NDArray[np.float64] = sorted_rows[:, cut : count - cut].mean(axis=1)
    return means


def _student_interval(logs: NDArray[np.float64]) -> tuple[float, float]:
    count = len(logs)
    half = student_quantile(DECISION_LEVEL, count - 1) * float(logs.std(ddof=1)) / math.sqrt(count)
    return float(logs.mean()) - half, float(logs.mean()) + half


def _bootstrap_interval(logs: NDArray[np.float64]) -> tuple[float, float]:
    means = _trimmed_means(np.sort(logs[resamples(len(logs))], axis=1))
    tail = _expanded_tail(len(logs))
    low, high = np.quantile(means, (tail, 1 - tail))
    return float(low), float(high)


@cache
def _expanded_tail(count: int) -> float:
    """What to cut from each end of the bootstrap's distribution, less than (1 - level) / 2 for few pairs."""
    return NormalDist().cdf(-math.sqrt(count / (count - 1)) * student_quantile(DECISION_LEVEL, count - 1))

"""Who is said to be faster: against made-up rounds whose truth is known."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from probes.comparison import (
    DECIDING_PAIRS,
    LEAST_PAIRS,
    allowing_for,
    clearly_slower,
    leader,
    paired_ratio,
    settled,
    standings,
)

POSITIVE = st.floats(min_value=1e-3, max_value=1e6)


@dataclass
class Rounds:
    times_ms: dict[int, float]
    disturbed: set[int] = field(default_factory=set)
    process_sd: float = 0.0


def rounds(times: list[float]) -> Rounds:
    return Rounds(dict(enumerate(times)))


def noisy(generator: np.random.Generator, count: int, ratio: float = 1.0, sd: float = 0.015) -> Rounds:
    """Step times with one in twenty rounds disturbed."""
    disturbed = (generator.random(count) < 0.05) * generator.exponential(0.1, count)
    return rounds((ratio * np.exp(generator.normal(0, sd, count) + disturbed)).tolist())


@pytest.mark.parametrize("count", [LEAST_PAIRS, DECIDING_PAIRS, 8, 20])
def test_two_that_are_alike_seldom_differ(count: int) -> None:
    generator = np.random.default_rng(1)
    ratios = [paired_ratio(noisy(generator, count), noisy(generator, count)) for _ in range(800)]
    assert np.mean([ratio.differs for ratio in ratios]) < 0.03


@pytest.mark.parametrize(("known", "most", "least"), [(0.04, 0.06, 0.0), (0.0, 1.0, 0.5)])
def test_what_two_processes_differ_by_is_no_difference_where_it_is_known(
    known: float, most: float, least: float
) -> None:
    generator = np.random.default_rng(6)

    def process() -> Rounds:
        return replace(noisy(generator, 20, ratio=np.exp(generator.normal(0, 0.04))), process_sd=known)

    ratios = [paired_ratio(process(), process()) for _ in range(400)]
    assert least <= np.mean([ratio.differs for ratio in ratios]) < most


def test_a_ratio_is_judged_anew_when_more_is_known_of_processes() -> None:
    mine, other = rounds([1.1, 1.12, 1.09] * 3), rounds([1.0] * 9)
    narrow, wide = (
        paired_ratio(mine, other),
        paired_ratio(replace(mine, process_sd=0.06), replace(other, process_sd=0.06)),
    )
    assert narrow.tells_apart
    assert not wide.tells_apart
    for known, now in ((narrow, 0.06), (wide, 0.0)):
        again = allowing_for(known, now, instead_of=0.06 - now)
        expected = wide if now else narrow
        assert (again.low, again.high) == (pytest.approx(expected.low), pytest.approx(expected.high))


def test_rounds_end_when_they_are_surer_than_the_processes_they_were_measured_in() -> None:
    mine, other = rounds([1.0, 1.01, 0.99] * 3), rounds([1.0] * 9)
    assert not settled(rounds([1.0, 1.2, 0.9] * 3), other)
    assert not settled(replace(rounds([1.0, 1.2, 0.9] * 3), process_sd=0.04), other)
    assert settled(replace(mine, process_sd=0.04), other)
    assert not settled(replace(rounds([1.0, 1.01, 0.99]), process_sd=0.04), other)
    assert settled(rounds([1.0]), other)


def test_a_difference_of_five_percent_is_mostly_found_in_ten_rounds() -> None:
    generator = np.random.default_rng(2)
    ratios = [paired_ratio(noisy(generator, 10, ratio=1.05), noisy(generator, 10)) for _ in range(400)]
    assert np.mean([ratio.differs and ratio.low > 1 for ratio in ratios]) > 0.8


def test_what_slows_a_whole_round_cancels() -> None:
    weather = np.exp(np.random.default_rng(3).normal(0, 0.5, 12))
    ratio = paired_ratio(rounds((1.1 * weather).tolist()), rounds(weather.tolist()))
    assert (ratio.ratio, ratio.low, ratio.high) == pytest.approx((1.1, 1.1, 1.1))


def test_one_disturbed_round_does_not_carry_the_ratio() -> None:
    times = [1.0, 1.01, 0.99, 1.0, 1.01, 0.99, 1.0]
    assert paired_ratio(rounds([*times, 5.0]), rounds([*times, 1.0])).ratio == pytest.approx(1.0, abs=0.01)


def test_only_rounds_in_common_are_pairs_and_too_few_say_nothing() -> None:
    mine, others = rounds([1.0] * 4), Rounds({1: 2.0, 2: 2.0, 3: 2.0, 9: 7.0})
    assert (paired_ratio(mine, others).ratio, paired_ratio(mine, others).pairs) == (pytest.approx(0.5), 3)
    assert paired_ratio(mine, Rounds({0: 1.0, 1: 1.0, 9: 1.0})) is None


def test_disturbed_rounds_count_only_where_too_few_others_are_left() -> None:
    mine, others = rounds([1.0, 1.0, 1.0, 9.0]), rounds([1.0] * 4)
    mine.disturbed = {3}
    assert paired_ratio(mine, others).ratio == pytest.approx(1.0)
    others.disturbed = {0, 1}
    assert paired_ratio(mine, others).pairs == 4


def test_three_pairs_may_show_that_one_is_clearly_slower_but_settle_nothing() -> None:
    slow, fast = rounds([3.0, 3.01, 2.99]), rounds([1.0, 1.0, 1.0])
    assert clearly_slower(slow, fast)
    assert not clearly_slower(fast, slow)
    assert not settled(slow, fast)


def test_a_sure_difference_too_small_to_matter_is_a_tie() -> None:
    generator = np.random.default_rng(4)
    samples = {"a": noisy(generator, 30, sd=0.001), "b": noisy(generator, 30, ratio=1.01, sd=0.001)}
    standing, ratio = standings({name: _calm(row) for name, row in samples.items()})["b"]
    assert ratio.equal
    assert standing == "tied"


def test_the_leader_is_the_fastest_of_those_measured_often() -> None:
    assert leader({"a": rounds([2.0] * 5), "b": rounds([1.0] * 5), "c": rounds([0.1])}) == "b"
    assert leader({"a": rounds([]), "b": rounds([])}) is None
    assert leader({}) is None


def test_standings_name_the_leader_the_slower_and_the_tied() -> None:
    generator = np.random.default_rng(5)
    samples = {
        "fast": noisy(generator, 12, sd=0.01),
        "alike": noisy(generator, 12, ratio=1.004, sd=0.01),
        "slow": noisy(generator, 12, ratio=1.4, sd=0.01),
        "late": rounds([9.0]),
    }
    told = {name: standing for name, (standing, _ratio) in standings(samples).items()}
    assert told.pop("slow") == "slower"
    assert sorted(told.values()) == ["leader", "tied"]
    assert "late" not in told


def test_who_shares_no_rounds_with_the_leader_is_compared_through_a_third() -> None:
    early = dict.fromkeys(range(8), 3.0)
    third = Rounds(dict.fromkeys(range(16), 2.0))
    late = Rounds(dict.fromkeys(range(8, 16), 1.0), process_sd=0.02)
    told = standings({"early": Rounds(early), "third": third, "late": late, "alone": rounds([])})
    assert told["late"] == ("leader", None)
    standing, ratio = told["early"]
    assert (standing, ratio.ratio, ratio.pairs) == ("slower", pytest.approx(3.0), 8)
    assert (ratio.below, ratio.above) == pytest.approx((1.96 * 0.02, 1.96 * 0.02), rel=1e-3)
    assert "alone" not in told


@given(st.lists(st.tuples(POSITIVE, POSITIVE), min_size=LEAST_PAIRS, max_size=20))
def test_the_interval_encloses_the_ratio_and_turns_over_with_it(pairs: list[tuple[float, float]]) -> None:
    mine, others = (rounds([pair[side] for pair in pairs]) for side in (0, 1))
    ratio, other = paired_ratio(mine, others), paired_ratio(others, mine)
    assert 0 < ratio.low <= ratio.ratio <= ratio.high < math.inf
    assert ratio.ratio == pytest.approx(1 / other.ratio)
    assert paired_ratio(mine, others) == ratio


def _calm(row: Rounds) -> Rounds:
    return Rounds({number: min(ms, 1.02) for number, ms in row.times_ms.items()})

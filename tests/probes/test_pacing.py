"""How a budget is divided."""

from __future__ import annotations

import pytest

from probes.campaign import pacing
from probes.campaign.contenders import Contender
from probes.campaign.ledger import Ledger, Row
from probes.candidates import CANDIDATES, find_candidate
from probes.errors import WorkerFailed
from probes.protocol import Imported
from probes.workloads import find_workload

TORCH, COMPILED = Contender(find_candidate("pytorch-eager")), Contender(find_candidate("pytorch-compile"))
TINY, SMALL = find_workload("mlp-tiny"), find_workload("mlp-small")


def slow(ledger: Ledger, times: float) -> None:
    """PyTorch was imported, so many times slower than usual."""
    ledger.take_import(TORCH, Imported(import_s=times * TORCH.candidate.import_s, versions={}))


def test_one_that_hangs_leaves_most_of_the_budget_to_the_others() -> None:
    left_s = 60.0
    left_s -= pacing.start_limit_s(left_s, None, ready=0, waiting=8)
    assert left_s > 40
    usual_s = [pacing.typical_start_s(Contender(candidate), SMALL, alive=False) for candidate in CANDIDATES]
    assert sum(usual_s) < left_s + 5


def test_the_last_to_start_may_use_all_but_the_rounds() -> None:
    assert pacing.start_limit_s(30.0, None, ready=8, waiting=0) == pytest.approx(30 - 9 * 3 * 0.13)
    assert pacing.start_limit_s(4.0, None, ready=8, waiting=0) == 0.0


def test_what_started_before_is_begun_when_it_fits_and_may_take_longer_then() -> None:
    assert pacing.start_limit_s(60.0, 10.0, ready=0, waiting=0) == 30.0
    assert pacing.start_limit_s(12.0, 10.0, ready=0, waiting=8) == 30.0
    assert pacing.start_limit_s(30.0, 0.1, ready=0, waiting=8) == pacing.LEAST_HANG_S
    assert pacing.start_limit_s(10.0, 10.0, ready=0, waiting=0) == 0.0
    assert pacing.start_limit_s(3.0, 0.1, ready=8, waiting=0) == 0.0


def test_rounds_beyond_the_least_need_time_to_spare() -> None:
    rows = [Row(step_ms=1.0)] * 9
    assert pacing.another_round(2, rows, left_s=0.0, settled=False)
    assert pacing.another_round(3, rows, left_s=30.0, settled=True)
    assert not pacing.another_round(3, rows, left_s=5.0, settled=False)


def test_rounds_beyond_the_full_number_are_for_what_is_not_settled() -> None:
    rows = [Row(step_ms=1.0)] * 2
    assert pacing.another_round(5, rows, left_s=30.0, settled=False)
    assert not pacing.another_round(5, rows, left_s=30.0, settled=True)
    assert not pacing.another_round(5, rows, left_s=5.0, settled=False)
    assert not pacing.another_round(pacing.MOST_ROUNDS, rows, left_s=1000.0, settled=False)


def test_a_block_of_slow_steps_takes_as_long_as_one_step() -> None:
    assert pacing.block_s(Row(step_ms=5000.0)) == pytest.approx(6.5)
    assert pacing.block_s(Row(step_ms=0.1)) == pytest.approx(0.13)
    assert pacing.block_limit_s(Row(step_ms=0.1), left_s=100.0) == 5.0
    assert pacing.block_limit_s(Row(step_ms=5000.0), left_s=20.0) == 20.0


def test_a_start_is_expected_to_take_what_it_took_before() -> None:
    ledger = Ledger(CANDIDATES)
    assert pacing.known_start_s(ledger, TORCH, TINY, alive=True) is None
    usual_s = pacing.typical_start_s(TORCH, TINY, alive=False)
    assert pacing.expected_start_s(ledger, TORCH, TINY, alive=False) == usual_s
    ledger.take_import(TORCH, Imported(import_s=4.0, versions={}))
    row = ledger.open_row(TORCH, TINY)
    row.build_s, row.first_step_s = 0.5, 0.25
    assert pacing.expected_start_s(ledger, TORCH, TINY, alive=True) == pytest.approx(0.75 + 0.13)
    assert pacing.expected_start_s(ledger, TORCH, TINY, alive=False) == pytest.approx(4.75 + 0.13)


def test_a_network_of_more_operations_is_expected_to_take_longer_to_compile() -> None:
    ledger = Ledger(CANDIDATES)
    deep = find_workload("resnet-18")
    small_s, deep_s = (pacing.typical_start_s(COMPILED, each, alive=True) for each in (TINY, deep))
    assert deep_s > 2 * small_s
    row = ledger.open_row(COMPILED, TINY)
    row.build_s, row.first_step_s = 1.0, 19.0
    assert pacing.known_start_s(ledger, COMPILED, deep, alive=True) == pytest.approx(20 * deep_s / small_s + 0.13)


def test_where_imports_take_long_the_rest_is_expected_to_take_long_too() -> None:
    ledger = Ledger(CANDIDATES)
    assert pacing.slowness(ledger) == 1.0
    slow(ledger, 3.0)
    assert pacing.slowness(ledger) == pytest.approx(3.0)
    usual_s = pacing.typical_start_s(COMPILED, TINY, alive=True)
    assert pacing.expected_start_s(ledger, COMPILED, TINY, alive=True) == pytest.approx(3 * usual_s)


def test_what_imports_faster_later_is_no_longer_expected_to_be_slow_and_shows_its_first_import() -> None:
    ledger = Ledger(CANDIDATES)
    slow(ledger, 3.0)
    slow(ledger, 1.5)
    assert pacing.slowness(ledger) == pytest.approx(1.5)
    assert ledger.import_s[TORCH.candidate.id] == pytest.approx(3 * TORCH.candidate.import_s)


@pytest.mark.parametrize("times", [0.3, 4.0, 40.0])
@pytest.mark.parametrize("count", [1, 3, len(CANDIDATES)])
def test_in_a_further_budget_every_late_start_is_begun_though_each_takes_longer_than_expected(
    times: float, count: int
) -> None:
    contenders = [Contender(candidate) for candidate in CANDIDATES]
    ledger = Ledger(CANDIDATES)
    slow(ledger, times)
    assert pacing.further_budget_s(ledger, contenders, (TINY, SMALL)) == 0
    late = contenders[-count:]
    for each in late:
        ledger.fail(each, TINY, WorkerFailed("Late.", "timeout"))
    left_s = (1 - pacing.ENDING_SHARE) * pacing.further_budget_s(ledger, contenders, (TINY, SMALL))
    ledger.forgive_timeouts()
    for begun, each in enumerate(late):
        expected_s = pacing.expected_start_s(ledger, each, TINY, alive=False)
        limit_s = pacing.start_limit_s(left_s, None, ready=begun + 1, waiting=count - begun - 1, typical_s=expected_s)
        assert limit_s >= expected_s
        left_s -= pacing.PATIENCE * expected_s


def test_a_further_budget_keeps_figures_until_there_are_better_ones() -> None:
    ledger = Ledger(CANDIDATES)
    ledger.open_row(TORCH, TINY).times_ms = {0: 1.0, 1: 1.1}
    for each in (TORCH, COMPILED):
        ledger.fail(each, TINY, WorkerFailed("Late.", "timeout"))
    ledger.forgive_timeouts()
    assert not any(ledger.settled(each, TINY) for each in (TORCH, COMPILED))
    assert ledger.row(TORCH, TINY).samples == [1.0, 1.1]
    assert ledger.row(COMPILED, TINY) is None


def test_a_further_budget_is_for_further_sizes_too_and_for_who_did_not_even_import() -> None:
    ledger = Ledger(CANDIDATES)
    ledger.fail(COMPILED, TINY, WorkerFailed("Late.", "timeout"))
    main_s = pacing.further_budget_s(ledger, (TORCH, COMPILED), (TINY, SMALL))
    ledger.fail(COMPILED, SMALL, WorkerFailed("Late.", "timeout"))
    both_s = pacing.further_budget_s(ledger, (TORCH, COMPILED), (TINY, SMALL))
    ledger.import_failures[TORCH] = WorkerFailed("Late.", "timeout")
    all_s = pacing.further_budget_s(ledger, (TORCH, COMPILED), (TINY, SMALL))
    assert 0 < main_s < both_s < all_s


def test_time_is_kept_for_slow_steps() -> None:
    quick, slow = (pacing.start_limit_s(30.0, None, ready=3, waiting=0, step_s=step_s) for step_s in (0.01, 1.0))
    assert slow < quick - 4 * (pacing.MIN_ROUNDS + pacing.LEAST_WINDOWS) + 2
    ledger = Ledger(CANDIDATES)
    assert pacing.least_step_s(ledger, TINY) == 0
    ledger.open_row(TORCH, TINY).step_ms = 250.0
    ledger.open_row(COMPILED, TINY).step_ms = 500.0
    assert pacing.least_step_s(ledger, TINY) == 0.25


def test_side_by_side_takes_as_long_as_the_cores_are_busy_or_the_longest() -> None:
    assert pacing.starting_s([4.0, 4.0], at_once=1) == 8.0
    assert pacing.starting_s([4.0, 4.0], at_once=2) == pytest.approx(4.0 * pacing.BESIDE_FACTOR)
    assert pacing.starting_s([1.0, 9.0], at_once=2) == pytest.approx(9.0 * pacing.BESIDE_FACTOR)


def test_refusing_another_workload_takes_no_time() -> None:
    ledger = Ledger(CANDIDATES)
    ledger.fail(TORCH, TINY, WorkerFailed("no such layer", "unusable"))
    assert pacing.known_start_s(ledger, TORCH, SMALL, alive=True) == pytest.approx(0.13)


def test_nothing_is_expected_of_settled_rows() -> None:
    ledger = Ledger((TORCH.candidate, COMPILED.candidate))
    before = pacing.expected_left_s(ledger, (TORCH, COMPILED), (TINY, SMALL), frozenset())
    ledger.fail(COMPILED, TINY, WorkerFailed("no compiler"))
    ledger.import_failures[TORCH] = WorkerFailed("not installed", "unusable")
    after = pacing.expected_left_s(ledger, (TORCH, COMPILED), (TINY, SMALL), frozenset())
    assert 0 < after < before
    ledger.fail(COMPILED, SMALL, WorkerFailed("no compiler"))
    assert pacing.expected_left_s(ledger, (TORCH, COMPILED), (TINY, SMALL), frozenset()) == 0


def test_who_hangs_leaves_something_for_those_that_come_later() -> None:
    assert pacing.start_limit_s(30.0, None, ready=0, waiting=0, later=5) < 30.0 / 2
    assert pacing.start_limit_s(30.0, None, ready=0, waiting=0) > 30.0 / 2


def test_nobody_gets_less_than_is_typical_while_there_is_time() -> None:
    assert pacing.start_limit_s(9.0, None, ready=0, waiting=2, typical_s=3.0) == 3.0 * pacing.PATIENCE
    assert pacing.start_limit_s(3.0, None, ready=0, waiting=0, later=8, typical_s=3.0) == pytest.approx(3 - 0.39)


def test_as_many_are_started_as_will_be_measured_in_time() -> None:
    expected_s = [1.0, 2.0, 10.0, 1.0]
    assert pacing.fitting(expected_s, 60.0, beside=0) == 4
    assert pacing.fitting(expected_s, 10.0, beside=0) == 2
    assert pacing.fitting(expected_s, 15.0, beside=0, at_once=2) == 4
    assert pacing.fitting(expected_s, 10.0, beside=20) == 1
    assert pacing.fitting(expected_s, 0.5, beside=0) == 0

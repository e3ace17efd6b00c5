"""How memory grows with the batch, what fits, and that a worker is held to its cap."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import toy_worker
from hypothesis import given
from hypothesis import strategies as st
from leftovers import left_by

from probes.candidates import find_candidate
from probes.errors import OutOfMemory, WorkerFailed
from probes.memory.cap import POLL_S
from probes.memory.growth import LargestBatch, MemoryGrowth, MemoryLine, MemoryPoint, fit_line, largest_batch
from probes.memory.ladder import Hire, batch_growth
from probes.supervisor import Worker
from probes.workloads import MAX_BATCH, Workload, cnn, find_workload, mlp

TORCH, SCIKIT = find_candidate("pytorch-eager"), find_candidate("scikit-learn")
TINY = find_workload("mlp-tiny")

# Nearly all of its memory is its batch, 16 KiB an example.
WIDE = mlp(columns=4096, width=1, depth=1, outputs=3, batch=1)

pytestmark = pytest.mark.usefixtures("no_process_left")


def hiring(interpreter: str, limit_mb: float) -> Hire:
    return lambda variables: Worker(TORCH, interpreter, variables, limit_mb)


def line(base_mb: float, mb_per_example: float, batches: tuple[int, ...] = (100, 200, 400)) -> MemoryLine | None:
    return fit_line([MemoryPoint(batch=batch, memory_mb=base_mb + mb_per_example * batch) for batch in batches])


def growth(as_run: MemoryLine | None, own_pages: MemoryLine | None = None) -> MemoryGrowth:
    return MemoryGrowth(candidate="jax-jit", workload="mlp", device="cpu", as_run=as_run, own_pages=own_pages)


def test_points_on_a_line_give_that_line_and_are_kept() -> None:
    fitted = line(300.0, 0.5)
    assert (fitted.base_mb, fitted.mb_per_example) == pytest.approx((300.0, 0.5))
    assert [point.batch for point in fitted.points] == [100, 200, 400]


def test_the_doubt_about_a_slope_shrinks_with_the_range_of_batches() -> None:
    assert line(300.0, 0.5, (100, 800)).mb_per_example_sd < line(300.0, 0.5, (100, 200)).mb_per_example_sd


def test_memory_that_falls_with_the_batch_is_no_growth() -> None:
    assert line(300.0, -0.5).mb_per_example == 0.0
    assert largest_batch(growth(line(300.0, -0.5)), limit_mb=1000.0) is None


def test_one_size_is_no_line() -> None:
    assert line(300.0, 0.5, (100,)) is None
    assert largest_batch(growth(None), limit_mb=1000.0) is None


def test_growth_within_the_noise_of_a_build_gives_no_number() -> None:
    assert largest_batch(growth(line(300.0, 0.01, (100, 200, 400))), limit_mb=1000.0) is None


def test_the_batch_that_meets_the_limit_is_the_largest() -> None:
    found = largest_batch(growth(line(300.0, 0.5)), limit_mb=1000.0)
    assert found.low < found.batch == 1400 < found.high


def test_the_interval_holds_what_arrays_take_with_and_without_gaps() -> None:
    found = largest_batch(growth(line(300.0, 1.0), line(300.0, 0.5)), limit_mb=1000.0)
    assert found.low < 700 < found.batch < 1400 < found.high


def test_a_limit_below_what_is_there_anyway_fits_nothing() -> None:
    assert largest_batch(growth(line(300.0, 0.5)), limit_mb=200.0) == LargestBatch(batch=0, low=0, high=0)


def test_no_batch_is_larger_than_a_workload_may_have() -> None:
    assert largest_batch(growth(line(300.0, 0.5)), limit_mb=1e9).high == MAX_BATCH


SLOPES = st.floats(min_value=0.0, max_value=10.0)
LIMITS = st.floats(min_value=1.0, max_value=1e6)


@given(as_run=SLOPES, own_pages=SLOPES, limits=st.tuples(LIMITS, LIMITS))
def test_more_memory_never_fits_less(as_run: float, own_pages: float, limits: tuple[float, float]) -> None:
    measured = growth(line(300.0, as_run), line(250.0, own_pages))
    little, much = (largest_batch(measured, limit_mb) for limit_mb in sorted(limits))
    assert (little is None) == (much is None)
    if little and much:
        assert little.low <= little.batch <= little.high
        assert (little.low, little.batch, little.high) <= (much.low, much.batch, much.high)
        assert little.batch <= much.batch
        assert little.high <= much.high


def test_what_a_worker_keeps_for_each_example_is_the_growth(tmp_path: Path) -> None:
    found = batch_growth(TORCH, WIDE, budget_s=60, seed=0, hire=hiring(toy_worker.interpreter(tmp_path), 2000))
    # The batch is made in two halves, the first of which is still there when they are put together.
    expected = 1.5 * WIDE.input.shape[0] * 4 / 2**20
    assert found.as_run.mb_per_example == pytest.approx(expected, rel=0.15)
    assert largest_batch(found, limit_mb=2000) is not None


@pytest.mark.parametrize("fault", ["leak@train", "leak_in_a_child@train"])
def test_a_worker_that_reaches_its_cap_is_ended_with_all_it_started(tmp_path: Path, fault: str) -> None:
    with Worker(TORCH, toy_worker.interpreter(tmp_path, fault), memory_limit_mb=200) as worker:
        worker.import_framework(seed=0, timeout_s=60)
        worker.build(TINY, seed=0, timeout_s=60)
        with pytest.raises(
            OutOfMemory, match=r"ran out of memory at its first step: .* 200 MB are allowed"
        ) as caught:
            worker.first_step(timeout_s=60)
        assert not left_by(os.getpid())
        assert "smaller batch" in str(caught.value)
        with pytest.raises(OutOfMemory):
            worker.measure(block_ms=20, timeout_s=60)


def test_a_worker_below_its_cap_is_left_alone(tmp_path: Path) -> None:
    with Worker(TORCH, toy_worker.interpreter(tmp_path), memory_limit_mb=2000) as worker:
        worker.import_framework(seed=0, timeout_s=60)
        worker.build(TINY, seed=0, timeout_s=60)
        worker.measure(block_ms=100, timeout_s=60)
        assert worker.alive


def test_a_network_whose_smallest_size_does_not_fit_is_out_of_memory(tmp_path: Path) -> None:
    leaking = toy_worker.interpreter(tmp_path, "leak@train")
    with pytest.raises(OutOfMemory, match="ran out of memory"):
        batch_growth(TORCH, TINY, budget_s=60, seed=0, hire=hiring(leaking, 200))


def test_too_short_a_time_is_told(tmp_path: Path) -> None:
    hanging = toy_worker.interpreter(tmp_path, "hang@configure")
    with pytest.raises(WorkerFailed) as caught:
        batch_growth(TORCH, TINY, budget_s=0.5, seed=0, hire=hiring(hanging, 2000))
    assert caught.value.reason == "timeout"


def test_the_largest_batch_is_where_a_worker_meets_its_cap(tmp_path: Path) -> None:
    interpreter = toy_worker.interpreter(tmp_path)
    assert_limit_is_in_the_interval(interpreter, WIDE, above_mb=250, within=1 / 30)


@pytest.mark.frameworks
def test_the_largest_batch_is_where_a_real_framework_meets_a_real_cap() -> None:
    network = cnn(side=64, width=16, stages=1, outputs=10, batch=1)
    assert_limit_is_in_the_interval(sys.executable, network, above_mb=600, within=1 / 10)


def assert_limit_is_in_the_interval(interpreter: str, network: Workload, above_mb: float, within: float) -> None:
    """With so much more than a single example takes, predicted and found by trying."""
    with Worker(TORCH, interpreter) as small:
        small.import_framework(seed=0, timeout_s=120)
        small.build(network, seed=0, timeout_s=60)
        small.first_step(timeout_s=60)
        limit_mb = small.peak_memory(timeout_s=60).memory_mb + above_mb
    grown = batch_growth(TORCH, network, budget_s=120, seed=0, hire=hiring(interpreter, 4000))
    predicted = largest_batch(grown, limit_mb)
    assert predicted is not None
    fits, fits_not = bracket_of_largest(
        lambda batch: takes_a_step(interpreter, network.with_batch(batch), limit_mb),
        predicted.low // 2,
        2 * predicted.high,
        within,
    )
    # The largest is one of fits to fits_not - 1.
    assert predicted.low < fits_not, (predicted, fits, fits_not)
    assert fits <= predicted.high, (predicted, fits, fits_not)


def bracket_of_largest(fits: Callable[[int], bool], low: int, high: int, within: float) -> tuple[int, int]:
    """One that fits and one that does not, by bisection until they differ by a share of the first."""
    assert fits(low)
    assert not fits(high)
    while high - low > within * low:
        middle = (low + high) // 2
        low, high = (middle, high) if fits(middle) else (low, middle)
    return low, high


def takes_a_step(interpreter: str, workload: Workload, limit_mb: float) -> bool:
    with Worker(TORCH, interpreter, memory_limit_mb=limit_mb) as worker:
        worker.import_framework(seed=0, timeout_s=120)
        try:
            worker.build(workload, seed=0, timeout_s=60)
            worker.first_step(timeout_s=60)
            # Long enough for the cap, which looks from time to time, to have seen what the step holds.
            worker.measure(block_ms=5000 * POLL_S, timeout_s=60)
            # What it held for less than that, a limit of the system's own would have met.
            return worker.peak_memory(timeout_s=60).memory_mb <= limit_mb
        except OutOfMemory:
            return False

"""Break-even: who starts sooner, who catches up, and how sure that is."""

from __future__ import annotations

import pytest

from assistant import job_words
from assistant.advice.break_even import break_even, lead_changes
from assistant.advice.estimates import Estimate, JobForecast
from assistant.advice.recommendation import ForecastRow


def forecast(candidate: str, first_s: float, step_ms: float, log_sd: float = 0.0) -> JobForecast:
    return JobForecast(
        candidate,
        step_ms=Estimate(step_ms, log_sd, "forecast"),
        first_result_s=Estimate(first_s, log_sd, "forecast"),
    )


EAGER = forecast("pytorch-eager", 2.0, 100.0)


def test_the_head_start_over_what_each_step_gains() -> None:
    found = break_even(forecast("pytorch-compile", 12.0, 80.0), EAGER)
    assert (found.sooner, found.later) == ("pytorch-eager", "pytorch-compile")
    assert found.steps == found.steps_low == found.steps_high == pytest.approx(1 + 10.0 / 0.020)


def test_who_is_no_quicker_never_catches_up() -> None:
    found = break_even(EAGER, forecast("pytorch-compile", 12.0, 100.0))
    assert (found.steps, found.steps_low, found.steps_high) == (None, None, None)
    assert "never catches up" in job_words.break_even(found, 100)


def test_doubt_about_the_steps_widens_the_interval_and_may_leave_it_open() -> None:
    sure = break_even(EAGER, forecast("pytorch-compile", 12.0, 50.0, log_sd=0.1))
    assert sure.steps_low < sure.steps < sure.steps_high
    assert sure.steps == pytest.approx(201, rel=0.05)
    close = break_even(EAGER, forecast("pytorch-compile", 12.0, 88.0, log_sd=0.1))
    assert close.steps == pytest.approx(1 + 10 / 0.012)
    assert close.steps_high is None
    assert "or more)" in job_words.break_even(close, 100)


def test_what_is_off_for_both_says_nothing_of_who_catches_up() -> None:
    def width(sooner: str, later: str) -> float:
        found = break_even(forecast(sooner, 2.0, 100.0, log_sd=0.1), forecast(later, 12.0, 50.0, log_sd=0.1))
        return found.steps_high / found.steps_low

    assert width("pytorch-eager", "pytorch-compile") < width("pytorch-eager", "tensorflow-graph")


@pytest.mark.parametrize("step_ms", [95.0, 101.0, 105.0])
def test_of_two_that_are_about_as_fast_none_is_said_to_catch_up(step_ms) -> None:
    found = break_even(EAGER, forecast("pytorch-compile", 12.0, step_ms, log_sd=0.1))
    assert found.steps is None
    assert found.steps_low is not None
    assert "may never catch up" in job_words.break_even(found, 100)


def test_without_a_start_or_a_step_time_nothing_is_said() -> None:
    assert break_even(EAGER, JobForecast("jax-jit", missing="It failed.")) is None
    assert lead_changes({"jax-jit": JobForecast("jax-jit"), "pytorch-eager": JobForecast("pytorch-eager")}) == ()


def test_each_candidate_that_takes_the_lead_is_compared_with_the_one_that_had_it() -> None:
    rows = (
        EAGER,
        forecast("jax-jit", 4.0, 60.0),
        forecast("keras-torch", 6.0, 120.0),
        forecast("tensorflow-graph", 5.0, 58.0),
        forecast("tensorflow-xla", 30.0, 40.0),
    )
    found = lead_changes({row.candidate: row for row in rows})
    # The two modes of a framework first; then at 51, 501 and 1389 steps somebody else leads.
    assert [(each.sooner, each.later) for each in found] == [
        ("tensorflow-graph", "tensorflow-xla"),
        ("pytorch-eager", "jax-jit"),
        ("jax-jit", "tensorflow-graph"),
    ]
    assert [round(each.steps) for each in found] == [1390, 51, 501]


def test_the_words_name_the_epoch() -> None:
    found = break_even(forecast("pytorch-compile", 12.0, 80.0), EAGER)
    assert job_words.break_even(found, 100) == (
        "PyTorch, compiled with torch.compile has caught up with PyTorch, run line by line (eager) after about 500 "
        "steps, in epoch 6."
    )


def test_of_two_that_nobody_knows_well_nothing_is_said() -> None:
    found = break_even(EAGER, forecast("pytorch-compile", 2.1, 95.0, log_sd=0.5))
    assert "cannot be told" in job_words.break_even(found, 100)


def test_a_pair_is_told_once_and_what_cannot_be_used_does_not_lead() -> None:
    graph, xla = forecast("tensorflow-graph", 9.0, 60.0), forecast("tensorflow-xla", 5.0, 80.0)
    (found,) = lead_changes({each.candidate: each for each in (graph, xla)})
    assert (found.sooner, found.later) == ("tensorflow-xla", "tensorflow-graph")


def row(memory_mb: float | None, high_mb: float | None, largest: int | None) -> ForecastRow:
    return ForecastRow(
        candidate="jax-jit", memory_mb=memory_mb, memory_mb_high=high_mb, memory_gb=1.0, largest_batch=largest
    )


@pytest.mark.parametrize(
    ("forecast_row", "expected"),
    [
        (row(None, None, None), None),
        (row(500.0, 900.0, 4000), None),
        (row(900.0, 1400.0, 80), "needs about 900 MB of the 1 GB there are. If it does not fit, halve"),
        (row(3000.0, 4000.0, 20), "A batch of 20 should fit: add up the gradients of 4 such batches"),
        (row(3000.0, 4000.0, 0), "Not even one example surely fits"),
        (row(3000.0, 4000.0, None), "If it does not fit, halve"),
    ],
)
def test_what_to_do_where_memory_is_short(forecast_row, expected) -> None:
    told = job_words.short_of_memory(forecast_row, batch=64)
    assert told is None if expected is None else expected in told


def test_a_largest_number_is_never_rounded_up() -> None:
    assert [job_words.at_most(number) for number in (0, 7, 99, 156, 1_999, 65_536)] == [0, 7, 99, 150, 1_900, 65_000]

"""Figures in words: no more precision than was measured, and the unit a person would use."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from made_up_language import add_language, spoken

from assistant import quantities, wording
from assistant.advice.recommendation import ForecastRow
from probes import hardware
from tests.assistant.claim_records import decided
from tests.runs import a_report


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0.0000123, "12 µs"),
        (0.00123, "1.2 ms"),
        (0.5, "500 ms"),
        (1.234, "1.2 s"),
        (99.4, "99 s"),
        (99.9, "1 min 40 s"),
        (404, "6 min 40 s"),
        (597, "10 min"),
        (1600, "27 min"),
        (3599, "1 h"),
        (7000, "1 h 55 min"),
        (11 * 3600, "11 h"),
        (40 * 3600, "1.6 days"),
    ],
)
def test_durations_read_as_people_say_them(seconds: float, words: str) -> None:
    assert quantities.duration(seconds) == words


@pytest.mark.parametrize(
    ("longest_s", "title", "shown"),
    [
        (0.5, "s, lower is better", 0.5),
        (179, "s, lower is better", 179),
        (180, "min, lower is better", 3),
        (9_000, "min, lower is better", 150),
        (18_000, "h, lower is better", 5),
        (864_000, "days, lower is better", 10),
    ],
)
def test_an_axis_of_times_is_in_the_unit_that_people_would_name(longest_s, title, shown) -> None:
    unit = quantities.time_unit(longest_s)
    assert (unit.lower_is_better, unit.of(longest_s)) == (title, shown)


@given(st.floats(min_value=1e-6, max_value=1e8))
def test_a_duration_is_never_negative_nor_empty_of_a_unit(seconds: float) -> None:
    value, *unit = quantities.duration(seconds).split()
    assert float(value) >= 0
    assert unit


@pytest.mark.parametrize(
    ("mb", "words"),
    [(3, "3 MB"), (994, "990 MB"), (996, "0.97 GB"), (1009, "0.99 GB"), (1024, "1 GB"), (23_000, "22 GB")],
)
def test_memory_changes_its_unit_where_it_reaches_a_whole_one(mb: float, words: str) -> None:
    assert quantities.memory(mb) == words


@pytest.mark.parametrize(
    ("share", "words"), [(0.0, "0 %"), (0.004, "under 1 %"), (0.5, "50 %"), (0.996, "over 99 %"), (1.0, "100 %")]
)
def test_a_share_is_certain_only_when_it_is(share: float, words: str) -> None:
    assert quantities.percent(share) == words


def test_a_forecast_without_figures_says_what_is_missing() -> None:
    assert (
        wording.job_line(ForecastRow(candidate="jax-jit", missing="It was not measured.")) == "It was not measured."
    )


def test_a_forecast_is_told_as_a_range() -> None:
    row = ForecastRow(
        candidate="jax-jit", epoch_seconds=400, epoch_seconds_low=350, epoch_seconds_high=450, memory_mb=2048
    )
    assert wording.job_line(row) == "About 6 min 40 s per epoch (5 min 50 s to 7 min 30 s), 2 GB of memory"


def test_a_decided_claim_shows_its_ratio_with_the_interval() -> None:
    check = decided("x", figure=1.62, low=1.41, high=1.79, meaning="Slower, as claimed.")
    assert wording.check_line(check) == "holds here: 1.6 times (1.4 to 1.8). Slower, as claimed."


def test_an_undecided_claim_says_why() -> None:
    check = decided("x", None, problem="Others were busy.")
    assert wording.check_line(check) == "not decided. Others were busy."


def test_one_core_is_one_core(laptop) -> None:
    assert wording.machine_line(laptop).startswith("4 cores")
    assert wording.machine_line(laptop.model_copy(update={"physical_cores": 1})).startswith("1 core (")


@pytest.mark.parametrize(
    ("language", "and_", "or_"),
    [
        ("en", ["A", "A and B", "A, B and C"], "A, B or C"),
        ("zh_CN", ["A", "A 和 B", "A、B 和 C"], "A、B 或 C"),
    ],
)
def test_names_are_listed_as_the_language_lists_them(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, language: str, and_: list[str], or_: str
) -> None:
    words = {
        "{names}, {name}": "{names}、{name}",
        "{most} and {last}": "{most} 和 {last}",
        "{most} or {last}": "{most} 或 {last}",
    }
    add_language(monkeypatch, tmp_path, "zh_CN", words)
    with spoken(language):
        assert [wording.listing("ABC"[:count]) for count in (1, 2, 3)] == and_
        assert wording.listing("ABC", last="or") == or_


def test_a_sentence_is_put_together_as_the_language_does(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    words = {
        "About {time} per epoch": "每轮大约 {time}",
        "{figure} ({range})": "{figure}\uff08{range}\uff09",
        "{low} to {high}": "{low} 至 {high}",
        ", ": "\uff0c",
        "{memory} of memory": "占用 {memory} 内存",
        "{large} min {small} s": "{large} 分 {small} 秒",
        "{large} min": "{large} 分",
    }
    add_language(monkeypatch, tmp_path, "zh_CN", words)
    row = ForecastRow(
        candidate="jax-jit", epoch_seconds=400, epoch_seconds_low=360, epoch_seconds_high=450, memory_mb=2048
    )
    with spoken("zh_CN"):
        line = wording.job_line(row)
    assert line == "每轮大约 6 分 40 秒\uff086 分 至 7 分 30 秒\uff09\uff0c占用 2 GB 内存"


def test_what_restricts_a_machine_is_told_in_the_language_of_the_reader(monkeypatch, laptop, tmp_path: Path) -> None:
    add_language(monkeypatch, tmp_path, "zh_CN", {"{allowed} of {all} cores": "{all} 核中的 {allowed} 个"})
    restrictions = hardware.restrictions({"OMP_NUM_THREADS": "2"}, allowed_cores=3, logical_cores=8)
    with spoken("zh_CN"):
        line = wording.machine_line(laptop.model_copy(update={"restrictions": restrictions}))
    assert line.endswith("OMP_NUM_THREADS=2, 8 核中的 3 个"), "as probes.hardware words it, so it is recognised"


def test_an_answer_that_names_nothing_says_so() -> None:
    assert wording.answer_label("knows", ()) == "none of them"


def test_the_time_spent_says_what_of_it_was_overhead() -> None:
    report = a_report(
        seconds=60.0,
        wall_s={
            "importing": 20.0,
            "building": 4.0,
            "first steps": 10.0,
            "warming up": 8.0,
            "timed steps": 12.0,
            "starting workers": 1.0,
            "reading memory": 2.0,
        },
    )
    told = wording.time_spent(report)
    assert told.startswith("Measured in 60 s: importing 20 s, timed steps 12 s, first steps 10 s, warming up 8 s,")
    assert "between them 3 s" in told
    assert told.endswith("between them): 10 %.")


def test_of_a_report_that_does_not_say_where_its_time_went_nothing_is_called_overhead() -> None:
    assert wording.time_spent(a_report(wall_s={})) == "Measured in 12 s."


def test_a_framework_named_with_all_its_modes_goes_by_its_own_name() -> None:
    some = ["keras-jax", "pytorch-eager", "pytorch-compile"]
    assert wording.candidate_names(some) == "Keras, on JAX; PyTorch"
    assert wording.candidate_names(["scikit-learn"]) == "scikit-learn"


def test_a_sentence_begins_with_a_capital_unless_with_a_name() -> None:
    assert wording.as_sentence("you know JAX") == "You know JAX"
    assert wording.as_sentence("scikit-learn has no GPU") == "scikit-learn has no GPU"

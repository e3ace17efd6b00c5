"""The charts of a decision record: their axes, and how they are drawn in letters."""

from __future__ import annotations

import pytest

from assistant.record.chart import TEXT_WIDTH, drawing, in_letters, shares_in_letters
from assistant.record.document import (
    Interval,
    IntervalChart,
    Share,
    ShareChart,
)


def test_bars_in_letters_are_as_long_as_their_shares() -> None:
    rows = (Share("a", 0.75, "75 %"), Share("b", 0.25, "25 %"), Share("c", 0.0, "excluded"))
    drawn = list(shares_in_letters(ShareChart("title", "words", rows)))
    assert [line.count("#") for line in drawn] == [TEXT_WIDTH * 3 // 4, TEXT_WIDTH // 4, 0]
    assert {line[TEXT_WIDTH:][:10].strip() for line in drawn} == {"75 %", "25 %", "excluded"}


@pytest.mark.parametrize(
    ("intervals", "ticks"),
    [
        ([(1.5, 1.4, 1.6), (6.4, 6.2, 7.3)], ["0", "2", "4", "6", "8"]),
        ([(0.3, 0.3, 0.3)], ["0", "0.1", "0.2", "0.3"]),
        ([(1.1, 1.0, 1.2), (18, 17, 19)], ["1", "2", "5", "10", "20"]),
        ([(0.7, 0.6, 0.8), (4_000, 3_500, 4_800)], ["1", "10", "100", "1,000"]),
    ],
)
def test_an_axis_has_few_round_figures_and_holds_every_interval(
    intervals: list[tuple[float, float, float]], ticks: list[str]
) -> None:
    rows = tuple(Interval("a", *figures, words="x") for figures in intervals)
    drawn = drawing(IntervalChart("title", "ms", "words", rows))
    assert [tick.text for tick in drawn.ticks] == ticks
    assert drawn.title == ("ms" if ticks[0] == "0" else "ms, logarithmic")
    assert all(0 <= mark.begin <= mark.at <= mark.end <= 1 for mark in drawn.marks)
    assert [mark.row.value for mark in drawn.marks] == sorted(mark.row.value for mark in drawn.marks)


def test_a_chart_in_letters_is_aligned_whatever_the_names() -> None:
    rows = (Interval("\u6846\u67b6", 10, 5, 20, "10 ms"), Interval("b", 30, 28, 39, "30 ms"))
    first, second, axis, labels = in_letters(IntervalChart("title", "ms", "words", rows))
    assert first[TEXT_WIDTH:] == "  10 ms  \u6846\u67b6"
    assert second[TEXT_WIDTH:] == "  30 ms  b"
    assert first.index("-") < first.index("o") < first.rindex("-") < second.index("o")
    assert axis.count("+") == len(labels.split()) - 1 == 5
    assert first.index("o") == axis.index("+", 1), "10 stands above its tick"

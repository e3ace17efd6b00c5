"""A chart of figures with their intervals: where everything stands; and the charts in letters.

Positions are shares of the axis's length, so that a drawing can be of any width. It is not drawn with Altair, as the
pages' charts are: to write a still picture, that needs vl-convert, a JavaScript engine of 34 MB, and what it writes
follows neither the reader's colours nor the width of the paper.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import ceil, floor, log10

from assistant import wording
from assistant.quoting import one_line
from assistant.record.document import Interval, IntervalChart, ShareChart

# From this ratio on, the slowest would squeeze the others against the axis.
LOG_RATIO = 8.0

# Steps of a linear axis, and labels of a logarithmic one.
MOST_STEPS, MOST_LABELS = 4, 6

TEXT_WIDTH = 48


@dataclass(frozen=True)
class Tick:
    """A place on the axis and its figure."""

    at: float
    text: str


@dataclass(frozen=True)
class Mark:
    """One row: its figure stands at `at`, its interval from `begin` to `end`."""

    row: Interval
    at: float
    begin: float
    end: float


@dataclass(frozen=True)
class Drawing:
    """The rows, the smallest figure first, above their axis and its title."""

    marks: tuple[Mark, ...]
    ticks: tuple[Tick, ...]
    title: str


@dataclass(frozen=True)
class Scale:
    """An axis from `ticks[0]` to `ticks[-1]`."""

    ticks: tuple[float, ...]
    logarithmic: bool

    def position(self, value: float) -> float:
        """Where the value stands, 0 to 1."""
        first, last = self.ticks[0], self.ticks[-1]
        if self.logarithmic:
            return log10(value / first) / log10(last / first)
        return (value - first) / (last - first)

    @property
    def labelled(self) -> tuple[float, ...]:
        """The ticks; where they would crowd, those at powers of ten."""
        if len(self.ticks) <= MOST_LABELS:
            return self.ticks
        return tuple(tick for tick in self.ticks if f"{tick:e}".startswith("1."))


def drawing(chart: IntervalChart) -> Drawing:
    """The chart's geometry; its figures must be above zero. Logarithmic where they differ much, else from zero."""
    rows = sorted(chart.rows, key=lambda row: row.value)
    scale = _scale(min(row.low for row in rows), max(row.high for row in rows))
    marks = (Mark(row, *map(scale.position, (row.value, row.low, row.high))) for row in rows)
    ticks = (Tick(scale.position(tick), f"{tick:,g}") for tick in scale.labelled)
    title = wording.logarithmic(chart.axis) if scale.logarithmic else chart.axis
    return Drawing(tuple(marks), tuple(ticks), title)


def in_letters(chart: IntervalChart) -> Iterator[str]:
    """The chart for a fixed-width font, in letters that are as wide as any other everywhere; names come last."""
    drawn = drawing(chart)
    figures = max(len(mark.row.words) for mark in drawn.marks)
    for mark in drawn.marks:
        begin, at, end = map(_column, (mark.begin, mark.at, mark.end))
        line = " " * begin + "-" * (at - begin) + "o" + "-" * (end - at)
        yield f"{line:<{TEXT_WIDTH}}  {mark.row.words:>{figures}}  {one_line(mark.row.name)}"
    yield from _axis_in_letters(drawn.ticks, drawn.title)


def shares_in_letters(chart: ShareChart) -> Iterator[str]:
    """Bars of letters, as long as the share of the width; names come last."""
    figures = max(len(row.words) for row in chart.rows)
    for row in chart.rows:
        bar = "#" * round(row.share * TEXT_WIDTH)
        yield f"{bar:.<{TEXT_WIDTH}}  {row.words:>{figures}}  {one_line(row.name)}"


def _axis_in_letters(ticks: tuple[Tick, ...], title: str) -> Iterator[str]:
    line, labels = ["-"] * TEXT_WIDTH, ""
    for tick in ticks:
        line[_column(tick.at)] = "+"
        labels = f"{labels:<{_column(tick.at)}}{tick.text} "
    yield "".join(line)
    yield f"{labels:<{TEXT_WIDTH}}  {title}"


def _column(at: float) -> int:
    return round(at * (TEXT_WIDTH - 1))


def _scale(least: float, most: float) -> Scale:
    if most / least > LOG_RATIO:
        figures = _round_figures(least, most)
        first = max(place for place, figure in enumerate(figures) if figure <= least)
        last = next(place for place, figure in enumerate(figures) if figure >= most)
        return Scale(figures[first : last + 1], logarithmic=True)
    step = next(figure for figure in _round_figures(most / MOST_STEPS, most) if figure >= most / MOST_STEPS)
    return Scale(tuple(step * number for number in range(ceil(most / step) + 1)), logarithmic=False)


def _round_figures(least: float, most: float) -> tuple[float, ...]:
    """1, 2 and 5 times the powers of ten, from the power below `least` to beyond `most`."""
    powers = range(floor(log10(least)), ceil(log10(most)) + 1)
    return tuple(float(f"{digit}e{power}") for power in powers for digit in (1, 2, 5))

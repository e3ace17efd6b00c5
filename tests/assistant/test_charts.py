"""The axes of the pages' charts: legible, and logarithmic ones say so."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import altair as alt
import pandas as pd
import pytest

from assistant.advice.recommendation import BreakEven, ForecastRow
from assistant.evaluation.published import published
from assistant.evaluation.targets import TARGETS
from assistant.views import break_even_chart, budget_chart, charts

INK = "#123456"
AXIS = charts.Axis("step_ms", "ms, lower is better", "words", "low", "high")


def steps(*step_ms: float) -> pd.DataFrame:
    figures = pd.DataFrame({"name": [f"candidate {each}" for each in step_ms], "step_ms": step_ms})
    return figures.assign(low=figures["step_ms"], high=figures["step_ms"], words="x")


def dots(*step_ms: float) -> alt.LayerChart:
    return charts.dot_plot(steps(*step_ms), AXIS, INK)


def ratios() -> alt.LayerChart:
    frame = pd.DataFrame({"name": ["other\n1.5 times"], "figure": [1.5], "low": [1.2], "high": [1.8]})
    return charts.ratio_plot(frame, (1.1, float("inf")), "times as much", INK)


def break_even() -> alt.LayerChart:
    found = BreakEven(sooner="pytorch-eager", later="pytorch-compile", steps=100, steps_low=80, steps_high=120)
    row = ForecastRow(candidate="pytorch-eager", step_ms=2.0, first_result_seconds=3.0)
    return break_even_chart.drawn(found, {"pytorch-eager": row, "pytorch-compile": row}, INK)


def by_budget() -> alt.LayerChart:
    target = next(target for target in TARGETS if target.figure == "mean_regret")
    return budget_chart.drawn("mean_regret", target, published()[0].evaluation.by_budget, INK)


CHARTS = {
    "linear": lambda: dots(2.0, 3.0),
    "logarithmic": lambda: dots(2.0, 300.0),
    "two places": lambda: charts.dot_plot(pd.concat([steps(2.0).assign(place=each) for each in "ab"]), AXIS, INK),
    "ratios": ratios,
    "break-even": break_even,
    "budgets": by_budget,
}


def within(drawn: Any, key: str) -> Iterator[Any]:
    """Everything of this name in a specification, however deep."""
    for name, value in drawn.items() if isinstance(drawn, dict) else enumerate(drawn):
        if name == key:
            yield value
        if isinstance(value, dict | list):
            yield from within(value, key)


@pytest.mark.parametrize("chart", CHARTS)
def test_what_stands_at_an_axis_is_as_legible_as_all_that_is_written(chart: str) -> None:
    drawn = CHARTS[chart]().to_dict()
    axes = [axis for axis in within(drawn, "axis") if axis]
    assert axes
    assert {axis.get("labelColor") for axis in axes} == {axis.get("titleColor") for axis in axes} == {INK}
    assert {legend["labelColor"] for legend in within(drawn, "legend") if legend} <= {INK}


@pytest.mark.parametrize("chart", CHARTS)
def test_a_logarithmic_axis_says_so_and_no_other_does(chart: str) -> None:
    encodings = [each for each in within(CHARTS[chart]().to_dict(), "x") if isinstance(each, dict) and "axis" in each]
    assert encodings
    for encoding in encodings:
        logarithmic = encoding["scale"].get("type") == "log"
        assert (", logarithmic" in encoding["title"]) == logarithmic


@pytest.mark.parametrize("spread", [9.0, 40.0, 1e3, 1e7])
def test_the_marks_of_a_logarithmic_axis_are_evenly_spaced_and_few(spread: float) -> None:
    axes = within(dots(0.26, 0.26 * spread).to_dict(), "axis")
    (marks,) = (axis["values"] for axis in axes if axis and "values" in axis)
    assert marks[0] <= 0.26
    assert marks[-1] >= 0.26 * spread
    assert 3 <= len(marks) <= 10
    assert all(3 <= round(later / sooner, 1) <= 10 for sooner, later in pairwise(marks))

"""The break-even chart: the time of two candidates by training steps, and where one has caught up with the other."""

from __future__ import annotations

from collections.abc import Mapping

import altair as alt
import pandas as pd

from assistant import quantities, wording
from assistant.advice.recommendation import BreakEven, ForecastRow
from assistant.language import _
from assistant.views.charts import inked

HEIGHT_PX = 300

# So far beyond the break-even that the lines are seen apart.
BEYOND = 2.5


def drawn(found: BreakEven, rows: Mapping[str, ForecastRow], ink: str) -> alt.LayerChart:
    """Lines of both candidates of a break-even that comes; a band where, in nine of ten cases, it lies."""
    assert found.steps is not None, "only a break-even that comes can be drawn"
    last = BEYOND * found.steps
    band = pd.DataFrame(
        {"low": [found.steps_low], "high": [min(found.steps_high or last, last)], "at": [found.steps]}
    )
    lines = pd.DataFrame(
        {"name": wording.candidate_name(candidate), "steps": steps, "total": _total_s(rows[candidate], steps)}
        for candidate in (found.sooner, found.later)
        for steps in (1.0, last)
    )
    unit = quantities.time_unit(lines["total"].max())
    lines["total"] = lines["total"].map(unit.of)
    scale = alt.Scale(domain=[0, last], nice=False)
    x = alt.X("steps:Q", title=_("training steps"), scale=scale, axis=inked(ink, grid=False, tickCount=6))
    y = alt.Y("total:Q", title=unit.since_the_start, axis=inked(ink))
    colour = alt.Color("name:N", sort=None, title=None, legend=_legend(ink))
    layers = (
        alt.Chart(band).mark_rect(opacity=0.15, color=ink).encode(x=alt.X("low:Q"), x2="high:Q"),
        alt.Chart(band).mark_rule(strokeDash=[4, 4], color=ink).encode(x=alt.X("at:Q")),
        alt.Chart(lines).mark_line(strokeWidth=3).encode(x=x, y=y, color=colour, strokeDash=_dashes(lines)),
    )
    return alt.layer(*layers).properties(height=HEIGHT_PX)


def _legend(ink: str) -> alt.Legend:
    """One name below the other: side by side a phone has no room for them."""
    return alt.Legend(orient="top", direction="vertical", columns=1, labelLimit=340, labelFontSize=13, labelColor=ink)


def _dashes(lines: pd.DataFrame) -> alt.StrokeDash:
    """Told apart without colour, too."""
    names = list(dict.fromkeys(lines["name"]))
    return alt.StrokeDash("name:N", scale=alt.Scale(domain=names, range=[[1, 0], [8, 4]]), legend=None)


def _total_s(row: ForecastRow, steps: float) -> float:
    assert row.first_result_seconds is not None, "who has no start has no break-even"
    assert row.step_ms is not None, "who has no step time has no break-even"
    return row.first_result_seconds + (steps - 1) * row.step_ms / 1e3

"""Charts that can be read without a legend: every mark stands beside its name and its figure."""

from __future__ import annotations

from dataclasses import dataclass

import altair as alt
import pandas as pd

ROW_PX = 34

# From this ratio on, the slowest would squeeze the others against the axis.
LOG_RATIO = 8.0


@dataclass(frozen=True)
class Axis:
    """What is drawn: the column, its title with the unit, and the column of each figure in words."""

    column: str
    title: str
    words: str
    low: str | None = None
    high: str | None = None


def dot_plot(frame: pd.DataFrame, axis: Axis) -> alt.LayerChart:
    """One dot per candidate with its interval and its figure, the smallest on top; logarithmic where needed.

    `frame` has the columns `name`, those of the axis, and no missing values in `axis.column`.
    """
    frame = frame.sort_values(axis.column)
    ratio = frame[axis.column].max() / frame[axis.column].min()
    scale = alt.Scale(type="log", nice=True) if ratio > LOG_RATIO else alt.Scale(zero=True, nice=True)
    y = alt.Y("name:N", sort=None, title=None, axis=alt.Axis(labelLimit=260, ticks=False, domain=False))
    x = alt.X(f"{axis.column}:Q", scale=scale, title=axis.title, axis=alt.Axis(tickCount=5, format=",~r"))
    base = alt.Chart(frame).encode(y=y)
    figures = base.mark_text(align="left", dx=12, fontSize=13).encode(x=x, text=f"{axis.words}:N")
    dots = base.mark_point(filled=True, size=90, opacity=1).encode(x=x, tooltip=[alt.Tooltip(f"{axis.words}:N")])
    layers = [dots, figures]
    if axis.low and axis.high:
        known = alt.Chart(frame.dropna(subset=[axis.low, axis.high])).encode(y=y)
        interval = known.mark_rule(strokeWidth=2, opacity=0.55).encode(
            x=alt.X(f"{axis.low}:Q", scale=scale), x2=axis.high
        )
        layers.insert(0, interval)
    return alt.layer(*layers).properties(height=ROW_PX * len(frame) + 40)

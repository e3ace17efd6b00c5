"""Charts that can be read without a legend: every mark stands under its name and beside its figure."""

from __future__ import annotations

import math
from dataclasses import dataclass

import altair as alt
import pandas as pd

from assistant import wording
from assistant.language import _

ROW_PX = 46
AXIS_PX = 56
FIGURE_ROOM_PX = 70

# A name with a row for each of two places below it.
PAIR_PX = 74

# Above the first row and below the last, as a share of the distance of two rows.
PADDING = 0.6

# A row of a ratio with its two lines, what is shaded of it, and the axis below all rows with its title.
RATIO_ROW_PX = 62
BAND_PX = 18
RATIO_AXIS_PX = 70

# Seen on light and dark alike.
NEUTRAL = "#7d8a8a"

# Left and right of what is drawn, as a power of its range, and at least.
ROOM_SHARE = 0.15
LEAST_ROOM = 1.06

# From this ratio on, the slowest would squeeze the others against the axis.
LOG_RATIO = 8.0

# With more powers of ten than this a logarithmic axis has no room for marks between them. Its lines are faint.
MOST_DECADES, GRID_OPACITY = 4, 0.25


@dataclass(frozen=True)
class Axis:
    """What is drawn: the column, its title with the unit, and the column of each figure in words."""

    column: str
    title: str
    words: str
    low: str | None = None
    high: str | None = None


def dot_plot(frame: pd.DataFrame, axis: Axis, ink: str) -> alt.LayerChart:
    """One dot per candidate with its interval and its figure, the smallest on top; logarithmic where needed.

    `frame` has the columns `name`, those of the axis, and no missing values in `axis.column`; `ink` is the colour
    of what is written and of the intervals. With a column `place`, a name has a dot for each of two places.
    """
    places = list(dict.fromkeys(frame["place"])) if "place" in frame else []
    frame = frame.sort_values(axis.column)
    frame["end"] = frame[axis.high].fillna(frame[axis.column]) if axis.high else frame[axis.column]
    values = pd.concat([frame[axis.column], frame["end"]])
    scale = _scale(values)
    names = frame["name"].nunique()
    rows = _pairs(places, ink) if places else {"y": _names(ink)}
    base = alt.Chart(frame).encode(**rows)
    if scale.type == "log":
        title = wording.logarithmic(axis.title)
        ticks = inked(ink, values=_steps(values), format=",~r", gridColor=NEUTRAL, gridOpacity=GRID_OPACITY)
    else:
        title, ticks = axis.title, inked(ink, tickCount=5, format=",~r", grid=False)
    x = alt.X(f"{axis.column}:Q", scale=scale, title=title, axis=ticks)
    dots = base.mark_point(filled=True, size=90, opacity=1).encode(x=x, tooltip=[alt.Tooltip(f"{axis.words}:N")])
    if places:
        told_apart = {"scale": alt.Scale(domain=places), "legend": None}
        dots = dots.encode(color=alt.Color("place:N", **told_apart), shape=alt.Shape("place:N", **told_apart))
    # Beyond the interval, where nothing is drawn over it.
    figures = base.mark_text(align="left", dx=12, fontSize=13, color=ink)
    layers = [dots, figures.encode(x=alt.X("end:Q", scale=scale), text=f"{axis.words}:N")]
    known = frame.dropna(subset=[axis.low, axis.high]) if axis.low and axis.high else frame.head(0)
    if not known.empty:
        interval = alt.Chart(known).encode(**rows).mark_rule(strokeWidth=2, opacity=0.6, color=ink)
        layers.insert(0, interval.encode(x=alt.X(f"{axis.low}:Q", scale=scale), x2=axis.high))
    rows_px = PAIR_PX * names if places else ROW_PX * (names - 1 + 2 * PADDING)
    return alt.layer(*layers).properties(height=rows_px + AXIS_PX, padding={"right": FIGURE_ROOM_PX})


def ratio_plot(frame: pd.DataFrame, holds: tuple[float, float], title: str, ink: str) -> alt.LayerChart:
    """One dot per comparison with its interval; shaded, up to a threshold, is where the claim holds.

    `frame` has the columns `name` (two lines: what is compared, and the figure in words), `figure`, `low` and
    `high`; `holds` are the ends of the shaded range, the lower may be 0, the upper infinite; `ink` is the colour of
    what is written. The axis is logarithmic: half stands as far from 1 as twice.
    """
    thresholds = [bound for bound in holds if 0 < bound < math.inf]
    least, most = min(frame["low"].min(), *thresholds), max(frame["high"].max(), *thresholds)
    room = max((most / least) ** ROOM_SHARE, LEAST_ROOM)
    ends = (least / room, most * room)
    scale = alt.Scale(type="log", domain=list(ends), nice=False, clamp=True)
    ticks = inked(ink, tickCount=4, format=",~r", grid=False)
    title = wording.apart((wording.logarithmic(title), _("shaded: the claim holds")))
    x = alt.X("figure:Q", scale=scale, title=title, axis=ticks)
    names = _ratio_names(ink)
    base = alt.Chart(frame.assign(begin=max(holds[0], ends[0]), end=min(holds[1], ends[1]))).encode(y=names)
    bounds = alt.Chart(frame[["name"]].merge(pd.DataFrame({"at": thresholds}), how="cross")).encode(y=names)
    layers = (
        base.mark_bar(size=BAND_PX, opacity=0.18, color=NEUTRAL).encode(x=alt.X("begin:Q", scale=scale), x2="end"),
        bounds.mark_tick(size=BAND_PX, thickness=2, color=NEUTRAL).encode(x=alt.X("at:Q", scale=scale)),
        base.mark_rule(strokeWidth=2, color=NEUTRAL).encode(x=alt.X("low:Q", scale=scale), x2="high"),
        base.mark_point(filled=True, size=90, opacity=1).encode(x=x, tooltip=[alt.Tooltip("name:N")]),
    )
    height = RATIO_ROW_PX * (len(frame) - 1 + 2 * PADDING) + RATIO_AXIS_PX
    return alt.layer(*layers).properties(height=height)


def inked(ink: str, **options: object) -> alt.Axis:
    """An axis whose labels and title are as legible as all that is written: by themselves they are paler."""
    return alt.Axis(labelColor=ink, titleColor=ink, **options)


def _ratio_names(ink: str) -> alt.Y:
    """Names of two lines above their rows."""
    axis = _names_above(ink)
    axis.labelOffset, axis.labelLineHeight, axis.labelExpr = -36, 17, "split(datum.label, '\\n')"
    # The room is needed above the rows.
    scale = alt.Scale(type="point", padding=PADDING, align=0.85)
    return alt.Y("name:N", sort=None, title=None, axis=axis, scale=scale)


def _pairs(places: list[str], ink: str) -> dict[str, alt.Y | alt.YOffset]:
    """A row for each place below the name."""
    axis = _names_above(ink)
    axis.labelOffset = 8 - PAIR_PX / 2
    names = alt.Scale(type="band", padding=0)
    # Nearer to their own name than to the next.
    below = alt.Scale(type="point", domain=places, padding=1.2, align=0.68)
    return {
        "y": alt.Y("name:N", sort=None, title=None, axis=axis, scale=names),
        "yOffset": alt.YOffset("place:N", scale=below),
    }


def _scale(values: pd.Series[float]) -> alt.Scale:
    if values.max() / values.min() > LOG_RATIO:
        return alt.Scale(type="log", nice=True)
    return alt.Scale(zero=True, nice=True)


def _steps(values: pd.Series[float]) -> list[float]:
    """Where a logarithmic axis is marked: each ten times the one before, or about three times on a short axis."""
    least, most = math.floor(math.log10(values.min())), math.ceil(math.log10(values.max()))
    decades = range(least, most + 1)
    within = (1.0,) if len(decades) > MOST_DECADES else (1.0, 3.0)
    marks = [step * 10.0**decade for decade in decades for step in within]
    return [float(f"{mark:.3g}") for mark in marks if mark <= 10.0**most]


def _names(ink: str) -> alt.Y:
    scale = alt.Scale(type="point", padding=PADDING)
    return alt.Y("name:N", sort=None, title=None, axis=_names_above(ink), scale=scale)


def _names_above(ink: str) -> alt.Axis:
    """The names above their rows, inside the chart: beside it they would leave no room on a phone."""
    return inked(
        ink,
        labelAlign="left",
        labelPadding=-2,
        labelOffset=-17,
        labelLimit=340,
        labelFontSize=13,
        ticks=False,
        domain=False,
    )

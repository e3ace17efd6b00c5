"""How a figure of the evaluation changes with the seconds of probing, and where its target lies."""

from __future__ import annotations

from collections.abc import Sequence

import altair as alt
import pandas as pd

from assistant import evaluation_words, wording
from assistant.evaluation.summary import Summary
from assistant.evaluation.targets import Figure, Target
from assistant.language import _
from assistant.views.charts import NEUTRAL, inked

HEIGHT_PX = 240

# Left of the shortest and right of the longest probe, as a factor: room for the figure of the latter.
ROOM = (1.15, 1.5)

# Above the highest and below the lowest of what is drawn, as a share of their distance.
MARGIN = 0.2


def drawn(figure: Figure, target: Target, by_budget: Sequence[Summary], ink: str) -> alt.LayerChart:
    """A line with a figure at each budget, written in `ink`, and the target's bound, dashed, under its words."""
    frame = frame_of(figure, by_budget)
    bound = 100 * (target.least if target.least > 0 else target.most)
    values = [*frame["percent"], bound]
    margin = MARGIN * max(max(values) - min(values), 1.0)
    ends = [frame["budget_s"].min() / ROOM[0], frame["budget_s"].max() * ROOM[1]]
    x = alt.X(
        "budget_s:Q",
        title=wording.logarithmic(_("seconds of probing")),
        scale=alt.Scale(type="log", domain=ends, nice=False),
        axis=inked(ink, values=list(frame["budget_s"]), format="d", grid=False),
    )
    # The figures are written beside their points.
    scale = alt.Scale(domain=[min(values) - margin, max(values) + margin], nice=False, zero=False)
    y = alt.Y("percent:Q", title=None, scale=scale, axis=None)
    points = alt.Chart(frame).encode(x=x, y=y)
    told = pd.DataFrame({"percent": [bound], "words": [evaluation_words.target_bound(target)]})
    goal = alt.Chart(told).encode(y=y)
    return alt.layer(
        goal.mark_rule(strokeDash=[6, 4], color=NEUTRAL),
        goal.mark_text(align="left", dx=2, dy=-8, x=0, color=NEUTRAL, fontSize=12).encode(text="words:N"),
        points.mark_line(strokeWidth=3),
        points.mark_point(filled=True, size=90, opacity=1).encode(tooltip=[alt.Tooltip("words:N")]),
        *(_figures(x, y, rows, dy, ink) for rows, dy in _away_from(frame, bound)),
    ).properties(height=HEIGHT_PX)


def _away_from(frame: pd.DataFrame, bound: float) -> tuple[tuple[pd.DataFrame, int], ...]:
    """The rows whose figures stand above their points and those below, with how far: never towards the bound."""
    above = frame["percent"] >= bound
    return (frame[above], -14), (frame[~above], 16)


def _figures(x: alt.X, y: alt.Y, rows: pd.DataFrame, dy: int, ink: str) -> alt.Chart:
    text = alt.Chart(rows).mark_text(align="left", dx=-4, dy=dy, fontSize=13, color=ink)
    return text.encode(x=x, y=y, text="words:N")


def frame_of(figure: Figure, by_budget: Sequence[Summary]) -> pd.DataFrame:
    """`budget_s`, the figure in `percent`, and in words."""
    shares = {each.budget_s: getattr(each, figure) for each in by_budget}
    return pd.DataFrame(
        {"budget_s": budget_s, "percent": 100 * share, "words": evaluation_words.percent(share)}
        for budget_s, share in shares.items()
        if share is not None
    )

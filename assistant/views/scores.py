"""How the scores come about: what each criterion adds to the score of each framework's best candidate."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from assistant import quantities, wording
from assistant.advice.recommendation import Contribution, Recommendation
from assistant.language import _
from knowledge.load import load


def show_scores(advised: Recommendation) -> None:
    """A table of the contributions, with their sums."""
    with st.expander(f":gray[{_('How the scores come about')}]", type="compact", icon=":material/calculate:"):
        st.caption(
            _(
                "A criterion adds its weight times its value, in the mean of the plausible worlds in which the "
                "candidate can be used. 1 is all you need, what is very slow can be below 0. Beside it stands what "
                "the value rests on, as far as that is known."
            )
        )
        if advised.score_note:
            st.caption(advised.score_note)
        st.dataframe(scores(advised.contributions), key="scores")


def scores(contributions: tuple[Contribution, ...]) -> pd.DataFrame:
    """A row for each criterion and the score below, a column for each candidate."""
    by_candidate: dict[str, dict[str, str]] = {}
    sums: dict[str, float] = {}
    for each in contributions:
        name = wording.candidate_name(each.candidate)
        own = by_candidate.setdefault(name, {})
        own[_(load().scales[each.criterion].label)] = wording.clauses((f"{each.contribution:.3f}", _basis(each)))
        sums[name] = sums.get(name, 0.0) + each.contribution
    table = pd.DataFrame(by_candidate)
    table.loc[_("Score")] = {name: f"{total:.3f}" for name, total in sums.items()}
    return table


def _basis(part: Contribution) -> str:
    """What a contribution rests on: its level or figure, and the kind of evidence."""
    if part.evidence is None:
        return _("not measured")
    return _("{figure} ({evidence})").format(figure=_figure(part), evidence=wording.evidence_badge(part.evidence))


def _figure(part: Contribution) -> str:
    if part.figure is None:
        return _("level {level}").format(level=part.level)
    if part.criterion == "memory_fit":
        return quantities.memory(part.figure)
    if part.criterion == "training_speed":
        return _("{time} per step").format(time=quantities.duration(part.figure / 1e3))
    return quantities.duration(part.figure)

"""How the scores come about: what each criterion adds to the score of each framework's best candidate."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from assistant import wording
from assistant.advice.recommendation import Contribution, Recommendation
from assistant.language import _
from knowledge.load import load


def show_scores(advised: Recommendation) -> None:
    """A table of the contributions, with their sums."""
    with st.expander(f":gray[{_('How the scores come about')}]", type="compact", icon=":material/calculate:"):
        st.caption(_("A criterion adds its weight times its value, 0 to 1. The shares also count what is not known."))
        st.dataframe(scores(advised.contributions).style.format("{:.3f}"), key="scores")


def scores(contributions: tuple[Contribution, ...]) -> pd.DataFrame:
    """A row for each criterion and the score below, a column for each candidate."""
    by_candidate: dict[str, dict[str, float]] = {}
    for each in contributions:
        own = by_candidate.setdefault(wording.candidate_name(each.candidate), {})
        own[_(load().scales[each.criterion].label)] = each.contribution
    table = pd.DataFrame(by_candidate)
    table.loc[_("Score")] = table.sum()
    return table

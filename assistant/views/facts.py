"""Facts as a list: what is known of each framework, from where, and when somebody looked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import groupby

import streamlit as st

from assistant import wording
from assistant.claims.listing import cited
from assistant.language import _, ngettext
from assistant.views.claim_card import CARD_PX, provenance, stale_badge
from assistant.views.markdown import plain
from knowledge.load import load
from knowledge.schema import Fact
from knowledge.staleness import Stale


def show_facts(listed: Sequence[Fact], total: int, aged: Mapping[str, Stale]) -> None:
    """The facts under the names of their frameworks; `total` is how many there are of them in all."""
    st.caption(ngettext("{n} fact", "{n} facts", total).format(n=total))
    for framework, facts in groupby(listed, lambda fact: load().framework_of_fact[fact.id]):
        st.subheader(wording.framework_name(framework), anchor=False)
        with st.grid(2, min_column_width=CARD_PX):
            for fact in facts:
                _show_fact(fact, aged.get(fact.id))


def _show_fact(fact: Fact, aged: Stale | None) -> None:
    with st.container(border=True, height="stretch", gap="small", key=f"fact-{fact.id}"):
        about = f"**{plain(_(load().dimensions[fact.dimension].label))}**"
        marks = " ".join(filter(None, (about, stale_badge(aged), _counting_badge(fact.id))))
        st.markdown(f"{marks}\n\n{plain(_(fact.statement))}")
        st.markdown(provenance(fact, cited(load(), fact), aged))


def _counting_badge(fact_id: str) -> str:
    """Marks what can change a recommendation, as Markdown."""
    return f":gray-badge[{_('counts in the advice')}]" if fact_id in load().counting_facts else ""

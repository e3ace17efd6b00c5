"""A long list in parts: some at first, more on request."""

from __future__ import annotations

import streamlit as st

from assistant.language import _

# Shown at first, and added at each request.
AT_ONCE = 20


def count_to_show(listed_for: object) -> int:
    """How many to show; another `listed_for`, which says what is listed, begins anew."""
    if st.session_state.get("listed-for") != listed_for:
        st.session_state["listed-for"] = listed_for
        st.session_state["listed"] = AT_ONCE
    return int(st.session_state["listed"])


def offer_more(shown: int, total: int) -> None:
    """A button for more, where there are more."""
    if shown == total:
        return
    with st.container(horizontal=True, horizontal_alignment="center", vertical_alignment="center"):
        st.button(_("Show more"), icon=":material/expand_more:", key="more", on_click=_more)
        st.markdown(f":gray[{_('{n} of {total} shown').format(n=shown, total=total)}]", width="content")


def _more() -> None:
    st.session_state["listed"] += AT_ONCE

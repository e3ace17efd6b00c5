"""What the history could not do, in the place where it matters, and what can be done about it."""

from __future__ import annotations

import streamlit as st

from assistant.language import _
from assistant.views.markdown import plain
from assistant.views.measuring import save_unsaved
from assistant.views.state import State, state


def show_history_problem(now: State) -> None:
    """A sentence when the history cannot be used, and a way to keep what it did not take; else nothing."""
    if now.history_problem is None:
        return
    st.warning(plain(now.history_problem), icon=":material/inventory_2:")
    if now.unsaved:
        st.caption(_("What you see is measured all the same; it is forgotten when this tab is closed."))
        st.button(_("Try to keep it again"), icon=":material/save:", type="tertiary", key="save", on_click=_save)


def _save() -> None:
    save_unsaved(state())

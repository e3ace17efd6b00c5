"""The theme that a browser shows."""

from __future__ import annotations

import streamlit as st

# The text colours of .streamlit/config.toml; while the browser has not said which it shows, one for both.
INKS = {"light": "#1c2626", "dark": "#e6eeee", None: "#7d8a8a"}


def ink() -> str:
    """The colour of what is written."""
    return INKS[st.context.theme.type]

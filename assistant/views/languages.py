"""The language of a browser session: what its browser asks for, if there is a catalogue for it."""

from __future__ import annotations

import streamlit as st

from assistant.language import SOURCE_LANGUAGE, nearest_language, use_language


def follow_browser() -> None:
    """Show this run's words in the browser's language. Every run has a thread of its own, so each must call this."""
    use_language(nearest_language(st.context.locale or SOURCE_LANGUAGE))

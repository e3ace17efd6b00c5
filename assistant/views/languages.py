"""The language of a browser session: what its browser asks for, if there is a catalogue for it."""

from __future__ import annotations

import streamlit as st
from babel import negotiate_locale

from assistant.language import SOURCE_LANGUAGE, available_languages, use_language


def follow_browser() -> None:
    """Show this run's words in the browser's language. Every run has a thread of its own, so each must call this."""
    wanted = (st.context.locale or SOURCE_LANGUAGE).replace("-", "_")
    use_language(negotiate_locale([wanted], available_languages()) or SOURCE_LANGUAGE)

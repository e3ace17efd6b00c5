"""The app's entry point: the list of pages, and nothing else."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from assistant.language import _
from assistant.views.address import keep_answers
from assistant.views.languages import follow_browser
from assistant.views.state import state

# A file of ours: Streamlit would fetch an icon given by name from elsewhere.
ICON = Path(__file__).parent / "views" / "probewise.svg"

st.set_page_config(page_title="Probewise", page_icon=ICON, layout="wide")
st.logo(ICON, size="small")
follow_browser()
st.navigation(
    [
        st.Page("views/interview.py", title=_("Interview"), icon=":material/forum:", default=True),
        st.Page("views/job.py", title=_("Your job"), icon=":material/schedule:"),
        st.Page("views/measurements.py", title=_("Measurements"), icon=":material/speed:"),
        st.Page("views/claims.py", title=_("Claims"), icon=":material/fact_check:"),
        st.Page("views/accuracy.py", title=_("Accuracy"), icon=":material/target:"),
    ],
    position="top",
).run()
keep_answers(state().interview)

"""Links from one page to another that take the answers along.

A link without them would stand in the browser's history beside the address that the page then writes: its button Back
would have to be pressed twice.
"""

from __future__ import annotations

import streamlit as st

from assistant.language import _
from assistant.views.address import in_address
from assistant.views.state import state


def to_job() -> None:
    """All that is foretold of the person's job."""
    _link("views/job.py", _("Your job in full"), ":material/schedule:")


def to_measurements() -> None:
    """All that was measured."""
    _link("views/measurements.py", _("What was measured"), ":material/monitoring:")


def _link(page: str, label: str, icon: str) -> None:
    st.page_link(page, label=label, icon=icon, query_params=in_address(state().interview))

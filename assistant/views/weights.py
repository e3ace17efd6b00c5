"""The weights, for who wants to set them: one slider for each criterion."""

from __future__ import annotations

import streamlit as st

from assistant.advice.own_weights import LARGEST, importance, own_weights, weighted
from assistant.errors import InvalidInput
from assistant.language import _
from assistant.target import weighed_answers
from assistant.views.languages import follow_browser
from assistant.views.state import State, state
from knowledge.load import load

STEP = 0.1


def show_weights() -> None:
    """Sliders that stand where the answers put them, until the person moves them."""
    now = state()
    with st.expander(_("Set the weights yourself"), icon=":material/tune:", type="compact"):
        st.caption(
            _("How much each criterion counts. Yours take the place of the weights that follow from your answers.")
        )
        _start(now)
        with st.form("weights", border=False):
            for criterion, scale in load().scales.items():
                st.slider(
                    _(scale.label),
                    0.0,
                    LARGEST,
                    step=STEP,
                    format="%.1f",
                    key=_key(criterion),
                    help=_(scale.asks),
                    persist_state="session",
                )
            st.form_submit_button(_("Use these weights"), on_click=_use)
        if now.notice:
            st.markdown(f":orange[:material/info: {now.notice}]")
        if _own(now):
            st.button(_("Back to the weights of my answers"), key="reset-weights", type="tertiary", on_click=_reset)


def _start(now: State) -> None:
    """After every answer the sliders stand where it puts them; own weights, and refused ones, stay. Those that came
    with the address are where the sliders begin.
    """
    before = st.session_state.get("weights-turn")
    if before == now.turns or (before is not None and _own(now)):
        return
    st.session_state["weights-turn"] = now.turns
    st.session_state["weights-start"] = own_weights(now.interview.knowledge) or importance(
        now.interview.knowledge, weighed_answers(now.interview.project, now.interview.machine)
    )
    for criterion, weight in st.session_state["weights-start"].items():
        st.session_state[_key(criterion)] = _on_slider(weight)


def _use() -> None:
    follow_browser()  # a callback comes before the page
    now = state()
    own = {criterion: _set(criterion) for criterion in load().scales}
    try:
        now.move(now.interview.knowing(weighted(load(), own)))
    except InvalidInput as problem:
        now.notice = str(problem)
    # Other weights may make another question worth asking; who is at the answer stays there.
    now.enough = True


def _set(criterion: str) -> float:
    """The weight that a slider stands for: one that was not moved stands for what put it there, unrounded."""
    moved_to, start = float(st.session_state[_key(criterion)]), st.session_state["weights-start"][criterion]
    return float(start) if abs(moved_to - _on_slider(start)) < STEP / 2 else moved_to


def _on_slider(weight: float) -> float:
    """The place of a weight on its slider: what counts a little does not stand at 0."""
    return round(max(round(weight / STEP), 1) * STEP, 1) if weight else 0.0


def _reset() -> None:
    now = state()
    now.move(now.interview.knowing(load()))
    now.enough = True


def _own(now: State) -> bool:
    return now.interview.knowledge is not load()


def _key(criterion: str) -> str:
    return f"weight-{criterion}"

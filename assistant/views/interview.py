"""The interview: the machine first, one question at a time, the standing beside it, the answer at the end."""

from __future__ import annotations

import streamlit as st

from assistant.advice.forecast import learn_ahead
from assistant.conversation.greeting import greeting
from assistant.conversation.interview import OpenQuestion
from assistant.language import _, ngettext
from assistant.views.answer import show_answer
from assistant.views.measuring import require_budget
from assistant.views.questions import AVATAR, end_early, show_question, show_settled, take_typed
from assistant.views.standing import follow, show_standing, when
from assistant.views.state import State, state
from assistant.views.table import show_table
from assistant.views.weights import show_weights
from probes.environments import installed_versions
from probes.hardware import machine
from probes.words import sentences

# More than anybody types, so that a long text that is pasted stays there to be mended.
MOST_CHARACTERS = 20_000


def _show() -> None:
    now = state()
    progress = follow()
    talk, aside = st.columns([5, 3], gap="large")
    with talk:
        asked = now.interview.open_question
        asking = asked is not None and not end_early(now)
        _greet(now, begun=asking and progress is not None and progress.stage != "waiting")
        if asked is not None and asking:
            _ask(now, asked)
        else:
            _conclude(now, left_out=asked is not None)
    with aside:
        show_standing()
    if progress is not None:
        # While the first question is read: the first figures are then told as soon as they are there.
        learn_ahead(machine().fingerprint)


def _greet(now: State, *, begun: bool) -> None:
    with st.chat_message("assistant", avatar=AVATAR):
        st.markdown(f"**{_('Which deep-learning framework, on this machine, for your project?')}**")
        words = greeting(machine(), installed_versions())
        if now.reused is not None:
            measured = _("I measured here {when}, and nothing has changed since.").format(when=when(now.reused))
            words = sentences(words, measured)
        elif begun:
            words = sentences(words, _("Measuring has begun, and goes on while we talk."))
        st.markdown(words)


def _ask(now: State, asked: OpenQuestion) -> None:
    # Each in a place of its own, so that the input keeps its cursor from question to question.
    with st.container():
        show_settled(now.interview.settled, folded=False)
    with st.container():
        show_question(asked)
    with st.container():
        show_table()
    st.chat_input(_("Or type your answer"), key="typed", max_chars=MOST_CHARACTERS, on_submit=take_typed)


def _conclude(now: State, *, left_out: bool) -> None:
    show_answer()
    show_table()
    show_weights()
    show_settled(now.interview.settled, folded=True)
    unasked = now.interview.unasked
    if left_out:
        st.button(_("Answer more questions"), type="tertiary", icon=":material/undo:", on_click=_go_on)
    elif unasked:
        st.button(
            ngettext("Ask me the {n} question left", "Ask me the {n} questions left", unasked).format(n=unasked),
            key="rest",
            type="tertiary",
            icon=":material/more_horiz:",
            help=_("No single answer is likely to change the framework any more."),
            on_click=_ask_the_rest,
        )
    _prepare_starter()


def _prepare_starter() -> None:
    """Beside an answer there is a starter to download: what makes it loads while the answer is read."""
    from assistant.starter.generate import warm_up  # noqa: PLC0415  the first question does not wait for templates

    warm_up()


def _go_on() -> None:
    state().enough = False


def _ask_the_rest() -> None:
    now = state()
    now.enough = False
    now.move(now.interview.go_through())


require_budget()
_show()

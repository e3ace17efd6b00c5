"""The interview on the page: settled questions as one line each, and the one that is open."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import streamlit as st

from assistant import quantities, wording
from assistant.conversation.interview import Interview, OpenQuestion, Settled
from assistant.conversation.typed import read_answer
from assistant.errors import InvalidInput
from assistant.language import _, ngettext
from assistant.networks import network_name, parameters
from assistant.views.languages import follow_browser
from assistant.views.markdown import named
from assistant.views.state import State, state
from knowledge.schema import NumberRange
from probes.workloads import NAMED

AVATAR = ":material/speed:"
NOT_SURE = ""
MILLION = 10**6

# So many settled questions stay in sight; the earlier ones are a click away, and the open one stays on the screen.
LINES_IN_SIGHT = 4


def show_settled(lines: Sequence[Settled], *, folded: bool) -> None:
    """One line per settled question, each a button that opens it again; `folded` hides them all behind one line."""
    answered = [line for line in lines if not line.detected]
    detected = [line for line in lines if line.detected]
    cut = len(answered) if folded else max(len(answered) - LINES_IN_SIGHT, 0)
    earlier, late = answered[:cut], answered[cut:]
    if earlier or (folded and detected):
        with st.expander(_earlier_label(len(earlier), folded=folded), type="compact"), st.container(gap=None):
            _lines(earlier + (detected if folded else []))
    if late:
        with st.container(gap=None):
            _lines(late)


def show_question(asked: OpenQuestion) -> None:
    """The open question with everything that can answer it.

    Every question has the same parts in the same places, some of them empty: what stands elsewhere than in the run
    before is left on the page, beside the new, until the run has ended.
    """
    with st.chat_message("assistant", avatar=AVATAR):
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.markdown(f"**{_(asked.text)}**", width="content")
            _why(asked)
        _options(asked)
        with st.container():
            if asked.number is not None:
                _number(asked, asked.number)
            elif asked.question.kind == "choices":
                _done(asked)
            elif asked.networks:
                _network(asked)
        with st.container():
            if state().notice:
                st.markdown(f":orange[:material/info: {state().notice}]")
        _ways_on(asked)


def take_typed() -> None:
    """What was typed into the chat input answers the open question; what cannot be read stays there to be mended."""
    text = st.session_state.typed
    asked = state().interview.open_question
    if asked is None:
        return
    _take_text(asked, text)
    if state().notice:
        st.session_state.typed = text


def _earlier_label(count: int, *, folded: bool) -> str:
    if folded:
        return ngettext("Your answer; open to change it", "Your {n} answers; open to change any", count).format(
            n=count
        )
    return ngettext("{n} earlier answer", "{n} earlier answers", count).format(n=count)


def _lines(lines: Sequence[Settled]) -> None:
    for line in lines:
        st.button(
            f"**{_answer_in_words(line)}** :gray[{_(line.text)}]",
            key=f"settled-{line.id}",
            type="tertiary",
            icon=":material/edit:",
            help=_("Change this answer"),
            wrap=False,
            on_click=_move,
            args=(Interview.revisit, line.id),
        )


def _answer_in_words(line: Settled) -> str:
    value = _whole(line.value) if isinstance(line.value, float) else line.value
    words = wording.answer_label(line.id, value)
    if line.detected:
        return _("{answer} (this machine)").format(answer=words)
    return f"{words} {_(line.unit)}" if line.unit and line.value is not None else words


def _why(asked: OpenQuestion) -> None:
    with st.popover(f":small[{_('Why I ask')}]", type="tertiary"):
        st.markdown(_(asked.question.why))
        explained = [option for option in asked.question.option if option.help]
        st.markdown("\n".join(f"- {named(_(option.label), _(option.help or ''))}" for option in explained))


def _options(asked: OpenQuestion) -> None:
    if asked.question.kind == "choices":
        _several(asked)
    elif asked.number is not None:
        unit = _(asked.number.unit)
        picks = {f"{pick:g}": f"{pick:,} {unit}" for pick in map(_whole, asked.number.picks)}
        _pills(asked, picks, None if asked.value is None else f"{asked.value:g}")
    else:
        _pills(asked, {option.value: _(option.label) for option in asked.question.option}, asked.value)


def _number(asked: OpenQuestion, number: NumberRange) -> None:
    unit = _(number.unit)
    _start("number", None if asked.value is None else float(asked.value))
    row = st.form("number-form", border=False, enter_to_submit=True)
    with row.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        st.number_input(
            _("Or type it, in {unit}").format(unit=unit),
            value=None,
            min_value=0.0,
            step=0.1 if asked.id == "dataset_gb" else 1.0,
            format="%.12g",
            placeholder=_("a number"),
            key="number",
            persist_state="session",
            width=220,
        )
        st.form_submit_button(_("Take it"), on_click=_take_number, args=(asked,))


def _network(asked: OpenQuestion) -> None:
    names = {each: _sized_name(each) for each in NAMED if each in asked.networks}
    _start("network", asked.value if asked.value in names else None)
    st.selectbox(
        _("Or name a known network"),
        list(names),
        index=None,
        format_func=lambda network: names.get(network, network),
        placeholder=wording.listing(map(network_name, list(names)[:2]), last="or"),
        key="network",
        persist_state="session",
        width=360,
        on_change=_take_network,
        args=(asked,),
    )


def _sized_name(workload_id: str) -> str:
    """`ResNet-18, 12 million parameters`."""
    count = quantities.rounded(parameters(workload_id))
    size = _("{count:,.0f} parameters").format(count=count)
    if count >= MILLION:
        size = _("{count:g} million parameters").format(count=count / MILLION)
    return wording.clauses((network_name(workload_id), size))


def _several(asked: OpenQuestion) -> None:
    labels = {option.value: _(option.label) for option in asked.question.option}
    _start("choices", list(asked.value or ()))
    st.pills(
        _(asked.text),
        list(labels),
        selection_mode="multi",
        format_func=labels.__getitem__,
        key="choices",
        persist_state="session",
        label_visibility="collapsed",
    )


def _done(asked: OpenQuestion) -> None:
    chosen = st.session_state.choices
    with st.container(horizontal=True, gap="small"):
        st.button(
            _("Done") if chosen else _("None of these"),
            type="primary" if chosen else "secondary",
            key="done",
            on_click=_take_choices,
            args=(asked.id,),
        )
        st.button(_("Not sure"), key="unsure", on_click=_take, args=(asked.id, None))


def _pills(asked: OpenQuestion, labels: dict[str, str], default: str | None) -> None:
    labels = labels | {NOT_SURE: _("Not sure")}
    _start("pills", default if default in labels else None)
    st.pills(
        _(asked.text),
        list(labels),
        format_func=labels.__getitem__,
        key="pills",
        persist_state="session",
        label_visibility="collapsed",
        on_change=_take_pill,
        args=(asked.id, asked.number is not None),
    )


def _ways_on(asked: OpenQuestion) -> None:
    now = state()
    with st.container(horizontal=True, gap="medium"):
        if now.interview.revisited == asked.id:
            st.button(_("Leave it as it was"), type="tertiary", on_click=_move, args=(Interview.keep,))
        elif now.interview.project.task is not None:
            st.button(
                _("Enough questions, show the answer"),
                key="enough",
                type="tertiary",
                icon=":material/fast_forward:",
                on_click=_enough,
            )


def _take_pill(question_id: str, numeric: bool) -> None:
    picked = st.session_state.pills
    if picked is None:  # the chosen pill was clicked again: the answer stays
        _move(Interview.keep)
    elif picked == NOT_SURE:
        _take(question_id, None)
    else:
        _take(question_id, _whole(float(picked)) if numeric else picked)


def _take_network(asked: OpenQuestion) -> None:
    named = st.session_state.network
    if named is None:  # it was cleared: the answer stays
        _move(Interview.keep)
    else:
        _take_text(asked, named)


def _take_number(asked: OpenQuestion) -> None:
    follow_browser()  # a callback comes before the page
    number = st.session_state.number
    if number is None:
        state().notice = _("Type a number first, or pick one above.")
    else:
        _take_text(asked, f"{number:.15g}")


def _take_text(asked: OpenQuestion, text: str) -> None:
    follow_browser()  # a callback comes before the page
    try:
        _answer(asked.id, read_answer(asked, text))
    except InvalidInput as problem:
        state().notice = str(problem)


def _take_choices(question_id: str) -> None:
    _take(question_id, tuple(st.session_state.choices))


def _take(question_id: str, value: Any) -> None:
    follow_browser()
    try:
        _answer(question_id, value)
    except InvalidInput as problem:
        state().notice = str(problem)


def _answer(question_id: str, value: object) -> None:
    now = state()
    now.move(now.interview.answer(question_id, value))


def _move(step: Callable[..., Interview], *arguments: str) -> None:
    now = state()
    now.move(step(now.interview, *arguments))


def _enough() -> None:
    state().enough = True


def _whole(number: float) -> int | float:
    """The integer where it is one: the project takes no 50000.0 rows."""
    return int(number) if number == int(number) else number


def _start(key: str, value: Any) -> None:
    """Give a widget the value it has when its question opens.

    Its key is the same for every question: Streamlit leaves widgets of other keys on the page until a run has ended.
    """
    if st.session_state.get(f"{key}-turn") != state().turns:
        st.session_state[f"{key}-turn"] = state().turns
        st.session_state[key] = value


def end_early(now: State) -> bool:
    """Whether the answer is to be shown although questions are left."""
    return now.enough and now.interview.revisited is None

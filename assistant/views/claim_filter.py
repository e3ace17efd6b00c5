"""What the claims page lists, and its filter: search, framework, dimension and verdict, kept in its address."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict

import streamlit as st

from assistant import wording
from assistant.claims.listing import VERDICTS, Filter, checked_filter, counts, matching
from assistant.errors import InvalidInput
from assistant.language import _, ngettext
from assistant.views.address import replace_in_address
from assistant.views.claim_card import verdict_badge
from knowledge.load import load

# What the page can list; the address names what is not the first.
LISTS = ("claims", "facts")

# The parts of a filter: widgets carry these names behind a prefix, the page's address carries them as they are.
PARTS = ("text", "framework", "dimension", "verdict")

CHOICE_PX = 150


def choose_list() -> str:
    """Which of `LISTS` the person wants to see; a changed address counts as a wish, unless it is empty on return."""
    arriving, before = "claims-list" not in st.session_state, st.session_state.get("claims-list-address", LISTS[0])
    says_nothing = not {"list", *PARTS} & set(st.query_params)
    asked = before if arriving and says_nothing else st.query_params.get("list", LISTS[0])
    if arriving or asked != before:
        st.session_state["claims-list"] = asked if asked in LISTS else LISTS[0]
    names = {"claims": _("Claims"), "facts": _("Facts")}
    chosen = st.segmented_control(
        _("What to list"),
        LISTS,
        format_func=lambda name: names[name],
        key="claims-list",
        required=True,
        label_visibility="collapsed",
    )
    st.session_state["claims-list-address"] = chosen
    replace_in_address(("list",), {"list": chosen} if chosen in LISTS[1:] else {})
    return chosen or LISTS[0]


def choose_filter(*, with_verdict: bool) -> Filter:
    """What the person asks for; the page's address says the same, so that it can be shared."""
    problem = _take_over_address()
    # On a phone the search takes a row of its own, and the other two share one.
    filters = st.grid(4, min_column_width=CHOICE_PX, key="claims-filters")
    with filters.cell(column_span=2):
        _search()
    with filters:
        _select("framework", _("Framework"), _("All frameworks"), _framework_names())
        _select("dimension", _("About"), _("Everything"), _dimension_names())
    asked = _asked() | {"verdict": ""}
    try:
        if with_verdict:
            asked["verdict"] = _choose_verdict(asked)
        wanted = _checked(asked)
    except InvalidInput as error:
        problem, wanted = str(error), Filter()
    if problem:
        st.warning(problem)
    _write_address(wanted)
    return wanted


def reset_filter() -> None:
    """Let every claim pass; to be called before the widgets are drawn."""
    _set(Filter())


def _search() -> None:
    st.text_input(
        _("Search"),
        key="claims-text",
        placeholder=_("A word, such as debugging"),
        type="search",
        live=True,
        icon=":material/search:",
    )


def _select(part: str, label: str, everything: str, names: Mapping[str, str]) -> None:
    st.selectbox(
        label,
        list(names),
        index=None,
        format_func=lambda option: names.get(option, option),
        key=f"claims-{part}",
        placeholder=everything,
    )


def _choose_verdict(asked: dict[str, str]) -> str:
    """The verdicts as pills, each with how many of the claims asked for have it; empty where none is chosen."""
    try:
        others = _checked(asked)
    except InvalidInput:
        others = Filter()
    tally = counts(matching(load(), others))
    chosen = st.pills(
        ngettext("{n} claim", "{n} claims", sum(tally.values())).format(n=sum(tally.values())),
        VERDICTS,
        format_func=lambda verdict: f"{verdict_badge(verdict)} {tally[verdict]}",
        key="claims-verdict",
    )
    return chosen or ""


def _framework_names() -> Mapping[str, str]:
    return {framework: wording.framework_name(framework) for framework in load().frameworks}


def _dimension_names() -> Mapping[str, str]:
    return {each.id: _(each.label) for each in load().dimensions.values()}


def _asked() -> dict[str, str]:
    return {part: st.session_state.get(f"claims-{part}") or "" for part in PARTS}


def _checked(asked: dict[str, str]) -> Filter:
    """A filter of what came from the browser; raises `InvalidInput`."""
    chosen = {part: asked.get(part) or None for part in PARTS if part != "text"}
    return checked_filter(load(), text=asked.get("text", ""), **chosen)


def _take_over_address() -> str | None:
    """Set the widgets to what the address says once it has changed; a sentence if it makes no sense."""
    address = {part: st.query_params[part] for part in PARTS if part in st.query_params}
    arriving = "claims-text" not in st.session_state
    before = st.session_state.get("claims-address", {})
    if not arriving and address == before:
        return None
    try:
        wanted = _checked(address or (before if arriving else {}))
    except InvalidInput as error:
        _set(Filter())
        return str(error)
    _set(wanted)
    return None


def _set(wanted: Filter) -> None:
    for part, value in asdict(wanted).items():
        st.session_state[f"claims-{part}"] = value


def _write_address(wanted: Filter) -> None:
    address = {part: value for part, value in asdict(wanted).items() if value}
    st.session_state["claims-address"] = address
    replace_in_address(PARTS, address)

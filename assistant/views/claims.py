"""Claims: what articles say, what is true today and what this machine says to it; and the facts that are known."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime

import streamlit as st

from assistant import moments
from assistant.claims.listing import matching, matching_facts, rows
from assistant.claims.records import CheckedLedger
from assistant.language import _
from assistant.views.checking import Check, Drawn, checks, ledger
from assistant.views.claim_card import CARD_PX, Deciding, show_card
from assistant.views.claim_filter import choose_filter, choose_list, reset_filter
from assistant.views.facts import show_facts
from assistant.views.languages import follow_browser
from assistant.views.measuring import enabled, require_budget
from assistant.views.paging import count_to_show, offer_more
from assistant.views.standing import browser_zone
from knowledge.claims import Claim
from knowledge.load import load
from knowledge.staleness import Stale, stale
from probes.environments import installed_versions

POLL_S = 1.0


def show_page() -> None:
    """The whole page; only a check under way renews itself."""
    if choose_list() == "facts":
        _show_facts()
    else:
        _show_claims()


def _show_facts() -> None:
    st.title(_("What is known"), anchor=False)
    st.caption(_("What our advice and the verdicts on claims rest on, with sources and the day somebody looked."))
    wanted = choose_filter(with_verdict=False)
    facts = matching_facts(load(), wanted)
    if not facts:
        _nothing_matches(_("No fact matches"), _("Show all facts"))
        return
    listed = facts[: count_to_show(("facts", wanted))]
    show_facts(listed, len(facts), _aged())
    offer_more(len(listed), len(facts))


def _show_claims() -> None:
    # In this order: a check that ends in between is drawn once more, with all it has found.
    check, found = checks().running, checks().found
    known = ledger(found)
    st.title(_("What articles claim"), anchor=False)
    st.caption(
        _(
            "Statements from popular articles, in our words, and what is true of them today. "
            "Many of them a machine can decide; then yours has the last word."
        )
    )
    deciding = st.container()
    wanted = choose_filter(with_verdict=True)
    claims = matching(load(), wanted)
    if not claims:
        _nothing_matches(_("No claim matches"), _("Show all claims"))
    listed = claims[: count_to_show(("claims", wanted))]
    drawn = Drawn(
        frozenset(claim.id for claim in listed),
        frozenset(result.claim for result in found.results) if found else frozenset(),
    )
    _cards(listed, known, check, drawn)
    offer_more(len(listed), len(claims))
    with deciding:
        _decide_all(known, check, drawn)


def _cards(claims: Sequence[Claim], known: CheckedLedger | None, check: Check | None, drawn: Drawn) -> None:
    """The claims side by side where there is room."""
    aged = _aged()
    with st.grid(2, min_column_width=CARD_PX):
        for claim, row in zip(claims, rows(load(), claims, known), strict=True):
            show_card(claim, row, aged.get(claim.id), _deciding(claim, check, drawn))


def _aged() -> Mapping[str, Stale]:
    return {record.id: record for record in stale(load(), installed_versions(), datetime.now(UTC).date())}


def _nothing_matches(told: str, way_back: str) -> None:
    with st.container(border=True, horizontal_alignment="center", key="no-claim"):
        st.space("small")
        st.markdown(f"#### {told}", width="content")
        st.markdown(f":gray[{_('Try another word, or fewer filters.')}]", width="content")
        st.button(way_back, icon=":material/filter_alt_off:", on_click=reset_filter, key="reset")
        st.space("small")


def _decide_all(known: CheckedLedger | None, check: Check | None, drawn: Drawn) -> None:
    """How much this machine has decided, and the offer to decide the rest; or how far it is."""
    with st.container(border=True, gap="small", key="deciding"):
        if check and _alone(check) not in drawn.listed:
            _show_progress(check, drawn)
            return
        with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
            st.markdown(_standing(known), width="content")
            if enabled():
                _offer_all(busy=check is not None)
        if not enabled():
            st.caption(_("Measuring is switched off; nothing can be decided here."))
        latest = checks().latest
        if latest and latest.problem:
            st.warning(latest.problem)


def _offer_all(*, busy: bool) -> None:
    st.button(
        _("Let this machine decide all"),
        key="decide-all",
        icon=":material/play_arrow:",
        disabled=busy,
        on_click=_begin_all,
        help=_("Runs short scripts and trains small networks, for five minutes at most. You can stop it."),
    )


def _standing(known: CheckedLedger | None) -> str:
    decidable = [claim.id for claim in load().claims.values() if claim.check]
    decided = [result for result in known.decided if result.claim in decidable] if known else []
    if not decided:
        return _("A machine can decide **{total}** of these claims. Yours has not been asked yet.").format(
            total=len(decidable)
        )
    return _(
        "This machine has decided **{n}** of the {total} claims that a machine can decide, last on {date}."
    ).format(n=len(decided), total=len(decidable), date=_day(max(result.checked_at for result in decided)))


def _day(moment: str) -> str:
    return moments.day(datetime.fromisoformat(moment).astimezone(browser_zone()).date())


def _deciding(claim: Claim, check: Check | None, drawn: Drawn) -> Deciding:
    deciding = Deciding(begin=_begin if enabled() else None, busy=check is not None)
    if check and _alone(check) == claim.id:
        return replace(deciding, show_progress=lambda: _show_progress(check, drawn))
    return deciding


def _alone(check: Check | None) -> str | None:
    """The id of the claim that is being decided by itself."""
    return check.claims[0].id if check and len(check.claims) == 1 else None


def _show_progress(check: Check, drawn: Drawn) -> None:
    st.fragment(_progress, run_every=POLL_S)(check, drawn)


def _progress(check: Check, drawn: Drawn) -> None:
    follow_browser()
    if not check.running or drawn.lacks(check.found):
        st.rerun()  # what was found meanwhile is to be seen in the cards
    doing = _("Stopping") if check.stopping else check.doing
    text = f":small[{doing}]"
    if len(check.claims) > 1:
        done = len(check.found.results) if check.found else 0
        text = f":small[{doing} :gray[{_('{n} of {total} done').format(n=done, total=len(check.claims))}]]"
    st.progress(check.share, text=text)
    st.button(
        _("Stop"),
        key="stop-check",
        type="tertiary",
        icon=":material/stop_circle:",
        disabled=check.stopping,
        on_click=check.stop,
    )


def _begin(*claims: Claim) -> None:
    follow_browser()  # a callback comes before the page, and the check keeps the language it is begun in
    checks().begin(claims)


def _begin_all() -> None:
    _begin(*(claim for claim in load().claims.values() if claim.check))


require_budget()
show_page()

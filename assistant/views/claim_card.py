"""One claim as a card: what is said, what is true today and from where, and what this machine says to it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import pandas as pd
import streamlit as st

from assistant import moments, wording
from assistant.claims.records import CheckResult, CitedSource, ClaimRow
from assistant.claims.words import compared, measured_on, name, ratio, when_checked
from assistant.language import _, ngettext
from assistant.views import charts
from assistant.views.markdown import plain
from assistant.views.sources import source_link
from assistant.views.standing import browser_zone
from assistant.views.theme import ink
from knowledge.claims import Claim, RatioCheck
from knowledge.load import load
from knowledge.schema import Dated
from knowledge.staleness import Stale
from probes.words import sentences

VERDICT_COLOURS = {
    "holds": "green",
    "outdated": "orange",
    "wrong": "red",
    "depends": "blue",
    "opinion": "violet",
    "unverified": "gray",
}
OUTCOME_COLOURS = {"holds here": "green", "does not hold here": "red", "too close to call": "blue", None: "gray"}

# What a card needs to be read easily.
CARD_PX = 340


@dataclass(frozen=True)
class Deciding:
    """What can be done about a claim: `begin` decides it; None where nothing is to be measured.

    `show_progress` is given for the claim that is being decided alone; `busy` means that something is being decided.
    """

    begin: Callable[[Claim], None] | None
    busy: bool
    show_progress: Callable[[], None] | None = None


def show_card(claim: Claim, row: ClaimRow, aged: Stale | None, deciding: Deciding) -> None:
    """The claim with its verdict, sources and age, and the outcome on this machine or the offer to decide it."""
    with st.container(border=True, height="stretch", gap="small", key=f"claim-{claim.id}"):
        today = sentences(f":gray[{_('Today:')}]", plain(row.today))
        st.markdown("\n\n".join((_marks(row, aged), f"**{plain(row.statement)}**", today)))
        st.markdown(provenance(claim, row.sources, aged))
        if claim.check is not None:
            _here(claim, row.check, deciding)


def verdict_badge(verdict: str) -> str:
    """The verdict as Markdown."""
    return f":{VERDICT_COLOURS[verdict]}-badge[{wording.verdict(verdict)}]"


def _marks(row: ClaimRow, aged: Stale | None) -> str:
    names = wording.clauses(map(wording.framework_name, row.frameworks))
    about = f":small[:gray[{plain(names)} · {plain(_(load().dimensions[row.dimension].label))}]]"
    return " ".join(filter(None, (verdict_badge(row.verdict), stale_badge(aged), about)))


def stale_badge(aged: Stale | None) -> str:
    """Marks what should be read again, as Markdown; empty for what need not be."""
    return f":orange-badge[:material/update: {_('to be read again')}]" if aged else ""


def provenance(record: Dated, sources: Sequence[CitedSource], aged: Stale | None) -> str:
    """When a claim or fact was checked, of which versions and with which sources, as two lines of Markdown."""
    return f":small[:gray[{_age(record, aged)}]]  \n:small[{_sources(sources)}]"


def _age(record: Dated, aged: Stale | None) -> str:
    day = moments.day(record.checked)
    line = _("Checked on {date}.").format(date=day)
    if record.versions:
        versions = wording.listing(f"{name} {version}" for name, version in record.versions.items())
        line = _("Checked on {date}, of {versions}.").format(date=day, versions=versions)
    if aged and aged.lags:
        newer = wording.listing(f"{lag.distribution} {lag.installed}" for lag in aged.lags)
        line = sentences(line, _("Here is {versions}.").format(versions=newer))
    elif aged:
        ago = ngettext("That is {n} day ago.", "That is {n} days ago.", aged.age_days)
        line = sentences(line, ago.format(n=aged.age_days))
    return plain(line)


def _sources(sources: Sequence[CitedSource]) -> str:
    if not sources:
        return f":gray[{_('No source settles it.')}]"
    return " · ".join(source_link(source.title, source.address) for source in sources)


def _here(claim: Claim, result: CheckResult | None, deciding: Deciding) -> None:
    st.space("stretch")
    with st.container(gap="xsmall", key=f"here-{claim.id}"):
        if result is not None:
            _outcome(claim, result)
        if deciding.show_progress:
            deciding.show_progress()
        else:
            _offer(claim, result, deciding)


def _outcome(claim: Claim, result: CheckResult) -> None:
    badge = f":{OUTCOME_COLOURS[result.outcome]}-badge[:material/computer: {wording.outcome(result.outcome)}]"
    st.markdown(f"{badge} {plain(result.meaning or result.problem or '')}")
    if isinstance(claim.check, RatioCheck) and result.comparisons:
        _chart(claim.id, claim.check, result)
    elif isinstance(result.figure, str):
        st.markdown(f":small[:gray[{sentences(_('It saw:'), plain(result.figure))}]]")
    told = when_checked(result, browser_zone(), datetime.now(UTC))
    st.markdown("  \n".join(f":small[:gray[{plain(sentence)}]]" for sentence in told))


def _chart(claim_id: str, check: RatioCheck, result: CheckResult) -> None:
    subject, network = compared(check), measured_on(check)
    frame = pd.DataFrame(
        {
            "name": f"{name(check, each.denominator)}\n{ratio(each)}",
            "figure": each.figure,
            "low": each.low,
            "high": each.high,
        }
        for each in result.comparisons
    )
    on_network = f"  \n:small[:gray[{plain(network)}]]" if network else ""
    st.markdown(f":small[{plain(subject)}]{on_network}")
    st.altair_chart(
        charts.ratio_plot(frame, check.bounds(), _("times as much"), ink()),
        alt=f"{subject} {'; '.join(frame['name'])}".replace("\n", ": "),
        key=f"ratio-{claim_id}",
    )


def _offer(claim: Claim, result: CheckResult | None, deciding: Deciding) -> None:
    if deciding.begin is None:
        if result is None:
            st.markdown(f":small[:gray[{_('A machine can decide this; measuring is switched off here.')}]]")
        return
    settled = result is not None and result.outcome is not None
    st.button(
        _("Decide again") if settled else _("Let this machine decide"),
        key=f"decide-{claim.id}",
        type="tertiary",
        icon=":material/refresh:" if settled else ":material/play_arrow:",
        disabled=deciding.busy,
        on_click=deciding.begin,
        args=(claim,),
    )

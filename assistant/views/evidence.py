"""Evidence badges: each opens what it stands for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from operator import itemgetter

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from assistant import evidence_words, job_words, moments, quantities, wording
from assistant.advice.recommendation import ForecastRow, Reason, Recommendation
from assistant.conversation.interview import Interview
from assistant.language import _
from assistant.views import links
from assistant.views.markdown import plain
from assistant.views.sources import source_link
from assistant.views.state import state
from knowledge.load import load
from knowledge.schema import Fact
from probes.words import sentences

COLOURS = {
    "measured": "green",
    "forecast": "blue",
    "corpus": "violet",
    "cited": "orange",
    "you": "gray",
}


def show_reason(reason: Reason, advised: Recommendation, key: str) -> None:
    """One reason in a line, wearing its badge."""
    with st.container(horizontal=True, vertical_alignment="center", gap="xsmall", key=f"reason-{key}"):
        st.markdown(reason.text, width="content")
        with badge(reason.evidence, key, reason.facts):
            _source(reason, advised)


def linked_badge(kind: str, facts: Sequence[str] = ()) -> str:
    """The badge as Markdown, which leads to the first source of the facts; of several, all follow by their numbers.

    Where only packages are cited, which have no address, they are named.
    """
    mark = f":{COLOURS[kind]}-badge[{evidence_words.badge(kind, facts)}]"
    addresses = evidence_words.addresses(facts)
    if not addresses:
        return " ".join((mark, *(source_link(title, None) for title in evidence_words.titles(facts))))
    numbers = (f":small[[{number}]({address})]" for number, address in enumerate(addresses, start=1))
    return " ".join((f"[{mark}]({addresses[0]})", *(numbers if len(addresses) > 1 else ())))


def badge(kind: str, key: str, facts: Sequence[str] = ()) -> DeltaGenerator:
    """The badge of an evidence kind as a button; what is drawn into it is seen when it is opened."""
    word = evidence_words.badge(kind, facts)
    return st.popover(f":{COLOURS[kind]}-badge[{word}]", type="tertiary", key=f"badge-{key}")


def show_forecast(kind: str, rows: Iterable[ForecastRow]) -> None:
    """How figures of this evidence kind came about, and what the job takes with every candidate."""
    st.markdown(_origin(kind))
    known = sorted(((row.epoch_seconds, row) for row in rows if row.epoch_seconds is not None), key=itemgetter(0))
    lines = [f"| {_('Candidate')} | {_('Epoch')} | {_('Range')} | {_('Evidence')} |", "|---|---:|---:|---|"]
    lines += [f"| {' | '.join(_cells(row, epoch_s))} |" for epoch_s, row in known]
    st.markdown("\n".join(lines))
    borrowed = job_words.measured_elsewhere(row for _epoch_s, row in known)
    if borrowed:
        st.caption(plain(borrowed))
    links.to_measurements()


def _origin(kind: str) -> str:
    return {
        "measured": _(
            "This network itself was trained here; an epoch is its step time, as many times as it has steps."
        ),
        "forecast": _(
            "Smaller networks of the same kind were trained here; a model of how time grows with size carries "
            "their figures over to yours. The range is meant to hold nine outcomes in ten."
        ),
        "corpus": _(
            "It was not measured here: what it took on another machine is carried over to this one. The range is "
            "meant to hold nine outcomes in ten."
        ),
    }[kind]


def _cells(row: ForecastRow, epoch_s: float) -> Iterator[str]:
    yield wording.candidate_name(row.candidate)
    yield quantities.unbroken(quantities.duration(epoch_s))
    yield _range(row)
    yield wording.evidence_badge(row.evidence) if row.evidence else ""


def _range(row: ForecastRow) -> str:
    if row.epoch_seconds_low is None or row.epoch_seconds_high is None:
        return _("unknown")
    return quantities.duration_range(row.epoch_seconds_low, row.epoch_seconds_high)


def _source(reason: Reason, advised: Recommendation) -> None:
    if reason.evidence == "you":
        _said(reason.source)
    elif reason.facts:
        for fact in map(load().fact, reason.facts):
            _cited(fact)
    else:
        show_forecast(reason.evidence, advised.forecast)


def _cited(fact: Fact) -> None:
    cited = map(load().source, fact.sources)
    links = (source_link(_(source.title), str(source.address) if source.address else None) for source in cited)
    st.markdown(plain(_(fact.statement)))
    st.markdown("\n".join(f"- {link}" for link in links))
    versions = (
        wording.listing(f"{name} {version}" for name, version in fact.versions.items()) if fact.versions else ""
    )
    st.caption(sentences(_("Checked on {date}.").format(date=moments.day(fact.checked)), versions))


def _said(field: str) -> None:
    line = next((line for line in state().interview.settled if line.id == field), None)
    if line is None:
        return
    st.markdown(f"{_(line.text)}  \n**{wording.answer_label(field, line.value)}**")
    st.button(
        _("Change this answer"),
        key=f"said-{field}-{state().turns}",
        icon=":material/edit:",
        on_click=lambda: state().move(Interview.revisit(state().interview, field)),
    )

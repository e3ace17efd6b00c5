"""Evidence badges: each opens what it stands for."""

from __future__ import annotations

from collections.abc import Iterable
from operator import itemgetter

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from assistant import moments, wording
from assistant.advice.recommendation import ForecastRow, Reason, Recommendation
from assistant.conversation.interview import Interview
from assistant.language import _
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
    "rule": "gray",
    "you": "gray",
}


def show_reason(reason: Reason, advised: Recommendation, key: str) -> None:
    """One reason in a line, wearing its badge."""
    with st.container(horizontal=True, vertical_alignment="center", gap="xsmall", key=f"reason-{key}"):
        st.markdown(wording.as_sentence(reason.text), width="content")
        fact = load().fact(reason.fact) if reason.fact else None
        with badge(reason.evidence, key, checked=fact):
            _source(reason, fact, advised)


def linked_badge(reason: Reason) -> str:
    """The badge as Markdown; that of a cited reason leads to its source where that has an address."""
    mark = f":{COLOURS[reason.evidence]}-badge[{wording.evidence_badge(reason.evidence)}]"
    return f"[{mark}]({reason.source})" if reason.source.startswith("https://") else mark


def badge(kind: str, key: str, *, checked: Fact | None = None) -> DeltaGenerator:
    """The badge of an evidence kind as a button; what is drawn into it is seen when it is opened."""
    word = wording.evidence_badge(kind)
    if checked:
        word = wording.clauses((word, moments.month(checked.checked)))
    return st.popover(f":{COLOURS[kind]}-badge[{word}]", type="tertiary", key=f"badge-{key}")


def show_forecast(kind: str, rows: Iterable[ForecastRow]) -> None:
    """How figures of this evidence kind came about, and what the job takes with every candidate."""
    st.markdown(_origin(kind))
    known = sorted(((row.epoch_seconds, row) for row in rows if row.epoch_seconds is not None), key=itemgetter(0))
    lines = [f"| {_('Candidate')} | {_('Epoch')} | {_('Range')} |", "|---|---:|---:|"]
    lines += [
        f"| {wording.candidate_name(row.candidate)} | {wording.duration(epoch_s)} | {_range(row)} |"
        for epoch_s, row in known
    ]
    st.markdown("\n".join(lines))
    st.page_link("views/measurements.py", label=_("What was measured"), icon=":material/monitoring:")


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
            "Networks of this kind were trained on other machines; their figures were carried over to yours."
        ),
    }[kind]


def _range(row: ForecastRow) -> str:
    if row.epoch_seconds_low is None or row.epoch_seconds_high is None:
        return _("unknown")
    return wording.duration_range(row.epoch_seconds_low, row.epoch_seconds_high)


def _source(reason: Reason, fact: Fact | None, advised: Recommendation) -> None:
    if fact is not None:
        _cited(fact)
    elif reason.evidence in {"measured", "forecast", "corpus"}:
        show_forecast(reason.evidence, advised.forecast)
    elif reason.evidence == "you":
        _said(reason.source)
    else:
        st.markdown(
            _("This follows from the rule `{rule}` of Probewise, not from a measurement.").format(rule=reason.source)
        )


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

"""Your job: what it takes with every candidate, from when on a slower start pays, and whether it fits."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from assistant import job_words, quantities, wording
from assistant.advice.recommendation import BreakEven, ForecastRow, Recommendation
from assistant.language import _
from assistant.target import Target, target
from assistant.views import break_even_chart, charts
from assistant.views.figures import NAME_PX, ROW_PX
from assistant.views.markdown import named, plain
from assistant.views.measuring import require_budget
from assistant.views.standing import draw_while_measuring, show_progress
from assistant.views.state import advice, state
from assistant.views.theme import ink
from probes.report import Progress
from probes.words import sentences

# Charts take longer to redraw than bars.
POLL_S = 3.0


def _page(progress: Progress | None) -> None:
    now = state()
    job, advised = target(now.interview.project, now.interview.machine), advice()
    st.title(_("Your job"), anchor=False)
    st.caption(_described(job, advised))
    if progress is not None or now.report is None:
        show_progress(now, progress)
    known = [row for row in advised.forecast if row.epoch_seconds is not None]
    if known:
        _epochs(known)
        _break_even(advised, job)
        _memory(known, job)
    _missing(advised)


def _described(job: Target, advised: Recommendation) -> str:
    """The network, how long an epoch of it is, and what of it was not said."""
    told = _("{network}; {rows:,} examples, {steps:,} steps in an epoch.").format(
        network=wording.network(job.workload), rows=job.rows, steps=job.steps_per_epoch
    )
    if not advised.assumptions:
        return told
    return sentences(told, _("What was not said is assumed; answers make it yours."))


def _epochs(known: list[ForecastRow]) -> None:
    st.markdown(f"#### {_('One epoch, with its 90 % interval')}")
    frame = pd.DataFrame([row.model_dump() for row in known])
    frame["name"] = [wording.candidate_name(row.candidate) for row in known]
    frame["words"] = [quantities.duration(row.epoch_seconds or 0.0) for row in known]
    figures = ["epoch_seconds", "epoch_seconds_low", "epoch_seconds_high"]
    unit = job_words.epoch_unit(known)
    frame[figures] = frame[figures].astype(float).map(unit.of)
    axis = charts.Axis(figures[0], unit.lower_is_better, "words", *figures[1:])
    best = frame.sort_values("epoch_seconds").iloc[0]
    alt = _("{heading}, lowest for {name} with {figure}").format(
        heading=_("One epoch, with its 90 % interval"), name=best["name"], figure=best["words"]
    )
    st.altair_chart(charts.dot_plot(frame, axis, ink()), alt=alt, key="epochs")
    _table(known)


def _table(known: list[ForecastRow]) -> None:
    rows = [
        {
            "name": wording.candidate_name(row.candidate),
            "epoch": _duration_range(row),
            "first": wording.first_result(row),
            "memory": wording.job_memory(row),
            "batch": "" if row.largest_batch is None else f"{job_words.at_most(row.largest_batch):,}",
            "evidence": wording.evidence_badge(row.evidence or "forecast"),
        }
        for row in sorted(known, key=lambda row: row.epoch_seconds or 0.0)
    ]
    st.dataframe(
        pd.DataFrame(rows),
        column_config={
            "name": st.column_config.TextColumn(_("Candidate"), pinned=True, width=NAME_PX),
            "epoch": st.column_config.TextColumn(_("One epoch")),
            "first": st.column_config.TextColumn(_("First result after")),
            "memory": st.column_config.TextColumn(_("Memory")),
            "batch": st.column_config.TextColumn(
                _("Largest batch (forecast)"),
                alignment="right",
                help=_(
                    "So many examples should fit into memory in one step, nine times in ten. It was not tried: it "
                    "follows from how memory was seen to grow with the batch, else from what is usual."
                ),
            ),
            "evidence": st.column_config.TextColumn(_("Evidence")),
        },
        hide_index=True,
        row_height=ROW_PX,
        height="content",
        alt=_("What the job takes with every candidate"),
        key="job-figures",
    )
    borrowed = job_words.measured_elsewhere(known)
    if borrowed:
        st.caption(plain(borrowed))


def _duration_range(row: ForecastRow) -> str:
    if row.epoch_seconds_low is None or row.epoch_seconds_high is None:
        return quantities.duration(row.epoch_seconds or 0.0)
    return quantities.duration_range(row.epoch_seconds_low, row.epoch_seconds_high)


def _break_even(advised: Recommendation, job: Target) -> None:
    st.markdown(f"#### {_('When a slower start pays')}")
    if not advised.break_even:
        st.caption(_("It is not known: of no framework are the start and the step time of two modes known here."))
        return
    by_pair = {f"{each.sooner} {each.later}": each for each in advised.break_even}
    crossing = [pair for pair, each in by_pair.items() if each.steps is not None]
    if crossing:
        _crossing(by_pair, crossing, advised, job)
    for pair, each in by_pair.items():
        if pair not in crossing:
            st.caption(plain(job_words.break_even(each, job.steps_per_epoch)))


def _crossing(by_pair: dict[str, BreakEven], crossing: list[str], advised: Recommendation, job: Target) -> None:
    """One pair of candidates, chosen among those of which the later one catches up."""

    def label(pair: str) -> str:
        later = by_pair[pair].later
        return _("{later} after {sooner}").format(
            later=wording.candidate_name(later), sooner=wording.candidate_name(by_pair[pair].sooner)
        )

    chosen = crossing[0]
    if len(crossing) > 1:
        chosen = st.selectbox(_("Who catches up with whom"), crossing, format_func=label, key="break-even")
    found = by_pair.get(chosen, by_pair[crossing[0]])
    st.markdown(plain(job_words.break_even(found, job.steps_per_epoch)))
    st.altair_chart(
        break_even_chart.drawn(found, {row.candidate: row for row in advised.forecast}, ink()),
        alt=job_words.break_even(found, job.steps_per_epoch),
        key="break-even-chart",
    )


def _memory(known: list[ForecastRow], job: Target) -> None:
    told = [row for row in known if row.memory_mb and row.memory_gb]
    if not told:
        return
    st.markdown(f"#### {_('Memory')}")
    short = {row.candidate: words for row in told if (words := job_words.short_of_memory(row, job.workload.batch))}
    for sentence in short.values():
        st.warning(plain(sentence), icon=":material/memory:")
    if not short and len(told) == len(known):
        every = _("A batch of {batch:,} should fit with every candidate above.")
        st.markdown(every.format(batch=job.workload.batch))
        return
    fitting = [wording.candidate_name(row.candidate) for row in told if row.candidate not in short]
    if fitting:
        fits = _("A batch of {batch:,} should fit with {candidates}.")
        st.markdown(plain(fits.format(batch=job.workload.batch, candidates=wording.listing(fitting))))


def _missing(advised: Recommendation) -> None:
    lacking = job_words.without_forecast(advised.forecast)
    if not lacking:
        return
    if len(lacking) == 1 and all(row.epoch_seconds is None for row in advised.forecast):
        st.info(plain(*lacking))
        return
    st.markdown(f"#### {_('Without a forecast')}")
    st.markdown("\n".join(f"- {named(wording.candidate_names(those), plain(why))}" for why, those in lacking.items()))


require_budget()
draw_while_measuring(_page, POLL_S)

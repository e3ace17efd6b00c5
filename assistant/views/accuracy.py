"""Accuracy: how good forecasts and picks are on jobs that were measured in full; what is missed comes first."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import pandas as pd
import streamlit as st

from assistant import evaluation_tables, evaluation_words, quantities, wording
from assistant.errors import InvalidInput
from assistant.evaluation.evaluate import Evaluation, Row
from assistant.evaluation.published import Published, published
from assistant.evaluation.summary import Summary
from assistant.evaluation.targets import TARGETS, Figure, Outcome, outcomes
from assistant.language import _
from assistant.views import budget_chart
from assistant.views.markdown import plain
from assistant.views.theme import ink
from probes.words import sentences

# What is drawn over the seconds of probing, and the least width of such a chart.
DRAWN: tuple[Figure, ...] = ("within_5_percent", "mean_regret")
CHART_PX = 300

OUTCOME_COLOURS = {True: "green", False: "red", None: "gray"}


def show_page() -> None:
    """The whole page, or what is in its way."""
    st.title(_("How good is it?"), anchor=False)
    try:
        known = published()
    except InvalidInput as problem:
        st.error(plain(str(problem)))
        return
    if not known:
        st.info(
            _("No evaluation has been published yet. `probewise evaluate --publish` makes one; it takes minutes.")
        )
        return
    found = _choose(known)
    st.caption(plain(evaluation_words.what_was_done(found)))
    st.info(evaluation_words.limits(found), icon=":material/computer:")
    _targets(found.evaluation)
    _by_budget(found.evaluation.by_budget)
    _ways(found.evaluation)
    _families(found.evaluation)
    _noise(found.evaluation)
    _interviews(found.evaluation)
    _jobs(found.evaluation.rows)


def _choose(known: Sequence[Published]) -> Published:
    """One machine's, where there are several."""
    if len(known) == 1:
        return known[0]
    machines = {each.machine.fingerprint: each for each in known}
    names = wording.machine_names(each.machine for each in known)
    chosen = st.selectbox(_("Machine"), list(machines), format_func=names.__getitem__, key="evaluated-machine")
    return machines[chosen]


def _targets(found: Evaluation) -> None:
    st.markdown(f"#### {evaluation_words.targets_heading(found.summary)}")
    st.markdown(evaluation_words.tally(outcomes(found.summary)))
    st.markdown(evaluation_tables.targets(found, _met))
    st.caption(plain(sentences(evaluation_words.regret_meaning(), evaluation_words.sureness(found.summary))))
    st.markdown(f"#### {_('What the forecasts rest on')}")
    st.markdown(evaluation_tables.evidence(found))
    told = (evaluation_words.unreached(found.summary), evaluation_words.break_evens(found.summary))
    st.caption(plain(sentences(*filter(None, told))))


def _met(outcome: Outcome) -> str:
    return f":{OUTCOME_COLOURS[outcome.met]}-badge[{evaluation_words.met(outcome)}]"


def _by_budget(by_budget: Sequence[Summary]) -> None:
    heading = _("By seconds of probing")
    st.markdown(f"#### {heading}")
    with st.grid(len(DRAWN), min_column_width=CHART_PX):
        for figure in DRAWN:
            with st.container(gap="xsmall"):
                _chart(figure, by_budget)
    budgets = {quantities.duration(each.budget_s or 0.0): each for each in by_budget}
    _table(budgets, _("Seconds"), heading, "budgets")


def _chart(figure: Figure, by_budget: Sequence[Summary]) -> None:
    (target,) = (target for target in TARGETS if target.figure == figure)
    told = budget_chart.frame_of(figure, by_budget)
    alt = _("{name}: from {first} to {last} with more seconds").format(
        name=evaluation_words.target_name(figure), first=told["words"].iloc[0], last=told["words"].iloc[-1]
    )
    st.markdown(f"**{evaluation_words.target_name(figure)}**")
    st.altair_chart(budget_chart.drawn(figure, target, by_budget, ink()), alt=alt, key=f"budgets-{figure}")


def _ways(found: Evaluation) -> None:
    st.markdown(f"#### {_('Ways of choosing, for the same seconds')}")
    for told in _not_worse(found):
        st.markdown(told)
    st.markdown(evaluation_tables.ways(found))
    if tie := evaluation_words.tie_meaning(found):
        st.caption(tie)
    st.markdown(evaluation_tables.ways_by_budget(found))
    if behind := evaluation_words.not_ahead(found):
        st.caption(behind)


def _not_worse(found: Evaluation) -> Iterator[str]:
    """Who is better than Probewise, or ties with it, before the figures of all."""
    by_standing: dict[str, list[str]] = {}
    for name, standing in found.standings.items():
        by_standing.setdefault(standing, []).append(f"**{plain(evaluation_words.way_name(found, name))}**")
    if "better" in by_standing:
        yield _("Better than Probewise on these jobs: {ways}.").format(ways=wording.listing(by_standing["better"]))
    if "tie" in by_standing:
        yield _("A tie with Probewise on these jobs: {ways}.").format(ways=wording.listing(by_standing["tie"]))
    if by_standing.keys() == {"worse"}:
        yield _("Every other way is worse on these jobs.")


def _families(found: Evaluation) -> None:
    heading = _("By family of networks")
    st.markdown(f"#### {heading}")
    families = {evaluation_words.family(name): each for name, each in found.by_family.items()}
    _table(families | {_("the largest third"): found.largest_third}, _("Family"), heading, "families")


def _noise(found: Evaluation) -> None:
    st.markdown(f"#### {_('What nobody can know')}")
    floor = _("A forecast from one process and a few rounds can hardly be nearer, and a pick hardly cost less.")
    st.markdown(plain(sentences(*evaluation_words.noise(found.noise), floor)))


def _frame(summaries: Mapping[str, Summary]) -> pd.DataFrame:
    """A row of figures for each name, in percent; without those that are the same, or unknown, of all."""
    frame = pd.DataFrame([_percentages(each) for each in summaries.values()])
    frame.insert(0, "name", list(summaries))
    if (frame["jobs"] == frame["jobs"].iloc[0]).all():
        frame = frame.drop(columns="jobs")
    return frame.dropna(axis="columns", how="all")


def _percentages(each: Summary) -> dict[str, float | None]:
    shares = {
        "within_5": each.within_5_percent,
        "mean_regret": each.mean_regret,
        "worst": each.worst_regret,
        "closed_gap": each.closed_gap,
        "step_time": each.step_time_mape,
        "memory": each.memory_median,
        "coverage": each.coverage_90,
    }
    return {"jobs": each.workloads} | {name: _percent(share) for name, share in shares.items()}


def _table(summaries: Mapping[str, Summary], first: str, alt: str, key: str) -> None:
    """All figures of each name, under a heading for the names."""
    number = st.column_config.NumberColumn
    st.dataframe(
        _frame(summaries),
        column_config={
            "name": st.column_config.TextColumn(first, pinned=True),
            "jobs": number(_("Jobs")),
            "within_5": number(_("Within 5 %"), format="%.0f %%"),
            "mean_regret": number(_("Mean regret"), format="%.1f %%"),
            "worst": number(_("Worst"), format="%.0f %%"),
            "closed_gap": number(_("Gap closed"), format="%.0f %%"),
            "step_time": number(_("Step time error"), format="%.0f %%"),
            "memory": number(_("Memory error"), format="%.1f %%"),
            "coverage": number(_("In the 90 % interval"), format="%.0f %%"),
        },
        hide_index=True,
        height="content",
        placeholder="",
        alt=alt,
        key=key,
    )


def _interviews(found: Evaluation) -> None:
    """How many questions it takes, where that was tried."""
    if found.interviews:
        st.markdown(f"#### {_('How long the interview is')}")
        st.markdown(evaluation_tables.interviews(found.interviews))
        st.caption(evaluation_words.interviewed(found.interviews))


def _percent(share: float | None) -> float | None:
    return None if share is None else 100 * share


def _jobs(rows: Sequence[Row]) -> None:
    """Every job, the costliest pick first."""
    number = st.column_config.NumberColumn
    frame = pd.DataFrame(
        {
            "job": row.workload,
            "family": evaluation_words.family(row.family),
            "best": wording.candidate_name(row.best),
            "best_step": quantities.duration(row.best_ms / 1e3),
            "picks": evaluation_words.picks(row),
            "regret": 100 * row.mean_regret,
            "error": _percent(row.step_time_error),
        }
        for row in sorted(rows, key=lambda row: -row.mean_regret)
    )
    with st.expander(_("Every job, the costliest pick first"), key="every-job"):
        st.dataframe(
            frame,
            column_config={
                "job": st.column_config.TextColumn(_("Job"), pinned=True),
                "family": st.column_config.TextColumn(_("Family")),
                "best": st.column_config.TextColumn(_("Best")),
                "best_step": st.column_config.TextColumn(_("Its step")),
                "picks": st.column_config.ListColumn(_("Picked, and how often")),
                "regret": number(_("Mean regret"), format="%.1f %%"),
                "error": number(_("Step time error"), format="%.0f %%"),
            },
            hide_index=True,
            placeholder="",
            alt=_("Every job: the best, what was picked, and what that cost"),
            key="jobs",
        )


show_page()

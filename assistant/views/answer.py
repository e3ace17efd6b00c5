"""The answer: the recommendation as a card, with everything that can be asked about it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial

import streamlit as st

from assistant import change_words, job_words, quantities, wording
from assistant.advice.eligibility import by_exclusion
from assistant.advice.recommendation import AnswerChange, DoubleFlip, Flip, ForecastRow, Reason, Recommendation
from assistant.conversation.questions import phrasing
from assistant.errors import InvalidInput
from assistant.language import _, ngettext
from assistant.networks import network_name
from assistant.starter.catalogue import Starter, nearest, unavailable
from assistant.starter.requirements import pins
from assistant.target import target
from assistant.views import links
from assistant.views.evidence import badge, linked_badge, show_forecast, show_reason
from assistant.views.markdown import named, plain
from assistant.views.standing import browser_zone
from assistant.views.state import advice, state
from knowledge.load import load
from probes.candidates import CANDIDATES, find_candidate
from probes.words import in_this_context, sentences
from probes.workloads import NAMED


def show_answer() -> None:
    """The card; what it says follows the answers and the measurements of this moment."""
    advised = advice()
    with st.container(border=True, key="answer"):
        if advised.winner is None:
            _nothing_fits(advised)
        else:
            _headline(advised)
            _job(advised)
            _reasons(advised)
            _doubt(advised)
            _ways_on(advised)
    _excluded(advised)
    if advised.contributions:
        from assistant.views.scores import show_scores  # noqa: PLC0415  the first question does not wait for pandas

        show_scores(advised)


def _nothing_fits(advised: Recommendation) -> None:
    st.markdown(f"## {_('Nothing fits these answers')}")
    why = _("Every framework is excluded; below stands why.")
    st.markdown(sentences(why, wording.relaxing(together=advised.relax_together)))
    with st.container(horizontal=True):
        for field in advised.relax:
            st.button(_question(field), key=f"relax-{field}", on_click=_revisit, args=(field,))
    _decision_record(advised)


def _headline(advised: Recommendation) -> None:
    assert advised.winner is not None
    knowledge = load()
    mode = _(knowledge.mode(advised.winner.candidate).label)
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
        with st.container(gap=None, width="content"):
            st.markdown(f"# {wording.framework_name(advised.winner.framework)}", width="content")
            st.markdown(f":gray[{mode}]", width="content")
        sure = _("{share} sure").format(share=quantities.percent(advised.confidence))
        st.markdown(
            f"### :primary[{sure}]",
            width="content",
            help=_(
                "It wins in this share of plausible worlds. A world draws what is not known: open answers, how much "
                "each thing matters to you, and how far the measurements may be off."
            ),
        )
    if unmeasured := wording.modes_note(advised):
        st.caption(unmeasured)
    if advised.nothing_fits >= wording.WORTH_TELLING:
        st.markdown(f":gray[{wording.nothing_fits_line(advised.nothing_fits)}]")
    if advised.tie:
        names = wording.listing(map(wording.framework_name, advised.tie))
        st.markdown(_("**A tie:** {names} are equally good here; choose by taste.").format(names=names))


def _job(advised: Recommendation) -> None:
    assert advised.winner is not None
    row = next((row for row in advised.forecast if row.candidate == advised.winner.candidate), None)
    if row is None:
        return
    if row.evidence is None or row.epoch_seconds is None:
        st.markdown(wording.job_line(row))
        return
    with st.container(gap=None):
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.markdown(
                f"#### {_('About {time} per epoch').format(time=quantities.duration(row.epoch_seconds))}",
                width="content",
            )
            with badge(row.evidence, "job"):
                show_forecast(row.evidence, advised.forecast)
        st.markdown(f":gray[{_job_details(row)}]")
    if short := job_words.short_of_memory(row, target(state().interview.project).workload.batch):
        st.markdown(f":orange[:material/warning: {plain(short)}]")
    assumptions = dict(advised.assumptions)
    if state().interview.project.task is not None and "task" in assumptions:
        stand_in = wording.answer_label("task", assumptions.pop("task"))
        st.caption(_("Forecast with the network of another task: {task}").format(task=stand_in))
    if assumptions:
        taken = wording.apart(_assumption(field, value) for field, value in assumptions.items())
        st.caption(_("Not said, so assumed: {assumptions}").format(assumptions=taken))


def _job_details(row: ForecastRow) -> str:
    """`ResNet-18, 15 min to 45 min, 950 MB of memory, for 50,000 photos`."""
    scale = state().interview.project.model_scale
    details = [network_name(scale)] if scale in NAMED else []
    if row.epoch_seconds_low is not None and row.epoch_seconds_high is not None:
        details.append(quantities.duration_range(row.epoch_seconds_low, row.epoch_seconds_high))
    if row.memory_mb is not None:
        details.append(_("{memory} of memory").format(memory=wording.job_memory(row)))
    project = state().interview.project
    unit = phrasing(load().question("dataset_rows"), project)[1]
    if project.dataset_rows and unit:
        details.append(_("for {rows:,} {unit}").format(rows=project.dataset_rows, unit=_(unit.unit)))
    return wording.clauses(details)


def _assumption(field: str, value: object) -> str:
    return sentences(_question(field), wording.answer_label(field, value))


def _reasons(advised: Recommendation) -> None:
    if advised.simpler_first:
        facts = advised.simpler_first_facts
        evidence = linked_badge("cited" if facts else "measured", facts)
        told = sentences(f"**{_('Try something simpler first.')}**", advised.simpler_first)
        st.info(f"{told} {evidence}", icon=":material/lightbulb:")
    with st.container(gap="small"):
        for place, reason in enumerate(advised.reasons):
            show_reason(reason, advised, f"why-{place}")


def _doubt(advised: Recommendation) -> None:
    if advised.runner_up and not advised.tie:
        share = quantities.percent(advised.frameworks[advised.runner_up.framework])
        name = wording.candidate_name(advised.runner_up.candidate)
        st.markdown(sentences(f":gray[{_('Second:')}]", wording.clauses((name, share))))
    flips = change_words.all_flips(advised)
    if flips:
        listed = "\n".join(f"- {_flip(flip)}" for flip in flips)
        st.markdown(f":gray[{_('Would change it:')}]\n{listed}")
    if advised.steadfast:
        st.markdown(f":gray[{change_words.steadfast_line(advised.steadfast)}]")


def _flip(flip: Flip | DoubleFlip) -> str:
    changed = wording.listing(map(_answer_change, change_words.parts(flip)))
    return _("{changes} → **{winner}**").format(changes=changed, winner=wording.framework_name(flip.winner))


def _answer_change(change: AnswerChange) -> str:
    return _("{question} **{to}** instead of {before}").format(
        question=f":gray[{_question(change.field)}]",
        to=wording.answer_label(change.field, change.to),
        before=wording.answer_label(change.field, change.from_),
    )


def _question(field: str) -> str:
    return change_words.question(field, state().interview.project)


def _ways_on(advised: Recommendation) -> None:
    starter = _starter(advised)
    problem = _unpinned(starter) if starter else ""
    with st.container(horizontal=True, gap="small", vertical_alignment="center"):
        if starter and not problem:
            _download(starter, advised)
        with st.popover(_("Why not another?"), icon=":material/help:"):
            _why_not(advised)
        links.to_job()
        links.to_measurements()
        _decision_record(advised)
    assert advised.winner is not None
    missing = unavailable(state().interview.project.task, advised.winner.framework)
    for sentence in filter(None, (missing, problem)):
        st.caption(plain(sentence))


def _starter(advised: Recommendation) -> Starter | None:
    """What can be downloaded, in Keras on what the winner runs on."""
    assert advised.winner is not None
    starter = nearest(state().interview.project.task, advised.winner.framework)
    if starter and starter.framework == advised.winner.framework == "keras":
        return replace(starter, backend=find_candidate(advised.winner.candidate).mode)
    return starter


def _unpinned(starter: Starter) -> str:
    """Why its packages cannot be pinned, before a click that could not say so; empty where they can."""
    try:
        pins(starter, _measured_versions())
    except InvalidInput as problem:
        return sentences(_("There is no starter to download yet."), str(problem))
    return ""


def _measured_versions() -> Mapping[str, str]:
    report = state().report
    return report.versions if report else {}


def _download(starter: Starter, advised: Recommendation) -> None:
    now = state()
    project, report, versions = now.interview.project, now.report, _measured_versions()

    def pack() -> bytes:
        from assistant.starter.generate import starter_zip  # noqa: PLC0415  only a click needs Copier

        return starter_zip(
            project,
            advised,
            framework=starter.framework,
            backend=starter.backend,
            versions=versions,
            report=report,
        )

    st.download_button(
        _("Download starter"),
        # Streamlit calls it in a thread of the server's.
        data=in_this_context(pack),
        file_name=f"{starter.task}-{starter.framework}.zip".replace("_", "-"),
        mime="application/zip",
        type="primary",
        icon=":material/download:",
        on_click="ignore",
        key="starter",
    )


def _decision_record(advised: Recommendation) -> None:
    project, report, here = state().interview.project, state().report, state().interview.machine
    today = datetime.now(browser_zone()).date()

    def write(suffix: str) -> str:
        from assistant.record import html, markdown  # noqa: PLC0415  only a click needs them
        from assistant.record.content import decision_record  # noqa: PLC0415

        render = {"md": markdown.render, "html": html.render}[suffix]
        return render(decision_record(project, advised, report, machine=here, made_on=today))

    formats = (("md", _("Download Markdown"), "text/markdown"), ("html", _("Download HTML"), "text/html"))
    with st.popover(_("Decision record"), icon=":material/description:"):
        st.markdown(_("This answer with all its evidence, as a file to keep beside the code."))
        with st.container(horizontal=True, gap="small"):
            for suffix, label, mime in formats:
                st.download_button(
                    label,
                    data=in_this_context(partial(write, suffix)),
                    file_name=f"decision-record.{suffix}",
                    mime=mime,
                    icon=":material/download:",
                    on_click="ignore",
                    key=f"record-{suffix}",
                )


def _why_not(advised: Recommendation) -> None:
    """Every framework but the winner, the likeliest first; then the other modes of each, beside its best one."""
    assert advised.winner is not None
    usable = {ranked.framework for ranked in advised.ranking if ranked.excluded is None}
    for framework in sorted(advised.why_not, key=lambda framework: -advised.frameworks[framework]):
        share = quantities.percent(advised.frameworks[framework])
        st.markdown(f"**{wording.framework_name(framework)}** :gray[{share}]")
        if framework != advised.winner.framework:
            _against(advised.why_not[framework])
        if framework in usable:
            for candidate in CANDIDATES:
                if candidate.framework == framework and candidate.id in advised.other_modes:
                    st.markdown(f":gray[{wording.candidate_name(candidate.id)}]")
                    _against(advised.other_modes[candidate.id])


def _against(reasons: Sequence[Reason]) -> None:
    told = [f"- {plain(reason.text)} {linked_badge(reason.evidence, reason.facts)}" for reason in reasons]
    st.markdown(
        "\n".join(told or [f"- {_('Nothing much: it is as good, only slightly less likely to be the best.')}"])
    )


def _excluded(advised: Recommendation) -> None:
    excluded = by_exclusion(advised.ranking)
    if excluded:
        count = sum(ranked.excluded is not None for ranked in advised.ranking)
        heading = ngettext("{n} option cannot work here", "{n} options cannot work here", count).format(n=count)
        with st.expander(f":gray[{heading}]", expanded=True, type="compact", icon=":material/block:"):
            for exclusion, candidates in excluded.items():
                why = named(wording.candidate_names(candidates), plain(sentences(exclusion.reason, exclusion.fix)))
                st.markdown(f":gray[{why}] {linked_badge(exclusion.evidence, exclusion.facts)}")


def _revisit(field: str) -> None:
    state().move(state().interview.revisit(field))

"""Beside the chat: how the frameworks stand, and how far the measuring is. Asked anew while it lasts."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import UTC, datetime, tzinfo

import streamlit as st
from babel.dates import get_timezone

from assistant import moments, quantities, wording
from assistant.advice.recommendation import Recommendation
from assistant.language import _, ngettext
from assistant.reuse import Earlier, too_late
from assistant.views import links, measuring
from assistant.views.checking import checks
from assistant.views.history import show_history_problem
from assistant.views.languages import follow_browser
from assistant.views.state import State, advice, state
from probes.report import ProbeReport, Progress
from probes.words import sentences

# Often enough to be seen moving, and little enough work to leave the cores to what is being measured.
POLL_S = 2.0

# With five frameworks an even share is 0.2: a leader below this has no lead worth a word.
UNDECIDED = 0.35

_log = logging.getLogger(__name__)


def show_standing() -> None:
    """The standing; while measuring lasts it renews itself without touching the rest of the page."""
    draw_while_measuring(_standing, POLL_S)


def draw_while_measuring(draw: Callable[[Progress | None], None], poll_s: float) -> None:
    """Draw now and, while something is being measured, anew every `poll_s` seconds; `draw` is told how far it is."""
    lasts = follow() is not None
    st.fragment(_drawn, run_every=poll_s if lasts else None)(draw, lasts)


def show_progress(now: State, progress: Progress | None) -> None:
    """How far the measuring is, what came of it, and what can be done about it."""
    with st.container(border=True, gap="small"):
        if progress is None:
            _at_rest(now)
        else:
            _under_way(now, progress)
        show_history_problem(now)


def again_button() -> None:
    """Measures once more, from the start."""
    st.button(_("Measure again"), icon=":material/refresh:", on_click=_begin_again, disabled=follow() is not None)


def more_time_button() -> None:
    """Spends another budget on those who came too late, where there are any."""
    seconds = measuring.further_budget_s(state())
    if seconds:
        label = _("Give the others up to {time} more").format(time=quantities.duration(seconds))
        st.button(label, key="more time", icon=":material/more_time:", on_click=_go_on)


def _drawn(draw: Callable[[Progress | None], None], lasts: bool) -> None:
    follow_browser()
    progress = follow()
    if lasts != (progress is not None):
        st.rerun()  # the figures are in, and the rest of the page is to show them; or measuring begins again
    draw(progress)


def _standing(progress: Progress | None) -> None:
    st.markdown(f"#### {_('How they stand')}")
    _bars(advice())
    show_progress(state(), progress)


def follow() -> Progress | None:
    """Measure what the answers need; None when nothing is being measured, also when that broke."""
    try:
        return measuring.follow(state())
    except Exception:  # noqa: BLE001  the page goes on with what is known; the traceback goes to the terminal
        _log.exception("The measuring broke off")
        measuring.give_up(state())
        state().broken = True
        return None


def _bars(advised: Recommendation) -> None:
    shares = sorted(advised.frameworks.items(), key=lambda item: -item[1])
    st.caption(
        _verdict(advised),
        help=_(
            "The share of plausible worlds in which each framework is the best choice. A world draws what is not "
            "known: open answers, how much each thing matters to you, and how far the measurements may be off."
        ),
    )
    with st.container(gap="xsmall"):
        for framework, share in shares:
            text = f"{wording.framework_name(framework)} :gray[{quantities.percent(share)}]"
            st.progress(share, text=text)
        if advised.nothing_fits >= wording.WORTH_TELLING:
            st.progress(
                advised.nothing_fits, text=f":gray[{_('Nothing fits')} {quantities.percent(advised.nothing_fits)}]"
            )


def _verdict(advised: Recommendation) -> str:
    if advised.winner is None:
        return _("Nothing fits these answers.")
    if not state().interview.project.answers:
        return _("Undecided: I know nothing about your project yet.")
    if advised.tie:
        return _("A tie between {names}.").format(names=wording.listing(map(wording.framework_name, advised.tie)))
    name = wording.framework_name(advised.winner.framework)
    if advised.confidence < UNDECIDED:
        return _("Undecided so far; {name} is a little ahead.").format(name=name)
    return _("{name} leads.").format(name=name)


def _under_way(now: State, progress: Progress) -> None:
    if progress.stage == "waiting":
        st.markdown(f"**{_('Waiting to measure')}**")
        st.caption(_waits_for(now))
    else:
        st.markdown(f"**{_('Measuring')}** :gray[{wording.stage(progress)}]")
        left = _("about {seconds:.0f} s to go").format(seconds=progress.seconds_left)
        st.progress(progress.share, text=f":small[{left}]")
    if now.earlier is not None:
        shown = _("Until it is done you see what was measured {when}.").format(when=when(now.earlier.report))
        st.caption(sentences(now.earlier.outdated or "", shown))
    st.button(_("Stop measuring"), icon=":material/stop_circle:", type="tertiary", on_click=_stop)


def _waits_for(now: State) -> str:
    """Who has the machine: what this person has begun, or somebody else."""
    after_that = _("Two at once would disturb each other; measuring goes on after that.")
    if now.table and now.table.running and now.table.running.has_machine:
        return sentences(_("Models are being tried on your table."), after_that)
    if checks().running:
        return sentences(_("Claims are being decided, as you asked."), after_that)
    return _(
        "Another window or program is measuring on this machine. Two at once would disturb each other; mine begins "
        "when that one is done."
    )


def _at_rest(now: State) -> None:
    st.markdown(_rest_line(now))
    for notice in _notices(now.report):
        st.caption(notice)
    with st.container(horizontal=True, gap="medium", vertical_alignment="center"):
        if now.report is not None:
            links.to_measurements()
        more_time_button()
        if measuring.enabled():
            again_button()


def _rest_line(now: State) -> str:
    if now.broken:
        return _("The measuring broke off; the terminal that runs Probewise says why. What is known so far counts.")
    if not measuring.enabled():
        off = _("Measuring is switched off ({variable} is 0).").format(variable=measuring.BUDGET_VARIABLE)
        if now.report is None:
            return sentences(off, _("What you see rests on facts and rules."))
        return sentences(off, _("What you see was measured {when}.").format(when=when(now.report)))
    if now.stopped and now.reused is None:
        return _stopped_line(now.earlier)
    return _measured_line(now)


def _measured_line(now: State) -> str:
    if now.reused is not None:
        line = _("**Measured** {when}, in {seconds:.0f} s on this machine. Nothing has changed since.")
        return line.format(when=when(now.reused), seconds=now.reused.seconds)
    if now.report is None:
        return _("Nothing is measured yet.")
    return _("**Measured** in {seconds:.0f} s on this machine.").format(seconds=now.report.seconds)


def _stopped_line(earlier: Earlier | None) -> str:
    stopped = _("Measuring is stopped.")
    if earlier is None:
        return sentences(stopped, _("What is known so far counts."))
    return sentences(stopped, _("What you see was measured {when}.").format(when=when(earlier.report)))


def _notices(report: ProbeReport | None) -> list[str]:
    if report is None:
        return []
    notices = []
    if report.contended:
        notices.append(
            _("Other programs were busy meanwhile: the step times may be off. Close them and measure again.")
        )
    return [*notices, *_unmeasured(report), *report.notes]


def _unmeasured(report: ProbeReport) -> list[str]:
    if all(row.step_ms is None for row in report.candidates):
        return [_("No framework could be measured; the measurements page says why for each.")]
    told = []
    # What cannot do this kind of work, or is not installed, is no surprise: the greeting and the answer say so.
    failed = sum(row.status == "failed" for row in report.candidates)
    if failed:
        told.append(
            ngettext(
                "{n} candidate could not be measured; the measurements page says why.",
                "{n} candidates could not be measured; the measurements page says why for each.",
                failed,
            ).format(n=failed)
        )
    if late := too_late(report):
        told.append(late)
    return told


def when(report: ProbeReport) -> str:
    """The moment of a report in the browser's time zone, as it follows "measured"."""
    return moments.when(report.measured_at, browser_zone(), datetime.now(UTC))


def browser_zone() -> tzinfo:
    """The browser's time zone, UTC while it has not told."""
    return get_timezone(st.context.timezone) if st.context.timezone else UTC


def _stop() -> None:
    measuring.stop(state())


def _go_on() -> None:
    measuring.go_on(state())


def _begin_again() -> None:
    measuring.begin_again(state())

"""Measurements: what was measured on this machine, drawn, listed and to take away."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pandas as pd
import streamlit as st

from assistant import measured_words, training_words, wording
from assistant.language import _
from assistant.target import target
from assistant.views import charts, figures
from assistant.views.comparing import all_runs, choose_other, show_places, side_by_side
from assistant.views.figures import NAME_PX, ROW_PX
from assistant.views.history import show_history_problem
from assistant.views.markdown import named, plain
from assistant.views.measuring import enabled, require_budget
from assistant.views.standing import again_button, draw_while_measuring, more_time_button, show_progress, when
from assistant.views.state import state
from assistant.views.theme import ink
from assistant.views.training import show_training
from probes.report import Measurement, ProbeReport, Progress
from probes.tunings import on_accelerator
from probes.words import sentences

REMARKS_PX = 150

# Charts take longer to redraw than bars.
POLL_S = 3.0


def _page(progress: Progress | None) -> None:
    report = state().report
    st.title(_("What was measured"), anchor=False)
    if report is not None:
        st.caption(_provenance(report))
    if progress is not None or report is None:
        show_progress(state(), progress)
    else:
        show_history_problem(state())
    if report is not None:
        _report(report, ended=progress is None)


def _report(report: ProbeReport, *, ended: bool) -> None:
    _notices(report)
    measurement = _choose(report)
    other = choose_other(measurement.workload)
    frame = figures.table(measurement) if other is None else side_by_side(measurement, other)
    if other is not None:
        show_places(report, other)
    if frame["step_ms"].notna().any():
        _charts(frame)
        _table(frame)
    _tuned(measurement)
    _marks((measurement,) if other is None else (measurement, other.measurement))
    _failures(measurement, ended=ended)
    show_training(measurement, None if other is None else other.measurement)
    _further(measurement, report)
    _take_away(report)


def _provenance(report: ProbeReport) -> str:
    place = _("On {machine}, Python {python}, {when}, in {seconds:.0f} s.").format(
        machine=wording.machine_line(report.machine),
        python=report.machine.python,
        when=when(report),
        seconds=report.seconds,
    )
    if not report.versions:  # where nothing could even be imported in time
        return place
    versions = wording.listing(f"{name} {version}" for name, version in sorted(report.versions.items()))
    return sentences(place, _("With {versions}.").format(versions=versions))


def _notices(report: ProbeReport) -> None:
    if report.contended:
        st.warning(
            _("Other programs were busy while this was measured: step times may be off. Close them, measure again."),
            icon=":material/group:",
        )
    beyond = measured_words.beyond_evaluation(report)
    if beyond:
        st.info(beyond, icon=":material/memory:")
    for note in report.notes:
        st.caption(note)


def _choose(report: ProbeReport) -> Measurement:
    by_id = {measurement.workload.id: measurement for measurement in report.measurements}
    if len(by_id) == 1:
        return report.measurements[0]
    job = target(state().interview.project).workload
    first = next((each for each, measured in by_id.items() if measured.workload == job), report.workload.id)
    chosen = st.segmented_control(
        _("Network"),
        list(by_id),
        default=first,
        format_func=lambda workload_id: measured_words.network_label(by_id[workload_id].workload, report, job),
        # Once the job itself is measured it is what is shown, whatever was before.
        key=f"network-{first}",
        required=True,
        label_visibility="collapsed",
    )
    measurement = by_id.get(chosen or "", report.measurements[0])
    st.caption(
        _("{network}. The same weights, batch and optimizer for everyone.").format(
            network=wording.network(measurement.workload)
        )
    )
    return measurement


def _charts(frame: pd.DataFrame) -> None:
    for heading, axis in _axes():
        drawn = frame.dropna(subset=[axis.column])
        if drawn.empty:
            continue
        st.markdown(f"#### {heading}")
        best = drawn.sort_values(axis.column).iloc[0]
        alt = _("{heading}, lowest for {name} with {figure}").format(
            heading=heading, name=best["name"], figure=best[axis.words]
        )
        st.altair_chart(charts.dot_plot(drawn, axis, ink()), alt=alt, key=f"chart-{axis.column}")


def _axes() -> Iterator[tuple[str, charts.Axis]]:
    step = charts.Axis("step_ms", _("ms, lower is better"), "step_words", "step_ms_low", "step_ms_high")
    yield _("One training step, with its 90 % interval"), step
    first = charts.Axis("first_step_s", _("s, lower is better"), "first_step_words")
    yield _("The first step, compiling included"), first
    yield _("Peak memory while training"), charts.Axis("memory_mb", _("MB, lower is better"), "memory_words")


def _table(frame: pd.DataFrame) -> None:
    number = st.column_config.NumberColumn
    config = {
        "name": st.column_config.TextColumn(_("Candidate"), pinned=True, width=NAME_PX),
        "place": st.column_config.TextColumn(_("Where")),
        "step_ms": number(
            _("Step, ms"),
            format="%.3g",
            help=_("The lower quartile of the rounds: other programs only ever make a step longer."),
        ),
        "step_ms_low": number(
            _("Low, ms"),
            format="%.3g",
            help=_(
                "The step time of this run lies between low and high, nine times in ten. Other runs differ by some "
                "percent more, those of PyTorch on a processor most."
            ),
        ),
        "step_ms_high": number(_("High, ms"), format="%.3g"),
        "rounds": number(_("Rounds")),
        "marks": st.column_config.TextColumn(_("Remarks"), width=REMARKS_PX),
        "first_step_s": number(
            _("First step, s"), format="%.3g", help=_("Compiling included; nothing is there from an earlier start.")
        ),
        "warm_first_step_s": number(
            _("First step, warm, s"),
            format="%.3g",
            help=_("In a fresh process that finds what an earlier one has compiled."),
        ),
        "import_s": number(_("Import, s"), format="%.3g"),
        "warm_import_s": number(
            _("Import, warm, s"), format="%.3g", help=_("In a fresh process that finds its files in memory.")
        ),
        "memory_mb": number(_("Memory, MB"), format="%.0f"),
        "device": st.column_config.TextColumn(_("Device")),
        "parity_words": st.column_config.TextColumn(
            _("Parity"),
            alignment="right",
            help=_("Relative difference of the first loss to the expected one: the same network."),
        ),
        "machine": st.column_config.TextColumn(_("Machine")),
    }
    measured = frame[frame["step_ms"].notna()].dropna(axis="columns", how="all")
    if "device" in measured and not on_accelerator(measured["device"].dropna()):
        measured = measured.drop(columns="device")
    st.markdown(f"#### {_('All figures')}")
    st.dataframe(
        measured[[column for column in config if column in measured]],
        column_config=config,
        hide_index=True,
        row_height=ROW_PX,
        height="content",
        placeholder="",
        alt=_("Every figure of every candidate on this network"),
        key="figures",
    )


def _tuned(measurement: Measurement) -> None:
    rows = [row for row in measurement.tuned if row.step_ms is not None]
    if not rows:
        return
    st.markdown(f"#### {_('Tuned as the documentation says')}")
    st.dataframe(
        figures.tuned_table(rows).dropna(axis="columns", how="all"),
        column_config={
            "name": st.column_config.TextColumn(_("Candidate"), pinned=True, width=NAME_PX),
            "step_ms": st.column_config.NumberColumn(_("Step, ms"), format="%.3g"),
            "against": st.column_config.TextColumn(_("Against its defaults")),
            "precision": st.column_config.TextColumn(_("Precision")),
            "tunings": st.column_config.ListColumn(_("Tunings")),
            "marks": st.column_config.TextColumn(_("Remarks"), width=REMARKS_PX),
        },
        hide_index=True,
        row_height=ROW_PX,
        placeholder="",
        alt=_("Step times with the documented tunings, beside the defaults"),
        key="tuned",
    )
    for tuning in measured_words.tunings(rows):
        with st.container(gap="xsmall"):
            st.markdown(f":small[{plain(tuning.id)}: [{_('documentation')}]({tuning.source})]")
            st.code(tuning.code, language="python", wrap_lines=True)


def _further(measurement: Measurement, report: ProbeReport) -> None:
    """How far all this can be trusted, what would fit, and where the time went."""
    told = [measured_words.growth(growth, report.machine) for growth in measurement.memory_growth]
    if measurement.control is not None:
        told.append(measured_words.control(measurement.control))
    for sentence in (*told, wording.time_spent(report)):
        if sentence:
            st.caption(plain(sentence))


def _marks(shown: Sequence[Measurement]) -> None:
    rows = [row for measurement in shown for row in (*measurement.candidates, *measurement.tuned)]
    explained = list(training_words.marks_explained(rows))
    if explained:
        st.caption("  \n".join(explained))


def _failures(measurement: Measurement, *, ended: bool) -> None:
    failed = measured_words.unfinished(measurement)
    if not failed:
        return
    if ended and all(row.step_ms is None for row in measurement.candidates):
        st.error(_("No candidate could be measured on this network; what is said of it rests on other evidence."))
    st.markdown(f"#### {_('Not measured to the end')}")
    st.markdown("\n".join(f"- {named(plain(name), plain(reason))}" for name, reason in failed))


def _take_away(report: ProbeReport) -> None:
    day = report.measured_at[:10]
    name = f"probewise-{report.workload.id}-{day}"
    with st.container(horizontal=True):
        more_time_button()
        if enabled():
            again_button()
        st.download_button(
            _("Download CSV"), figures.csv(report), f"{name}.csv", "text/csv", on_click="ignore", key="csv"
        )
        st.download_button(
            _("Download JSON"),
            report.model_dump_json(indent=2),
            f"{name}.json",
            "application/json",
            on_click="ignore",
            key="json",
        )
        st.download_button(
            _("Download all runs"),
            lambda: all_runs(report),
            f"probewise-runs-{day}.json.gz",
            "application/gzip",
            help=_("Every run of this machine in one file, to compare it with another machine there."),
            on_click="ignore",
            key="runs",
        )


require_budget()
draw_while_measuring(_page, POLL_S)

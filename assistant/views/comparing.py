"""Another machine's figures beside this one's: which machine, and what of its runs can be compared.

Its runs come from somebody else's file: their texts are shown as plain text only, and nothing is learned from them.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import pandas as pd
import streamlit as st

from assistant import wording
from assistant.language import _, ngettext
from assistant.views import figures
from assistant.views.languages import follow_browser
from assistant.views.markdown import named, plain
from assistant.views.standing import when
from assistant.views.state import Brought, state
from probes.candidates import CANDIDATES
from probes.errors import InvalidArchive
from probes.hardware import machine
from probes.history.archive import MAX_BYTES, pack, unpack
from probes.report import Measurement, ProbeReport
from probes.store import History, Run
from probes.words import sentences
from probes.workloads import Workload

# What is before it in the box stands for no machine.
NOBODY = ""


@dataclass(frozen=True)
class Other:
    """Another machine's newest measurement of a network, the report it is from, and the machine as it is called."""

    name: str
    report: ProbeReport
    measurement: Measurement


def choose_other(workload: Workload) -> Other | None:
    """The controls, and the machine that is chosen, with what it has of this network; None when there is neither."""
    runs, problem = _imported(*_history_stamp())
    if problem and problem != state().history_problem:
        st.warning(plain(problem), icon=":material/inventory_2:")
    reports = _by_machine([run.report for run in runs])
    machines = (own[-1].machine for own in reports.values())
    names = wording.machine_names(machines, beside=[wording.machine_line(machine())])
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        chosen = _machine(names) if names else NOBODY
        label = _("Add a file") if names else _("Compare with another machine")
        with st.popover(label, icon=":material/compare_arrows:"):
            _bring()
        if chosen in names:
            st.button(_("Forget it"), icon=":material/delete:", type="tertiary", on_click=_forget, args=(chosen,))
    _say_what_came()
    if chosen not in names:
        return None
    other = _newest(names[chosen], reports[chosen], workload)
    if other is None:
        st.caption(_("That machine has no run of this network; choose another network or machine."))
    return other


def all_runs(shown: ProbeReport) -> bytes:
    """A file of what was measured here, oldest first; of what is shown even where the history does not have it."""
    own = History().measured_on(shown.machine.fingerprint)
    return pack(own if shown in own else [*own, shown], compressed=True).content


def side_by_side(here: Measurement, other: Other) -> pd.DataFrame:
    """The tables of both as one, a candidate's rows together, the fastest first.

    `place` and `machine` say whose a row is, and so do its figures in words.
    """
    ours = figures.table(here).assign(place=_("here"), machine=wording.machine_line(machine()))
    theirs = figures.table(other.measurement).assign(place=_("there"), machine=other.name)
    frame = pd.concat([ours, theirs], ignore_index=True)
    for words in ("step_words", "first_step_words", "memory_words"):
        frame[words] = frame[words] + _(", ") + frame["place"]
    best = frame.groupby("candidate")["step_ms"].transform("min")
    return frame.assign(best=best).sort_values(["best", "candidate"], kind="stable").drop(columns="best")


def show_places(report: ProbeReport, other: Other) -> None:
    """Which machine is here and which there, and which versions differ between them."""
    measured = _("measured {when}").format(when=when(other.report))
    lines = [
        named(_("Here"), plain(wording.machine_line(report.machine))),
        named(_("There"), wording.clauses((plain(other.name), measured))),
    ]
    differences = _version_differences(report, other.report)
    if differences:
        lines.append(plain(_("Other versions there: {versions}.").format(versions=wording.clauses(differences))))
    st.markdown("  \n".join(lines))
    if other.report.contended:
        st.caption(_("Other programs were busy there while it was measured: its step times may be off."))


def _by_machine(imported: list[ProbeReport]) -> dict[str, list[ProbeReport]]:
    """By fingerprint, oldest first: what was imported, and until the tab closes what the history did not take."""
    brought = state().brought
    reports = imported + list(brought.reports if brought else ())
    by_machine: dict[str, list[ProbeReport]] = {}
    for report in sorted(reports, key=lambda report: datetime.fromisoformat(report.measured_at)):
        by_machine.setdefault(report.machine.fingerprint, []).append(report)
    return by_machine


def _history_stamp() -> tuple[str, int]:
    """The history's file and when it was changed last."""
    path = History().path
    try:
        return str(path), path.stat().st_mtime_ns
    except OSError:
        return str(path), 0


@st.cache_resource(max_entries=1, show_spinner=False)
def _imported(path: str, changed_ns: int) -> tuple[list[Run], str | None]:  # noqa: ARG001  another time, another call
    """Read again only when the file has changed: this page is drawn anew every few seconds while it measures."""
    history = History(Path(path))
    return [run for run in history.runs() if run.imported], history.problem


def _machine(names: dict[str, str]) -> str:
    return st.selectbox(
        _("Compare with"),
        [NOBODY, *names],
        format_func=lambda fingerprint: names.get(fingerprint, _("no other machine")),
        key="other-machine",
        persist_state="session",
        width=360,
    )


def _newest(name: str, reports: list[ProbeReport], workload: Workload) -> Other | None:
    for report in reversed(reports):
        for measurement in report.measurements:
            if measurement.workload == workload and any(row.step_ms is not None for row in measurement.candidates):
                return Other(name, report, measurement)
    return None


def _version_differences(ours: ProbeReport, theirs: ProbeReport) -> list[str]:
    known = dict.fromkeys(name for each in CANDIDATES for name in (*each.distributions, *each.device_packages))
    return [
        f"{name} {theirs.versions[name]}"
        for name in known
        if name in theirs.versions and ours.versions.get(name) != theirs.versions[name]
    ]


def _bring() -> None:
    st.markdown(
        _(
            "On the other machine, **Download all runs** on this page, or `probewise history export FILE`. Then open "
            "that file here. Its figures stand beside yours; the advice still rests on your machine alone."
        )
    )
    st.file_uploader(
        _("A file of runs"),
        type=["json", "gz"],
        key="runs-file",
        on_change=_take_in,
        label_visibility="collapsed",
        max_upload_size=MAX_BYTES >> 20,
    )
    brought = state().brought
    if brought is not None and brought.outcome == "refused":
        st.error(plain(brought.sentence))


def _say_what_came() -> None:
    """On the page itself: what holds the file is folded away as soon as there is a machine to choose."""
    brought = state().brought
    if brought is not None and brought.outcome == "unsaved":
        st.warning(plain(brought.sentence), icon=":material/inventory_2:")
    elif brought is not None and brought.outcome == "added":
        st.toast(brought.sentence, icon=":material/check:")
        state().brought = None


def _take_in() -> None:
    follow_browser()  # a callback comes before the page
    file = st.session_state["runs-file"]
    state().brought = None if file is None else _brought(file.getvalue())


def _brought(content: bytes) -> Brought:
    try:
        reports = unpack(content)
    except InvalidArchive as problem:
        return Brought("refused", str(problem))
    history = History()
    added = history.add(reports)
    st.session_state["other-machine"] = reports[-1].machine.fingerprint
    if added is None:
        sentence = _("{problem} Until this tab is closed, the file is compared all the same.")
        return Brought("unsaved", sentence.format(problem=history.problem), reports)
    return Brought("added", _added(added, len(reports) - added))


def _added(new: int, known: int) -> str:
    said = [ngettext("{n} run was added.", "{n} runs were added.", new).format(n=new)]
    if known:
        said.append(ngettext("{n} was there already.", "{n} were there already.", known).format(n=known))
    return sentences(*said)


def _forget(fingerprint: str) -> None:
    history, now = History(), state()
    ids = [run.id for run in history.runs() if run.imported and run.report.machine.fingerprint == fingerprint]
    now.brought, st.session_state["other-machine"] = None, NOBODY
    if not history.remove(ids):
        now.history_problem = history.problem

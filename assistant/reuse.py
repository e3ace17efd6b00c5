"""Whether what was measured on an earlier visit still answers, and if not, why it is measured again."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from assistant import wording
from assistant.language import _
from assistant.project import Project
from assistant.target import interview_workloads, probe_workloads
from probes.candidates import CANDIDATES, Candidate
from probes.report import Machine, Measurement, ProbeReport
from probes.store import History
from probes.workloads import Workload

# Where there was less than this share of what could be spent now, there is more to be had than was found.
CUT_SHORT_SHARE = 0.5


@dataclass(frozen=True)
class Earlier:
    """A report from before, and in a sentence why it does not do; `outdated` is None when it still applies."""

    report: ProbeReport
    outdated: str | None = None


def find_earlier(
    history: History,
    fingerprint: str,
    versions: Mapping[str, str],
    workloads: Sequence[Workload],
    budget_s: float,
) -> Earlier | None:
    """The newest report on these workloads that still applies, else the newest that can stand in for the time being.

    `budget_s` is what there would be to measure anew. None where nothing was measured on this machine with these
    versions. Look at `history.problem` afterwards.
    """
    standing_in: list[ProbeReport] = []

    def applies(report: ProbeReport) -> bool:
        if not _stands_in(report, workloads):
            return False
        standing_in.append(report)
        return outdated(report, versions, workloads, budget_s) is None

    report = history.latest(fingerprint, versions, workloads[0].id, applies)
    if report is not None:
        return Earlier(report)
    if not standing_in:
        return None
    return Earlier(standing_in[0], outdated(standing_in[0], versions, workloads, budget_s))


def last_report(
    history: History, project: Project, machine: Machine, versions: Mapping[str, str]
) -> ProbeReport | None:
    """The newest report of this machine that still answers for the project, from the command line or the app, where
    nothing is to be measured anew.
    """
    asked = (probe_workloads(project, machine), interview_workloads(project, machine))
    found = (find_earlier(history, machine.fingerprint, versions, workloads, 0.0) for workloads in asked)
    reports = [each.report for each in found if each is not None and each.outdated is None]
    return max(reports, key=lambda report: report.measured_at, default=None)


def came_too_late(report: ProbeReport) -> tuple[str, ...]:
    """The candidates for which the budgets were too short on the main workload, some with a figure of few rounds."""
    return tuple(row.candidate for row in report.candidates if row.status == "timeout")


def too_late(report: ProbeReport) -> str | None:
    """Who they are, as a sentence; None where nobody came too late."""
    late = came_too_late(report)
    return _("The time was too short for: {names}.").format(names=wording.candidate_names(late)) if late else None


def outdated(
    report: ProbeReport, versions: Mapping[str, str], workloads: Sequence[Workload], budget_s: float
) -> str | None:
    """Why a report of this machine does not answer for these workloads today, as a sentence; None when it does.

    What failed then would fail again with the same version, and who came too late would do so again in no more time.
    """
    if report.contended:
        return _("Other programs were busy then.")
    measured = {measurement.workload: measurement for measurement in report.measurements}
    if not set(workloads) <= measured.keys():
        return _("Not every network was measured then.")
    installed = {each.id: each for each in CANDIDATES if set(each.distributions) <= versions.keys()}
    late = [candidate for candidate in came_too_late(report) if candidate in installed]
    if late and (report.budget_s or report.seconds) < CUT_SHORT_SHARE * budget_s:
        return _("There was too little time then for: {names}.").format(names=wording.candidate_names(late))
    known = _reached(report)
    unknown = [name for name, each in installed.items() if name not in late and not _was_known(each, report, known)]
    if unknown:
        return _("Not measured then: {names}.").format(names=wording.candidate_names(unknown))
    if not all(known & installed.keys() <= _reached(measured[workload]) for workload in workloads):
        return _("Not every network was measured then.")
    return None


def _stands_in(report: ProbeReport, workloads: Sequence[Workload]) -> bool:
    """Whether it says anything about the main workload, which may have changed since under the same name."""
    return report.workload == workloads[0] and any(row.step_ms is not None for row in report.candidates)


def _reached(measured: ProbeReport | Measurement) -> set[str]:
    """Whom it has a row of: whoever was not asked for, or comes after it was stopped, has none."""
    return {row.candidate for row in measured.candidates}


def _was_known(candidate: Candidate, report: ProbeReport, reached: Collection[str]) -> bool:
    """Whether it was installed then, was asked for and told its version."""
    return candidate.id in reached and set(candidate.distributions) <= report.versions.keys()

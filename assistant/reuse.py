"""Whether what was measured on an earlier visit still answers, and if not, why it is measured again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from assistant import wording
from assistant.language import _
from assistant.project import Project
from assistant.target import interview_workloads, probe_workloads
from probes.candidates import CANDIDATES, Candidate
from probes.report import Machine, ProbeReport
from probes.store import History
from probes.workloads import Workload


@dataclass(frozen=True)
class Earlier:
    """A report from before, and in a sentence why it does not do; `outdated` is None when it still applies."""

    report: ProbeReport
    outdated: str | None = None


def find_earlier(
    history: History, fingerprint: str, versions: Mapping[str, str], workloads: Sequence[Workload]
) -> Earlier | None:
    """The newest report on these workloads that still applies, else the newest that can stand in for the time being.

    None where nothing was measured on this machine with these versions. Look at `history.problem` afterwards.
    """
    standing_in: list[ProbeReport] = []

    def applies(report: ProbeReport) -> bool:
        if not _stands_in(report, workloads):
            return False
        standing_in.append(report)
        return outdated(report, versions, workloads) is None

    report = history.latest(fingerprint, versions, workloads[0].id, applies)
    if report is not None:
        return Earlier(report)
    return Earlier(standing_in[0], outdated(standing_in[0], versions, workloads)) if standing_in else None


def last_report(
    history: History, project: Project, machine: Machine, versions: Mapping[str, str]
) -> ProbeReport | None:
    """The newest report of this machine that still answers for the project, from the command line or the app."""
    asked = (probe_workloads(project, machine), interview_workloads(project, machine))
    found = (find_earlier(history, machine.fingerprint, versions, workloads) for workloads in asked)
    reports = [each.report for each in found if each is not None and each.outdated is None]
    return max(reports, key=lambda report: report.measured_at, default=None)


def outdated(report: ProbeReport, versions: Mapping[str, str], workloads: Sequence[Workload]) -> str | None:
    """Why a report of this machine does not answer for these workloads today, as a sentence; None when it does.

    What failed then would fail again with the same version. That a further size came too late is let pass: on a
    slow machine it always does.
    """
    if report.contended:
        return _("Other programs were busy then.")
    if not set(workloads) <= {measurement.workload for measurement in report.measurements}:
        return _("Not every network was measured then.")
    missing = dict.fromkeys(
        candidate.framework for candidate in CANDIDATES if _is_missing(candidate, report, versions)
    )
    if missing:
        return _("{names} could not be measured then.").format(
            names=wording.listing(map(wording.framework_name, missing))
        )
    return None


def _stands_in(report: ProbeReport, workloads: Sequence[Workload]) -> bool:
    """Whether it says anything about the main workload, which may have changed since under the same name."""
    return report.workload == workloads[0] and any(row.status == "ok" for row in report.candidates)


def _is_missing(candidate: Candidate, report: ProbeReport, versions: Mapping[str, str]) -> bool:
    """Whether it is installed now, and then was not, was not asked for, never told its version, or came too late."""
    needed = set(candidate.distributions)
    late = any(row.candidate == candidate.id and row.status == "timeout" for row in report.candidates)
    return needed <= versions.keys() and (late or not needed <= report.versions.keys())

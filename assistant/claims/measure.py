"""What ratio checks compare: step times in interleaved probes, starts in fresh processes, sizes on disk."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

from assistant import wording
from assistant.claims import words
from assistant.claims.allowance import Allowance
from assistant.claims.records import Undecided
from assistant.language import _
from knowledge.claims import Metric, RatioCheck
from probes.candidates import find_candidate
from probes.cold_starts import ColdStarts, cold_starts
from probes.environments import installed_mb
from probes.machine_lock import never
from probes.report import CandidateResult, ProbeReport
from probes.schedule import ProbeSession
from probes.statistics import TRUSTED_CONTENTION
from probes.workloads import find_workload

Say = Callable[[str, float], None]
Stopped = Callable[[], bool]
Needed = Mapping[str | None, set[str]]

COLD_METRICS: tuple[Metric, ...] = ("import_s", "first_step_s", "memory_mb")
COLD_ROUNDS = 5

# What the steady probes may take of all that is left where cold starts are needed as well.
STEADY_SHARE = 0.65

# With less, nothing is begun: starting a worker takes longer.
LEAST_S = 1.0

# How often a running probe is asked how it stands.
POLL_S = 0.2

# A ratio of fewer rounds has no interval worth the name.
LEAST_ROUNDS = 3


@dataclass
class Measured:
    """All figures: steady measurements by workload id, cold starts by workload id, installed sizes by candidate."""

    steady: dict[str, ProbeReport] = field(default_factory=dict)
    cold: dict[str, ColdStarts] = field(default_factory=dict)
    installed: dict[str, float] = field(default_factory=dict)

    def values(self, check: RatioCheck, candidate: str) -> Mapping[int, float]:
        """The candidate's values of the check's metric by round; empty when there are too few."""
        if check.metric == "install_mb":
            size = self.installed.get(candidate)
            return {} if size is None else {0: size}
        if check.metric in COLD_METRICS:
            cold = self._cold(check)
            starts = [] if candidate in cold.failures else cold.starts.get(candidate, [])
            figures = {number: float(getattr(start, check.metric)) for number, start in enumerate(starts)}
        else:
            row = self._row(check, candidate)
            figures = row.by_round if row is not None and row.status == "ok" else {}
        return figures if len(figures) >= LEAST_ROUNDS else {}

    def problem(self, check: RatioCheck, candidate: str) -> tuple[Undecided, str]:
        """Why there are no values, as a kind and in words."""
        kind, reason = self._problem(check, candidate)
        return kind, wording.labelled(words.name(check, candidate), reason)

    def _problem(self, check: RatioCheck, candidate: str) -> tuple[Undecided, str]:
        if check.metric == "install_mb":
            names = ", ".join(find_candidate(candidate).distributions)
            return "failed", _("{names} are not all installed here, or do not list their files.").format(names=names)
        too_few = _("It was not measured often enough in the time.")
        if check.metric in COLD_METRICS:
            failure = self._cold(check).failures.get(candidate)
            return ("failed", str(failure)) if failure else ("not reached", too_few)
        row = self._row(check, candidate)
        if row is None or row.status in {"ok", "timeout"}:
            return "not reached", (row and row.error) or too_few
        return "failed", row.error or too_few

    def contended(self, check: RatioCheck) -> bool:
        """Whether others were too busy for the figures to be trusted."""
        if check.metric in COLD_METRICS:
            names = (check.numerator, *check.denominator)
            starts = [start for name in names for start in self._cold(check).starts.get(name, [])]
            return sum(start.contended for start in starts) > TRUSTED_CONTENTION * len(starts)
        report = self.steady.get(check.workload or "")
        return report is not None and report.contended

    def _cold(self, check: RatioCheck) -> ColdStarts:
        return self.cold.get(check.workload or "", ColdStarts())

    def _row(self, check: RatioCheck, candidate: str) -> CandidateResult | None:
        report = self.steady.get(check.workload or "")
        rows = report.candidates if report else ()
        return next((row for row in rows if row.candidate == candidate), None)


def measure(
    checks: Sequence[RatioCheck], allowance: Allowance, *, seed: int, say: Say, stopped: Stopped = never
) -> Measured:
    """Everything the checks compare, each figure measured once however many checks use it, within the allowance.

    `say` is told what is being done and the share that is done; what is known when `stopped` says so is returned.
    """
    measured = Measured(installed=_sizes(_needed(checks, ("install_mb",)).get(None, ())))
    steady, cold = _needed(checks, ("step_ms",)), _needed(checks, COLD_METRICS)
    share = (STEADY_SHARE if cold else 1.0) if steady else 0.0
    reserved_s = (1 - share) * allowance.left_s
    for index, (workload_id, names) in enumerate(steady.items()):
        budget_s = (allowance.left_s - reserved_s) / (len(steady) - index)
        if stopped() or budget_s < LEAST_S:
            break
        told = part(say, index * share / len(steady), share / len(steady))
        report = _steady(workload_id or "", names, budget_s, seed, say=told, stopped=stopped)
        if report is not None:
            allowance.spend(report.seconds)
            measured.steady[workload_id or ""] = report
    for index, (workload_id, names) in enumerate(cold.items()):
        budget_s = allowance.left_s / (len(cold) - index)
        if stopped() or budget_s < LEAST_S:
            break
        told = part(say, share + index * (1 - share) / len(cold), (1 - share) / len(cold))
        starts = cold_starts(
            [find_candidate(name) for name in sorted(names)],
            find_workload(workload_id or ""),
            rounds=COLD_ROUNDS,
            budget_s=budget_s,
            seed=seed,
            say=partial(told, _("Measuring cold starts")),
            stopped=stopped,
        )
        allowance.spend(starts.seconds)
        measured.cold[workload_id or ""] = starts
    return measured


def _sizes(names: Collection[str]) -> dict[str, float]:
    sizes = {name: installed_mb(find_candidate(name)) for name in names}
    return {name: size_mb for name, size_mb in sizes.items() if size_mb is not None}


def _steady(
    workload_id: str, names: Collection[str], budget_s: float, seed: int, *, say: Say, stopped: Stopped
) -> ProbeReport | None:
    with ProbeSession(sorted(names), budget_s=budget_s, seed=seed) as session:
        session.focus([find_workload(workload_id)])
        session.start()
        while not session.wait(POLL_S) and not stopped():
            progress = session.progress
            say(wording.stage(progress), progress.share)
        return session.report()


def part(say: Say, begin: float, length: float) -> Say:
    """Tells of a part of the work as of the whole."""
    return lambda what, share: say(what, begin + length * share)


def _needed(checks: Sequence[RatioCheck], metrics: Sequence[Metric]) -> Needed:
    """The candidates that checks of these metrics compare, by workload id."""
    needed: dict[str | None, set[str]] = {}
    for check in checks:
        if check.metric in metrics:
            needed.setdefault(check.workload, set()).update((check.numerator, *check.denominator))
    return needed

"""What ratio checks compare: step times in one interleaved probe, starts in fresh processes, sizes on disk."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from assistant.language import _
from knowledge.claims import Metric, RatioCheck
from probes.candidates import find_candidate
from probes.cold_starts import ColdStarts, cold_starts
from probes.environments import installed_mb
from probes.report import CandidateResult, Measurement, ProbeReport
from probes.schedule import probe
from probes.workloads import find_workload

COLD_METRICS: tuple[Metric, ...] = ("import_s", "first_step_s", "memory_mb")
COLD_ROUNDS = 5

# What a steady probe of five candidates on four small workloads takes on two cores, as a share of the whole budget.
STEADY_SHARE = 0.55

# A ratio of fewer rounds has no interval worth the name.
LEAST_ROUNDS = 3

# More contended starts than this share, and nothing is said.
TRUSTED_CONTENTION = 0.25


@dataclass
class Measured:
    """All figures: steady measurements by workload id, cold starts by workload id, installed sizes by candidate."""

    report: ProbeReport | None = None
    cold: dict[str, ColdStarts] = field(default_factory=dict)
    installed: dict[str, float] = field(default_factory=dict)

    def values(self, check: RatioCheck, candidate: str) -> tuple[float, ...]:
        """The candidate's values of the check's metric, one per round; empty when there are too few."""
        if check.metric == "install_mb":
            size = self.installed.get(candidate)
            return () if size is None else (size,)
        if check.metric in COLD_METRICS:
            starts = self._cold(check).starts.get(candidate, [])
            figures = tuple(float(getattr(start, check.metric)) for start in starts)
        else:
            row = self._row(check, candidate)
            figures = row.samples if row is not None and row.status == "ok" else ()
        return figures if len(figures) >= LEAST_ROUNDS else ()

    def problem(self, check: RatioCheck, candidate: str) -> str:
        """Why there are no values."""
        if check.metric in COLD_METRICS:
            failure = self._cold(check).failures.get(candidate)
            reason = str(failure) if failure else None
        else:
            row = self._row(check, candidate)
            reason = row.error if row else None
        return reason or _("{candidate} was not measured often enough in the time.").format(candidate=candidate)

    def contention(self, check: RatioCheck) -> str | None:
        """A sentence when others were too busy for the figures to be trusted."""
        if check.metric in COLD_METRICS:
            names = (check.numerator, *check.denominator)
            starts = [start for name in names for start in self._cold(check).starts.get(name, [])]
            busy = sum(start.contended for start in starts) > TRUSTED_CONTENTION * len(starts)
        else:
            busy = check.metric == "step_ms" and self.report is not None and self.report.contended
        return _("Other processes were busy meanwhile; nothing is concluded. Check again.") if busy else None

    def _cold(self, check: RatioCheck) -> ColdStarts:
        return self.cold.get(check.workload or "", ColdStarts())

    def _row(self, check: RatioCheck, candidate: str) -> CandidateResult | None:
        measurements: Iterable[Measurement] = self.report.measurements if self.report else ()
        rows = (row for each in measurements if each.workload.id == check.workload for row in each.candidates)
        return next((row for row in rows if row.candidate == candidate), None)


def measure(
    checks: Sequence[RatioCheck], *, budget_s: float, seed: int, say: Callable[[str, float], None]
) -> Measured:
    """Everything the checks compare, each figure measured once however many checks use it."""
    measured = Measured()
    for candidate in _needed(checks, ("install_mb",)).get(None, ()):
        measured.installed[candidate] = installed_mb(find_candidate(candidate).distributions)
    steady = _needed(checks, ("step_ms",))
    if steady:
        say(_("Measuring step times"), 0.2)
        workloads = [find_workload(workload) for workload in steady if workload]
        candidates = sorted({name for names in steady.values() for name in names})
        measured.report = probe(workloads, candidates, budget_s=STEADY_SHARE * budget_s, seed=seed)
    cold = _needed(checks, COLD_METRICS)
    for index, (workload_id, names) in enumerate(cold.items()):
        say(_("Measuring cold starts"), 0.65 + 0.35 * index / len(cold))
        measured.cold[workload_id or ""] = cold_starts(
            [find_candidate(name) for name in sorted(names)],
            find_workload(workload_id or ""),
            rounds=COLD_ROUNDS,
            budget_s=(1 - STEADY_SHARE) * budget_s / len(cold),
            seed=seed,
        )
    return measured


def _needed(checks: Sequence[RatioCheck], metrics: Sequence[Metric]) -> Mapping[str | None, set[str]]:
    """The candidates that checks of these metrics compare, by workload id."""
    needed: dict[str | None, set[str]] = {}
    for check in checks:
        if check.metric in metrics:
            needed.setdefault(check.workload, set()).update((check.numerator, *check.denominator))
    return needed

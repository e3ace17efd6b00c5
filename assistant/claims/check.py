"""Runs the checks that claims carry: scripts in workers with the real framework, ratios from interleaved rounds.

A failed or contended run decides nothing. Everything fits in `BUDGET_S` on two cores: scripts first, two at a time,
then what must be measured alone.
"""

from __future__ import annotations

import json
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from itertools import chain

from assistant.claims.measure import Measured, measure
from assistant.claims.records import CheckedLedger, CheckResult, Comparison
from assistant.language import _
from knowledge.claims import Claim, Ratio, RatioCheck, ScriptCheck
from probes.candidates import CANDIDATES, Candidate
from probes.environments import installed_versions
from probes.errors import WorkerFailed
from probes.hardware import machine
from probes.statistics import median_interval
from probes.supervisor import Worker

BUDGET_S = 300.0

# One script, its framework's import included.
SCRIPT_LIMIT_S = 90.0
SCRIPTS_AT_ONCE = 2

Say = Callable[[str, float], None]


def check_claims(claims: Sequence[Claim], *, budget_s: float = BUDGET_S, seed: int = 0, say: Say) -> CheckedLedger:
    """The result of every claim that carries a check; `say` is told what is being done and the share that is done."""
    began = time.monotonic()
    results = list(chain(_scripts(claims, say), _ratios(claims, began + budget_s, seed, say)))
    return CheckedLedger(
        fingerprint=machine().fingerprint,
        versions=installed_versions(),
        checked_at=datetime.now(UTC).isoformat(timespec="seconds"),
        seconds=time.monotonic() - began,
        results=tuple(sorted(results, key=lambda result: result.claim)),
    )


def _scripts(claims: Sequence[Claim], say: Say) -> Iterator[CheckResult]:
    """Scripts that may share a process do; processes run two at a time, since nothing is timed."""
    groups: dict[str, list[Claim]] = defaultdict(list)
    for claim in claims:
        if isinstance(claim.check, ScriptCheck):
            alone = claim.id if claim.check.alone else ""
            groups[json.dumps([claim.check.environment, alone], sort_keys=True)].append(claim)
    with ThreadPoolExecutor(SCRIPTS_AT_ONCE) as pool:
        for done, results in enumerate(pool.map(_run_scripts, groups.values()), start=1):
            say(_("Running scripts"), 0.2 * done / len(groups))
            yield from results


def _run_scripts(claims: Sequence[Claim]) -> list[CheckResult]:
    """The scripts one after another in one worker; after a failure in a new one."""
    results = []
    worker: Worker | None = None
    try:
        for claim in claims:
            assert isinstance(claim.check, ScriptCheck)
            if worker is None or not worker.alive:
                worker = Worker(_host(claim.check), variables=claim.check.environment)
            results.append(_run_script(worker, claim.id, claim.check))
    finally:
        if worker is not None:
            worker.close()
    return results


def _host(check: ScriptCheck) -> Candidate:
    """The candidate whose packages the script needs, so that a failure is told in its name."""
    return max(CANDIDATES, key=lambda candidate: len(set(candidate.distributions) & set(check.needs)))


def _run_script(worker: Worker, claim_id: str, check: ScriptCheck) -> CheckResult:
    try:
        finding = worker.run_script(check.script, SCRIPT_LIMIT_S)
    except WorkerFailed as failure:
        return CheckResult(claim=claim_id, outcome=None, problem=str(failure))
    return CheckResult(
        claim=claim_id,
        outcome="holds here" if finding.holds else "does not hold here",
        figure=finding.figure,
        meaning=_(check.if_holds if finding.holds else check.if_not),
    )


def _ratios(claims: Sequence[Claim], until: float, seed: int, say: Say) -> Iterator[CheckResult]:
    checks = {claim.id: claim.check for claim in claims if isinstance(claim.check, RatioCheck)}
    if checks:
        measured = measure(tuple(checks.values()), budget_s=max(until - time.monotonic(), 1.0), seed=seed, say=say)
        for claim_id, check in checks.items():
            yield decide(claim_id, check, measured)


def decide(claim_id: str, check: RatioCheck, measured: Measured) -> CheckResult:
    """The outcome from what was measured; None, and why, where a figure is missing or the run was contended."""
    values = {name: measured.values(check, name) for name in (check.numerator, *check.denominator)}
    problem = next(
        (measured.problem(check, name) for name, value in values.items() if not value), None
    ) or measured.contention(check)
    if problem:
        return CheckResult(claim=claim_id, outcome=None, problem=problem)
    comparisons = tuple(_compare(check.numerator, other, values) for other in check.denominator)
    outcome = check.decide(Ratio(figure=each.figure, low=each.low, high=each.high) for each in comparisons)
    closest = min(comparisons, key=lambda each: abs(each.figure - check.threshold))
    meanings = {"holds here": _(check.if_holds), "does not hold here": _(check.if_not)}
    return CheckResult(
        claim=claim_id,
        outcome=outcome,
        figure=closest.figure,
        low=closest.low,
        high=closest.high,
        comparisons=comparisons,
        meaning=meanings.get(outcome, _("The difference is within the noise of this machine.")),
    )


def _compare(numerator: str, denominator: str, values: Mapping[str, Sequence[float]]) -> Comparison:
    """Round by round, so that what disturbed a round disturbed both; one value each is compared as it is."""
    pairs = list(zip(values[numerator], values[denominator], strict=False))
    ratios = tuple(above / below for above, below in pairs)
    low, high = median_interval(ratios) or (ratios[0], ratios[0])
    figure = sorted(ratios)[len(ratios) // 2]
    return Comparison(numerator=numerator, denominator=denominator, figure=figure, low=low, high=high, ratios=ratios)

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
from functools import partial
from math import exp, hypot, inf, log, sqrt
from statistics import median

from assistant.advice.estimates import REPEAT_LOG_SD, Z_90
from assistant.claims.measure import Measured, Say, Stopped, measure, part
from assistant.claims.records import CheckedLedger, CheckResult, Comparison
from assistant.language import _
from knowledge.claims import Claim, Ratio, RatioCheck, ScriptCheck
from probes.candidates import CANDIDATES, Candidate
from probes.environments import installed_versions
from probes.errors import WorkerFailed
from probes.hardware import machine
from probes.machine_lock import machine_to_itself, never
from probes.statistics import median_interval
from probes.supervisor import Worker

BUDGET_S = 300.0

# One script, its framework's import included.
SCRIPT_LIMIT_S = 90.0
SCRIPTS_AT_ONCE = 2

# Of the whole, when there are ratios as well.
SCRIPTS_SHARE = 0.2


def check_claims(
    claims: Sequence[Claim],
    *,
    budget_s: float = BUDGET_S,
    seed: int = 0,
    say: Say,
    found: Callable[[CheckedLedger], None] = lambda _ledger: None,
    stopped: Stopped = never,
) -> CheckedLedger:
    """The result of every claim that carries a check.

    `say` is told what is being done and the share that is done, `found` all results so far after each new one.
    `stopped` is asked between units of work; once it says so, what is decided by then is returned. Measuring is
    done one at a time on a machine, so this may wait for others first; waiting does not count.
    """
    ledger = CheckedLedger(
        fingerprint=machine().fingerprint, versions=installed_versions(), checked_at=_now(), seconds=0.0, results=()
    )
    began = time.monotonic()
    for result in _results(claims, budget_s, seed, say, stopped):
        ledger = ledger.model_copy(
            update={
                "results": (*ledger.results, result),
                "checked_at": _now(),
                "seconds": time.monotonic() - began,
            }
        )
        found(ledger)
    return ledger.model_copy(update={"results": tuple(sorted(ledger.results, key=lambda result: result.claim))})


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


def _results(
    claims: Sequence[Claim], budget_s: float, seed: int, say: Say, stopped: Stopped
) -> Iterator[CheckResult]:
    scripts = [claim for claim in claims if isinstance(claim.check, ScriptCheck)]
    ratios = {claim.id: claim.check for claim in claims if isinstance(claim.check, RatioCheck)}
    share = (SCRIPTS_SHARE if ratios else 1.0) if scripts else 0.0
    began = time.monotonic()
    if scripts:
        say(_("Waiting for another measurement on this machine"), 0.0)
        # Not for the scripts' sake: they would disturb what somebody else is timing.
        with machine_to_itself(stopped):
            began = time.monotonic()
            yield from _scripts(scripts, part(say, 0.0, share), stopped)
    if ratios and not stopped():
        left_s = max(budget_s - (time.monotonic() - began), 1.0)
        yield from _ratios(ratios, left_s, seed, part(say, share, 1 - share), stopped)


def _scripts(claims: Sequence[Claim], say: Say, stopped: Stopped) -> Iterator[CheckResult]:
    """Scripts that may share a process do; processes run two at a time, since nothing is timed."""
    groups: dict[str, list[Claim]] = defaultdict(list)
    for claim in claims:
        assert isinstance(claim.check, ScriptCheck)
        alone = claim.id if claim.check.alone else ""
        groups[json.dumps([claim.check.environment, alone], sort_keys=True)].append(claim)
    say(_("Running scripts"), 0.0)
    with ThreadPoolExecutor(SCRIPTS_AT_ONCE) as pool:
        done = 0
        for results in pool.map(partial(_run_scripts, stopped=stopped), groups.values()):
            done += len(results)
            say(_("Running scripts"), done / len(claims))
            yield from results


def _run_scripts(claims: Sequence[Claim], stopped: Stopped) -> list[CheckResult]:
    """The scripts one after another in one worker; after a failure in a new one."""
    results = []
    worker: Worker | None = None
    try:
        for claim in claims:
            assert isinstance(claim.check, ScriptCheck)
            if stopped():
                break
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
    )


def _ratios(
    checks: Mapping[str, RatioCheck], budget_s: float, seed: int, say: Say, stopped: Stopped
) -> Iterator[CheckResult]:
    measured = measure(tuple(checks.values()), budget_s=budget_s, seed=seed, say=say, stopped=stopped)
    for claim_id, check in checks.items():
        result = decide(claim_id, check, measured)
        if result.outcome or not stopped():
            yield result


def decide(claim_id: str, check: RatioCheck, measured: Measured) -> CheckResult:
    """The outcome from what was measured; None, and why, where a figure is missing or the run was contended."""
    values = {name: measured.values(check, name) for name in (check.numerator, *check.denominator)}
    problem = next(
        (measured.problem(check, name) for name, value in values.items() if not value), None
    ) or measured.contention(check)
    if problem:
        return CheckResult(claim=claim_id, outcome=None, problem=problem)
    comparisons = tuple(_compare(check, other, values) for other in check.denominator)
    outcome = check.decide(map(_ratio, comparisons))
    deciding = [each for each in comparisons if check.decide([_ratio(each)]) == outcome] or comparisons
    closest = min(deciding, key=lambda each: min(abs(log(each.figure / bound)) for bound in _finite_bounds(check)))
    return CheckResult(
        claim=claim_id,
        outcome=outcome,
        figure=closest.figure,
        low=closest.low,
        high=closest.high,
        comparisons=comparisons,
    )


def _ratio(comparison: Comparison) -> Ratio:
    return Ratio(figure=comparison.figure, low=comparison.low, high=comparison.high)


def _finite_bounds(check: RatioCheck) -> list[float]:
    return [bound for bound in check.bounds() if 0 < bound < inf]


def _compare(check: RatioCheck, denominator: str, values: Mapping[str, Sequence[float]]) -> Comparison:
    """Round by round, so that what disturbed a round disturbed both; one value each is compared as it is.

    The rounds of a step time come from one process each and do not show what another process would have given;
    their interval is widened by that. Cold starts are a new process every time.
    """
    pairs = zip(values[check.numerator], values[denominator], strict=False)
    ratios = tuple(above / below for above, below in pairs)
    figure = median(ratios)
    low, high = median_interval(ratios) or (figure, figure)
    between = Z_90 * sqrt(2) * REPEAT_LOG_SD if check.metric == "step_ms" else 0.0
    return Comparison(
        numerator=check.numerator,
        denominator=denominator,
        figure=figure,
        low=figure * exp(-hypot(log(figure / low), between)),
        high=figure * exp(hypot(log(high / figure), between)),
        ratios=ratios,
    )

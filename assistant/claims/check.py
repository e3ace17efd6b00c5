"""Runs the checks that claims carry: scripts in workers with the real framework, ratios from interleaved rounds.

A failed or contended run decides nothing. Everything together fits in `BUDGET_S`: scripts first, two at a time unless
they are timed, then what must be measured alone. What was not reached by then says so.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from math import exp, hypot, inf, log, sqrt
from statistics import median

from assistant.advice.estimates import REPEAT_LOG_SD, Z_90
from assistant.claims.allowance import Allowance
from assistant.claims.measure import LEAST_ROUNDS, Measured, Say, Stopped, measure, part
from assistant.claims.records import CheckedLedger, CheckResult, Comparison, now
from assistant.claims.scripts import run_scripts
from assistant.language import _
from knowledge.claims import Claim, Ratio, RatioCheck, ScriptCheck
from probes.environments import installed_versions
from probes.hardware import machine
from probes.machine_lock import machine_to_itself, never
from probes.statistics import median_interval

BUDGET_S = 300.0

# What scripts leave of it for the ratios, however long they take; and their part of the whole as they usually take.
RATIOS_LEAST = 0.5
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
    """The result of every claim that carries a check, within `budget_s` of work.

    `say` is told what is being done and the share that is done, `found` all results so far after each new one.
    `stopped` is asked between units of work; once it says so, what is decided by then is returned. Measuring is
    done one at a time on a machine, so this may wait for others first; waiting does not count.
    """
    ledger = CheckedLedger(fingerprint=machine().fingerprint, versions=installed_versions(), seconds=0.0, results=())
    allowance = Allowance(budget_s)
    for result in _results(claims, allowance, seed, say, stopped):
        ledger = ledger.model_copy(update={"results": (*ledger.results, result), "seconds": allowance.spent_s})
        found(ledger)
    return ledger.model_copy(update={"results": tuple(sorted(ledger.results, key=lambda result: result.claim))})


def _results(
    claims: Sequence[Claim], allowance: Allowance, seed: int, say: Say, stopped: Stopped
) -> Iterator[CheckResult]:
    scripts = [claim for claim in claims if isinstance(claim.check, ScriptCheck)]
    ratios = {claim.id: claim.check for claim in claims if isinstance(claim.check, RatioCheck)}
    share = (SCRIPTS_SHARE if ratios else 1.0) if scripts else 0.0
    if scripts:
        reserved_s = RATIOS_LEAST * allowance.left_s if ratios else 0.0
        say(_("Waiting for another measurement on this machine"), 0.0)
        # Most would only disturb what somebody else is timing; some time something themselves.
        with machine_to_itself(stopped), allowance.working():
            yield from run_scripts(
                scripts, lambda: allowance.left_s - reserved_s, say=part(say, 0.0, share), stopped=stopped
            )
    if ratios and not stopped():
        yield from _ratios(ratios, allowance, seed, part(say, share, 1 - share), stopped)


def _ratios(
    checks: Mapping[str, RatioCheck], allowance: Allowance, seed: int, say: Say, stopped: Stopped
) -> Iterator[CheckResult]:
    measured = measure(tuple(checks.values()), allowance, seed=seed, say=say, stopped=stopped)
    for claim_id, check in checks.items():
        result = decide(claim_id, check, measured)
        if result.outcome or not stopped():
            yield result


def decide(claim_id: str, check: RatioCheck, measured: Measured) -> CheckResult:
    """The outcome from what was measured; None, and why, where a figure is missing or the run was contended."""
    values = {name: measured.values(check, name) for name in (check.numerator, *check.denominator)}
    missing = next((name for name, value in values.items() if not value), None) or next(
        (other for other in check.denominator if _too_few(check, other, values)), None
    )
    if missing:
        undecided, problem = measured.problem(check, missing)
        return CheckResult(claim=claim_id, outcome=None, checked_at=now(), undecided=undecided, problem=problem)
    if measured.contended(check):
        problem = _("Other processes were busy meanwhile; nothing is concluded. Check again.")
        return CheckResult(claim=claim_id, outcome=None, checked_at=now(), undecided="disturbed", problem=problem)
    comparisons = tuple(_compare(check, other, values) for other in check.denominator)
    outcome = check.decide(map(_ratio, comparisons))
    deciding = [each for each in comparisons if check.decide([_ratio(each)]) == outcome] or comparisons
    closest = min(deciding, key=lambda each: min(abs(log(each.figure / bound)) for bound in _finite_bounds(check)))
    return CheckResult(
        claim=claim_id,
        outcome=outcome,
        checked_at=now(),
        figure=closest.figure,
        low=closest.low,
        high=closest.high,
        comparisons=comparisons,
    )


def _ratio(comparison: Comparison) -> Ratio:
    return Ratio(figure=comparison.figure, low=comparison.low, high=comparison.high)


def _finite_bounds(check: RatioCheck) -> list[float]:
    return [bound for bound in check.bounds() if 0 < bound < inf]


def _too_few(check: RatioCheck, denominator: str, values: Mapping[str, Mapping[int, float]]) -> bool:
    """Whether too few rounds count for both; an installed size is measured once."""
    return check.metric != "install_mb" and len(_shared_rounds(check, denominator, values)) < LEAST_ROUNDS


def _shared_rounds(check: RatioCheck, denominator: str, values: Mapping[str, Mapping[int, float]]) -> list[int]:
    """The rounds that count for both: what disturbed one of them is left out there."""
    return sorted(values[check.numerator].keys() & values[denominator].keys())


def _compare(check: RatioCheck, denominator: str, values: Mapping[str, Mapping[int, float]]) -> Comparison:
    """Round by round, so that what disturbed a round disturbed both; one value each is compared as it is.

    The rounds of a step time come from one process each and do not show what another process would have given;
    their interval is widened by that. Cold starts are a new process every time.
    """
    above, below = values[check.numerator], values[denominator]
    ratios = tuple(above[number] / below[number] for number in _shared_rounds(check, denominator, values))
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

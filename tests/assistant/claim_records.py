"""Results of checks for tests, made for this machine and what is installed on it unless told."""

from __future__ import annotations

from assistant.claims.records import CheckedLedger, CheckResult, Comparison
from probes.environments import installed_versions
from probes.hardware import machine

CHECKED_AT = "2026-11-20T07:05:00+00:00"
LATER = "2026-11-21T09:30:00+00:00"


def ledger(*results: CheckResult, **changes: object) -> CheckedLedger:
    here = {
        "fingerprint": machine().fingerprint,
        "versions": installed_versions(),
        "seconds": 1.0,
        "results": results,
    }
    return CheckedLedger.model_validate(here | changes)


def decided(claim: str, outcome: str | None = "holds here", **changes: object) -> CheckResult:
    """A result, decided unless told; one that is not says that it failed unless told otherwise."""
    usual = {"claim": claim, "outcome": outcome, "checked_at": CHECKED_AT}
    if outcome is None:
        usual |= {"undecided": "failed", "problem": "It failed."}
    return CheckResult.model_validate(usual | changes)


def comparison(denominator: str, figure: float, low: float, high: float) -> Comparison:
    return Comparison(numerator="keras-tensorflow", denominator=denominator, figure=figure, low=low, high=high)

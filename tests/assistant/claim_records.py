"""Results of checks for tests, made for this machine and what is installed on it unless told."""

from __future__ import annotations

from assistant.claims.records import CheckedLedger, CheckResult, Comparison
from probes.environments import installed_versions
from probes.hardware import machine


def ledger(*results: CheckResult, **changes: object) -> CheckedLedger:
    here = {
        "fingerprint": machine().fingerprint,
        "versions": installed_versions(),
        "checked_at": "2026-11-21T07:05:00+00:00",
        "seconds": 1.0,
        "results": results,
    }
    return CheckedLedger.model_validate(here | changes)


def decided(claim: str, outcome: str | None = "holds here", **changes: object) -> CheckResult:
    return CheckResult.model_validate({"claim": claim, "outcome": outcome, **changes})


def comparison(denominator: str, figure: float, low: float, high: float) -> Comparison:
    return Comparison(numerator="keras-tensorflow", denominator=denominator, figure=figure, low=low, high=high)

"""The checks of the ledger: scripts run for real with the frameworks, ratios decided from their intervals."""

from __future__ import annotations

import re
from math import inf
from pathlib import Path

import pytest
from pydantic import ValidationError

from assistant.claims.records import CheckResult
from assistant.claims.scripts import run_scripts
from knowledge.claims import Ratio, RatioCheck, ScriptCheck
from knowledge.load import load
from probes.machine_lock import never

CLAIMS = load().claims
SCRIPTS = {claim.id: claim.check for claim in CLAIMS.values() if isinstance(claim.check, ScriptCheck)}
RATIOS = {claim.id: claim.check for claim in CLAIMS.values() if isinstance(claim.check, RatioCheck)}


@pytest.fixture(scope="module")
def results() -> dict[str, CheckResult]:
    """What every script gave, run as `probewise claims --check` does."""
    scripts = [claim for claim in CLAIMS.values() if claim.id in SCRIPTS]
    found = run_scripts(scripts, lambda: inf, say=lambda _what, _share: None, stopped=never)
    return {result.claim: result for result in found}


@pytest.mark.frameworks
@pytest.mark.parametrize("claim_id", SCRIPTS)
def test_a_script_gives_what_the_ledger_says(claim_id: str, results: dict[str, CheckResult]) -> None:
    result = results[claim_id]
    assert result.problem is None
    assert result.outcome == SCRIPTS[claim_id].expected, result.figure
    assert result.figure


# What other scripts must not have done before, or would suffer from afterwards.
NOT_SHARED = ("sys.modules", "set_memory_growth(")


def test_scripts_that_would_disturb_others_or_be_disturbed_run_alone() -> None:
    alone = {claim_id for claim_id, check in SCRIPTS.items() if check.alone}
    assert alone == {
        claim_id for claim_id, check in SCRIPTS.items() if any(each in check.script for each in NOT_SHARED)
    }


def test_scripts_that_read_a_clock_are_timed() -> None:
    timed = {claim_id for claim_id, check in SCRIPTS.items() if check.timed}
    assert timed == {
        claim_id for claim_id, check in SCRIPTS.items() if re.search(r"^import time", check.script, re.MULTILINE)
    }
    assert timed


def ratio_check(**changes: object) -> RatioCheck:
    record = {
        "kind": "ratio",
        "metric": "step_ms",
        "numerator": "pytorch-eager",
        "denominator": ["jax-jit"],
        "workload": "mlp-small",
        "holds_when": "above",
        "threshold": 1.0,
        "if_holds": "slower",
        "if_not": "not slower",
    }
    return RatioCheck.model_validate({**record, **changes})


def ratio(low: float, high: float) -> Ratio:
    return Ratio(figure=(low + high) / 2, low=low, high=high)


@pytest.mark.parametrize(
    ("holds_when", "threshold", "ratios", "outcome"),
    [
        ("above", 1.0, [ratio(1.1, 1.3)], "holds here"),
        ("above", 1.0, [ratio(0.7, 0.9)], "does not hold here"),
        ("above", 1.0, [ratio(0.9, 1.2)], "too close to call"),
        ("below", 1.0, [ratio(0.7, 0.9)], "holds here"),
        ("below", 1.0, [ratio(1.1, 1.3)], "does not hold here"),
        ("within", 1.25, [ratio(0.9, 1.2)], "holds here"),
        ("within", 1.25, [ratio(0.5, 0.7)], "does not hold here"),
        ("within", 1.25, [ratio(1.1, 1.4)], "too close to call"),
        ("below", 1.0, [ratio(0.7, 0.9), ratio(0.9, 1.2)], "too close to call"),
        ("below", 1.0, [ratio(0.9, 1.2), ratio(1.1, 1.3)], "does not hold here"),
        ("below", 1.0, [ratio(0.7, 0.9), ratio(0.5, 0.6)], "holds here"),
        ("below", 1.0, [], "too close to call"),
    ],
)
def test_a_ratio_decides_only_when_its_interval_is_clear_of_the_threshold(holds_when, threshold, ratios, outcome):
    assert ratio_check(holds_when=holds_when, threshold=threshold).decide(ratios) == outcome


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"workload": None}, "expected the id of a reference workload"),
        ({"metric": "install_mb"}, "expected no workload"),
        ({"holds_when": "within", "threshold": 0.8}, "expected more than 1"),
        ({"denominator": ["pytorch-eager"]}, "expected different candidates"),
        ({"threshold": 0}, "greater than 0"),
        ({"metric": "beauty"}, "step_ms"),
    ],
)
def test_a_ratio_that_cannot_be_measured_is_refused(changes, message):
    with pytest.raises(ValidationError, match=message):
        ratio_check(**changes)


def test_the_readme_counts_the_claims_and_their_checks():
    readme = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
    assert re.findall(r"ledger of (\d+) popular claims.* for (\d+) of them", readme, re.DOTALL) == [
        (str(len(CLAIMS)), str(len(SCRIPTS) + len(RATIOS)))
    ]


def test_most_claims_that_a_machine_can_decide_carry_a_check():
    assert len(SCRIPTS) + len(RATIOS) >= 45
    assert len(RATIOS) >= 10

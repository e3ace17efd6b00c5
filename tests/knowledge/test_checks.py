"""The checks of the ledger: scripts run for real with the frameworks, ratios decided from their intervals."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections import defaultdict
from functools import cache

import pytest
from pydantic import ValidationError

from knowledge.claims import Ratio, RatioCheck, ScriptCheck
from knowledge.load import load

CLAIMS = load().claims
SCRIPTS = {claim.id: claim.check for claim in CLAIMS.values() if isinstance(claim.check, ScriptCheck)}
RATIOS = {claim.id: claim.check for claim in CLAIMS.values() if isinstance(claim.check, RatioCheck)}

# Runs each script in a namespace of its own and prints one line of JSON for it.
RUNNER = """
import json, sys, traceback
for claim_id, script in json.load(sys.stdin).items():
    scope = {}
    try:
        exec(script, scope)
        result = {"holds": bool(scope["holds"]), "figure": scope["figure"]}
    except Exception:
        result = {"error": traceback.format_exc()}
    print("result " + json.dumps({"id": claim_id, **result}), flush=True)
"""
QUIET = {"TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": ""}


# Its CUDA build and that of another framework do not live in one process.
TORCH = re.compile(r"\btorch\b")


def process_of(claim_id: str) -> tuple[str, str]:
    check = SCRIPTS[claim_id]
    together = claim_id if check.alone else "torch" if TORCH.search(check.script) else "others"
    return json.dumps(check.environment, sort_keys=True), together


@cache
def results(process: tuple[str, str]) -> dict[str, dict[str, object]]:
    """What every script of one process gave; a process is shared by scripts that need not be alone."""
    scripts = {claim_id: check.script for claim_id, check in SCRIPTS.items() if process_of(claim_id) == process}
    finished = subprocess.run(
        [sys.executable, "-c", RUNNER],
        input=json.dumps(scripts),
        env={**os.environ, **QUIET, **json.loads(process[0])},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    lines = [line.removeprefix("result ") for line in finished.stdout.splitlines() if line.startswith("result ")]
    found = {result.pop("id"): result for result in map(json.loads, lines)}
    assert found.keys() == scripts.keys(), (finished.returncode, finished.stderr[-2000:])
    return found


@pytest.mark.frameworks
@pytest.mark.parametrize("claim_id", sorted(SCRIPTS, key=process_of))
def test_a_script_gives_what_the_ledger_says(claim_id):
    result = results(process_of(claim_id))[claim_id]
    assert "error" not in result, result["error"]
    assert ("holds here" if result["holds"] else "does not hold here") == SCRIPTS[claim_id].expected, result["figure"]
    assert result["figure"]


def test_scripts_that_hide_modules_run_alone():
    hiding = {claim_id for claim_id, check in SCRIPTS.items() if "sys.modules" in check.script}
    assert hiding == {claim_id for claim_id, check in SCRIPTS.items() if check.alone}


def test_few_processes_serve_all_scripts():
    shared = defaultdict(list)
    for claim_id in SCRIPTS:
        shared[process_of(claim_id)].append(claim_id)
    # Those that must be alone, and for each set of variables PyTorch apart from the rest.
    assert len(shared) <= 11


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


def test_most_claims_that_a_machine_can_decide_carry_a_check():
    assert len(SCRIPTS) + len(RATIOS) >= 45
    assert len(RATIOS) >= 10

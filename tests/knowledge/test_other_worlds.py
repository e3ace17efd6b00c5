"""A script that could not come out the other way would decide nothing: each is run where it must."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from knowledge.claims import ScriptCheck
from knowledge.load import load
from tests.knowledge.other_worlds import GENERAL, OF_ONE_CLAIM, World

SCRIPTS = {claim.id: claim.check for claim in load().claims.values() if isinstance(claim.check, ScriptCheck)}

RUNNER = """
import json, sys
scope = {"__name__": "script"}
exec(sys.stdin.read(), scope)
print("\\n" + json.dumps([bool(scope["holds"]), scope["figure"]]))
"""
DISTRIBUTIONS = {"tensorflow", "keras", "torch", "jax"}


def worlds(claim_id: str) -> Iterator[World]:
    """The claim's own, or those that do for most."""
    if claim_id in OF_ONE_CLAIM:
        yield OF_ONE_CLAIM[claim_id]
    else:
        packages = sorted(DISTRIBUTIONS.intersection(SCRIPTS[claim_id].needs))
        yield from (world(packages) for world in GENERAL)


def outcome(script: str, world: World, folder: Path) -> str | None:
    """What the script gives there; None when it fails. What it saw must be told either way."""
    for name, content in world.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")
    finished = subprocess.run(
        [sys.executable, "-c", RUNNER],
        input=script,
        env={**os.environ, "PYTHONPATH": str(folder), "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    if finished.returncode:
        return None
    holds, figure = json.loads(finished.stdout.splitlines()[-1])
    assert figure
    return "holds here" if holds else "does not hold here"


@pytest.mark.parametrize("claim_id", SCRIPTS)
def test_a_script_comes_out_the_other_way_in_another_world(claim_id: str, tmp_path: Path) -> None:
    check = SCRIPTS[claim_id]
    found: list[str | None] = []
    for place, world in enumerate(worlds(claim_id)):
        found.append(outcome(check.script, world, tmp_path / str(place)))
        if found[-1] not in {check.expected, None}:
            return
    pytest.fail(f"it gave {found}; let a missing name or a failed import be an answer to it, or add its world")


def test_every_world_of_one_claim_has_its_script() -> None:
    assert set(OF_ONE_CLAIM) <= set(SCRIPTS)

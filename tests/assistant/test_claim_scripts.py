"""Which scripts of claims share a process, and which run beside others."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from math import inf

import pytest

from assistant.claims import scripts
from assistant.claims.records import CheckResult
from knowledge.claims import Claim, ScriptCheck
from knowledge.load import load
from probes.candidates import PACKAGES

SCRIPTS = [claim for claim in load().claims.values() if isinstance(claim.check, ScriptCheck)]

# Six must be alone, one is timed; one more for each set of frameworks and variables.
MOST_PROCESSES = 13

Group = Sequence[Claim]


def groups_run(claims: Group, monkeypatch: pytest.MonkeyPatch) -> list[tuple[Group, bool]]:
    """The claims of every process in their order, and whether it ran in a thread of those that run side by side."""
    run: list[tuple[Group, bool]] = []

    def note(group: Group, **_limits: object) -> list[CheckResult]:
        run.append((group, threading.current_thread() is not threading.main_thread()))
        return []

    monkeypatch.setattr(scripts, "_run_group", note)
    list(scripts.run_scripts(claims, lambda: inf, say=lambda _what, _share: None, stopped=lambda: False))
    return run


def test_scripts_of_different_frameworks_never_share_a_process(monkeypatch: pytest.MonkeyPatch) -> None:
    groups = [
        {frozenset(claim.check.needs) & set(PACKAGES) for claim in group}
        for group, _ in groups_run(SCRIPTS, monkeypatch)
    ]
    assert {package for group in groups for needs in group for package in needs} == set(PACKAGES)
    assert [group for group in groups if len(group) > 1] == []


def test_few_processes_serve_all_scripts(monkeypatch: pytest.MonkeyPatch) -> None:
    assert len(groups_run(SCRIPTS, monkeypatch)) <= MOST_PROCESSES


def test_what_is_timed_runs_after_all_others_with_nothing_beside_it(monkeypatch: pytest.MonkeyPatch) -> None:
    first_timed = sorted(SCRIPTS, key=lambda claim: not claim.check.timed)
    run = groups_run(first_timed, monkeypatch)
    timed = [[claim.check.timed for claim in group] for group, _ in run]
    beside = [beside for _, beside in run]
    assert [all(each) for each in timed] == [any(each) for each in timed] == [not each for each in beside]
    assert beside == sorted(beside, reverse=True)
    assert set(beside) == {True, False}

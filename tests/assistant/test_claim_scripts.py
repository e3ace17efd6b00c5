"""Which scripts of claims share a process."""

from __future__ import annotations

from collections.abc import Sequence
from math import inf

import pytest

from assistant.claims import scripts
from assistant.claims.records import CheckResult
from knowledge.claims import Claim, ScriptCheck
from knowledge.load import load
from probes.candidates import PACKAGES


def test_scripts_of_different_frameworks_never_share_a_process(monkeypatch: pytest.MonkeyPatch) -> None:
    groups: list[set[frozenset[str]]] = []

    def note(claims: Sequence[Claim], **_limits: object) -> list[CheckResult]:
        groups.append({frozenset(scripts._script(claim).needs) & set(PACKAGES) for claim in claims})
        return []

    monkeypatch.setattr(scripts, "_run_group", note)
    claims = [claim for claim in load().claims.values() if isinstance(claim.check, ScriptCheck)]
    list(scripts.run_scripts(claims, lambda: inf, say=lambda _what, _share: None, stopped=lambda: False))
    assert {package for group in groups for needs in group for package in needs} == set(PACKAGES)
    assert [group for group in groups if len(group) > 1] == []

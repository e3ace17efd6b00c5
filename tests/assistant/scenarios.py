"""The scenarios of tests/scenarios/*.toml: what a person says, and what may be answered to it."""

from __future__ import annotations

import tomllib
from typing import Any

from assistant.evaluation.interviews import scenario_files

SCENARIOS: list[dict[str, Any]] = [
    scenario for path in scenario_files() for scenario in tomllib.loads(path.read_text(encoding="utf-8"))["scenario"]
]

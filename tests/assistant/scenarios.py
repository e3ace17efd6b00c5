"""The scenarios of tests/scenarios/*.toml: what a person says, and what may be answered to it."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

FILES = sorted((Path(__file__).parents[1] / "scenarios").glob("*.toml"))
SCENARIOS: list[dict[str, Any]] = [
    scenario for path in FILES for scenario in tomllib.loads(path.read_text(encoding="utf-8"))["scenario"]
]

"""The house rules: who may import whom, and what must never be loaded in the app's own process."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGES = ("assistant", "knowledge", "probes")
FORBIDDEN = {"assistant": set(), "knowledge": {"assistant", "probes"}, "probes": {"assistant", "knowledge"}}
HEAVY = {"torch", "tensorflow", "keras", "jax", "jaxlib", "optax"}


def source_files() -> Iterator[Path]:
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            if "templates" not in path.parts:
                yield path


MODULES = tuple(source_files())
ADAPTERS = tuple(path for path in MODULES if path.parent == ROOT / "probes" / "frameworks")
VIEWS = tuple(path for path in MODULES if path.parent == ROOT / "assistant" / "views" or path.name == "app.py")


def imported_roots(path: Path) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            names.add(node.module.split(".")[0])
    return names


def relative(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("path", MODULES, ids=relative)
def test_imports_run_in_one_direction(path: Path) -> None:
    package = path.relative_to(ROOT).parts[0]
    assert not imported_roots(path) & FORBIDDEN[package]


@pytest.mark.parametrize("path", sorted(set(MODULES) - set(ADAPTERS)), ids=relative)
def test_frameworks_are_imported_by_their_adapters_only(path: Path) -> None:
    assert not imported_roots(path) & HEAVY


@pytest.mark.parametrize("path", sorted(set(MODULES) - set(VIEWS)), ids=relative)
def test_only_the_views_know_streamlit(path: Path) -> None:
    assert "streamlit" not in imported_roots(path)


@pytest.mark.parametrize(
    "module", ["assistant.cli", "assistant.advice.recommend", "probes.schedule", "knowledge.load"]
)
def test_importing_the_parent_side_loads_no_framework(module: str) -> None:
    script = f"import sys, {module}; print(*sorted({HEAVY!r} & set(sys.modules)))"
    loaded = subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, text=True).stdout
    assert loaded.split() == []


@pytest.mark.parametrize("path", MODULES, ids=relative)
def test_files_fit_in_the_head(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 400

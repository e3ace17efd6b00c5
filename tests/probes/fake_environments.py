"""Virtual environments with packages that are only written down, made in a moment and without a network."""

from __future__ import annotations

import sys
import venv
from collections.abc import Mapping
from pathlib import Path

# So much does each of them claim to take.
PACKAGE_BYTES = 3 * 2**20

JAX = {"jax": "0.9.1", "optax": "0.2.7", "numpy": "2.3.0"}
SCIKIT_LEARN = {"scikit-learn": "1.8.0", "numpy": "2.3.0"}


def make(folder: Path, packages: Mapping[str, str]) -> str:
    """A new environment in the folder; returns its interpreter."""
    venv.create(folder, symlinks=True)
    for name, version in packages.items():
        add(folder, name, version)
    return str(folder / "bin" / "python")


def add(folder: Path, name: str, version: str, requires: tuple[str, ...] = ()) -> None:
    """Write down one more package."""
    info = site_packages(folder) / f"{name.replace('-', '_')}-{version}.dist-info"
    info.mkdir()
    lines = ["Metadata-Version: 2.1", f"Name: {name}", f"Version: {version}"]
    lines += [f"Requires-Dist: {each}" for each in requires]
    (info / "METADATA").write_text("\n".join(lines) + "\n\nA package.\n", encoding="utf-8")
    (info / "RECORD").write_text(f"{name}.py,sha256=abc,{PACKAGE_BYTES}\n{info.name}/RECORD,,\n", encoding="utf-8")


def site_packages(folder: Path) -> Path:
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    return folder / "lib" / version / "site-packages"

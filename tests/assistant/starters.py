"""Every starter there is, and how the tests unpack one."""

from __future__ import annotations

import io
import zipfile
from functools import cache
from pathlib import Path

from assistant.project import Project
from assistant.starter.catalogue import KERAS_BACKENDS, STARTERS, Starter
from assistant.starter.generate import starter_zip

VERSIONS = {
    "torch": "2.13.0+cpu",
    "tensorflow": "2.21.0",
    "keras": "3.15.1",
    "jax": "0.10.2",
    "optax": "0.2.8",
    "scikit-learn": "1.9.1",
}
EVERY_STARTER = [
    Starter(task, framework, backend)
    for task, frameworks in STARTERS.items()
    for framework in frameworks
    for backend in (KERAS_BACKENDS if framework == "keras" else (None,))
]


def name(starter: Starter) -> str:
    return "-".join(filter(None, (starter.task, starter.framework, starter.backend)))


@cache
def make(starter: Starter) -> bytes:
    return starter_zip(
        Project(task=starter.task),
        None,
        framework=starter.framework,
        backend=starter.backend,
        versions=VERSIONS,
    )


def unpack(made: bytes, folder: Path) -> Path:
    """The one folder in the zip."""
    with zipfile.ZipFile(io.BytesIO(made)) as archive:
        archive.extractall(folder)
    (root,) = folder.iterdir()
    return root

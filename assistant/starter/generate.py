"""Recommendation -> a runnable project, as a zip in memory or written to disk.

Identical inputs give an identical zip: names are sorted, times and modes are fixed, nothing reads the clock.
"""

from __future__ import annotations

import importlib
import io
import tempfile
import zipfile
from collections.abc import Mapping
from dataclasses import asdict
from functools import cache, partial
from pathlib import Path
from threading import Thread
from typing import Any

from assistant.advice.recommendation import Recommendation
from assistant.background import beside
from assistant.errors import InvalidInput
from assistant.language import _
from assistant.project import Project, parse_project
from assistant.starter.catalogue import Starter, choose, task_name
from assistant.starter.evidence import evidence
from assistant.starter.requirements import pins
from assistant.wording import candidate_name, framework_name
from probes.candidates import find_candidate
from probes.report import ProbeReport

TEMPLATES = Path(__file__).parent / "templates"
SAMPLES = TEMPLATES / "samples"
SAMPLE_OF_TASK = {
    "tabular_classification": "breast_cancer.csv",
    "tabular_regression": "wine.csv",
    "image_classification": "digits.zip",
    "text_classification": "docstrings.csv",
}
ZIP_EPOCH = (1980, 1, 1, 0, 0, 0)  # the earliest time a zip can hold
REGULAR_FILE_644 = 0o100644 << 16
COMPRESSED_ALREADY = {".png"}

# Copier takes most of a second to import: only those who may want a starter load it.
RENDERING = "assistant.starter.rendering"


def starter_zip(
    project: Project,
    recommendation: Recommendation | None,
    *,
    framework: str,
    backend: str | None = None,
    versions: Mapping[str, str],
    report: ProbeReport | None = None,
) -> bytes:
    """The starter as a zip with one folder in it, named after task and framework.

    `backend` is what Keras runs on, the recommended one unless given; `versions` maps package names to the measured
    versions, which are pinned.
    Raises `InvalidInput` when there is no such starter, or a value is not what it should be.
    """
    starter = choose(project.task, framework, backend or _recommended_backend(framework, recommendation))
    files = _files(starter, project, recommendation, versions, report)
    return _zip(files, folder=f"{starter.task}-{starter.framework}".replace("_", "-"))


@cache
def warm_up() -> Thread:
    """Load what rendering needs, once, in the background, so that the first starter takes no longer than others."""
    return beside("warm-up", partial(importlib.import_module, RENDERING))


def _recommended_backend(framework: str, recommendation: Recommendation | None) -> str | None:
    """The mode of the best Keras candidate that can be used; None for another framework."""
    if framework != "keras" or recommendation is None:
        return None
    usable = (row for row in recommendation.ranking if row.framework == framework and row.excluded is None)
    return next((find_candidate(row.candidate).mode for row in usable), None)


def write_starter(
    project: Project,
    recommendation: Recommendation | None,
    *,
    framework: str,
    backend: str | None = None,
    versions: Mapping[str, str],
    report: ProbeReport | None = None,
    output: Path,
) -> Path:
    """Write the starter to `output`, a new or empty folder, or a new file ending in .zip; returns where it is.

    Raises `InvalidInput` when something is there already or it cannot be written; then nothing is.
    """
    output = output.expanduser().resolve()
    _refuse_to_overwrite(output)
    made = starter_zip(
        project, recommendation, framework=framework, backend=backend, versions=versions, report=report
    )
    try:
        output.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=output.parent, prefix=".starter-") as staging:
            _stage(made, Path(staging), is_zip=output.suffix == ".zip").replace(output)
    except OSError as error:
        raise InvalidInput(
            _("Cannot write {path}: {reason}. Choose another place.").format(path=output, reason=error.strerror)
        ) from error
    return output


def _refuse_to_overwrite(output: Path) -> None:
    if output.is_dir() and output.suffix != ".zip":
        if any(output.iterdir()):
            raise InvalidInput(
                _("The folder {path} is not empty; expected a new or empty one. Choose another.").format(path=output)
            )
    elif output.exists():
        raise InvalidInput(_("{path} exists already; expected a new name. Choose another.").format(path=output))


def _stage(made: bytes, staging: Path, is_zip: bool) -> Path:
    """The zip, or the folder inside it, complete beside its final place so that one rename publishes it."""
    if is_zip:
        path = staging / "starter.zip"
        path.write_bytes(made)
        return path
    with zipfile.ZipFile(io.BytesIO(made)) as archive:
        archive.extractall(staging)
    return next(staging.iterdir())


def _files(
    starter: Starter,
    project: Project,
    recommendation: Recommendation | None,
    versions: Mapping[str, str],
    report: ProbeReport | None,
) -> dict[str, bytes]:
    """Every file of the project by its name; `project` is validated anew before anything of it is used."""
    from assistant.starter.rendering import render  # noqa: PLC0415  see RENDERING

    validated = parse_project(project.answers)
    readme = _readme_facts(starter, validated, recommendation, versions, report)
    return render(TEMPLATES, {**_template_answers(starter, validated), **readme}) | _sample(starter)


def _template_answers(starter: Starter, project: Project) -> dict[str, Any]:
    answers: dict[str, Any] = {
        "framework": starter.framework,
        "backend": starter.backend or "",
        "kind": starter.kind,
        "regression": starter.task == "tabular_regression",
    }
    if project.input_size is not None and starter.kind == "image":
        answers["own_image_side"] = project.input_size
    if project.input_size is not None and starter.kind == "text":
        answers["max_words"] = project.input_size
    return answers


def _readme_facts(
    starter: Starter,
    project: Project,
    recommendation: Recommendation | None,
    versions: Mapping[str, str],
    report: ProbeReport | None,
) -> dict[str, Any]:
    mode = f"keras-{starter.backend}" if starter.backend else None
    return {
        "task_name": task_name(starter.task),
        "framework_name": candidate_name(mode) if mode else framework_name(starter.framework),
        "pins": pins(starter, versions),
        "sample": SAMPLE_OF_TASK[starter.task].removesuffix(".zip"),
        **asdict(evidence(starter, project, recommendation, report)),
    }


def _sample(starter: Starter) -> dict[str, bytes]:
    source = SAMPLES / SAMPLE_OF_TASK[starter.task]
    notice = {"sample/SOURCE.md": source.with_suffix(".md").read_bytes()}
    if source.suffix != ".zip":
        return notice | {f"sample/{source.name}": source.read_bytes()}
    with zipfile.ZipFile(source) as archive:
        return notice | {f"sample/{name}": archive.read(name) for name in archive.namelist()}


def _zip(files: dict[str, bytes], folder: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name in sorted(files):
            entry = zipfile.ZipInfo(f"{folder}/{name}", ZIP_EPOCH)
            entry.create_system = 3  # Unix, wherever it is made: the file mode is part of the bytes
            entry.external_attr = REGULAR_FILE_644
            compressed = Path(name).suffix in COMPRESSED_ALREADY
            entry.compress_type = zipfile.ZIP_STORED if compressed else zipfile.ZIP_DEFLATED
            archive.writestr(entry, files[name])
    return buffer.getvalue()

"""Published evaluations: beside a corpus, what it says, for the page and the README; computing it takes minutes."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

from pydantic import ValidationError

from assistant.corpus.records import DIRECTORY, corpora
from assistant.errors import InvalidInput
from assistant.evaluation.evaluate import Evaluation
from assistant.language import _
from probes.report import Machine


@dataclass(frozen=True)
class Published:
    """An evaluation, and the machine that its corpus was measured on."""

    machine: Machine
    evaluation: Evaluation


@cache
def published() -> tuple[Published, ...]:
    """The evaluations that come with Probewise; raises `InvalidInput` for a file that holds none."""
    return read_published(DIRECTORY)


def read_published(directory: Path) -> tuple[Published, ...]:
    """That of every corpus in the directory that has one, the one of most jobs first."""
    machines = {evaluation_path(directory, corpus.machine): corpus.machine for corpus in corpora(directory)}
    found = [Published(machine, _read(path)) for path, machine in machines.items() if path.exists()]
    return tuple(sorted(found, key=lambda each: -each.evaluation.summary.workloads))


def publish(found: Evaluation, machine: Machine, directory: Path) -> Path:
    """Keep the evaluation beside the corpus of this machine, and return its file."""
    path = evaluation_path(directory, machine)
    path.write_text(found.model_dump_json(indent=1) + "\n", encoding="utf-8")
    return path


def evaluation_path(directory: Path, machine: Machine) -> Path:
    """Where the evaluation of this machine's corpus lies."""
    return directory / f"{machine.fingerprint}-evaluation.json"


def _read(path: Path) -> Evaluation:
    try:
        return Evaluation.model_validate_json(path.read_bytes())
    except ValidationError as error:
        first = error.errors()[0]
        raise InvalidInput(
            _(
                "{file} is no evaluation as this version writes it ({key}: {problem}); "
                "make it anew with probewise evaluate --publish."
            ).format(file=path.name, key=".".join(map(str, first["loc"])), problem=first["msg"])
        ) from error

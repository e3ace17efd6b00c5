"""The errors of `knowledge`: each says what came, what was expected and what to do."""

from __future__ import annotations

from dataclasses import dataclass


class UnknownRecord(Exception):
    """A record that does not exist was asked for by its id."""


@dataclass(frozen=True)
class Problem:
    """One thing wrong: the file below `knowledge/`, the record's table and id, and what to mend."""

    file: str
    record: str
    message: str

    def __str__(self) -> str:
        return f"knowledge/{self.file}, {self.record}: {self.message}"


class KnowledgeError(Exception):
    """The knowledge files are wrong; `problems` holds everything found, not only the first."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        super().__init__("\n".join(map(str, problems)))
        self.problems = problems

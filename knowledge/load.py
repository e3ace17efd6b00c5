"""Reads the TOML files below `knowledge/`; everything wrong with them is reported together."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from knowledge.claims import Claim
from knowledge.collection import Entry, Knowledge
from knowledge.errors import KnowledgeError, Problem
from knowledge.schema import (
    CriterionRule,
    Dimension,
    EligibilityRule,
    Fact,
    Framework,
    Impossible,
    Mode,
    Question,
    Record,
    Scale,
    SimplerFirst,
    Source,
    WeightRule,
)
from knowledge.validation import Parsed, cross_record_problems

ROOT = Path(__file__).parent

# Which tables may stand in which files. `framework` is one table, the others are lists of tables.
TABLES: dict[str, dict[str, type[Record]]] = {
    "sources.toml": {"source": Source},
    "dimensions.toml": {"dimension": Dimension},
    "frameworks/*.toml": {"framework": Framework, "mode": Mode, "fact": Fact},
    "questions.toml": {"question": Question, "impossible": Impossible},
    "rules.toml": {
        "scale": Scale,
        "eligibility": EligibilityRule,
        "criterion": CriterionRule,
        "weight": WeightRule,
        "simpler_first": SimplerFirst,
    },
    "claims/*.toml": {"claim": Claim},
}


@dataclass(frozen=True)
class _Row:
    """One table of a file, not validated yet."""

    file: str
    table: str
    model: type[Record]
    data: Any
    position: int

    @property
    def id(self) -> str | None:
        keys = ("id", "candidate", "criterion") if isinstance(self.data, dict) else ()
        return next((str(self.data[key]) for key in keys if key in self.data), None)

    @property
    def name(self) -> str:
        return f"{self.table} {self.id!r}" if self.id else f"{self.table} number {self.position}"


@cache
def load() -> Knowledge:
    """The knowledge of this package; raises `KnowledgeError` naming everything wrong with its files."""
    return read(ROOT)


def read(root: Path, today: date | None = None) -> Knowledge:
    """The knowledge below `root`; raises `KnowledgeError`. With `today`, no record may be dated after it."""
    rows, problems = _read_rows(root)
    entries: list[Entry] = []
    ids: dict[str, tuple[str, ...]] = {}
    for row in rows:
        ids[row.table] = (*ids.get(row.table, ()), row.id or "")
        try:
            entries.append(Entry(row.file, row.table, row.model.model_validate(row.data)))
        except ValidationError as error:
            problems += [Problem(row.file, row.name, _describe(detail, row.model)) for detail in error.errors()]
    parsed = Parsed(tuple(entries), ids, complete=not problems)
    problems += cross_record_problems(parsed, today)
    if problems:
        raise KnowledgeError(tuple(problems))
    return Knowledge(parsed.entries)


def messages() -> Iterator[tuple[str, str, str]]:
    """Every text a person may read, as (file, record id, English text), for the translation catalogues."""
    for entry in load().entries:
        for text in entry.record.messages():
            yield entry.file, entry.id, text


def _read_rows(root: Path) -> tuple[list[_Row], list[Problem]]:
    rows: list[_Row] = []
    problems: list[Problem] = []
    for pattern, tables in TABLES.items():
        paths = sorted(root.glob(pattern))
        if not paths:
            problems.append(Problem(pattern, "file", "got no such file, expected at least one"))
        for path in paths:
            file = path.relative_to(root).as_posix()
            try:
                data = tomllib.loads(path.read_text(encoding="utf-8"))
            except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
                problems.append(Problem(file, "file", f"got something that is not TOML in UTF-8: {error}"))
                continue
            for table, content in data.items():
                if table not in tables:
                    message = f"got table {table!r}, expected one of {', '.join(tables)}"
                    problems.append(Problem(file, "file", message))
                    continue
                listed = content if isinstance(content, list) else [content]
                rows += [_Row(file, table, tables[table], row, place) for place, row in enumerate(listed, start=1)]
    return rows, problems


def _describe(detail: ErrorDetails, model: type[Record]) -> str:
    where = ".".join(str(part) for part in detail["loc"])
    match detail["type"]:
        case "extra_forbidden":
            message = f"got unknown key {where!r}, expected one of {', '.join(model.model_fields)}"
            return message if len(detail["loc"]) == 1 else f"got unknown key {where!r}, remove it"
        case "missing":
            return f"{where!r} is missing, expected a value"
        case "literal_error":
            return f"{where!r}: got {detail['input']!r}, expected one of {detail['ctx']['expected']}"
        case "value_error":
            said = str(detail["ctx"]["error"])
            return f"{where!r}: {said}" if where else said
        case _:
            return f"{where!r}: got {detail['input']!r}, {detail['msg'][0].lower()}{detail['msg'][1:]}"

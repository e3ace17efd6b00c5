"""Writes the description of the knowledge files into CONTRIBUTING.md, from the very models that check them.

`python -m knowledge.document` renews the part between the two markers; a test holds that it is current.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from inspect import getdoc
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel, HttpUrl

from knowledge.conditions import Condition
from knowledge.load import TABLES
from knowledge.markers import with_part
from knowledge.schema import Record
from knowledge.vocabulary import FIELDS

DOCUMENT = Path(__file__).parents[1] / "CONTRIBUTING.md"


def with_format(document: str) -> str:
    """The document with the part between the markers renewed; raises `ValueError` when it has no markers."""
    return with_part(document, "knowledge format", knowledge_format())


def knowledge_format() -> str:
    """Every file, its tables and their keys, as Markdown."""
    parts = [_table_section(file, table, model) for file, tables in TABLES.items() for table, model in tables.items()]
    return "\n".join((*parts, _fields_section()))


def main() -> None:
    """Renew CONTRIBUTING.md."""
    DOCUMENT.write_text(with_format(DOCUMENT.read_text(encoding="utf-8")), encoding="utf-8")


def _table_section(file: str, table: str, model: type[Record]) -> str:
    heading = f"[{table}]" if table == "framework" else f"[[{table}]]"
    section = f"#### `{heading}` in `knowledge/{file}`\n\n{_described(model)}\n"
    nested = (f"\n`{key}`: {_described(part)}\n" for key, part in _nested(model))
    return section + "".join(nested)


def _described(model: type[BaseModel]) -> str:
    """The model's docstring and a table of its keys."""
    rows = [
        f"| `{name}` | {_words(field.annotation)} | {'required' if field.is_required() else 'optional'} |"
        for name, field in model.model_fields.items()
    ]
    return "\n".join((_prose(model), "", "| key | value | |", "|---|---|---|", *rows))


def _prose(model: type[BaseModel]) -> str:
    return " ".join((getdoc(model) or "").split())


def _nested(model: type[BaseModel]) -> Iterator[tuple[str, type[BaseModel]]]:
    for name, field in model.model_fields.items():
        for part in _models_in(field.annotation):
            if part is not Condition:
                yield name, part


def _models_in(annotation: Any) -> tuple[type[BaseModel], ...]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return (annotation,)
    return tuple(part for inner in get_args(annotation) for part in _models_in(inner))


def _words(annotation: Any) -> str:
    """What may stand there, in a reader's words."""
    arguments = get_args(annotation)
    in_words = _COMPOSED.get(get_origin(annotation))
    if in_words is not None:
        return in_words(arguments)
    return _words(arguments[0]) if hasattr(annotation, "__metadata__") else _single(annotation)


def _single(annotation: type[Any]) -> str:
    if annotation is Condition:
        return "condition: `{field = [values]}` or `{field = {min = , max = }}`, all of them together"
    if issubclass(annotation, BaseModel):
        return "table, below"
    return _PLAIN.get(annotation, annotation.__name__)


def _any_of(parts: tuple[Any, ...]) -> str:
    return " or ".join(_words(part) for part in parts if part is not NoneType)


_COMPOSED: dict[Any, Callable[[tuple[Any, ...]], str]] = {
    Literal: lambda values: " or ".join(f"`{value}`" for value in values),
    Union: _any_of,
    UnionType: _any_of,
    tuple: lambda parts: f"list of {_words(parts[0])}",
    dict: lambda parts: f"table of {_words(parts[1])}",
}
_PLAIN = {str: "text", int: "whole number", float: "number", bool: "`true` or `false`", HttpUrl: "web address"}


def _fields_section() -> str:
    rows = [
        f"| `{name}` | {', '.join(f'`{value}`' for value in field.values) or 'a number above 0'} |"
        for name, field in FIELDS.items()
    ]
    heading = "#### Fields that a condition may name\n\n| field | values |\n|---|---|\n"
    return heading + "\n".join(rows) + "\n"


if __name__ == "__main__":
    main()

"""The decision record as GitHub-flavoured Markdown: no HTML, and text of others shows as it is, whatever it holds."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from urllib.parse import quote

from assistant.quoting import in_markdown
from assistant.record.chart import in_letters, shares_in_letters
from assistant.record.document import (
    Badge,
    Block,
    Bullets,
    Code,
    Document,
    Heading,
    IntervalChart,
    Line,
    Link,
    Notice,
    Paragraph,
    Piece,
    Section,
    ShareChart,
    Strong,
    Table,
    pieces,
)

BACKTICKS = re.compile("`+")

# What an address may hold beside letters and digits without ending the link.
IN_ADDRESSES = ":/?#@!$&'*+,;=%~-._"


def render(document: Document) -> str:
    """The document as the text of a file."""
    parts = [f"# {in_markdown(document.title)}", _facts(document)]
    parts += [_line(line) for line in document.summary]
    for section in document.sections:
        parts += _section(section)
    return "\n\n".join(parts) + "\n"


def _facts(document: Document) -> str:
    return "\n".join(f"- **{in_markdown(name)}** {in_markdown(value)}" for name, value in document.facts)


def _section(section: Section) -> Iterator[str]:
    yield f"## {in_markdown(section.heading)}"
    yield from map(_block, section.blocks)


def _block(block: Block) -> str:  # noqa: PLR0911  one for each kind of block
    match block:
        case Heading(text):
            return f"### {in_markdown(text)}"
        case Paragraph(line):
            return _line(line)
        case Notice(line):
            return f"> {_line(line)}"
        case Bullets(lines):
            return "\n".join(f"- {_line(line)}" for line in lines)
        case Table():
            return _table(block)
        case IntervalChart():
            return _fenced("text", [block.title, "", *in_letters(block)])
        case ShareChart():
            return _fenced("text", [block.title, "", *shares_in_letters(block)])
        case Code(language, lines):
            return _fenced(language, lines)


def _table(table: Table) -> str:
    heads = [in_markdown(column.title) for column in table.columns]
    rules = ["--:" if column.figures else ":--" for column in table.columns]
    rows = [[_line(cell) for cell in row] for row in table.rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in (heads, rules, *rows))


def _fenced(language: str, lines: Iterable[str]) -> str:
    """A block of code whose fence is longer than any within."""
    text = "\n".join(lines)
    fence = "`" * max(3, 1 + max(map(len, BACKTICKS.findall(text)), default=0))
    return f"{fence}{language}\n{text}\n{fence}"


def _line(line: Line) -> str:
    return " ".join(map(_piece, pieces(line)))


def _piece(piece: Piece) -> str:
    match piece:
        case Link(text, address):
            return f"[{in_markdown(text)}]({quote(address, safe=IN_ADDRESSES)})"
        case Badge(text):
            return f"(*{in_markdown(text)}*)"
        case Strong(text):
            return f"**{in_markdown(text)}**"
        case _:
            return in_markdown(piece)

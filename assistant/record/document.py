"""What a decision record is made of. `content` fills it, each format writes it; here are no words and no markup."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar, Literal


@dataclass(frozen=True)
class Link:
    """Words that lead to a web address; another kind of address raises `ValueError`."""

    kind: ClassVar = "link"

    text: str
    address: str

    def __post_init__(self) -> None:
        if not self.address.startswith(("https://", "http://")):
            raise ValueError(f"Address {self.address!r} cannot be linked; expected one that begins with https://.")


@dataclass(frozen=True)
class Badge:
    """The mark of an evidence kind (`measured`, `forecast`, ...), in words."""

    kind: ClassVar = "badge"

    text: str
    evidence: str


@dataclass(frozen=True)
class Strong:
    """Words that stand out."""

    kind: ClassVar = "strong"

    text: str


Piece = str | Link | Badge | Strong

# Pieces stand side by side with a space between them; each is complete by itself.
Line = Piece | tuple[Piece, ...]


def pieces(line: Line) -> tuple[Piece, ...]:
    """The pieces of a line, without empty ones."""
    return tuple(piece for piece in (line if isinstance(line, tuple) else (line,)) if piece != "")


@dataclass(frozen=True)
class Heading:
    """A heading within a section."""

    kind: ClassVar = "heading"

    text: str


@dataclass(frozen=True)
class Paragraph:
    """One line of words."""

    kind: ClassVar = "paragraph"

    line: Line


@dataclass(frozen=True)
class Notice:
    """One line that must not be overlooked."""

    kind: ClassVar = "notice"

    line: Line


@dataclass(frozen=True)
class Bullets:
    """Lines of equal rank; the strongest first where they have an order."""

    kind: ClassVar = "bullets"

    lines: tuple[Line, ...]


@dataclass(frozen=True)
class Column:
    """A column's title and whether it holds figures, which stand at the right."""

    title: str
    figures: bool = False


def columns(*titles: str, figures: bool = False) -> tuple[Column, ...]:
    """Columns of one kind."""
    return tuple(Column(title, figures) for title in titles)


@dataclass(frozen=True)
class Table:
    """Rows of as many cells as there are columns; with `total` the last row is the sum of those above."""

    kind: ClassVar = "table"

    columns: tuple[Column, ...]
    rows: tuple[tuple[Line, ...], ...]
    total: bool = False

    def without_empty_columns(self) -> Table:
        """The same without the columns in which no row says anything."""
        used = [place for place in range(len(self.columns)) if any(pieces(row[place]) for row in self.rows)]
        return replace(
            self,
            columns=tuple(self.columns[place] for place in used),
            rows=tuple(tuple(row[place] for place in used) for row in self.rows),
        )


@dataclass(frozen=True)
class Interval:
    """One row of a chart: a positive figure with its interval, and the figure in words."""

    name: str
    value: float
    low: float
    high: float
    words: str


@dataclass(frozen=True)
class IntervalChart:
    """Figures of one unit with their intervals; `axis` names the unit, `description` says what is to be seen."""

    kind: ClassVar = "chart"

    title: str
    axis: str
    description: str
    rows: tuple[Interval, ...]


@dataclass(frozen=True)
class Share:
    """One bar of a chart: a share, 0 to 1, and what stands beside it."""

    name: str
    share: float
    words: str


@dataclass(frozen=True)
class ShareChart:
    """Shares of one whole as bars, the largest first; `description` says what is to be seen."""

    kind: ClassVar = "shares"

    title: str
    description: str
    rows: tuple[Share, ...]


@dataclass(frozen=True)
class Code:
    """Lines as they are typed; `language` is the name that highlighters know."""

    kind: ClassVar = "code"

    language: Literal["toml", "sh"]
    lines: tuple[str, ...]


Block = Heading | Paragraph | Notice | Bullets | Table | IntervalChart | ShareChart | Code


@dataclass(frozen=True)
class Section:
    """A part of the record; `id` is its anchor."""

    id: str
    heading: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True)
class Document:
    """The whole record. `language` is a BCP 47 tag, `facts` are names and values, `summary` the decision in short."""

    title: str
    language: str
    facts: tuple[tuple[str, str], ...]
    summary: tuple[Line, ...]
    sections: tuple[Section, ...]

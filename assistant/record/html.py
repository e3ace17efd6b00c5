"""The decision record as one HTML file: nothing is fetched, nothing runs, and it prints."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from assistant.quoting import one_line
from assistant.record.chart import drawing
from assistant.record.document import Document, pieces


def render(document: Document) -> str:
    """The document as the text of a file; every value is escaped."""
    return _environment().get_template("record.html.jinja").render(document=document) + "\n"


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        finalize=_in_one_line,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=StrictUndefined,
    )
    environment.globals |= {"drawing": drawing, "pieces": pieces}
    return environment


def _in_one_line(value: object) -> object:
    """Values lose their invisible signs; what a macro wrote is finished."""
    return one_line(value) if type(value) is str else value

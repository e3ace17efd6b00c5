"""Collects every word a person may read into `locale/probewise.pot`, the template of all translations.

`python -m assistant.messages` writes it. Then, for a language such as German:
`pybabel init -D probewise -i assistant/locale/probewise.pot -d assistant/locale -l de` once,
`pybabel update -D probewise -i assistant/locale/probewise.pot -d assistant/locale` after changes, and
`pybabel compile -D probewise -d assistant/locale` to make the catalogue that the app reads.
"""

from __future__ import annotations

import ast
import io
import sys
from collections.abc import Iterator
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.pofile import write_po

from assistant.language import CATALOGUES, DOMAIN
from knowledge.load import messages

ROOT = Path(__file__).parents[1]
TEMPLATE = CATALOGUES / f"{DOMAIN}.pot"

# The templates of starter projects are another program's code; what they need is given to them as words.
NOT_OURS = ROOT / "assistant" / "starter" / "templates"

# How many of its arguments are messages.
TRANSLATING = {"_": 1, "ngettext": 2}


def template() -> bytes:
    """The template as it should be now: the code's messages, then those of the knowledge files, by file.

    Without line numbers and a date, so that it changes only when words do.
    """
    catalogue = Catalog(domain=DOMAIN, charset="utf-8")
    for file, message in code_messages():
        catalogue.add(message, locations=[(file, 0)])
    for file, record, text in messages():
        catalogue.add(text, locations=[(f"knowledge/{file}", 0)], auto_comments=[record])
    written = io.BytesIO()
    write_po(written, catalogue, omit_header=True, sort_by_file=True, include_lineno=False, width=100)
    return written.getvalue()


def code_messages() -> Iterator[tuple[str, str | tuple[str, ...]]]:
    """File and message, or singular and plural, of every call of `_` and `ngettext` in our code.

    From the syntax tree: how text inside f-strings is cut into tokens changed with Python 3.12.
    """
    for path in sorted((ROOT / "assistant").rglob("*.py")):
        if NOT_OURS not in path.parents:
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                message = _message(node)
                if message:
                    yield path.relative_to(ROOT).as_posix(), message[0] if len(message) == 1 else message


def _message(node: ast.AST) -> tuple[str, ...]:
    """The literal messages of a translating call; empty for anything else."""
    if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in TRANSLATING):
        return ()
    literals = (each.value for each in node.args if isinstance(each, ast.Constant))
    return tuple(text for text in literals if isinstance(text, str))[: TRANSLATING[node.func.id]]


if __name__ == "__main__":
    TEMPLATE.parent.mkdir(exist_ok=True)
    TEMPLATE.write_bytes(template())
    sys.stdout.write(f"{TEMPLATE}\n")

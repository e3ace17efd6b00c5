"""Collects every word a person may read, and brings all translations up to date.

`python -m assistant.messages` writes `locale/probewise.pot`, the template of all translations, makes every language's
`probewise.po` follow it, and compiles the `probewise.mo` that the app reads. A language begins as an empty file, such
as `locale/de/LC_MESSAGES/probewise.po`; `tests/assistant/test_messages.py` lists what it still lacks.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import cast

from babel.messages.catalog import Catalog
from jinja2.ext import babel_extract

from assistant.language import CATALOGUES, DOMAIN
from assistant.translations import languages, po_path, problems, renew, written
from knowledge.load import messages

ROOT = Path(__file__).parents[1]
TEMPLATE = CATALOGUES / f"{DOMAIN}.pot"

SPEAKING = ("assistant", "probes")

# The templates of starter projects: their README speaks to a person, their code is another program's.
STARTERS = ROOT / "assistant" / "starter" / "templates"

# How many of its arguments are messages.
TRANSLATING = {"_": 1, "ngettext": 2, "InvalidWorkload": 1}

# As Copier's environment is set up; a template that cannot be read is an error, not left out.
JINJA = {"trim_blocks": "true", "lstrip_blocks": "true", "silent": "false"}

Message = str | tuple[str, ...]


def template() -> Catalog:
    """The template as it should be now: the code's messages, the starters', then those of the knowledge files.

    Each is located by its file, those of the knowledge also by the record; not by line, so that the template changes
    only when words do.
    """
    catalogue = Catalog(domain=DOMAIN, charset="utf-8")
    for file, message in (*code_messages(), *starter_messages()):
        catalogue.add(message, locations=[(file, 0)])
    for file, record, text in messages():
        catalogue.add(text, locations=[(f"knowledge/{file}", 0)], auto_comments=[record])
    return catalogue


def code_messages() -> Iterator[tuple[str, Message]]:
    """File and message, or singular and plural, of every translating call in our code.

    From the syntax tree: how text inside f-strings is cut into tokens changed with Python 3.12.
    """
    files = (path for package in SPEAKING for path in sorted((ROOT / package).rglob("*.py")))
    for path in files:
        if STARTERS not in path.parents:
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                message = _message(node)
                if message:
                    yield _relative(path), message[0] if len(message) == 1 else message


def starter_messages() -> Iterator[tuple[str, Message]]:
    """File and message of every translating call in the templates of starter projects."""
    for path in sorted(STARTERS.rglob("*.jinja")):
        with path.open("rb") as file:
            for _line, _function, message, _comments in babel_extract(file, tuple(TRANSLATING), (), JINJA):
                yield _relative(path), cast("Message", message)


def _message(node: ast.AST) -> tuple[str, ...]:
    """The literal messages of a translating call; empty for anything else."""
    if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in TRANSLATING):
        return ()
    literals = (each.value for each in node.args if isinstance(each, ast.Constant))
    return tuple(text for text in literals if isinstance(text, str))[: TRANSLATING[node.func.id]]


def _relative(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def main() -> None:
    """Write the template and every translation, and say how much each lacks."""
    current = template()
    TEMPLATE.parent.mkdir(exist_ok=True)
    TEMPLATE.write_bytes(written(current))
    for language in languages():
        renew(language, current)
        lacking = len(list(problems(language)))
        sys.stdout.write(f"{po_path(language)}: {lacking} of {len(current)} messages to translate or mend\n")


if __name__ == "__main__":
    main()

"""Collects every word a person may read into `locale/probewise.pot`, the template of all translations.

`python -m assistant.messages` writes it. Then, for a language such as German:
`pybabel init -D probewise -i assistant/locale/probewise.pot -d assistant/locale -l de` once,
`pybabel update -D probewise -i assistant/locale/probewise.pot -d assistant/locale` after changes, and
`pybabel compile -D probewise -d assistant/locale` to make the catalogue that the app reads.
"""

from __future__ import annotations

import io
import sys
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import write_po

from assistant.language import CATALOGUES, DOMAIN
from knowledge.load import messages

ROOT = Path(__file__).parents[1]
TEMPLATE = CATALOGUES / f"{DOMAIN}.pot"

# The templates of starter projects are another program's code; what they need is given to them as words.
CODE = (("starter/templates/**", "ignore"), ("**.py", "python"))


def template() -> bytes:
    """The template as it should be now: the code's messages, then those of the knowledge files, by file.

    Without line numbers and a date, so that it changes only when words do.
    """
    catalogue = Catalog(domain=DOMAIN, charset="utf-8")
    for file, _line, message, comments, _context in extract_from_dir(
        ROOT / "assistant", method_map=CODE, comment_tags=("TRANSLATORS:",), strip_comment_tags=True
    ):
        catalogue.add(message, locations=[(f"assistant/{file}", 0)], auto_comments=comments)
    for file, record, text in messages():
        catalogue.add(text, locations=[(f"knowledge/{file}", 0)], auto_comments=[record])
    written = io.BytesIO()
    write_po(written, catalogue, omit_header=True, sort_by_file=True, include_lineno=False, width=100)
    return written.getvalue()


if __name__ == "__main__":
    TEMPLATE.parent.mkdir(exist_ok=True)
    TEMPLATE.write_bytes(template())
    sys.stdout.write(f"{TEMPLATE}\n")

"""The translations: of each language the `.po` that a translator edits, and the `.mo` that the app reads."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from pathlib import Path
from textwrap import shorten

from babel.messages.catalog import Catalog, Message
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

from assistant.language import CATALOGUES, DOMAIN

# What programs need to read a catalogue. The others are dates and the names of tools, which would change the files
# without a word having changed.
HEADERS = {"Language", "Plural-Forms", "MIME-Version", "Content-Type", "Content-Transfer-Encoding"}

SHOWN_CHARACTERS = 80

_PLACEHOLDER = re.compile(r"\{[^{}]*\}")


class Translation(Catalog):  # type: ignore[misc]  # babel is not followed by mypy
    """A catalogue whose header changes only with its language."""

    @property
    def mime_headers(self) -> list[tuple[str, str]]:
        """Names and values of the header's lines."""
        return [(name, value) for name, value in super().mime_headers if name in HEADERS]


def languages() -> tuple[str, ...]:
    """The codes of the languages that are being translated to."""
    return tuple(sorted(path.parts[-3] for path in CATALOGUES.glob(f"*/LC_MESSAGES/{DOMAIN}.po")))


def po_path(language: str) -> Path:
    """Where the language's translations are edited."""
    return CATALOGUES / language / "LC_MESSAGES" / f"{DOMAIN}.po"


def mo_path(language: str) -> Path:
    """Where the app reads them."""
    return po_path(language).with_suffix(".mo")


def renew(language: str, template: Catalog) -> None:
    """Write the language's catalogue as `renewed` makes it, and compile it."""
    translation = renewed(language, template)
    po_path(language).write_bytes(written(translation))
    mo_path(language).write_bytes(compiled(translation))


def renewed(language: str, template: Catalog) -> Translation:
    """The template's messages, each with its present translation where it has one for exactly this message.

    What the template no longer has is gone; nothing is guessed from similar messages.
    """
    present, translation = _read(language), _empty(language)
    for message in template:
        if message.id:
            known = present.get(message.id)
            kept = known.string if known and known.id == message.id and not known.fuzzy else ""
            translation.add(message.id, kept, message.locations, auto_comments=message.auto_comments)
    return translation


def written(catalogue: Catalog) -> bytes:
    """The catalogue as a `.po`; a template, which has no language, is written without a header."""
    file = io.BytesIO()
    template = catalogue.locale is None
    write_po(file, catalogue, omit_header=template, sort_by_file=True, include_lineno=False, width=100)
    return file.getvalue()


def compiled(translation: Translation) -> bytes:
    """The catalogue as a `.mo`; what has no translation is left out, so that the app shows it in English."""
    complete = _empty(translation.locale_identifier)
    for message in translation:
        if message.id and all(_forms(message.string)):
            complete.add(message.id, message.string)
    file = io.BytesIO()
    write_mo(file, complete)
    return file.getvalue()


def problems(language: str) -> Iterator[str]:
    """Each message without translation, or with one whose placeholders differ, and where it comes from."""
    catalogue = _read(language)
    for message in catalogue:
        problem = _problem(message, catalogue.num_plurals) if message.id else None
        if problem:
            text = shorten(_forms(message.id)[0], SHOWN_CHARACTERS, placeholder="…")
            yield f"{language}: {_origin(message)}: {text!r} {problem}"


def _empty(language: str) -> Translation:
    translation = Translation(locale=language, domain=DOMAIN, charset="utf-8", fuzzy=False)
    translation.header_comment = f"# Probewise in {translation.locale.english_name}."
    return translation


def _read(language: str) -> Catalog:
    with po_path(language).open("rb") as file:
        return read_po(file, locale=language, domain=DOMAIN, abort_invalid=True)


def _problem(message: Message, plurals: int) -> str | None:
    translated = _forms(message.string)
    if message.fuzzy or not all(translated) or (message.pluralizable and len(translated) < plurals):
        return "has no translation"
    expected = [_placeholders(form) for form in _forms(message.id)]
    for form in translated:
        if _placeholders(form) not in expected:
            found, wanted = (", ".join(sorted(names)) or "none" for names in (_placeholders(form), expected[-1]))
            return f"has other placeholders: got {found}, expected {wanted}"
    return None


def _placeholders(text: str) -> frozenset[str]:
    return frozenset(_PLACEHOLDER.findall(text))


def _forms(text: str | tuple[str, ...]) -> tuple[str, ...]:
    """A message, or its singular and plural."""
    return (text,) if isinstance(text, str) else tuple(text)


def _origin(message: Message) -> str:
    """The files it stands in, and the records where those are knowledge."""
    files = ", ".join(file for file, _line in message.locations)
    return f"{files} ({', '.join(message.auto_comments)})" if message.auto_comments else files

"""A language of a few words, for tests of what is translated."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo

from assistant import language

# A message, or its singular and plural, and what it is in the language.
Words = Mapping[str | tuple[str, ...], str | tuple[str, ...]]


def add_language(monkeypatch: pytest.MonkeyPatch, folder: Path, code: str, words: Words) -> None:
    """Have this language, and no other but English, until the test ends."""
    catalogue = Catalog(locale=code, domain=language.DOMAIN)
    for message, translation in words.items():
        catalogue.add(message, translation)
    compiled = folder / "locale" / code / "LC_MESSAGES" / f"{language.DOMAIN}.mo"
    compiled.parent.mkdir(parents=True)
    with compiled.open("wb") as file:
        write_mo(file, catalogue)
    monkeypatch.setattr(language, "CATALOGUES", folder / "locale")
    language._catalogue.cache_clear()


@contextmanager
def spoken(code: str) -> Iterator[None]:
    """Use this language in the meantime."""
    before = language._language.set(code)
    yield
    language._language.reset(before)

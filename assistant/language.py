"""The words of the interface in the person's language, through gettext.

Only English has no catalogue: its words stand in the code and in `knowledge/`. Adding a language adds one
catalogue under `assistant/locale/` and nothing else. The language is kept per context (a browser session's
thread, one command), never per process.
"""

from __future__ import annotations

import gettext as _gettext
from collections.abc import Mapping
from contextvars import ContextVar
from functools import cache
from pathlib import Path

from babel import negotiate_locale

DOMAIN = "probewise"
CATALOGUES = Path(__file__).parent / "locale"
SOURCE_LANGUAGE = "en"

_language: ContextVar[str] = ContextVar("language", default=SOURCE_LANGUAGE)


def available_languages() -> tuple[str, ...]:
    """Language codes that can be shown: English and every compiled catalogue."""
    compiled = sorted(path.parts[-3] for path in CATALOGUES.glob(f"*/LC_MESSAGES/{DOMAIN}.mo"))
    return (SOURCE_LANGUAGE, *compiled)


def use_language(code: str) -> None:
    """Show this context's words in the language `code`; an unavailable one raises `ValueError`."""
    if code not in available_languages():
        raise ValueError(f"Unknown language {code!r}; expected one of {', '.join(available_languages())}.")
    _language.set(code)


def environment_language(environment: Mapping[str, str]) -> str:
    """The language that the terminal asks for (LC_ALL, LC_MESSAGES, LANG), if there is a catalogue for it."""
    asked = (environment[name] for name in ("LC_ALL", "LC_MESSAGES", "LANG") if environment.get(name))
    wanted = next(asked, SOURCE_LANGUAGE).partition(".")[0]
    return negotiate_locale([wanted], available_languages()) or SOURCE_LANGUAGE


def language_in_use() -> str:
    """The code of the language that this context shows."""
    return _language.get()


def _(message: str) -> str:
    """`message` in the language in use; the empty string stays empty (gettext would answer its header)."""
    return _catalogue(_language.get()).gettext(message) if message else ""


def ngettext(singular: str, plural: str, count: int) -> str:
    """The form of the message that fits `count`."""
    return _catalogue(_language.get()).ngettext(singular, plural, count)


@cache
def _catalogue(code: str) -> _gettext.NullTranslations:
    if code == SOURCE_LANGUAGE:
        return _gettext.NullTranslations()
    return _gettext.translation(DOMAIN, CATALOGUES, languages=[code])

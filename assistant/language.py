"""The words of the interface in the person's language, through gettext.

Only English has no catalogue: its words stand in the code of `assistant` and `probes`, in `knowledge/` and in the
starter's README. Adding a language adds one catalogue under `assistant/locale/` and nothing else. The language is
kept per context (a browser session's thread, one command), never per process.
"""

from __future__ import annotations

import gettext as _gettext
from collections.abc import Mapping
from contextvars import ContextVar
from functools import cache
from itertools import chain
from pathlib import Path

from probes.words import translate_with

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


def nearest_language(wanted: str) -> str:
    """What to show who asks for `wanted` (`zh-CN`, `de_CH`): that, else the same language of elsewhere, else English.

    So Chinese of any region and script (`zh`, `zh-Hans`, `zh-TW`) is answered in the Chinese there is: who writes it
    in other characters still reads these, and a browser set to `zh-TW` asks for `zh` before English.
    """
    code = wanted.replace("-", "_").lower()
    offered = available_languages()
    exact = (each for each in offered if each.lower() == code)
    related = (each for each in offered if each.partition("_")[0] == code.partition("_")[0])
    return next(chain(exact, related), SOURCE_LANGUAGE)


def environment_language(environment: Mapping[str, str]) -> str:
    """The language that the terminal asks for (LC_ALL, LC_MESSAGES, LANG), if there is a catalogue for it."""
    asked = (environment[name] for name in ("LC_ALL", "LC_MESSAGES", "LANG") if environment.get(name))
    return nearest_language(next(asked, SOURCE_LANGUAGE).partition(".")[0])


def language_in_use() -> str:
    """The code of the language that this context shows."""
    return _language.get()


def _(message: str) -> str:
    """`message` in the language in use; the empty string stays empty (gettext would answer its header)."""
    return _catalogue(_language.get()).gettext(message) if message else ""


def ngettext(singular: str, plural: str, count: int) -> str:
    """The form of the message that fits `count`."""
    return _catalogue(_language.get()).ngettext(singular, plural, count)


translate_with(_)


@cache
def _catalogue(code: str) -> _gettext.NullTranslations:
    if code == SOURCE_LANGUAGE:
        return _gettext.NullTranslations()
    return _gettext.translation(DOMAIN, CATALOGUES, languages=[code])

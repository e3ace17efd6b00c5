"""The words a person may read, for whoever shows them to translate: `probes` itself speaks English.

The program that shows them calls `translate_with` once; its function answers in the language of the context it is
called in, so threads that make sentences must run in the context of the person they make them for: see
`in_this_context`.
"""

from __future__ import annotations

from collections.abc import Callable
from contextvars import copy_context
from functools import reduce, wraps
from typing import ParamSpec, TypeVar

Translator = Callable[[str], str]

Parameters = ParamSpec("Parameters")
Result = TypeVar("Result")

_translators: list[Translator] = []


def translate_with(translator: Translator) -> None:
    """Let this function translate every sentence from now on."""
    _translators[:] = [translator]


def _(message: str) -> str:
    """The message in the reader's language; as it stands where nobody translates (a worker, a program without words).

    Values are put in afterwards, with `str.format`: `_("{name} is missing.").format(name=name)`.
    """
    return _translators[0](message) if _translators else message


def sentences(*parts: str) -> str:
    """Sentences, or a heading and its words, one after the other; empty ones are left out.

    Chinese, for one, has no space between them.
    """
    told = [part for part in parts if part]
    return reduce(lambda said, then: _("{sentence} {next}").format(sentence=said, next=then), told) if told else ""


def in_this_context(function: Callable[Parameters, Result]) -> Callable[Parameters, Result]:
    """The function for threads to call, any number at once: what it says is in the language of here and now."""
    context = copy_context()

    @wraps(function)
    def run(*args: Parameters.args, **kwargs: Parameters.kwargs) -> Result:
        # A context can be entered once at a time, so every call gets its own copy.
        return context.copy().run(function, *args, **kwargs)

    return run

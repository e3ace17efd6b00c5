"""What a person types in answer to the open question: a number in any usual notation, or words of an option."""

from __future__ import annotations

import re
from collections.abc import Collection

from assistant.conversation.interview import OpenQuestion
from assistant.errors import InvalidInput
from assistant.language import _
from knowledge.schema import Option

MULTIPLIERS = {
    **dict.fromkeys(("k", "thousand"), 10**3),
    **dict.fromkeys(("m", "mio", "million", "millions"), 10**6),
    **dict.fromkeys(("bn", "b", "billion", "billions"), 10**9),
}
GIGABYTES = {"kb": 1e-6, "mb": 1e-3, "gb": 1.0, "tb": 1e3, "pb": 1e6}

# The sign before, digits grouped by comma, blank, apostrophe or underscore, an exponent, and what is written after.
_NUMBER = re.compile(r"(-?)(\d[\d.,'\u2019_\s]*)(e[+-]?\d+)?\s*([a-zµ]*)(.*)", re.IGNORECASE | re.DOTALL)
_GROUPED = re.compile(r"\d{1,3}([,'\u2019_\s])\d{3}(?:\1\d{3})*(?:\.\d+)?")
_WORD = re.compile(r"[^\W_]+(?:[-.][^\W_]+)*")


def read_answer(asked: OpenQuestion, text: str) -> object:
    """The value that `text` gives to the open question, None for "not sure"; raises `InvalidInput`."""
    if _says(text, _("Not sure")) or _says(text, _("I do not know")) or _says(text, _("skip")):
        return None
    if asked.number is not None:
        return _read_number(asked, text)
    if asked.question.kind == "choices":
        return _read_options(asked, text)
    return _read_option(asked, text)


def _read_number(asked: OpenQuestion, text: str) -> int | float:
    found = _NUMBER.match(text.strip().lstrip("~≈ "))
    if found is None or not (number := _digits(found[2])) or _says_more(asked, found):
        raise InvalidInput(_("I expected a number here, such as 50k or 50,000. Correct it, or pick one above."))
    sign, unit = found[1], found[4].lower()
    scale = GIGABYTES.get(unit, 1.0) if asked.id == "dataset_gb" else 1.0
    value = float(f"{sign}{number}{found[3] or ''}") * MULTIPLIERS.get(unit, 1) * scale
    assert asked.number is not None
    low, high = asked.number.minimum, asked.number.maximum
    if not low <= value <= high:
        raise InvalidInput(
            _("{value:,g} is out of range; I expected {low:,g} to {high:,g} {unit}.").format(
                value=value, low=low, high=high, unit=_(asked.number.unit)
            )
        )
    return value if asked.id == "dataset_gb" else round(value)


def _says_more(asked: OpenQuestion, found: re.Match[str]) -> bool:
    """Whether what follows the number makes it another one: a second number, or bytes where none are asked for."""
    bytes_meant = found[4].lower() in GIGABYTES and asked.id != "dataset_gb"
    return bytes_meant or any(each.isdigit() for each in found[5])


def _digits(written: str) -> str:
    """The digits of a number with its groups joined and a point for the decimals; empty when it is not one number."""
    written = written.strip().rstrip(".,")
    if _GROUPED.fullmatch(written):
        return re.sub(r"[,'\u2019_\s]", "", written)
    plain = written.replace(",", ".")
    return plain if re.fullmatch(r"\d+(\.\d+)?", plain) else ""


def _read_option(asked: OpenQuestion, text: str) -> str:
    matching = _matching(asked.question.option, text)
    if len(matching) == 1:
        return matching[0].value
    if matching:
        names = _(" or ").join(f"“{_(option.label)}”" for option in matching[:3])
        raise InvalidInput(_("That could be {options}. Which one is it?").format(options=names))
    raise InvalidInput(_("I could not match that to an answer. Pick one above, or use a word from it."))


def _read_options(asked: OpenQuestion, text: str) -> tuple[str, ...]:
    words = set(_words(text))
    named = [option.value for option in asked.question.option if words & {option.value, *_words(_(option.label))}]
    if not named and words & set(_words(_("none nothing neither"))):
        return ()
    if not named:
        raise InvalidInput(_("I could not find any of these names in it. Pick above, or type them."))
    return tuple(named)


def _matching(options: Collection[Option], text: str) -> list[Option]:
    """The options that contain every typed word, or the beginning of one; one written out in full wins alone."""
    exact = [option for option in options if _says(text, option.value) or _says(text, _(option.label))]
    typed = [word for word in _words(text) if len(word) > 1 or word.isdigit()]
    if exact or not typed:
        return exact
    return [option for option in options if all(_mentions(option, word) for word in typed)]


def _mentions(option: Option, typed: str) -> bool:
    words = _words(f"{option.value.replace('_', ' ')} {_(option.label)} {_(option.help or '')}")
    return any(word.startswith(typed) for word in words)


def _says(text: str, words: str) -> bool:
    return _words(text) == _words(words)


def _words(text: str) -> list[str]:
    return [word.casefold() for word in _WORD.findall(text)]

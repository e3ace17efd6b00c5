"""What a person types in answer to the open question: a number in any usual notation, words of an option, or the name
of a network.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection

from assistant.conversation.interview import OpenQuestion
from assistant.conversation.named_networks import read_network
from assistant.errors import InvalidInput
from assistant.language import _
from assistant.wording import listing
from knowledge.schema import Option
from knowledge.vocabulary import FIELDS

MULTIPLIERS = {
    **dict.fromkeys(("k", "thousand"), 10**3),
    **dict.fromkeys(("m", "mio", "million", "millions"), 10**6),
    **dict.fromkeys(("bn", "b", "billion", "billions"), 10**9),
    **dict(zip("百千万亿", (10**2, 10**3, 10**4, 10**8), strict=True)),
    **dict(zip("萬億", (10**4, 10**8), strict=True)),
    **dict(zip(("十万", "百万", "千万", "十亿"), (10**5, 10**6, 10**7, 10**9), strict=True)),
}
GIGABYTES = {"kb": 1e-6, "mb": 1e-3, "gb": 1.0, "tb": 1e3, "pb": 1e6}

# What only says that a number is rough, the sign, digits grouped by comma, blank, apostrophe or underscore, an
# exponent, and what is written after. Chinese has no blank between a number and the word that multiplies it.
_NUMBER = re.compile(
    r"(?:[~≈\s]|about\b|大约|大概|约)*(-?)(\d[\d.,'\u2019_\s]*)(e[+-]?\d+)?\s*([a-zµ]+|[十百千万萬亿億]*)(.*)",
    re.IGNORECASE | re.DOTALL,
)
_GROUPED = re.compile(r"\d{1,3}([,'\u2019_\s])\d{3}(?:\1\d{3})*(?:\.\d+)?")
_NUMERAL = re.compile(r"[\d一二两三四五六七八九十百千万萬亿億]")

# A run of Chinese characters is taken as one word: it has no blanks.
_CHINESE = r"\u3400-\u4dbf\u4e00-\u9fff"
_WORD = re.compile(rf"[{_CHINESE}]+|[^\W_{_CHINESE}]+(?:[-.][^\W_{_CHINESE}]+)*")


def read_answer(asked: OpenQuestion, text: str) -> object:
    """The value that `text` gives to the open question, None for "not sure"; raises `InvalidInput`."""
    # Full-width digits, letters and signs are the same in another shape.
    text = unicodedata.normalize("NFKC", text)
    if _says(text, _("Not sure")) or _says(text, _("I do not know")) or _says(text, _("skip")):
        return None
    if asked.number is not None:
        return _read_number(asked, text)
    if asked.question.kind == "choices":
        return _read_options(asked, text)
    return _read_option(asked, text)


def _read_number(asked: OpenQuestion, text: str) -> int | float:
    found = _NUMBER.match(text)
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
    """Whether what follows the number makes it another one: a second number, an unknown multiple, or bytes where none
    are asked for.
    """
    unit = found[4].lower()
    bytes_meant = unit in GIGABYTES and asked.id != "dataset_gb"
    return bytes_meant or (not unit.isascii() and unit not in MULTIPLIERS) or bool(_NUMERAL.search(found[5]))


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
        names = listing((f"“{_(option.label)}”" for option in matching[:3]), last="or")
        raise InvalidInput(_("That could be {options}. Which one is it?").format(options=names))
    network = read_network(asked.networks, text) if FIELDS[asked.id].open else None
    if network is not None:
        return network
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
    """The options that contain every typed word, or the beginning of one; one written out in full wins alone.

    Failing that, those of which a whole Chinese word stands within what was typed.
    """
    exact = [option for option in options if _says(text, option.value) or _says(text, _(option.label))]
    typed = [word for word in _words(text) if len(word) > 1 or word.isdigit() or not word.isascii()]
    if exact or not typed:
        return exact
    mentioned = [option for option in options if all(_mentions(option, word) for word in typed)]
    return mentioned or [option for option in options if _within(option, typed)]


def _mentions(option: Option, typed: str) -> bool:
    words = _words(f"{option.value.replace('_', ' ')} {_(option.label)} {_(option.help or '')}")
    return any(word.startswith(typed) or (not typed.isascii() and typed in word) for word in words)


def _within(option: Option, typed: Collection[str]) -> bool:
    whole = [word for word in _words(_(option.label)) if not word.isascii() and len(word) > 1]
    return any(word in each for word in whole for each in typed)


def _says(text: str, words: str) -> bool:
    return _words(text) == _words(words)


def _words(text: str) -> list[str]:
    return [word.casefold() for word in _WORD.findall(text)]

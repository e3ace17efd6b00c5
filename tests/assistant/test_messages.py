"""What is to be translated is collected completely, and every translation that is there is complete and current."""

from __future__ import annotations

import ast
import io
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.mofile import read_mo

from assistant import messages, translations
from probes import errors

ROOT = Path(__file__).parents[2]

# All but those that translate what they are given.
PROBES = sorted(set((ROOT / "probes").rglob("*.py")) - {ROOT / "probes" / "errors.py", ROOT / "probes" / "words.py"})
ERRORS = {name for name, each in vars(errors).items() if isinstance(each, type) and issubclass(each, Exception)}

TAKES_A_LITERAL = {"_", "InvalidWorkload"}

Add = Callable[[str], Path]


@pytest.fixture(scope="module")
def template() -> Catalog:
    return messages.template()


@pytest.fixture
def add(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Add:
    """Begins a German translation with this content."""
    monkeypatch.setattr(translations, "CATALOGUES", tmp_path)

    def begin(content: str) -> Path:
        path = translations.po_path("de")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")
        return path

    return begin


def calls(path: Path) -> Iterator[tuple[str, int, ast.expr | None]]:
    """Name, line and first argument of every call of a plain name."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            yield node.func.id, node.lineno, next(iter(node.args), None)


def literal(argument: ast.AST | None) -> bool:
    return isinstance(argument, ast.Constant) and isinstance(argument.value, str)


def english(argument: ast.AST | None) -> bool:
    """Whether it has words of its own, not only such as others have translated."""
    parts = argument.values if isinstance(argument, ast.JoinedStr) else [argument]
    return any(literal(part) and any(map(str.isalpha, part.value)) for part in parts)


def small_template() -> Catalog:
    catalogue = Catalog()
    catalogue.add("Measure again.", locations=[("assistant/views/measuring.py", 0)])
    catalogue.add("{n} of {all:,}", locations=[("assistant/wording.py", 0)])
    catalogue.add(("{n} claim", "{n} claims"), locations=[("assistant/views/claims.py", 0)])
    catalogue.add("It is slow.", locations=[("knowledge/claims/speed.toml", 0)], auto_comments=["slow-keras"])
    return catalogue


def po(*entries: tuple[str, str]) -> str:
    return "\n\n".join(f'msgid "{message}"\nmsgstr "{translation}"' for message, translation in entries) + "\n"


def test_the_translation_template_is_current(template: Catalog) -> None:
    current = translations.written(template)
    assert messages.TEMPLATE.read_bytes() == current, "words have changed; run python -m assistant.messages"


def test_every_language_follows_the_template(template: Catalog) -> None:
    for language in translations.languages():
        renewed = translations.renewed(language, template)
        assert translations.po_path(language).read_bytes() == translations.written(renewed), language


def test_every_language_is_compiled_as_it_stands(template: Catalog) -> None:
    for language in translations.languages():
        compiled = translations.compiled(translations.renewed(language, template))
        assert translations.mo_path(language).read_bytes() == compiled, language


def test_every_language_says_everything() -> None:
    problems = [problem for language in translations.languages() for problem in translations.problems(language)]
    assert problems == [], "\n".join(problems)


def test_the_words_of_code_knowledge_and_starters_are_collected(template: Catalog) -> None:
    assert "Download starter" in template
    assert "Try something simpler first." in template, "a message inside an f-string"
    assert "What do you want to build?" in template
    assert ("{n} earlier answer", "{n} earlier answers") in [message.id for message in template]
    assert "while importing" in template, "a message of probes"
    assert "{heads} heads must divide the width {width}." in template, "a message of an error that is shown later"
    assert "The code is yours, without conditions." in template, "a message of a README"


def test_every_message_takes_its_values_in_the_same_way(template: Catalog) -> None:
    assert [message.id for message in template if "%(" in str(message.id)] == []


@pytest.mark.parametrize("path", PROBES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_no_sentence_of_probes_is_hidden_from_the_collection(path: Path) -> None:
    """Only a literal can be collected; whatever else is given to `_` would never be translated."""
    assert [line for name, line, message in calls(path) if name in TAKES_A_LITERAL and not literal(message)] == []


@pytest.mark.parametrize("path", PROBES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_no_error_of_probes_speaks_english_only(path: Path) -> None:
    assert [
        line for name, line, message in calls(path) if name in ERRORS - TAKES_A_LITERAL and english(message)
    ] == []


def test_everything_that_is_wrong_with_a_translation_is_told_at_once(add: Add) -> None:
    path = add(po(("{n} of {all:,}", "{n} von {alle}")))
    path.write_bytes(translations.written(translations.renewed("de", small_template())))
    assert list(translations.problems("de")) == [
        "de: assistant/views/claims.py: '{n} claim' has no translation",
        "de: assistant/views/measuring.py: 'Measure again.' has no translation",
        "de: assistant/wording.py: '{n} of {all:,}' has other placeholders: got {alle}, {n}, expected {all:,}, {n}",
        "de: knowledge/claims/speed.toml (slow-keras): 'It is slow.' has no translation",
    ]


def test_a_guess_is_no_translation(add: Add) -> None:
    add("#, fuzzy\n" + po(("It is slow.", "Es ist lahm.")))
    assert translations.renewed("de", small_template()).get("It is slow.").string == ""


def test_a_complete_translation_has_no_problems(add: Add) -> None:
    plural = 'msgid "{n} claim"\nmsgid_plural "{n} claims"\nmsgstr[0] "{n} Aussage"\nmsgstr[1] "{n} Aussagen"\n'
    singular = po(
        ("Measure again.", "Miss noch einmal."),
        ("{n} of {all:,}", "von {all:,} nur {n}"),
        ("It is slow.", "Es ist langsam."),
    )
    add(f"{singular}\n{plural}")
    translations.renew("de", small_template())
    assert list(translations.problems("de")) == []


def test_renewing_keeps_translations_and_drops_what_is_gone(add: Add) -> None:
    path = add(po(("It is slow.", "Es ist langsam."), ("It is fast.", "Es ist schnell.")))
    translations.renew("de", small_template())
    text = path.read_text(encoding="utf-8")
    assert "Es ist langsam." in text
    assert "slow-keras" in text
    assert "fast" not in text
    assert 'msgid "Measure again."\nmsgstr ""' in text


def test_renewing_twice_changes_nothing(add: Add) -> None:
    path = add("")
    translations.renew("de", small_template())
    once = path.read_bytes(), translations.mo_path("de").read_bytes()
    translations.renew("de", small_template())
    assert (path.read_bytes(), translations.mo_path("de").read_bytes()) == once


def test_what_is_not_translated_is_shown_in_english(add: Add) -> None:
    add(po(("It is slow.", "Es ist langsam.")))
    translations.renew("de", small_template())
    compiled = read_mo(io.BytesIO(translations.mo_path("de").read_bytes()))
    assert [message.id for message in compiled if message.id] == ["It is slow."]

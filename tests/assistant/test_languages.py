"""A language is added by its catalogue alone, and the page follows the browser."""

from __future__ import annotations

from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from streamlit.testing.v1 import AppTest

from assistant import language

APP = Path(__file__).parents[2] / "assistant" / "app.py"


@pytest.fixture
def german(monkeypatch, tmp_path) -> None:
    """A German catalogue of two messages: one of the code, one of the questions."""
    catalogue = Catalog(locale="de", domain=language.DOMAIN)
    catalogue.add("Why I ask", "Warum ich frage")
    catalogue.add("What do you want to build?", "Was möchtest du bauen?")
    folder = tmp_path / "de" / "LC_MESSAGES"
    folder.mkdir(parents=True)
    with (folder / f"{language.DOMAIN}.mo").open("wb") as file:
        write_mo(file, catalogue)
    monkeypatch.setattr(language, "CATALOGUES", tmp_path)
    monkeypatch.setenv("PROBEWISE_HOME", str(tmp_path))
    monkeypatch.setenv("PROBEWISE_BUDGET_S", "0")
    language._catalogue.cache_clear()


def shown(locale: str | None) -> str:
    app = AppTest.from_file(str(APP), default_timeout=30)
    if locale:
        app.context = {"locale": locale}
    app.run()
    assert not app.exception
    return "\n".join(element.value for element in app.markdown)


@pytest.mark.parametrize("locale", ["de", "de-CH"])
@pytest.mark.usefixtures("german")
def test_the_page_follows_the_browser(locale) -> None:
    assert "Was möchtest du bauen?" in shown(locale)


@pytest.mark.parametrize("locale", [None, "en-GB", "fr"])
@pytest.mark.usefixtures("german")
def test_other_browsers_get_english(locale) -> None:
    assert "What do you want to build?" in shown(locale)


@pytest.mark.parametrize(
    ("environment", "code"),
    [
        ({"LANG": "de_CH.UTF-8"}, "de"),
        ({"LANG": "en_GB.UTF-8", "LC_ALL": "de_DE"}, "de"),
        ({"LANG": "de", "LC_MESSAGES": "fr_FR.UTF-8"}, "en"),
        ({"LANG": "C.UTF-8"}, "en"),
        ({"LANG": ""}, "en"),
        ({}, "en"),
    ],
)
@pytest.mark.usefixtures("german")
def test_the_terminal_is_followed_where_there_is_a_catalogue(environment, code) -> None:
    assert language.environment_language(environment) == code

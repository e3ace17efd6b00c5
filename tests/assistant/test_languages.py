"""A language is added by its catalogue alone, and the page follows the browser."""

from __future__ import annotations

import io
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import streamlit as st
from made_up_language import add_language
from streamlit.testing.v1 import AppTest

from assistant import language

APP = Path(__file__).parents[2] / "assistant" / "app.py"


@pytest.fixture
def without_probes(monkeypatch) -> None:
    monkeypatch.setenv("PROBEWISE_BUDGET_S", "0")


@pytest.fixture
def german(monkeypatch, tmp_path, without_probes) -> None:
    """A message of the code, one of the questions, one of the starters."""
    words = {
        "Why I ask": "Warum ich frage",
        "What do you want to build?": "Was möchtest du bauen?",
        "Your own data": "Eigene Daten",
    }
    add_language(monkeypatch, tmp_path, "de", words)


@pytest.fixture
def chinese(monkeypatch, tmp_path, without_probes) -> None:
    add_language(monkeypatch, tmp_path, "zh_CN", {"What do you want to build?": "你想做什么"})


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


@pytest.mark.usefixtures("german")
def test_a_starter_is_packed_in_the_language_of_its_page_by_whichever_thread(monkeypatch) -> None:
    packs = {}
    monkeypatch.setattr(st, "download_button", lambda *_, data, key, **__: packs.update({key: data}))
    app = AppTest.from_file(str(APP), default_timeout=30)
    app.context = {"locale": "de"}
    app.run()
    app.get("pills")[0].set_value("image_classification").run()
    next(button for button in app.button if "show the answer" in button.label).click().run()
    assert not app.exception
    with ThreadPoolExecutor(1) as server:
        made = server.submit(packs["starter"]).result()
    with zipfile.ZipFile(io.BytesIO(made)) as archive:
        (readme,) = (path for path in archive.namelist() if path.endswith("/README.md"))
        assert "## Eigene Daten" in archive.read(readme).decode()


@pytest.mark.parametrize("locale", ["zh-CN", "zh", "zh-Hans", "zh-Hans-CN", "zh-TW", "zh-HK"])
@pytest.mark.usefixtures("chinese")
def test_every_chinese_browser_gets_the_chinese_there_is(locale) -> None:
    assert "你想做什么" in shown(locale)


@pytest.mark.parametrize("locale", ["za", "z", "", "-", "zhx-CN"])
@pytest.mark.usefixtures("chinese")
def test_a_language_that_only_begins_alike_is_another_one(locale) -> None:
    assert language.nearest_language(locale) == "en"


@pytest.mark.parametrize("asked", ["zh_CN.UTF-8", "zh_TW.UTF-8", "zh.GB18030"])
@pytest.mark.usefixtures("chinese")
def test_a_chinese_terminal_is_followed(asked) -> None:
    assert language.environment_language({"LANG": asked}) == "zh_CN"


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

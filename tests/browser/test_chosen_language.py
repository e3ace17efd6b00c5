"""The page in the language of the browser, which understands what is typed in it."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.browser.driving import question

FIRST_QUESTION, TYPED, ANSWER = "你想做什么", "做时间序列", "预测接下来的值"

# Which question is next is for the interview to say; only Chinese ends one with this full-width sign.
IN_CHINESE = re.compile(r"\uff1f$")

pytestmark = pytest.mark.browser


def test_a_question_answered_in_chinese_is_followed_by_one_in_chinese(serve, open_page) -> None:
    page = open_page(serve(0).address, locale="zh-CN")
    question(page, FIRST_QUESTION).wait_for()
    box = page.get_by_test_id("stChatInputTextArea")
    box.fill(TYPED)
    box.press("Enter")
    page.get_by_role("button", name=ANSWER).wait_for()
    asked = page.get_by_test_id("stChatMessage").last.locator("strong")
    expect(asked).not_to_contain_text(FIRST_QUESTION)
    expect(asked).to_have_text(IN_CHINESE)

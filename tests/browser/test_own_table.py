"""A person's own table in a real browser: it answers questions, and what is measured on it stands in the answer."""

from __future__ import annotations

import pytest

from tests.assistant.test_table import customers, saved
from tests.browser.driving import FIRST_QUESTION, question

TRIAL_MS = 120_000

pytestmark = pytest.mark.browser


def test_a_table_is_tried_and_answers_for_itself(serve, open_page, tmp_path) -> None:
    page = open_page(serve(0).address)
    question(page, FIRST_QUESTION).wait_for()
    page.get_by_text("Have the table at hand?").click()
    page.locator("input[type=file]").set_input_files(saved(customers(), tmp_path))
    page.get_by_text("On your table a linear model in scikit-learn is").first.wait_for(timeout=TRIAL_MS)
    page.get_by_text("A table of data: predict a category").first.wait_for()
    question(page, FIRST_QUESTION).wait_for(state="hidden")
    page.get_by_role("button", name="Enough questions, show the answer").click()
    page.get_by_text("Try something simpler first.").wait_for()
    page.get_by_text("On your table a linear model").first.wait_for()


def test_another_column_can_be_chosen_where_the_last_one_will_not_do(serve, open_page, tmp_path) -> None:
    page = open_page(serve(0).address)
    question(page, FIRST_QUESTION).wait_for()
    page.get_by_text("Have the table at hand?").click()
    frame = customers()[["age", "spent", "stays", "country", "always"]]
    page.locator("input[type=file]").set_input_files(saved(frame, tmp_path))
    page.get_by_text("always in table.csv has 1 different values").wait_for(timeout=TRIAL_MS)
    page.get_by_label("Column to predict").click()
    page.get_by_role("option", name="stays").click()
    page.get_by_text("On your table").first.wait_for(timeout=TRIAL_MS)


def test_what_is_no_table_is_said_and_nothing_is_lost(serve, open_page, tmp_path) -> None:
    (tmp_path / "notes.txt").write_text("just one line", encoding="utf-8")
    page = open_page(serve(0).address)
    question(page, FIRST_QUESTION).wait_for()
    page.get_by_text("Have the table at hand?").click()
    page.locator("input[type=file]").set_input_files(tmp_path / "notes.txt")
    page.get_by_text("notes.txt has 1 columns; expected 2").wait_for(timeout=TRIAL_MS)
    question(page, FIRST_QUESTION).wait_for()

"""Text of others in a Markdown file shows its own characters and does nothing."""

from __future__ import annotations

import html
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from assistant.quoting import in_markdown, one_line

READER = MarkdownIt("commonmark").enable(["table", "strikethrough"])


def read(text: str) -> str:
    """What a reader of the Markdown sees; raw HTML and links would leave their marks."""
    return html.unescape(READER.render(text).strip().removeprefix("<p>").removesuffix("</p>"))


@settings(deadline=None)
@given(st.text())
def test_any_text_shows_letter_by_letter_in_one_line(text: str) -> None:
    assert read(in_markdown(text)) == one_line(text)


@pytest.mark.parametrize("text", ["# a", "- a", "+ a", "* a", "1. a", "12) a", "> a", "---", "===", "| a |", "~~~"])
def test_what_begins_a_line_makes_no_list_heading_or_block(text: str) -> None:
    assert read(f"above\n\n{in_markdown(text)}").endswith(f"<p>{text}")
    assert read(f"- {in_markdown(text)}") == f"<ul>\n<li>{text}</li>\n</ul>"


@pytest.mark.parametrize("text", ["https://a.b", "HTTP://a.b", "www.a.b"])
def test_an_address_is_no_link_because_nobody_marked_it_as_one(text: str) -> None:
    assert not re.search(r"(?<!\\)://|www\.", in_markdown(text), re.IGNORECASE)


def test_signs_that_cannot_be_seen_are_left_out() -> None:
    assert one_line("a\u202eb\x00c\n\td\u200b") == "a b c d"


def test_a_figure_at_the_beginning_is_left_alone() -> None:
    assert in_markdown("1.5 times") == "1.5 times"

"""Markdown of our pages: text of others in it, and names that stand out."""

from __future__ import annotations

import re
from string import punctuation

from assistant import wording
from assistant.quoting import one_line

PUNCTUATION = re.compile(f"([{re.escape(punctuation)}])")

# What a page makes links, mail addresses, icons and emoji of even where every sign is escaped: it looks for them in
# what is left once Markdown is read. An invisible sign that joins words keeps them apart.
ACTED_ON = re.compile(r"(:(?=[\w/+-])|@|www(?=\.))", re.IGNORECASE)
WORD_JOINER = "\u2060"


def plain(text: str) -> str:
    """The text as Markdown that shows it letter by letter, in one line."""
    return PUNCTUATION.sub(r"\\\1", ACTED_ON.sub(rf"\1{WORD_JOINER}", one_line(text)))


def named(name: str, text: str) -> str:
    """Markdown of something under its name, which stands out: `**PyTorch, eager**: it failed`."""
    return wording.labelled(f"**{name}**", text)

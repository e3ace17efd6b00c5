"""Text of others in files of ours."""

from __future__ import annotations

import re

MARKUP = re.compile(r"([\\`*_\[\]<>|&~])")

# What makes a list, a heading or a line of a paragraph that it begins.
OPENING = re.compile(r"^([-+#=]|\d{1,9}(?=[.)](?:\s|$)))")

# What becomes a link although nobody marked it as one, once the sign before it is seen.
LINKED_UNASKED = re.compile(r"(://|(?<=www)\.)", re.IGNORECASE)


def one_line(text: str) -> str:
    """`text` in one line, without signs that cannot be seen, such as those that reverse what follows."""
    seen = text if text.isprintable() else "".join(letter if letter.isprintable() else " " for letter in text)
    return " ".join(seen.split())


def in_markdown(text: str) -> str:
    """`text` as one line of Markdown that shows exactly its characters."""
    escaped = LINKED_UNASKED.sub(r"\\\1", MARKUP.sub(r"\\\1", one_line(text)))
    return OPENING.sub(_escaped_opening, escaped)


def _escaped_opening(found: re.Match[str]) -> str:
    """A sign is escaped; of a number, the sign after it."""
    return f"{found[0]}\\" if found[0].isdigit() else f"\\{found[0]}"

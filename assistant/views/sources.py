"""A source as it is shown, wherever it is cited."""

from __future__ import annotations

from assistant.views.markdown import plain


def source_link(title: str, address: str | None) -> str:
    """The title as Markdown: a link where the source has an address; a package has none."""
    return f"[{plain(title)}]({address})" if address else f":gray[{plain(title)}]"

"""Parts of documents that are generated, each between two markers that name it."""

from __future__ import annotations


def with_part(document: str, name: str, part: str) -> str:
    """The document with `part` between the markers of this name; raises `ValueError` when it has no such markers."""
    begin, end = f"<!-- begin: {name} -->", f"<!-- end: {name} -->"
    if begin not in document or end not in document:
        raise ValueError(f"Expected the markers {begin} and {end} in the document; put them where the part belongs.")
    before, after = document.partition(begin)[0], document.partition(end)[2]
    return f"{before}{begin}\n\n{part}\n{end}{after}"

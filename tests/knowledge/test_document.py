"""The description of the knowledge files is made from the models that check them."""

from __future__ import annotations

import pytest

from knowledge.document import DOCUMENT, knowledge_format, with_format
from knowledge.load import TABLES


def test_the_description_in_contributing_is_current():
    document = DOCUMENT.read_text(encoding="utf-8")
    assert document == with_format(document), "run: make generate"


def test_every_table_and_key_is_described():
    described = knowledge_format()
    for file, tables in TABLES.items():
        for table, model in tables.items():
            assert f"{table}]" in described
            assert f"knowledge/{file}" in described
            assert all(f"| `{key}` |" in described for key in model.model_fields)


def test_a_document_without_markers_is_refused():
    with pytest.raises(ValueError, match="markers"):
        with_format("# Contributing\n")

from __future__ import annotations

import io

from babel.messages.pofile import read_po

from assistant.messages import TEMPLATE, template


def test_the_translation_template_is_current() -> None:
    assert TEMPLATE.read_bytes() == template(), "words have changed; run python -m assistant.messages"


def test_it_holds_the_words_of_code_and_knowledge() -> None:
    catalogue = read_po(io.BytesIO(template()))
    assert "Download starter" in catalogue
    assert "Try something simpler first." in catalogue, "a message inside an f-string"
    assert "What do you want to build?" in catalogue
    assert ("{n} earlier answer", "{n} earlier answers") in [message.id for message in catalogue]

"""What the server lets in and gives away."""

from __future__ import annotations

from contextlib import closing
from http.client import HTTPConnection

import pytest

from tests.browser.driving import FIRST_QUESTION, question

pytestmark = pytest.mark.browser


def test_it_listens_on_this_machine_only(serve) -> None:
    server = serve(0)
    addresses = {
        listener.laddr.ip for listener in server.process.net_connections("inet") if listener.status == "LISTEN"
    }
    assert addresses == {"127.0.0.1"}


@pytest.mark.parametrize(
    ("headers", "status"),
    [({}, 101), ({"Host": "evil.example"}, 403), ({"Origin": "http://evil.example"}, 403)],
    ids=["our own page", "a foreign host", "a foreign page"],
)
def test_only_our_own_page_gets_a_connection(serve, headers, status) -> None:
    upgrade = {
        "Connection": "Upgrade",
        "Upgrade": "websocket",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": "AAAAAAAAAAAAAAAAAAAAAA==",
    }
    with closing(HTTPConnection(serve(0).address.removeprefix("http://"), timeout=5)) as connection:
        connection.request("GET", "/_stcore/stream", headers=upgrade | headers)
        assert connection.getresponse().status == status


def test_an_option_that_was_never_offered_is_refused(serve, open_page) -> None:
    """A changed page may send anything: the answer is checked again, and the question stays open."""
    page = open_page(serve(0).address)
    question(page, FIRST_QUESTION).wait_for()
    typed = page.get_by_test_id("stChatInputTextArea")
    typed.fill("../../etc/passwd <script>alert(1)</script>")
    typed.press("Enter")
    page.get_by_text("I could not match that").wait_for()
    assert typed.input_value().startswith("../../etc/passwd"), "what was typed is not lost"
    assert question(page, FIRST_QUESTION).is_visible()

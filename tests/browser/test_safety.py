"""What the server lets in and gives away."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from http.client import HTTPConnection

import pytest
from playwright.sync_api import expect
from streamlit.proto.WidgetStates_pb2 import WidgetState

from tests.browser.driving import FIRST_QUESTION, question
from tests.browser.forging import Forger, forger

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


def test_words_that_are_no_answer_are_refused_and_not_lost(serve, open_page) -> None:
    page = open_page(serve(0).address)
    question(page, FIRST_QUESTION).wait_for()
    typed = page.get_by_test_id("stChatInputTextArea")
    words = "../../etc/passwd <script>alert(1)</script>"
    typed.fill(words)
    typed.press("Enter")
    page.get_by_text("I could not match that").wait_for()
    # The words come back after the sentence that refuses them.
    expect(typed).to_have_value(words)
    expect(question(page, FIRST_QUESTION)).to_be_visible()


HOSTILE = ("../../etc/passwd", "poetry", "x" * 2**20, "{{ 7 * 7 }}", "<script>alert(1)</script>", "\u202e\0", "")
BEYOND = (-1.0, 0.0, 1e300, math.inf, -math.inf, math.nan)
QUESTIONS = {"task": "pills", "dataset_rows": "number", "knows": "choices", "model_scale": "network"}
CLICK = WidgetState(trigger_value=True)


def strings(*values: str) -> WidgetState:
    return WidgetState(string_array_value={"data": values})


def typed(text: str) -> WidgetState:
    return WidgetState(chat_input_value={"data": text})


# What a forged page may say to the question about each field; none of it is an answer.
FORGED = {
    "task": [
        *({"pills": strings(text)} for text in (*HOSTILE, "image_classification")),
        {"pills": strings("poetry", "Something else")},
        {"pills": strings()},
        *({"typed": typed(text)} for text in HOSTILE),
    ],
    "dataset_rows": [
        *({"pills": strings(text)} for text in (*HOSTILE, "nan", "-5", "1e300")),
        *({"number": WidgetState(double_value=number), "Take it": CLICK} for number in BEYOND),
        *({"typed": typed(text)} for text in ("1e300", "-5", "9" * 5_000)),
    ],
    "knows": [{"choices": strings(*HOSTILE)}],
    "model_scale": [
        *({"pills": strings(text)} for text in HOSTILE),
        *({"network": WidgetState(string_value=text)} for text in (*HOSTILE, "bert-base", "huge")),
    ],
}

# An honest answer to each, what is forged beside it, and what then stands in the address.
HONEST = {
    "task": ([{"pills": strings("Photos: tell what is in them", "poetry")}], "image_classification"),
    "dataset_rows": ([{"number": WidgetState(double_value=7.0), "Take it": CLICK}], "7"),
    "knows": ([{"choices": strings("PyTorch", *HOSTILE)}, {"done": CLICK}], '["pytorch"]'),
    "model_scale": ([{"network": WidgetState(string_value="ResNet-18, 12 million parameters")}], "resnet-18"),
}


@pytest.fixture
def asked_by(serve) -> Callable[[str], AbstractContextManager[Forger]]:
    """Opens sessions in which the question about a field is open, the others passed over."""
    address = serve(0).address

    @contextmanager
    def asked(field: str) -> Iterator[Forger]:
        passed = dict.fromkeys(FORGED, "null") | {"task": "image_classification"}
        with forger(address, **({} if field == "task" else passed)) as session:
            if field != "task":
                session.send({f"settled-{field}": CLICK})
            yield session

    return asked


def test_what_a_forged_page_sends_is_no_answer_and_the_session_goes_on(asked_by) -> None:
    """Values beyond options and bounds, endless ones and paths: nothing of them reaches an answer."""
    for field, forged in FORGED.items():
        with asked_by(field) as session:
            before = dict(session.address)
            for states in forged:
                session.send(states)
                assert session.address == before, states
                assert not session.problems(), states
            _answer(session, field)


def test_a_value_of_another_type_is_no_answer_and_shows_no_traceback(asked_by) -> None:
    """Streamlit itself ends the run of that session, in a sentence; all others go on."""
    for field, widget in QUESTIONS.items():
        with asked_by(field) as session:
            before = dict(session.address)
            session.send({widget: WidgetState(double_value=1e300) if widget != "number" else strings(*HOSTILE)})
            assert session.address == before
            assert "Traceback" not in str(session.said)
            assert not [path for path in ("site-packages", "assistant/") if path in str(session.said)]
        with asked_by(field) as other:
            _answer(other, field)


def _answer(session: Forger, field: str) -> None:
    """Give the honest answer, which must be taken."""
    honest, answer = HONEST[field]
    for states in honest:
        session.send(states)
    assert session.address[field] == answer
    assert not session.problems()

"""A client that is no browser: speaks the page's protocol and sends what no page of ours would."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from urllib.parse import parse_qs, urlencode

from google.protobuf.message import Message
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ClientState_pb2 import ClientState
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState
from websockets.sync.client import ClientConnection, connect

ANSWER_S = 30.0


@dataclass
class Forger:
    """One session. `said` is every element that the last run of the page has sent, `address` its query parameters,
    `ids` of all widgets so far, the latest last.
    """

    connection: ClientConnection
    address: dict[str, str]
    said: list[Message] = field(default_factory=list)
    ids: dict[str, None] = field(default_factory=dict)

    def widget(self, key: str) -> str:
        """The id of the widget with this key."""
        return next(each for each in reversed(self.ids) if each.endswith(f"-{key}"))

    def send(self, states: Mapping[str, WidgetState]) -> None:
        """Say that the widgets with these keys are in these states, and read the page that follows."""
        named = [WidgetState.FromString(state.SerializeToString()) for state in states.values()]
        for key, state in zip(states, named, strict=True):
            state.id = self.widget(key)
        wanted = ClientState(query_string=urlencode(self.address))
        wanted.widget_states.widgets.extend(named)
        self.connection.send(BackMsg(rerun_script=wanted).SerializeToString())
        self.said = list(self._elements())
        self.ids |= dict.fromkeys(getattr(element, "id", "") for element in self.said)

    def problems(self) -> list[str]:
        """What the page says of exceptions."""
        return [str(element) for element in self.said if element.DESCRIPTOR.name == "Exception"]

    def _elements(self) -> Iterator[Message]:
        """The elements of one run of the page, until it has ended."""
        while True:
            message = ForwardMsg.FromString(self.connection.recv(timeout=ANSWER_S))
            kind = message.WhichOneof("type")
            if kind == "page_info_changed":
                query = message.page_info_changed.query_string
                self.address = {name: values[0] for name, values in parse_qs(query).items()}
            if kind == "delta" and message.delta.WhichOneof("type") == "new_element":
                element = message.delta.new_element
                yield getattr(element, element.WhichOneof("type"))
            if kind == "script_finished" and message.script_finished == ForwardMsg.FINISHED_SUCCESSFULLY:
                return


@contextmanager
def forger(address: str, **answers: str) -> Iterator[Forger]:
    """A session with these answers in its address, after its first run."""
    with connect(
        f"{address.replace('http', 'ws', 1)}/_stcore/stream", subprotocols=["streamlit"], max_size=None
    ) as connection:
        session = Forger(connection, dict(answers))
        session.send({})
        yield session

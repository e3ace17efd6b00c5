"""Lines that travel between parent and worker."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from probes.protocol import (
    Block,
    Built,
    Failure,
    FirstStep,
    Imported,
    PeakMemory,
    ProtocolBroken,
    Reply,
    decode_command,
    decode_reply,
    encode_command,
    encode_reply,
)
from probes.workloads import find_workload

REPLIES = (
    Imported(import_s=1.5, versions={"torch": "2.13.0"}),
    Built(build_s=0.1, device="cpu", precision="float32"),
    FirstStep(first_step_s=0.2, loss=2.3),
    Block(steps=300, seconds=0.1, cpu_s=0.2),
    PeakMemory(memory_mb=310.0),
    Failure(cause="exception", error="ValueError", message='a "quoted"\nmessage'),
)


@pytest.mark.parametrize("reply", REPLIES, ids=lambda reply: reply.kind)
def test_a_reply_arrives_as_it_was_sent_on_one_line(reply: Reply) -> None:
    line = encode_reply(reply)
    assert line.count(b"\n") == 1
    assert decode_reply(line) == reply


def test_a_command_arrives_with_its_workload() -> None:
    workload = find_workload("cnn-tiny").to_json()
    assert decode_command(encode_command("build", workload=workload, seed=3)) == (
        "build",
        {"workload": workload, "seed": 3},
    )


@pytest.mark.parametrize(
    "line",
    [
        b"Loading libdevice",
        b"3",
        b'{"kind":"block"}',
        b'{"kind":"gift","steps":1}',
        b'{"steps":1}',
        b'{"kind":[]}',
        b'{"kind":"first_step","first_step_s":"0.1","loss":2}',
        b"\xff",
    ],
)
def test_anything_else_is_refused(line: bytes) -> None:
    with pytest.raises(ProtocolBroken):
        decode_reply(line)


@given(st.binary(max_size=200))
def test_no_line_breaks_the_reader(line: bytes) -> None:
    try:
        decode_reply(line)
    except ProtocolBroken:
        return
    pytest.fail("random bytes were taken for a reply")

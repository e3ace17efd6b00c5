"""Lines that travel between parent and worker."""

from __future__ import annotations

import json
from dataclasses import replace

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
    WarmedUp,
    decode_command,
    decode_reply,
    encode_command,
    encode_reply,
)
from probes.settings import Settings
from probes.workloads import find_workload

SETTINGS = Settings(
    dtype="float32",
    matmul_precision="tf32",
    memory_layout="channels_last",
    compile_scope="step",
    compiler="xla",
    threads=2,
    optimizer="Adam(learning_rate=0.001)",
    steps_per_call=10,
    deterministic=False,
)

REPLIES = (
    Imported(import_s=1.5, versions={"torch": "2.13.0"}),
    Built(build_s=0.1, device="cpu", settings=SETTINGS),
    FirstStep(first_step_s=0.2, loss=2.3),
    WarmedUp(windows_ms=[1.2, 1, 0.9], steady=True, seconds=0.4, cpu_s=0.8),
    Block(steps=300, seconds=0.1, cpu_s=0.2, lead_in_s=0.02),
    PeakMemory(memory_mb=310.0, resident_mb=310.0),
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
        b'{"kind":"warmed_up","windows_ms":[1,"2"],"steady":true,"seconds":1,"cpu_s":1}',
        b'{"kind":"warmed_up","windows_ms":1,"steady":true,"seconds":1,"cpu_s":1}',
        b'{"kind":"built","build_s":1,"device":"cpu","settings":{}}',
        b'{"kind":"built","build_s":1,"device":"cpu","settings":null}',
        b"\xff",
    ],
)
def test_anything_else_is_refused(line: bytes) -> None:
    with pytest.raises(ProtocolBroken):
        decode_reply(line)


@pytest.mark.parametrize("change", [{"threads": "2"}, {"threads": None}, {"gift": 1}, {"dtype": ["float32"]}])
def test_settings_of_other_fields_or_types_are_refused(change: dict[str, object]) -> None:
    data = json.loads(encode_reply(Built(build_s=0.1, device="cpu", settings=SETTINGS)))
    data["settings"] |= change
    with pytest.raises(ProtocolBroken):
        decode_reply(json.dumps(data).encode())


def test_the_precision_of_a_row_is_that_of_its_least_precise_products() -> None:
    assert Built(build_s=0.1, device="cuda:0", settings=SETTINGS).precision == "tf32"
    assert replace(SETTINGS, dtype="mixed_bfloat16").precision == "bfloat16"


@given(st.binary(max_size=200))
def test_no_line_breaks_the_reader(line: bytes) -> None:
    try:
        decode_reply(line)
    except ProtocolBroken:
        return
    pytest.fail("random bytes were taken for a reply")

"""Runs in one file: what goes out comes back, and what comes from a stranger is bounded, whole or refused."""

from __future__ import annotations

import gzip
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from probes.comparison import Ratio
from probes.errors import InvalidArchive
from probes.history import archive
from probes.history.archive import pack, unpack
from probes.memory.growth import MemoryGrowth, MemoryLine, MemoryPoint
from probes.report import Control
from probes.workloads import REFERENCE
from tests.runs import COLLEAGUE, a_report, an_eventful_report


@pytest.fixture
def plain() -> dict[str, Any]:
    """One run as plain data, for a test to spoil."""
    return a_report().model_dump(mode="json")


def file_of(*runs: Any, **changes: Any) -> bytes:
    return json.dumps({"format": archive.FORMAT, "version": archive.VERSION, "runs": runs} | changes).encode()


@pytest.mark.parametrize("compressed", [False, True])
def test_runs_come_back_as_they_went_out_and_in_order(compressed) -> None:
    reports = [a_report(), a_report(COLLEAGUE, "2026-11-20T06:30:00+00:00")]
    packed = pack(reports, compressed=compressed)
    assert packed.runs == 2
    assert list(unpack(packed.content)) == reports
    assert pack(reports, compressed=compressed) == packed, "the same runs make the same file"


def test_all_that_a_run_may_hold_comes_back() -> None:
    point = MemoryPoint(batch=4, memory_mb=500)
    line = MemoryLine(points=(point,), base_mb=480, mb_per_example=5, mb_per_example_sd=1)
    growth = MemoryGrowth(candidate="jax-jit", workload="cnn-tiny", device="cpu", as_run=line, own_pages=None)
    control = Control(candidate="jax-jit", ratio=Ratio(1.0, 0.9, 1.1, 5), different=False)
    report = an_eventful_report(memory_growth=(growth,), control=control, wall_s={"importing": 3.5}, budget_s=60.0)
    assert list(unpack(pack([report], compressed=False).content)) == [report]


def test_a_whole_number_is_taken_where_others_are_possible(plain) -> None:
    plain["seconds"], plain["candidates"][0]["step_ms"] = 12, 2
    (read,) = unpack(file_of(plain))
    assert (read.seconds, read.candidates[0].step_ms) == (12.0, 2.0)


def test_every_reference_workload_fits() -> None:
    reports = [a_report(workload=workload) for workload in REFERENCE.values()]
    assert list(unpack(pack(reports, compressed=False).content)) == reports


def test_where_not_all_fit_the_newest_are_taken(monkeypatch) -> None:
    reports = [a_report(measured_at=f"2026-11-21T06:30:{second:02}+00:00") for second in range(5)]
    monkeypatch.setattr(archive, "MAX_RUNS", 3)
    packed = pack(reports, compressed=False)
    assert list(unpack(packed.content)) == reports[2:]
    monkeypatch.setattr(archive, "MAX_BYTES", len(packed.content) - 1)
    fewer = pack(reports, compressed=False)
    assert fewer.runs == 2
    assert list(unpack(fewer.content)) == reports[3:]


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"", "it is no JSON"),
        (b"PK\x03\x04 a zip", "it is no JSON"),
        (b"[" * 100_000, "it is no JSON"),
        (b"[1, 2]", 'its "format" is not'),
        (b'{"machine": 3}', 'its "format" is not'),
        (file_of(version=99), "written by a newer Probewise"),
        (file_of(version="1"), "other keys"),
        (file_of(extra=1), "other keys"),
        (file_of(), "It does not hold 1 to"),
        (file_of(runs={}), "It does not hold 1 to"),
        (file_of(*[{}] * (archive.MAX_RUNS + 1)), "It does not hold 1 to"),
        (file_of(3), "Run 1 in it is none"),
        (file_of({}), "Run 1 in it is none"),
        (gzip.compress(b"hello", mtime=0)[:-6], "damaged gzip"),
        (b"\x1f\x8b and then nothing of the kind", "damaged gzip"),
        (gzip.compress(b" " * (archive.MAX_BYTES + 1), mtime=0), "larger than"),
        (b" " * (archive.MAX_BYTES + 1), "larger than"),
    ],
    ids=lambda value: value[:24] if isinstance(value, bytes) else None,
)
def test_what_is_no_file_of_runs_is_refused_in_a_sentence(content, expected) -> None:
    with pytest.raises(InvalidArchive, match=expected) as refused:
        unpack(content)
    assert str(refused.value).endswith(".")


@pytest.mark.parametrize(
    ("path", "value", "expected"),
    [
        (("colour",), "red", "colour"),
        (("machine", "colour"), "red", "machine.colour"),
        (("candidates", 0, "colour"), "red", "candidates.0.colour"),
        (("workload", "colour"), "red", "workload.colour"),
        (("workload", "layers", 0, "colour"), "red", "workload.layers.0"),
        (("workload", "batch"), 0, "Batch 0 is out of range"),
        (("candidates", 0, "candidate"), "mxnet", "Unknown candidate 'mxnet'"),
        (("candidates", 0, "status"), "great", "candidates.0.status"),
        (("candidates", 0, "step_ms"), 0, "not above 0"),
        (("candidates", 0, "step_ms_low"), -1, "not above 0"),
        (("rungs", 0, "candidates", 0, "memory_mb"), -1, "not above 0"),
        (("candidates", 0, "step_ms"), 1e300, "a number beyond"),
        (("machine", "memory_gb"), -1e300, "a number beyond"),
        (("candidates", 0, "memory_mb"), 1e-300, "closer to 0 than"),
        (("candidates", 0, "memory_mb"), "nan", "valid number"),
        (("candidates", 0, "step_ms"), "1e300", "valid number"),
        (("candidates", 0, "rounds"), True, "valid integer"),
        (("machine", "memory_gb"), 0, "less than 0.1 GB of memory"),
        (("machine", "memory_gb"), -4.0, "less than 0.1 GB of memory"),
        (("machine", "accelerators"), [{"kind": "nvidia", "name": "GPU", "memory_gb": -8.0}], "less than 0.1 GB"),
        (("machine", "physical_cores"), 0, "or no processor core"),
        (("machine", "logical_cores"), -2, "or no processor core"),
        (("machine", "fingerprint"), "../../etc/passwd", "fingerprint"),
        (("machine", "cpu"), "x" * (archive.MAX_TEXT + 1), "characters"),
        (("versions",), {"x" * (archive.MAX_TEXT + 1): "1"}, "characters"),
        (("measured_at",), "yesterday", "isoformat"),
        (("measured_at",), "2026-11-21T06:30:00", "no time zone"),
        (("measured_at",), "0001-01-01T00:00:00+14:00", "no moment of our time"),
        (("notes",), ["x"] * (archive.MAX_ENTRIES + 1), "entries"),
        (("workload", "layers"), [{"kind": "dense", "units": 1}] * (archive.MAX_LAYERS + 1), "layers"),
    ],
    ids=lambda value: ".".join(map(str, value)) if isinstance(value, tuple) else "",
)
def test_a_run_with_something_wrong_in_it_is_refused_and_so_is_the_whole_file(plain, path, value, expected) -> None:
    good = json.loads(json.dumps(plain))
    place = plain
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    with pytest.raises(InvalidArchive, match="Run 2 in it is none") as refused:
        unpack(file_of(good, plain))
    assert expected in str(refused.value)
    assert len(str(refused.value)) < 500, "what was wrong is not repeated at length"


def test_numbers_that_are_none_are_refused(plain) -> None:
    plain["seconds"] = float("nan")
    with pytest.raises(InvalidArchive, match="it is no JSON"):
        unpack(file_of(plain))
    with pytest.raises(InvalidArchive, match="a number beyond"):
        unpack(file_of(plain).replace(b"NaN", b"1e999"))


def test_a_network_nested_too_deep_is_refused(plain) -> None:
    layer: dict[str, Any] = {"kind": "residual", "layers": [], "shortcut": []}
    for _depth in range(60):
        layer = {"kind": "residual", "layers": [layer], "shortcut": []}
    plain["workload"]["layers"] = [layer]
    assert unpack(file_of(plain))
    for _depth in range(60):
        layer = {"kind": "residual", "layers": [layer], "shortcut": []}
    plain["workload"]["layers"] = [layer]
    with pytest.raises(InvalidArchive):
        unpack(file_of(plain))


def test_what_a_screen_would_act_on_is_left_out(plain) -> None:
    plain["machine"]["cpu"] = "\x1b]0;mine\x07A\u202eB\u200bC"
    plain["versions"] = {"jax\x1b[31m": "1\x00"}
    (read,) = unpack(file_of(plain))
    assert read.machine.cpu == "]0;mineABC"
    assert read.versions == {"jax[31m": "1"}
    assert read.candidates[2].error == "It ended.\nLast words: oh.", "lines stay lines"


JSON = some.recursive(
    some.none() | some.booleans() | some.integers() | some.floats() | some.text(),
    lambda inner: some.lists(inner) | some.dictionaries(some.text(), inner),
)


@settings(deadline=None)
@given(content=some.binary() | some.binary().map(gzip.compress) | JSON.map(file_of))
def test_whatever_comes_is_refused_in_a_sentence_at_most(content) -> None:
    with pytest.raises(InvalidArchive):
        unpack(content)

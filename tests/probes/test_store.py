"""The history of probes."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from probes.report import CandidateResult, Machine, ProbeReport
from probes.store import History
from probes.workloads import find_workload

VERSIONS = {"torch": "2.13.0", "jax": "0.10.2"}


def report(measured_at: str = "2026-11-21T06:30:00+00:00", workload_id: str = "mlp-tiny") -> ProbeReport:
    machine = Machine(
        fingerprint="0123456789abcdef",
        operating_system="linux",
        platform="Linux",
        python="3.11.7",
        cpu="AMD EPYC",
        physical_cores=2,
        logical_cores=2,
        memory_gb=23.5,
    )
    return ProbeReport(
        machine=machine,
        versions=VERSIONS,
        workload=find_workload(workload_id),
        candidates=(CandidateResult(candidate="jax-jit", status="ok", step_ms=0.3, samples=(0.3, 0.31)),),
        seconds=12.5,
        measured_at=measured_at,
    )


def latest(history: History, **changes: object) -> ProbeReport | None:
    key = {"fingerprint": "0123456789abcdef", "versions": VERSIONS, "workload_id": "mlp-tiny"}
    return history.latest(**(key | changes))


def test_a_report_comes_back_as_it_was_saved(home: Path) -> None:
    assert History().save(report())
    history = History()
    assert latest(history) == report()
    assert history.problem is None
    assert history.path.parent == home


def test_the_newest_report_counts() -> None:
    history = History()
    for hour in ("08", "10", "09"):
        history.save(report(f"2026-11-21T{hour}:00:00+00:00"))
    found = latest(history)
    assert found is not None
    assert found.measured_at == "2026-11-21T10:00:00+00:00"


def test_another_machine_version_or_workload_is_another_history() -> None:
    history = History()
    history.save(report())
    assert latest(history, fingerprint="ffff") is None
    assert latest(history, workload_id="cnn-tiny") is None
    assert latest(history, versions=VERSIONS | {"torch": "2.14.0"}) is None
    assert latest(history, versions={"jax": "0.10.2"}) is None
    assert latest(history, versions=VERSIONS | {"tensorflow": "2.21.0"}) == report()
    assert history.problem is None


def test_a_broken_file_is_told_and_costs_nothing_else() -> None:
    history = History()
    history.path.parent.mkdir(parents=True)
    history.path.write_bytes(b"this is no database, but long enough to be taken for a damaged one" * 100)
    assert not history.save(report())
    assert "cannot be used" in history.problem
    assert latest(history) is None
    assert str(history.path) in history.problem


def test_a_place_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    history = History(tmp_path / "file" / "history.sqlite3")
    assert not history.save(report())
    assert "make it writable" in history.problem


def test_a_report_of_another_version_is_told() -> None:
    history = History()
    history.save(report())
    with sqlite3.connect(history.path) as connection:
        connection.execute("UPDATE reports SET report = '{}'")
    connection.close()
    assert latest(history) is None
    assert "another version of Probewise" in history.problem


def test_a_problem_is_forgotten_once_the_file_works() -> None:
    history = History()
    history.path.parent.mkdir(parents=True)
    history.path.write_bytes(b"broken" * 1000)
    assert not history.save(report())
    history.path.unlink()
    assert history.save(report())
    assert history.problem is None

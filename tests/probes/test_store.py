"""The history of runs, on files as they really go wrong."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from probes.errors import UnknownId
from probes.history import database
from probes.report import ProbeReport
from probes.store import History
from tests.runs import VERSIONS, a_report

NOBODY = 65_534

# As the first version of Probewise made it: in write-ahead mode, without a version.
BEFORE_VERSIONS = """
PRAGMA journal_mode = WAL;
CREATE TABLE reports (
    id INTEGER PRIMARY KEY, machine TEXT NOT NULL, workload TEXT NOT NULL, measured_at TEXT NOT NULL,
    report TEXT NOT NULL
);
CREATE INDEX reports_by_key ON reports (machine, workload, measured_at);
"""


FIRST = a_report()
LATER = a_report(measured_at="2026-11-22T06:30:00+00:00")


def latest(history: History, **changes: object) -> ProbeReport | None:
    key = {"fingerprint": FIRST.machine.fingerprint, "versions": VERSIONS, "workload_id": "cnn-tiny"}
    return history.latest(**(key | changes))


def stored(history: History) -> list[ProbeReport]:
    return [run.report for run in history.runs()]


@contextmanager
def raw(history: History) -> Iterator[sqlite3.Connection]:
    """The file as another program sees it; nothing is held back."""
    history.path.parent.mkdir(parents=True, exist_ok=True)
    with closing(sqlite3.connect(history.path, isolation_level=None)) as connection:
        yield connection


def test_a_report_comes_back_as_it_was_saved(home: Path) -> None:
    assert History().save(FIRST)
    history = History()
    assert latest(history) == FIRST
    assert history.problem is None
    assert history.path.parent == home


def test_looking_into_a_history_that_is_not_there_makes_no_file() -> None:
    history = History()
    assert latest(history) is None
    assert history.runs() == []
    assert history.problem is None
    assert not history.path.exists()


def test_the_report_stored_last_counts_even_when_the_clock_was_set_back() -> None:
    history = History()
    for hour in ("08", "10", "09"):
        history.save(a_report(measured_at=f"2026-11-21T{hour}:00:00+00:00"))
    found = latest(history)
    assert found is not None
    assert found.measured_at == "2026-11-21T09:00:00+00:00"


def test_another_machine_version_or_workload_is_another_history() -> None:
    history = History()
    history.save(FIRST)
    assert latest(history, fingerprint="ffff") is None
    assert latest(history, workload_id="mlp-tiny") is None
    assert latest(history, versions=VERSIONS | {"torch": "2.14.0"}) is None
    assert latest(history, versions={"jax": "0.10.2"}) is None
    assert latest(history, versions=VERSIONS | {"tensorflow": "2.21.0"}) == FIRST
    assert history.problem is None


def test_what_was_measured_before_a_package_got_another_device_is_another_history() -> None:
    history = History()
    history.save(FIRST)
    with_device = VERSIONS | {"jax-cuda13-plugin": "0.10.2"}
    assert latest(history, versions=with_device) is None
    history.save(later := LATER.model_copy(update={"versions": with_device}))
    assert latest(history, versions=with_device) == later
    assert latest(history) == FIRST


def test_a_run_whose_versions_are_damaged_hides_no_other() -> None:
    history = History()
    history.save(FIRST)
    history.save(LATER)
    with raw(history) as connection:
        connection.execute("UPDATE runs SET versions = '[' WHERE id = 2")
    assert latest(history) == FIRST
    assert history.problem is None


def test_of_several_reports_the_newest_that_is_acceptable_is_found() -> None:
    history = History()
    history.save(FIRST)
    history.save(LATER.model_copy(update={"contended": True}))
    assert latest(history, accept=lambda each: not each.contended) == FIRST
    assert latest(history, accept=lambda each: each.seconds > 60) is None


def test_a_report_is_stored_once() -> None:
    history = History()
    assert history.save(FIRST)
    assert history.save(FIRST)
    assert history.add([FIRST, LATER, LATER]) == 1
    assert stored(history) == [FIRST, LATER]


def test_what_was_imported_never_stands_in_for_this_machines_own() -> None:
    history = History()
    assert history.add([FIRST]) == 1
    assert latest(history) is None
    (run,) = history.runs()
    assert run.imported
    assert run.report == FIRST


def test_runs_are_removed_all_or_none() -> None:
    history = History()
    history.save(FIRST)
    history.save(LATER)
    first, second = history.runs()
    with pytest.raises(UnknownId, match="no run 99"):
        history.remove([first.id, 99])
    assert history.runs() == [first, second]
    assert history.remove([first.id, first.id])
    assert history.runs() == [second]


@pytest.mark.parametrize(
    "text",
    [
        "{}",
        "not json",
        b"\xff\xfe broken",
        a_report(measured_at="yesterday at noon").model_dump_json(),
        FIRST.model_dump_json().replace('"batch":16', '"batch":0'),
    ],
    ids=["empty", "no JSON", "no text", "no moment", "no workload"],
)
def test_an_unreadable_run_is_named_and_hides_no_other(text) -> None:
    history = History()
    for measured in (FIRST, LATER):
        history.save(measured)
    with raw(history) as connection:
        connection.execute("UPDATE runs SET report = CAST(? AS TEXT) WHERE id = 2", (text,))
    assert latest(history) == FIRST
    assert "cannot read these runs" in history.problem
    assert history.problem.endswith(": 2. They are kept.")
    assert stored(history) == [FIRST]
    assert history.save(LATER), "and is in nobody's way"
    assert history.problem is None
    assert latest(history) == LATER


def test_a_report_of_the_first_version_can_still_be_read() -> None:
    row = {
        "candidate": "jax-jit",
        "status": "ok",
        "step_ms": 2.0,
        "samples": [2.0, 2.1],
        "parity": None,
        "error": None,
    }
    parts = FIRST.model_dump(mode="json", include={"machine", "versions", "workload", "seconds", "measured_at"})
    history = History()
    history.save(FIRST)
    with raw(history) as connection:
        connection.execute("UPDATE runs SET report = ?", (json.dumps(parts | {"candidates": [row], "rungs": []}),))
    found = latest(history)
    assert found is not None
    assert found.candidates[0].step_ms == 2.0
    assert history.problem is None


def test_a_file_from_before_versions_is_taken_over_whole() -> None:
    history = History()
    texts = [FIRST.model_dump_json(), "of another time", LATER.model_dump_json()]
    with raw(history) as connection:
        connection.executescript(BEFORE_VERSIONS)
        insert = "INSERT INTO reports (machine, workload, measured_at, report) VALUES (?, 'cnn-tiny', '', ?)"
        connection.executemany(insert, [(FIRST.machine.fingerprint, text) for text in texts])
    assert latest(history) == LATER
    assert latest(history, versions={"torch": "1"}) is None
    assert stored(history) == [FIRST, LATER]
    assert ": 2." in history.problem
    with raw(history) as connection:
        assert connection.execute("PRAGMA user_version").fetchone() == (database.SCHEMA_VERSION,)
        assert [text for (text,) in connection.execute("SELECT report FROM runs ORDER BY id")] == texts


def test_a_file_of_a_newer_version_is_told_and_left_alone() -> None:
    history = History()
    with raw(history) as connection:
        connection.execute("PRAGMA user_version = 99")
        connection.execute("CREATE TABLE something_new (x)")
    before = history.path.read_bytes()
    assert not history.save(FIRST)
    assert "newer version of Probewise. Update Probewise" in history.problem
    assert latest(history) is None
    assert history.add([FIRST]) is None
    assert "newer version" in history.problem
    assert history.path.read_bytes() == before


def test_a_file_that_is_no_history_is_told_and_left_alone() -> None:
    history = History()
    history.path.parent.mkdir(parents=True)
    history.path.write_bytes(b"this is no database, but long enough to be taken for a damaged one" * 100)
    before = history.path.read_bytes()
    assert not history.save(FIRST)
    assert "is damaged" in history.problem
    assert "Move the file away" in history.problem
    assert latest(history) is None
    assert str(history.path) in history.problem
    assert history.path.read_bytes() == before


def test_pages_that_were_overwritten_are_told() -> None:
    history = History()
    for minute in range(10):
        history.save(a_report(measured_at=f"2026-11-21T06:{minute:02}:00+00:00"))
    with history.path.open("r+b") as file:
        file.seek(4096)
        file.write(b"\xa5" * 8 * 4096)
    assert latest(history) is None
    assert "is damaged" in history.problem
    assert not history.save(FIRST)


def test_a_locked_file_is_told_and_nothing_is_lost(monkeypatch) -> None:
    monkeypatch.setattr(database, "BUSY_TIMEOUT_S", 0.05)
    history = History()
    history.save(FIRST)
    with raw(history) as other:
        other.execute("BEGIN EXCLUSIVE")
        assert not history.save(LATER)
        assert "holds the history" in history.problem
        assert latest(history) is None
        assert "holds the history" in history.problem
        other.execute("COMMIT")
    assert latest(history) == FIRST
    assert history.save(LATER)
    assert stored(history) == [FIRST, LATER]


def test_a_full_file_is_told_and_keeps_what_it_holds(monkeypatch) -> None:
    history = History()
    history.save(FIRST)
    connect = sqlite3.connect

    def without_room(*arguments, **options):
        connection = connect(*arguments, **options)
        connection.execute("PRAGMA max_page_count = 1")  # SQLite takes the number of pages there are
        return connection

    monkeypatch.setattr(sqlite3, "connect", without_room)
    big = LATER.model_copy(update={"notes": ("a long story" * 1000,)})
    assert history.add([LATER, big]) is None
    assert "disk is full" in history.problem
    monkeypatch.undo()
    assert stored(history) == [FIRST]


@pytest.fixture
def tiny_disk() -> Iterator[Path]:
    """A file system of 128 KiB."""
    with tempfile.TemporaryDirectory() as folder:
        mount = ["mount", "-t", "tmpfs", "-o", "size=128k", "probewise-test", folder]
        if os.geteuid() != 0 or subprocess.run(mount, check=False, capture_output=True).returncode != 0:
            pytest.skip("only root may mount a file system")
        try:
            yield Path(folder)
        finally:
            subprocess.run(["umount", folder], check=True)


def test_a_full_disk_is_told_and_the_history_opens_again(tiny_disk) -> None:
    history = History(tiny_disk / "history.sqlite3")
    history.save(FIRST)
    filler = tiny_disk / "filler"
    with pytest.raises(OSError, match="No space left"):
        filler.write_bytes(b"x" * 2**20)
    assert not history.save(LATER.model_copy(update={"notes": ("a long story" * 1000,)}))
    assert "disk is full" in history.problem
    assert latest(history) == FIRST, "what was there can still be read"
    filler.unlink()
    assert history.save(LATER)
    assert stored(history) == [FIRST, LATER]


@pytest.fixture
def guarded() -> Iterator[Path]:
    """A folder that this process may not write once its mode says so, not even when root runs the tests."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder)
        if os.geteuid() == 0:
            os.chown(path, NOBODY, -1)
            os.seteuid(NOBODY)
        try:
            yield path
        finally:
            path.chmod(0o755)
            os.seteuid(os.getuid())


def test_a_folder_that_cannot_be_written_is_told_and_can_still_be_read(guarded) -> None:
    history = History(guarded / "history.sqlite3")
    history.save(FIRST)
    history.path.chmod(0o444)
    guarded.chmod(0o555)
    assert latest(history) == FIRST
    assert history.problem is None
    assert not history.save(LATER)
    assert "writable" in history.problem
    assert not history.remove([1])
    assert stored(history) == [FIRST]


def test_a_folder_that_cannot_be_entered_is_told(guarded) -> None:
    inside = guarded / "home"
    inside.mkdir(mode=0o000)
    history = History(inside / "history.sqlite3")
    assert latest(history) is None
    assert "Permission denied" in history.problem
    assert not history.save(FIRST)


def test_a_file_in_the_folders_place_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    history = History(tmp_path / "file" / "history.sqlite3")
    assert not history.save(FIRST)
    assert "to another folder" in history.problem


def test_a_problem_is_forgotten_once_the_file_works() -> None:
    history = History()
    history.path.parent.mkdir(parents=True)
    history.path.write_bytes(b"broken" * 1000)
    assert not history.save(FIRST)
    history.path.unlink()
    assert history.save(FIRST)
    assert history.problem is None

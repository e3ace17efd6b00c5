"""The SQLite file of the history: opened, brought up to date, and what is wrong with it in a person's words."""

from __future__ import annotations

import errno
import json
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path

from probes.words import _

BUSY_TIMEOUT_S = 2.0

# An empty history, gone with its connection.
IN_MEMORY = Path(":memory:")

# `PRAGMA user_version` of the file. 0 is an empty file, or one from before there were versions.
SCHEMA_VERSION = 1

_RUNS = """
CREATE TABLE runs (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    machine TEXT NOT NULL,
    versions TEXT NOT NULL,
    workload TEXT NOT NULL,
    measured_at TEXT NOT NULL,
    imported INTEGER NOT NULL,
    report TEXT NOT NULL
)
"""
_RUNS_BY_KEY = "CREATE INDEX runs_by_key ON runs (machine, workload, versions)"
_TAKE_OVER = """
INSERT INTO runs (id, machine, versions, workload, measured_at, imported, report)
SELECT id, machine, versions_of(report), workload, measured_at, 0, report FROM reports
"""


class NewerFormat(Exception):
    """The file was written by a later version of Probewise, which may have changed what anything in it means."""


@contextmanager
def opened(path: Path) -> Iterator[sqlite3.Connection]:
    """A connection to the file at `path` in the present format; without a file there, a new one.

    Raises `sqlite3.Error`, `OSError` or `NewerFormat`, which `explanation` puts into words. In a file and folder
    that cannot be written the history can still be read.
    """
    connection = sqlite3.connect(path, timeout=BUSY_TIMEOUT_S, isolation_level=None)
    # A broken letter costs the row it is in, not the whole query.
    connection.text_factory = lambda raw: raw.decode(errors="replace")
    with closing(connection):
        if _version(connection) != SCHEMA_VERSION:
            _bring_up_to_date(connection)
        yield connection


def versions_key(versions: Mapping[str, str]) -> str:
    """Versions as the file holds them: JSON that is the same for the same versions."""
    return json.dumps(versions, sort_keys=True, separators=(",", ":"))


def explanation(path: Path, error: Exception) -> str:
    """What is wrong with the file at `path` and what to do, as a sentence."""
    if isinstance(error, NewerFormat):
        message = _(
            "The history {path} was written by a newer version of Probewise. Update Probewise, or set PROBEWISE_HOME "
            "to another folder; the file is left as it is."
        )
        return message.format(path=path)
    return _by_cause(error).format(path=path, reason=getattr(error, "strerror", None) or error)


def _by_cause(error: Exception) -> str:
    # The low byte is the kind of an extended code: https://www.sqlite.org/rescode.html
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    if code == sqlite3.SQLITE_FULL or getattr(error, "errno", None) == errno.ENOSPC:
        return _("The disk is full: the history {path} takes nothing more. Make room; what it holds is kept.")
    if code in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}:
        return _("Another program holds the history {path} locked. Try again in a moment; what it holds is kept.")
    if code in {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}:
        return _(
            "The history {path} is damaged ({reason}). Move the file away to begin a new one; it was not changed."
        )
    return _(
        "The history {path} cannot be used ({reason}). Make the file and its folder writable, or set PROBEWISE_HOME "
        "to another folder."
    )


def _version(connection: sqlite3.Connection) -> int:
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def _bring_up_to_date(connection: sqlite3.Connection) -> None:
    if _version(connection) > SCHEMA_VERSION:
        raise NewerFormat
    # Not WAL, as it once was: such a file cannot be read in a folder that is not writable.
    connection.execute("PRAGMA journal_mode = DELETE")
    connection.create_function("versions_of", 1, _versions_of)
    with connection:
        connection.execute("BEGIN IMMEDIATE")
        if _version(connection) == SCHEMA_VERSION:  # another program was quicker
            return
        connection.execute(_RUNS)
        connection.execute(_RUNS_BY_KEY)
        if connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'reports'").fetchone():
            connection.execute(_TAKE_OVER)
            connection.execute("DROP TABLE reports")
        connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")


def _versions_of(report: str) -> str:
    """The key of a report from before the file had one; that of no versions for what is no report."""
    try:
        return versions_key(json.loads(report)["versions"])
    except (ValueError, KeyError, TypeError):
        return versions_key({})

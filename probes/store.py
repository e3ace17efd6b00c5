"""The history of probes on this computer, in one SQLite file. A history that cannot be used is said, never fatal."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path

from pydantic import ValidationError

from probes.directories import data_directory
from probes.report import ProbeReport

BUSY_TIMEOUT_S = 2.0

_SCHEMA = """
CREATE TABLE IF NOT EXISTS reports (
    id INTEGER PRIMARY KEY,
    machine TEXT NOT NULL,
    workload TEXT NOT NULL,
    measured_at TEXT NOT NULL,
    report TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS reports_by_key ON reports (machine, workload, measured_at);
"""


class History:
    """Saves reports and finds them again. `problem` says what went wrong with the file last, None if nothing did."""

    def __init__(self, path: Path | None = None) -> None:
        self.path = path or data_directory() / "history.sqlite3"
        self.problem: str | None = None

    def save(self, report: ProbeReport) -> bool:
        """Keep the report; false, and `problem`, when the file does not take it."""
        row = (report.machine.fingerprint, report.workload.id, report.measured_at, report.model_dump_json())
        insert = "INSERT INTO reports (machine, workload, measured_at, report) VALUES (?, ?, ?, ?)"
        with self._reporting_problems(), self._connection() as connection, connection:
            connection.execute(insert, row)
        return self.problem is None

    def latest(self, fingerprint: str, versions: Mapping[str, str], workload_id: str) -> ProbeReport | None:
        """The newest report of this machine and main workload, if it was measured with the versions given.

        `versions` may hold more distributions than the report. `measured_at` says from when the report is.
        """
        query = "SELECT report FROM reports WHERE machine = ? AND workload = ? ORDER BY measured_at DESC, id DESC"
        with self._reporting_problems(), self._connection() as connection:
            for (text,) in connection.execute(query, (fingerprint, workload_id)):
                report = ProbeReport.model_validate_json(text)
                if report.versions.items() <= versions.items():
                    return report
        return None

    @contextmanager
    def _connection(self) -> Iterator[sqlite3.Connection]:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with closing(sqlite3.connect(self.path, timeout=BUSY_TIMEOUT_S)) as connection:
            connection.execute("PRAGMA journal_mode = WAL")
            connection.executescript(_SCHEMA)
            yield connection

    @contextmanager
    def _reporting_problems(self) -> Iterator[None]:
        self.problem = None
        try:
            yield
        except (sqlite3.Error, OSError) as error:
            self.problem = f"The history {self.path} cannot be used: {error}. Delete the file, or make it writable."
        except ValidationError:
            self.problem = f"The history {self.path} holds a report of another version of Probewise. Measure again."

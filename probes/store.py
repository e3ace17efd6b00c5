"""The history of runs on this computer. A history that cannot be used is said, never fatal.

A run is keyed by the machine's fingerprint, the versions it was measured with and its main workload. Runs are ordered
by when they were stored, for a clock may jump. Those imported from elsewhere are kept apart: they never stand in for
this machine's own, not even where the hardware is the same.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from probes.directories import data_directory
from probes.errors import ProbeError, UnknownId
from probes.history.database import IN_MEMORY, NewerFormat, explanation, opened, versions_key
from probes.report import ProbeReport
from probes.versions import unchanged
from probes.words import _

# So many of the newest runs are looked at for one that is acceptable.
LOOKED_AT = 20

_INSERT = """
INSERT INTO runs (machine, versions, workload, measured_at, imported, report) VALUES (?, ?, ?, ?, ?, ?)
"""
_SAME_KEY = """
SELECT id, imported, report FROM runs WHERE machine = ? AND versions = ? AND workload = ? AND measured_at = ?
"""
_LATEST = """
SELECT id, imported, report FROM runs
WHERE machine = ? AND workload = ? AND NOT imported AND applies(versions) ORDER BY id DESC LIMIT ?
"""
_ALL = "SELECT id, imported, report FROM runs ORDER BY id"


@dataclass(frozen=True)
class Run:
    """A stored report; one that was stored later has a higher `id`. `imported` tells what came from a file."""

    id: int
    imported: bool
    report: ProbeReport


class History:
    """Keeps reports and finds them again. `problem` says what went wrong with the last call, None if nothing did."""

    def __init__(self, path: Path | None = None) -> None:
        self.path = path or data_directory() / "history.sqlite3"
        self.problem: str | None = None

    def save(self, report: ProbeReport) -> bool:
        """Keep a report of this machine, once; false, and `problem`, when the file does not take it."""
        return self._insert([report], imported=False) is not None

    def add(self, reports: Iterable[ProbeReport]) -> int | None:
        """Keep all of what was imported or nothing: how many were new; None, and `problem`, when that failed."""
        return self._insert(reports, imported=True)

    def latest(
        self,
        fingerprint: str,
        versions: Mapping[str, str],
        workload_id: str,
        accept: Callable[[ProbeReport], bool] = lambda _report: True,
    ) -> ProbeReport | None:
        """The newest acceptable report of this machine and main workload that was measured here with these versions.

        Older ones than the newest `LOOKED_AT` are not tried. `versions` may hold more distributions than the report,
        but none that would have given it other devices.
        `measured_at` says from when the report is.
        """
        with self._reporting_problems(), self._for_reading() as connection:
            connection.create_function("applies", 1, lambda key: _applies(key, versions))
            found = self._readable(connection.execute(_LATEST, (fingerprint, workload_id, LOOKED_AT)))
            return next((run.report for run in found if accept(run.report)), None)
        return None

    def runs(self) -> list[Run]:
        """Every run that can be read, in the order they were stored."""
        with self._reporting_problems(), self._for_reading() as connection:
            return list(self._readable(connection.execute(_ALL)))
        return []

    def measured_on(self, fingerprint: str) -> list[ProbeReport]:
        """What was measured here on this machine, in the order it was stored."""
        return [
            run.report for run in self.runs() if not run.imported and run.report.machine.fingerprint == fingerprint
        ]

    def remove(self, ids: Sequence[int]) -> bool:
        """Forget these runs; false, and `problem`, when the file cannot be changed.

        Raises `UnknownId`, and removes nothing, when one of them is not there.
        """
        with self._reporting_problems(), self._for_writing() as connection:
            for run_id in dict.fromkeys(ids):
                if not connection.execute("DELETE FROM runs WHERE id = ?", (run_id,)).rowcount:
                    message = _("The history has no run {id}; expected the id of one that it lists.")
                    raise UnknownId(message.format(id=run_id))
        return self.problem is None

    def _insert(self, reports: Iterable[ProbeReport], *, imported: bool) -> int | None:
        added = 0
        with self._reporting_problems(), self._for_writing() as connection:
            for report in reports:
                key = (report.machine.fingerprint, versions_key(report.versions), report.workload.id)
                known = connection.execute(_SAME_KEY, (*key, report.measured_at))
                if all(_read(text) != report for _id, _imported, text in known):
                    row = (*key, report.measured_at, imported, report.model_dump_json())
                    connection.execute(_INSERT, row)
                    added += 1
        return added if self.problem is None else None

    def _readable(self, rows: Iterable[tuple[int, int, str]]) -> Iterator[Run]:
        """The rows that hold a report. One that does not costs itself alone, and `problem` names it."""
        unreadable = []
        for run_id, imported, text in rows:
            report = _read(text)
            if report is not None:
                yield Run(run_id, bool(imported), report)
                continue
            unreadable.append(str(run_id))
            message = _(
                "This version of Probewise cannot read these runs of the history {path}: {ids}. They are kept."
            )
            self.problem = message.format(path=self.path, ids=", ".join(unreadable))

    @contextmanager
    def _for_writing(self) -> Iterator[sqlite3.Connection]:
        """One transaction: all of it happens or nothing."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with opened(self.path) as connection, connection:
            connection.execute("BEGIN IMMEDIATE")
            yield connection

    def _for_reading(self) -> AbstractContextManager[sqlite3.Connection]:
        return opened(self.path if self.path.exists() else IN_MEMORY)

    @contextmanager
    def _reporting_problems(self) -> Iterator[None]:
        self.problem = None
        try:
            yield
        except (sqlite3.Error, OSError, NewerFormat) as error:
            self.problem = explanation(self.path, error)


def _applies(key: str, versions: Mapping[str, str]) -> bool:
    """Whether a run with this key was made with what is installed; a damaged one was not."""
    try:
        return unchanged(json.loads(key), versions)
    except (ValueError, AttributeError, TypeError):
        return False


def _read(text: str) -> ProbeReport | None:
    """The report, None for what is none or has no moment."""
    try:
        report = ProbeReport.model_validate_json(text)
        datetime.fromisoformat(report.measured_at)
    except (ValueError, ProbeError):
        return None
    return report

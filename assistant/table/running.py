"""Trying models on a table in a process beside us, which can be waited for, asked after and ended."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from pydantic import ValidationError

from assistant.errors import InvalidInput
from assistant.language import _, language_in_use
from assistant.table.records import TableTrial
from probes.scratch import scratch_folder

# A table of the largest size takes a minute or two.
LIMIT_S = 600.0
POLL_S = 0.5

_log = logging.getLogger(__name__)


class RunningTrial:
    """One table on trial. `close` ends it at any time and removes the copy of the table.

    Raises `InvalidInput` where there is no room for that copy, or no process can be started.
    """

    def __init__(self, table: bytes, name: str, target: str | None = None) -> None:
        self.name = name
        self._began: float | None = None
        with _explained(name):
            self._folder = scratch_folder()
            try:
                self._start(table, target)
            except OSError:
                self._folder.cleanup()
                raise

    def _start(self, table: bytes, target: str | None) -> None:
        self._printed, self._said = (Path(self._folder.name) / each for each in ("printed", "said"))
        path = Path(self._folder.name) / "table.csv"
        path.write_bytes(table)
        # Where the person stands may lie files that are called like modules of ours: -P leaves them where they are.
        command = [sys.executable, "-P", "-m", "assistant.table", str(path), self.name, *([target] if target else [])]
        # Into files: a pipe that nobody reads while the process is merely asked after would fill and hold it up.
        with self._printed.open("wb") as printed, self._said.open("wb") as said:
            self._process = subprocess.Popen(  # noqa: S603  our own module
                command,
                stdin=subprocess.DEVNULL,
                stdout=printed,
                stderr=said,
                env=os.environ | {"LC_ALL": f"{language_in_use()}.UTF-8"},
            )

    @property
    def has_machine(self) -> bool:
        """Whether it is fitting models now, while nobody else may measure."""
        return self._process.poll() is None and self._printed.stat().st_size > 0

    @property
    def done(self) -> bool:
        """Whether `result` need not wait, because the trial has ended or its time is up. The time counts from when
        nothing else is being measured any more.
        """
        if self._began is None and self._printed.stat().st_size:
            self._began = time.monotonic()
        late = self._began is not None and time.monotonic() > self._began + LIMIT_S
        return late or self._process.poll() is not None

    def result(self) -> TableTrial:
        """What was found, after waiting for it; raises `InvalidInput` for a table that cannot be used."""
        try:
            while not self.done:
                with suppress(subprocess.TimeoutExpired):
                    self._process.wait(POLL_S)
            return self._read(self._process.poll())
        finally:
            self.close()

    def close(self) -> None:
        """End the process and forget the table."""
        self._process.kill()
        self._process.wait()
        self._folder.cleanup()

    def _read(self, code: int | None) -> TableTrial:
        if code is None:
            raise InvalidInput(
                _("{name} took more than {seconds:.0f} s; give a part of it.").format(name=self.name, seconds=LIMIT_S)
            )
        said = self._said.read_text(encoding="utf-8", errors="replace").strip()
        if code == 2:
            raise InvalidInput(said)
        try:
            return TableTrial.model_validate_json(self._printed.read_bytes())
        except ValidationError as error:
            _log.warning("The trial of a table ended with code %s:\n%s", code, said)
            raise InvalidInput(
                _("The models could not be tried on {name}; the terminal says why.").format(name=self.name)
            ) from error


@contextmanager
def _explained(name: str) -> Iterator[None]:
    """What the system refuses, as a sentence about the table of this name."""
    try:
        yield
    except OSError as error:
        raise InvalidInput(
            _(
                "{name} could not be tried: {reason}. Its copy needs room among the temporary files; the variable "
                "TMPDIR can name another folder for these."
            ).format(name=name, reason=error.strerror or error)
        ) from error

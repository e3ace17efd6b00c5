"""Trying models on a table in a process beside us, which can be waited for, asked after and ended."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

from pydantic import ValidationError

from assistant.errors import InvalidInput
from assistant.language import _
from assistant.table.records import TableTrial

# A table of the largest size takes a minute or two, after the machine is free.
LIMIT_S = 600.0


class RunningTrial:
    """One table on trial. `close` ends it at any time and removes the copy of the table."""

    def __init__(self, table: bytes, name: str, target: str | None = None) -> None:
        self.name = name
        self.table = table
        self._folder = tempfile.TemporaryDirectory(prefix="probewise-", ignore_cleanup_errors=True)
        path = Path(self._folder.name) / "table.csv"
        path.write_bytes(table)
        command = [sys.executable, "-m", "assistant.table.trial", str(path), name, *([target] if target else [])]
        self._process = subprocess.Popen(  # noqa: S603  our own module
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )

    @property
    def done(self) -> bool:
        """Whether `result` need not wait."""
        return self._process.poll() is not None

    def result(self) -> TableTrial:
        """What was found, after waiting for it; raises `InvalidInput` for a table that cannot be used."""
        try:
            printed, said = self._process.communicate(timeout=LIMIT_S)
        except subprocess.TimeoutExpired as error:
            self.close()
            raise InvalidInput(
                _("{name} took more than {seconds:.0f} s; give a part of it.").format(name=self.name, seconds=LIMIT_S)
            ) from error
        finally:
            self._folder.cleanup()
        if self._process.returncode == 2:
            raise InvalidInput(said.strip())
        try:
            return TableTrial.model_validate_json(printed)
        except ValidationError as error:
            raise InvalidInput(
                _("The models could not be tried on {name}; the terminal may say why. Try fewer columns.").format(
                    name=self.name
                )
            ) from error

    def close(self) -> None:
        """End the process and forget the table."""
        self._process.kill()
        self._process.communicate()
        self._folder.cleanup()

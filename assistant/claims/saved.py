"""The last check of the ledger on this machine, kept in one file so that the page can show it."""

from __future__ import annotations

from pathlib import Path

from pydantic import ValidationError

from assistant.claims.records import CheckedLedger
from assistant.language import _
from probes.directories import data_directory
from probes.environments import installed_versions
from probes.hardware import machine


def save(ledger: CheckedLedger) -> str | None:
    """Keep the ledger, and of the last one what was not checked anew; a sentence when that fails, else None."""
    path = _path()
    before = last()
    results = {result.claim: result for each in (before, ledger) if each for result in each.results}
    merged = ledger.model_copy(update={"results": tuple(results.values())})
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = path.with_suffix(".new")
        draft.write_text(merged.model_dump_json(), encoding="utf-8")
        draft.replace(path)
    except OSError as error:
        return _("The checks cannot be kept in {path}: {reason}. They are shown this once.").format(
            path=path, reason=error.strerror
        )
    return None


def last() -> CheckedLedger | None:
    """The last check, if it was made on this machine with the versions that are installed now."""
    try:
        ledger = CheckedLedger.model_validate_json(_path().read_bytes())
    except (OSError, ValidationError):
        return None
    applies = ledger.fingerprint == machine().fingerprint and ledger.versions == installed_versions()
    return ledger if applies else None


def _path() -> Path:
    return data_directory() / "claims.json"

"""The last check of the ledger on this machine, kept in one file so that the page can show it."""

from __future__ import annotations

from pathlib import Path

from filelock import FileLock
from pydantic import ValidationError

from assistant.claims.records import CheckedLedger, CheckResult, Repeat
from assistant.language import _
from probes.directories import data_directory
from probes.environments import installed_versions
from probes.hardware import machine


def save(ledger: CheckedLedger) -> str | None:
    """Keep the ledger, and of the last one what was not checked anew; a sentence when that fails, else None."""
    path = _path()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(path.with_suffix(".lock")):
            draft = path.with_suffix(".new")
            draft.write_text(merged(last(), ledger).model_dump_json(), encoding="utf-8")
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


def merged(before: CheckedLedger | None, ledger: CheckedLedger) -> CheckedLedger:
    """The ledger, and of the one before what it does not decide anew: a run that failed unsettles nothing."""
    results = {result.claim: result for result in before.results} if before else {}
    for result in ledger.results:
        earlier = results.get(result.claim)
        results[result.claim] = _after(earlier, result) if earlier else result
    return ledger.model_copy(update={"results": tuple(results.values())})


def _after(earlier: CheckResult, result: CheckResult) -> CheckResult:
    """What is known of a claim after another check; one in vain is told beside the outcome that stays."""
    if result.checked_at < earlier.checked_at:
        return earlier
    if earlier.outcome is None or result.undecided is None:
        return result
    repeat = Repeat(checked_at=result.checked_at, undecided=result.undecided, problem=result.problem or "")
    return earlier.model_copy(update={"repeat": repeat})


def _path() -> Path:
    return data_directory() / "claims.json"

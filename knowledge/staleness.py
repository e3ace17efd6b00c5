"""Which facts and claims should be read again: their versions lag the installed ones, or they are old."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from packaging.version import Version

from knowledge.collection import Knowledge
from knowledge.schema import Dated

MAX_AGE_DAYS = 180


@dataclass(frozen=True)
class Lag:
    """A distribution that is installed in a newer minor version than a record speaks of."""

    distribution: str
    recorded: str
    installed: str


@dataclass(frozen=True)
class Stale:
    """A record to read again. `lags` may be empty when only its age, in days, is too great."""

    file: str
    id: str
    checked: date
    age_days: int
    lags: tuple[Lag, ...]


def stale(knowledge: Knowledge, installed: Mapping[str, str], today: date) -> list[Stale]:
    """The facts and claims that lag `installed` (distribution to version) by a minor version or more, or that were
    checked over `MAX_AGE_DAYS` days before `today`, oldest first. Raises `packaging.version.InvalidVersion` for an
    installed version that is none.
    """
    found = []
    for entry in knowledge.entries:
        if isinstance(entry.record, Dated):
            lags = _lags(entry.record, installed)
            age_days = (today - entry.record.checked).days
            if lags or age_days > MAX_AGE_DAYS:
                found.append(Stale(entry.file, entry.id, entry.record.checked, age_days, lags))
    return sorted(found, key=lambda record: (record.checked, record.file, record.id))


def _lags(record: Dated, installed: Mapping[str, str]) -> tuple[Lag, ...]:
    return tuple(
        Lag(distribution, recorded, installed[distribution])
        for distribution, recorded in record.versions.items()
        if distribution in installed and Version(installed[distribution]).release[:2] > Version(recorded).release[:2]
    )

"""Which records should be read again; and that none of those that are shipped should."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from importlib.metadata import distributions

import pytest

from assistant import cli
from knowledge.collection import Entry, Knowledge
from knowledge.load import load
from knowledge.schema import Fact
from knowledge.staleness import MAX_AGE_DAYS, Lag, stale

CHECKED = date(2026, 11, 21)
FILE = "frameworks/tensorflow.toml"


def fact(name: str, checked: date = CHECKED, **versions: str) -> Entry:
    record = Fact(
        id=name, dimension="install", statement="So it is.", sources=("notes",), checked=checked, versions=versions
    )
    return Entry(FILE, "fact", record)


def known(*entries: Entry) -> Knowledge:
    return Knowledge(entries)


def test_nothing_is_stale_when_versions_agree_and_days_are_few() -> None:
    assert stale(known(fact("a", tensorflow="2.21.0")), {"tensorflow": "2.21.5"}, CHECKED) == []


def test_a_newer_minor_version_makes_the_records_that_speak_of_it_stale() -> None:
    (found,) = stale(
        known(fact("a", tensorflow="2.21.0"), fact("b", torch="2.21.0")), {"tensorflow": "2.22.0"}, CHECKED
    )
    assert (found.id, found.file) == ("a", FILE)
    assert found.lags == (Lag("tensorflow", "2.21.0", "2.22.0"),)


def test_an_older_installation_makes_nothing_stale() -> None:
    assert stale(known(fact("a", torch="2.13.0")), {"torch": "2.10.0", "jax": "0.9.0"}, CHECKED) == []


def test_age_alone_makes_a_record_stale_after_half_a_year_and_the_oldest_stands_first() -> None:
    records = known(fact("a", CHECKED + timedelta(days=1)), fact("b"))
    last_good = CHECKED + timedelta(days=MAX_AGE_DAYS)
    assert stale(records, {}, last_good) == []
    assert [record.id for record in stale(records, {}, last_good + timedelta(days=1))] == ["b"]
    found = stale(records, {}, last_good + timedelta(days=2))
    assert [(record.id, record.age_days, record.lags) for record in found] == [
        ("b", MAX_AGE_DAYS + 2, ()),
        ("a", MAX_AGE_DAYS + 1, ()),
    ]


def test_the_command_lists_what_is_stale_today(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    today = datetime.now(UTC).date()
    old = today - timedelta(days=MAX_AGE_DAYS + 1)
    records = known(fact("old", old), fact("lagging", today, torch="2.13.0"), fact("fresh", today, torch="2.14.0"))
    monkeypatch.setattr(cli, "load", lambda: records)
    monkeypatch.setattr(cli, "installed_versions", lambda: {"torch": "2.14.1+cpu"})
    cli.claims(stale=True, as_json=True)
    assert {record["id"] for record in json.loads(capsys.readouterr().out)} == {"old", "lagging"}


def test_what_is_shipped_keeps_up_with_the_calendar_and_with_what_this_project_installs() -> None:
    installed = {distribution.metadata["Name"].lower(): distribution.version for distribution in distributions()}
    again = [record.id for record in stale(load(), installed, datetime.now(UTC).date())]
    assert again == [], "read these again at their sources, then renew their dates and versions"

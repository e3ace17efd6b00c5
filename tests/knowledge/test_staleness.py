from __future__ import annotations

from datetime import date, timedelta
from importlib.metadata import distributions

from knowledge.load import load
from knowledge.staleness import MAX_AGE_DAYS, Lag, stale

CHECKED = date(2026, 11, 21)

# Facts to read again when somebody next visits their source: known to lag what this project installs.
KNOWN_TO_LAG = {"pytorch.apple"}


def test_nothing_is_stale_when_versions_agree_and_days_are_few():
    assert stale(load(), {"tensorflow": "2.21.5"}, CHECKED) == []


def test_a_newer_minor_version_makes_the_records_that_speak_of_it_stale():
    found = {record.id: record for record in stale(load(), {"tensorflow": "2.22.0"}, CHECKED)}
    assert found["tensorflow.python-versions"].lags == (Lag("tensorflow", "2.21.0", "2.22.0"),)
    assert found["tensorflow-symbolic-maths"].file == "claims/architecture.toml"
    assert "pytorch.hubs" not in found


def test_an_older_installation_makes_nothing_stale():
    assert stale(load(), {"torch": "2.10.0", "jax": "0.9.0"}, CHECKED) == []


def test_age_alone_makes_everything_stale_after_half_a_year():
    last_good = CHECKED + timedelta(days=MAX_AGE_DAYS)
    assert stale(load(), {}, last_good) == []
    found = stale(load(), {}, last_good + timedelta(days=1))
    assert len(found) == len(load().facts) + len(load().claims)
    assert all(record.age_days == MAX_AGE_DAYS + 1 and not record.lags for record in found)


def test_the_facts_keep_up_with_what_this_project_installs():
    installed = {distribution.metadata["Name"].lower(): distribution.version for distribution in distributions()}
    lagging = {record.id for record in stale(load(), installed, CHECKED)}
    assert lagging == KNOWN_TO_LAG, "read these again at their sources, then raise their versions"

"""A second visit: what was measured on the first is there at once, and measured again only when asked."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import pytest

from assistant.project import Project
from assistant.target import interview_workloads
from probes.candidates import CANDIDATES
from probes.environments import installed_versions
from probes.hardware import machine
from probes.report import Measurement
from probes.store import History
from tests.browser.driving import FIRST_QUESTION, question
from tests.runs import a_report, a_row

BUDGET_S = 60.0

pytestmark = [pytest.mark.browser, pytest.mark.frameworks]


def test_nothing_is_measured_until_one_asks(serve, open_page, tmp_path) -> None:
    rows = tuple(a_row(candidate.id, 2.0 + index) for index, candidate in enumerate(CANDIDATES))
    main, *rungs = interview_workloads(Project())
    report = a_report(
        machine(),
        datetime.now(UTC).isoformat(),
        versions=installed_versions(),
        workload=main,
        candidates=rows,
        rungs=tuple(Measurement(workload=rung, candidates=rows) for rung in rungs),
    )
    History(tmp_path / "history.sqlite3").save(report)

    server = serve(BUDGET_S)
    page = open_page(server.address)
    question(page, FIRST_QUESTION).wait_for()
    page.get_by_text(re.compile("I measured here (today|yesterday) at")).wait_for()
    again = page.get_by_role("button", name="Measure again")
    again.wait_for()
    assert not server.workers()

    again.click()
    page.get_by_text("s to go").wait_for()
    page.get_by_text(re.compile("Until it is done you see what was measured (today|yesterday) at")).wait_for()

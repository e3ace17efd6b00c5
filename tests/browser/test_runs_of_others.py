"""A stranger's file in a real browser: it is compared, and nothing in it is acted on."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from probes.environments import installed_versions
from probes.hardware import machine
from probes.history.archive import pack
from probes.store import History
from tests.runs import COLLEAGUE, a_report, a_row

HOSTILE = (
    "![x](https://evil.example/x.png) https://evil.example www.evil.example me@evil.example :material/home: :smile: "
    "<img src=x onerror=alert(1)> <script>alert(1)</script> [c](javascript:alert(1)) :red[r] $x^2$ `c` **b**"
)

pytestmark = pytest.mark.browser


def test_a_hostile_file_is_shown_letter_by_letter(serve, open_page, tmp_path) -> None:
    """The page's watcher fails the test for any request outside this machine."""
    own = a_report(machine(), workload_id="mlp-tiny", versions=installed_versions(), rungs=())
    History(tmp_path / "history.sqlite3").save(own)
    theirs = a_report(
        COLLEAGUE.model_copy(update={"cpu": HOSTILE}),
        workload_id="mlp-tiny",
        versions={"jax": HOSTILE},
        candidates=(a_row().model_copy(update={"device": HOSTILE, "error": HOSTILE}),),
        rungs=(),
    )
    (tmp_path / "runs.json").write_bytes(pack([theirs], compressed=False).content)

    page = open_page(f"{serve(0).address}/measurements")
    page.on("dialog", lambda dialog: pytest.fail(f"the page says {dialog.message}"))
    page.get_by_role("button", name="Compare with another machine").click()
    page.locator("input[type=file]").set_input_files(tmp_path / "runs.json")
    there = page.get_by_test_id("stMarkdown").filter(has_text="There")
    there.wait_for()
    shown = there.inner_text().replace("\u2060", "")
    assert f"8 cores ({HOSTILE}), 24 GB" in shown
    assert f"jax {HOSTILE}." in shown
    assert (
        there.locator("a, img, script, code, em, .katex, [data-testid=stIconMaterial], [class*=color]").count() == 0
    )
    expect(there.locator("strong")).to_have_text(["Here", "There"])
    page.get_by_text("All figures").wait_for()

"""Pictures of every page, on a desktop and a phone, light and dark: `python -m tests.browser.take_pictures FOLDER`.

Starts the app and measures for real, once, before the pictures are taken; look at them after a change of the pages.
"""

from __future__ import annotations

import sys
import tempfile
from itertools import product
from pathlib import Path
from urllib.parse import quote

from playwright.sync_api import Browser, Page, sync_playwright

from knowledge.load import load
from tests.browser.chromium import FLAGS, system_chromium
from tests.browser.driving import FIRST_QUESTION, ORDINARY_ANSWERS, SECOND_QUESTION, pick, question, running_app, talk

SIZES = {"desktop": (1280, 800), "phone": (390, 844)}
SCHEMES = ("light", "dark")
BUDGET_S = 60.0
WAIT_MS = 1000 * 6 * BUDGET_S

# Claims that are decided for the pictures, one by a script and one with a chart: neither takes any timing.
DECIDED = ("keras-on-theano-and-cntk", "tensorflow-larger-install")
DECIDING_MS = 120_000

# What charts and bars take to come to rest.
SETTLE_MS = 1500

ANSWERS = ORDINARY_ANSWERS | {
    "How many photos do you have?": "50,000 photos",
    "How many pixels wide are the pictures you train on?": "64 pixels",
    "How large are the data on disk?": "1 GB",
}


def main(folder: Path) -> None:
    """Write the pictures into `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    with (
        tempfile.TemporaryDirectory() as home,
        running_app(Path(home), BUDGET_S) as server,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(executable_path=system_chromium(), args=list(FLAGS))
        for size, scheme in product(SIZES, SCHEMES):
            _take(browser, server.address, folder, size, scheme)
        browser.close()


def _take(browser: Browser, address: str, folder: Path, size: str, scheme: str) -> None:
    width, height = SIZES[size]
    context = browser.new_context(viewport={"width": width, "height": height}, color_scheme=scheme)
    page = context.new_page()

    def picture(name: str) -> None:
        page.wait_for_timeout(SETTLE_MS)
        page.screenshot(path=folder / f"{size}-{scheme}-{name}.png")

    page.goto(address)
    question(page, FIRST_QUESTION).wait_for()
    picture("first-question")
    pick(page, "Photos: tell what is in them", SECOND_QUESTION)
    talk(page, ANSWERS)
    picture("interview")
    # A person who takes their time: meanwhile everybody is measured, or shown as on an earlier visit.
    again = page.get_by_role("button", name="Measure again")
    again.or_(page.get_by_text("Until it is done you see")).wait_for(timeout=WAIT_MS)
    if not again.is_visible():
        page.get_by_role("button", name="Stop measuring").click()
        again.wait_for()
    page.get_by_role("button", name="Enough questions, show the answer").click()
    page.get_by_text("% sure").wait_for()
    page.get_by_test_id("stMain").evaluate("main => main.scrollTo(0, 0)")
    picture("recommendation")
    page.get_by_role("link", name="Your job in full").click()
    page.get_by_text("One epoch, with its 90").first.wait_for()
    page.set_viewport_size({"width": width, "height": 3 * height})
    picture("job")
    page.set_viewport_size({"width": width, "height": height})
    page.go_back()
    page.get_by_role("link", name="What was measured").first.click()
    page.get_by_role("button", name="Download CSV").wait_for()
    picture("measurements")
    page.set_viewport_size({"width": width, "height": 3 * height})
    picture("measurements-whole")
    page.set_viewport_size({"width": width, "height": height})
    page.goto(f"{address}/claims")
    page.get_by_role("button", name="Show more").wait_for()
    picture("claims")
    page.goto(f"{address}/claims?list=facts")
    page.get_by_role("heading", name="What is known").wait_for()
    picture("facts")
    for claim in DECIDED:
        _decide(page, address, claim)
        picture(f"claims-{claim}")
    page.goto(f"{address}/accuracy")
    page.get_by_text("Every job, the costliest pick first").wait_for()
    page.set_viewport_size({"width": width, "height": 3 * height})
    picture("accuracy")
    context.close()


def _decide(page: Page, address: str, claim_id: str) -> None:
    """Show a single claim as this machine has decided it, once for all pictures."""
    page.goto(f"{address}/claims?text={quote(load().claim(claim_id).statement)}")
    card = page.locator(f".st-key-claim-{claim_id}")
    first, again = (card.get_by_role("button", name=name) for name in ("Let this machine decide", "Decide again"))
    first.or_(again).wait_for()
    if first.is_visible():
        first.click()
    again.wait_for(timeout=DECIDING_MS)
    again.scroll_into_view_if_needed()


if __name__ == "__main__":
    main(Path(sys.argv[1]))

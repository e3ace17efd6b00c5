"""How long a person waits for the page, in a real Chromium: `python -m tests.browser.response_times [BUDGET_S]`.

Prints the median and the worst of the time until the first question is visible, on the first visit of a server and
on later ones, and of the time from a click on an answer to the next question. The app trains nothing beside it unless
seconds to measure for are given. The targets are for a machine with nothing else to do.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from time import perf_counter

from playwright.sync_api import Browser, Page, sync_playwright

from tests.browser.chromium import FLAGS, system_chromium
from tests.browser.driving import FIRST_QUESTION, ORDINARY_ANSWERS, question, running_app

SERVERS, LATER_VISITS = 3, 3
FIRST_PAGE_S, NEXT_QUESTION_S = 1.5, 0.3
PATIENCE_MS = 120_000

ANSWERS = ORDINARY_ANSWERS | {FIRST_QUESTION: "Photos: tell what is in them"}
NOT_SURE = "Not sure"

# What is asked now stands in bold in the last message of the chat; beside an answer that is the first one, the title.
TITLE = "Which deep-learning framework, on this machine, for your project?"
ASKED = (
    "() => [...document.querySelectorAll('[data-testid=stChatMessage]')].at(-1)?.querySelector('strong')?.innerText"
)


def main(budget_s: float) -> None:
    """Measure and print."""
    first, later, answers = [], [], []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=system_chromium(), args=list(FLAGS))
        for _server in range(SERVERS):
            with tempfile.TemporaryDirectory() as home, running_app(Path(home), budget_s) as server:
                visits = [visit(browser, server.address) for _visit in range(1 + LATER_VISITS)]
                first += visits[:1]
                later += visits[1:]
                answers += interview(browser, server.address)
        browser.close()
    show("first page of a server's first visit", first, FIRST_PAGE_S)
    show("first page of later visits", later, FIRST_PAGE_S)
    show("next question after an answer", answers, NEXT_QUESTION_S)


def visit(browser: Browser, address: str) -> float:
    """Seconds from the request until the first question is visible, for somebody who was never here."""
    page = _new_page(browser)
    began = perf_counter()
    page.goto(address, wait_until="commit")
    question(page, FIRST_QUESTION).wait_for()
    waited_s = perf_counter() - began
    page.context.close()
    return waited_s


def interview(browser: Browser, address: str) -> list[float]:
    """Seconds from each click on an answer to the next question, until there is none."""
    page = _new_page(browser)
    page.goto(address)
    question(page, FIRST_QUESTION).wait_for()
    waited_s = list(_answers(page))
    page.context.close()
    return waited_s


def show(what: str, seconds: list[float], target_s: float) -> None:
    """One line."""
    print(
        f"{what}: median {median(seconds):.2f} s, worst {max(seconds):.2f} s of {len(seconds)} (target {target_s} s)"
    )


def _new_page(browser: Browser) -> Page:
    context = browser.new_context()
    context.set_default_timeout(PATIENCE_MS)
    return context.new_page()


def _answers(page: Page) -> Iterator[float]:
    while (asked := page.evaluate(ASKED)) != TITLE:
        page.locator("[data-test-script-state=notRunning]").first.wait_for()
        answer = ANSWERS.get(asked, NOT_SURE)
        option = page.get_by_role("radio", name=answer, exact=True)
        option = option.or_(page.get_by_role("button", name=answer, exact=True))
        began = perf_counter()
        option.click()
        page.wait_for_function(f"asked => {{ const now = ({ASKED})(); return now && now !== asked }}", arg=asked)
        yield perf_counter() - began


if __name__ == "__main__":
    main(float(sys.argv[1]) if len(sys.argv) > 1 else 0.0)

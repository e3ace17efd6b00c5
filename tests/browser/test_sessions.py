"""Tabs and processes: what a tab starts ends with it, and two tabs do not disturb each other's figures."""

from __future__ import annotations

from pathlib import Path

import psutil
import pytest

from tests.browser.driving import FIRST_QUESTION, SECOND_QUESTION, Server, pick, question

FRAMEWORKS = ("torch", "tensorflow", "keras", "jax", "jaxlib")
BUDGET_S = 60.0
END_S = 15.0
WORKERS_MS = 60_000

pytestmark = [pytest.mark.browser, pytest.mark.frameworks]


def test_closing_the_tab_ends_the_worker_processes(serve, open_page) -> None:
    server = serve(BUDGET_S)
    page = open_page(server.address)
    page.get_by_text("s to go").wait_for()
    workers = _wait_for_workers(server, page)
    page.close()
    _gone, alive = psutil.wait_procs(workers, END_S)
    assert not alive
    assert not server.workers()


def test_a_second_tab_waits_and_says_so(serve, open_page) -> None:
    server = serve(BUDGET_S)
    first = open_page(server.address)
    first.get_by_text("s to go").wait_for()
    second = open_page(server.address)
    second.get_by_text("Waiting to measure").wait_for()
    pick(second, "Photos: tell what is in them", SECOND_QUESTION)
    first.close()
    second.get_by_text("s to go").wait_for()


def test_measuring_can_be_stopped_and_the_chat_goes_on(serve, open_page) -> None:
    server = serve(BUDGET_S)
    page = open_page(server.address)
    page.get_by_text("s to go").wait_for()
    workers = _wait_for_workers(server, page)
    page.get_by_role("button", name="Stop measuring").click()
    page.get_by_text("Measuring is stopped").wait_for()
    _gone, alive = psutil.wait_procs(workers, END_S)
    assert not alive
    pick(page, "Photos: tell what is in them", SECOND_QUESTION)
    page.get_by_role("button", name="Measure again").click()
    page.get_by_text("s to go").wait_for()
    _wait_for_change(page)


def test_polling_leaves_what_is_being_typed_alone(serve, open_page) -> None:
    page = open_page(serve(BUDGET_S).address)
    question(page, FIRST_QUESTION).wait_for()
    typed = page.get_by_test_id("stChatInputTextArea")
    typed.fill("a time ser")
    _wait_for_change(page)
    assert typed.input_value() == "a time ser"
    typed.press_sequentially("ies")
    typed.press("Enter")
    question(page, SECOND_QUESTION).wait_for()


def test_the_app_never_loads_a_framework(serve, open_page) -> None:
    server = serve(0)
    page = open_page(server.address)
    pick(page, "A table of data: predict a category", SECOND_QUESTION)
    page.get_by_role("button", name="Enough questions, show the answer").click()
    page.get_by_text("% sure").wait_for()
    with page.expect_download():
        page.get_by_role("button", name="Download starter").click()
    page.get_by_role("link", name="Measurements").click()
    page.get_by_text("Measuring is switched off").wait_for()
    mapped = {Path(region.path).parts for region in server.process.memory_maps()}
    loaded = {part for parts in mapped if "site-packages" in parts for part in parts}
    assert "numpy" in loaded, "what is loaded can be seen"
    assert not loaded & set(FRAMEWORKS)


def _wait_for_change(page) -> None:
    """Wait until the seconds to go are other ones: the page follows the measuring by itself."""
    before = page.get_by_text("s to go").inner_text()
    page.wait_for_function(
        "text => ![...document.querySelectorAll('p')].some(line => line.innerText === text)", arg=before
    )


def _wait_for_workers(server: Server, page) -> list[psutil.Process]:
    for _attempt in range(round(WORKERS_MS / 100)):
        if workers := server.workers():
            return workers
        page.wait_for_timeout(100)
    pytest.fail("no worker was started")

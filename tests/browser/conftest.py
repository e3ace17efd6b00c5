"""Real servers with homes of their own, and a real Chromium whose every complaint fails the test."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, sync_playwright

from tests.browser.chromium import FLAGS, system_chromium
from tests.browser.driving import Server, running_app


@pytest.fixture
def serve(tmp_path) -> Iterator[Callable[[float], Server]]:
    """Starts servers that measure for so many seconds, and ends them."""
    with ExitStack() as servers:
        yield lambda budget_s: servers.enter_context(running_app(tmp_path, budget_s))


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=system_chromium(), args=list(FLAGS))
        yield browser
        browser.close()


@dataclass
class Watched:
    """What went wrong in a page's own eyes, and what it asked for outside this machine."""

    problems: list[str] = field(default_factory=list)

    def follow(self, page: Page) -> None:
        page.on("console", self._console)
        page.on("pageerror", lambda error: self.problems.append(f"error: {error}"))
        page.on("request", lambda request: self._local(request.url))

    def _console(self, message: ConsoleMessage) -> None:
        # Opened at a page's own address, Streamlit first looks for its server below that, in vain.
        looking = "/_stcore/" in urlsplit(message.location["url"]).path and "404" in message.text
        if message.type == "error" and not looking:
            self.problems.append(f"console: {message.text}")

    def _local(self, url: str) -> None:
        if not url.startswith(("http://127.0.0.1:", "data:", "blob:")):
            self.problems.append(f"asked for {url}")


@pytest.fixture
def open_page(chromium) -> Iterator[Callable[..., Page]]:
    """Opens pages in windows of their own; any error in their consoles fails the test."""
    watched, contexts = Watched(), []

    def opened(url: str, **window) -> Page:
        context: BrowserContext = chromium.new_context(accept_downloads=True, **window)
        context.set_default_timeout(30_000)
        contexts.append(context)
        page = context.new_page()
        watched.follow(page)
        page.goto(url)
        return page

    yield opened
    for context in contexts:
        context.close()
    assert not watched.problems

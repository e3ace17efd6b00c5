"""A real server on a free port of 127.0.0.1, with a home of its own, and a real Chromium."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

import psutil
import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, sync_playwright

from tests.browser.chromium import FLAGS, system_chromium
from tests.browser.driving import Server

COMMAND = Path(sys.executable).parent / "probewise"
START_S = 30.0


@pytest.fixture
def serve(tmp_path) -> Iterator[Callable[[float], Server]]:
    """Starts servers that measure for so many seconds, and ends them."""
    processes: list[subprocess.Popen[bytes]] = []

    def start(budget_s: float) -> Server:
        port = _free_port()
        environment = os.environ | {"PROBEWISE_HOME": str(tmp_path), "PROBEWISE_BUDGET_S": str(budget_s)}
        command = [str(COMMAND), "app", "--port", str(port)]
        processes.append(subprocess.Popen(command, env=environment))
        server = Server(f"http://127.0.0.1:{port}", psutil.Process(processes[-1].pid))
        _wait_for_health(server)
        return server

    yield start
    for process in processes:
        children = psutil.Process(process.pid).children(recursive=True)
        process.terminate()
        process.wait(START_S)
        psutil.wait_procs(children, START_S)


def _free_port() -> int:
    with closing(socket.socket()) as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def _wait_for_health(server: Server) -> None:
    deadline = time.monotonic() + START_S
    while True:
        try:
            with urllib.request.urlopen(f"{server.address}/_stcore/health", timeout=1):
                return
        except OSError:
            assert time.monotonic() < deadline, f"the server did not answer within {START_S:.0f} s"
            assert server.process.is_running(), "the server ended"
            time.sleep(0.1)


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
        if message.type == "error":
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

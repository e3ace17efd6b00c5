"""A running app, and what a person does with it."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil
from playwright.sync_api import Locator, Page

COMMAND = Path(sys.executable).parent / "probewise"
START_S = 30.0

# The interview's first two: the second shows that the first was answered.
FIRST_QUESTION, SECOND_QUESTION = "What do you want to build?", "What is it for?"


@dataclass(frozen=True)
class Server:
    """A running app; `address` is without a trailing slash."""

    address: str
    process: psutil.Process

    def workers(self) -> list[psutil.Process]:
        """The probe workers it has started."""
        found = self.process.children(recursive=True)
        return [child for child in found if "probes.worker" in " ".join(_command_line(child))]


@contextmanager
def running_app(home: Path, budget_s: float) -> Iterator[Server]:
    """The app as `probewise app` starts it, on a free port of 127.0.0.1; ended with all it has started."""
    port = _free_port()
    environment = os.environ | {"PROBEWISE_HOME": str(home), "PROBEWISE_BUDGET_S": str(budget_s)}
    process = subprocess.Popen([COMMAND, "app", "--port", str(port)], env=environment)
    server = Server(f"http://127.0.0.1:{port}", psutil.Process(process.pid))
    try:
        _wait_for_health(server)
        yield server
    finally:
        children = server.process.children(recursive=True)
        process.terminate()
        process.wait(START_S)
        psutil.wait_procs(children, START_S)


def question(page: Page, text: str) -> Locator:
    """The open question with this text."""
    return page.locator("strong", has_text=text)


def pick(page: Page, option: str, then: str) -> None:
    """Click an option and wait for what follows."""
    page.get_by_role("radio", name=option, exact=True).click()
    question(page, then).wait_for()


def _command_line(process: psutil.Process) -> list[str]:
    try:
        return process.cmdline()
    except psutil.NoSuchProcess:
        return []


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

"""A running app, and what a person does with it."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil
from playwright.sync_api import Locator, Page

COMMAND = Path(sys.executable).parent / "probewise"
START_S = 30.0

# The interview's first two: the second, which tells most whatever the task, shows that the first was answered.
FIRST_QUESTION, SECOND_QUESTION = "What do you want to build?", "Is there code that this must fit into?"


# What a person could say to every question but those about numbers.
ORDINARY_ANSWERS = {
    "What is it for?": "A product or service",
    "How much deep learning have you done?": "I have trained some",
    "Do you want to start from a published, pretrained model?": "No, train from scratch",
    "How far will you leave the beaten path?": "Standard layers and training",
    "What matters more: a first result soon, or fast training?": "Both in balance",
    "Where will the trained model run?": "On a server",
    "Which of these have you used?": "None of these",
    "How many GPUs or machines will train it?": "One machine, one device",
    SECOND_QUESTION: "No, I start fresh",
}


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


def talk(page: Page, answers: Mapping[str, str]) -> None:
    """Pick these options, by the question's text, in whatever order they are asked, until another question comes."""
    while asked := next((text for text in answers if question(page, text).is_visible()), None):
        # A click on what is being drawn anew may be lost.
        page.locator("[data-test-script-state=notRunning]").first.wait_for()
        radio = page.get_by_role("radio", name=answers[asked], exact=True)
        radio.or_(page.get_by_role("button", name=answers[asked], exact=True)).click()
        question(page, asked).wait_for(state="hidden")


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

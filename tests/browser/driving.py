"""What the browser tests do with a running app."""

from __future__ import annotations

from dataclasses import dataclass

import psutil
from playwright.sync_api import Locator, Page

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


def _command_line(process: psutil.Process) -> list[str]:
    try:
        return process.cmdline()
    except psutil.NoSuchProcess:
        return []


def question(page: Page, text: str) -> Locator:
    """The open question with this text."""
    return page.locator("strong", has_text=text)


def pick(page: Page, option: str, then: str) -> None:
    """Click an option and wait for what follows."""
    page.get_by_role("radio", name=option, exact=True).click()
    question(page, then).wait_for()

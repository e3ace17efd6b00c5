"""The browser that the tests drive: a Chromium of the system, else the one that Playwright installs.

`python -m tests.browser.chromium` makes sure there is one.
"""

from __future__ import annotations

import shutil
import subprocess
import sys

SYSTEM_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FLAGS = ("--no-sandbox", "--disable-gpu", "--disable-background-networking")


def system_chromium() -> str | None:
    """The path of an installed Chromium or Chrome, None without one."""
    return next((path for name in SYSTEM_NAMES if (path := shutil.which(name))), None)


def main() -> None:
    """Install Playwright's Chromium unless the system has one; exit with what to do when that fails."""
    if system_chromium():
        return
    installed = subprocess.run([sys.executable, "-m", "playwright", "install", "chromium"], check=False)
    if installed.returncode != 0:
        sys.exit(
            "probewise: the browser tests need Chromium; none is installed and Playwright could not download one. "
            "Install it with your system's packages (Debian: sudo apt install chromium), then run make test again."
        )


if __name__ == "__main__":
    main()

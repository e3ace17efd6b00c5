"""What is done in the background, so that nobody waits for it later."""

from __future__ import annotations

from collections.abc import Callable
from threading import Thread


def beside(name: str, work: Callable[[], object]) -> Thread:
    """Begin the work in a thread called `name`, with a second attempt at what it imports.

    Streamlit takes the script's folder out of `sys.path` after each run: who looks through it then skips one.
    """

    def attempted() -> None:
        try:
            work()
        except ModuleNotFoundError:
            work()

    thread = Thread(target=attempted, name=name, daemon=True)
    thread.start()
    return thread

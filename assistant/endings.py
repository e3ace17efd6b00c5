"""How a command is ended from outside."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import NoReturn


@contextmanager
def ended_as_interrupted() -> Iterator[None]:
    """A closed terminal or a request to end is what Ctrl-C is: what was begun is cleaned up."""

    def interrupt(_number: int, _frame: FrameType | None) -> NoReturn:
        # A terminal that is closed says so more than once, and would end the cleaning up.
        for number in unheard:
            signal.signal(number, signal.SIG_IGN)
        raise KeyboardInterrupt

    wanted = [getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name)]
    # Whoever started it may have told it to stay when the terminal is closed.
    unheard = [number for number in wanted if signal.getsignal(number) is signal.SIG_DFL]
    for number in unheard:
        signal.signal(number, interrupt)
    try:
        yield
    finally:
        for number in unheard:
            signal.signal(number, signal.SIG_DFL)

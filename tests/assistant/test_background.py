"""What is done in the background."""

from __future__ import annotations

import threading

from assistant.advice.conformal import widening
from assistant.advice.forecast import learn_ahead
from assistant.advice.typical import published
from assistant.background import beside


def test_a_module_that_was_not_found_is_looked_for_once_more() -> None:
    attempts: list[threading.Thread] = []

    def work() -> None:
        attempts.append(threading.current_thread())
        if len(attempts) == 1:
            raise ModuleNotFoundError("No module named 'somewhere'")

    thread = beside("work", work)
    thread.join()
    assert attempts == [thread, thread]
    assert thread is not threading.main_thread()


def test_what_forecasts_begin_with_is_learned_once() -> None:
    thread = learn_ahead("0" * 16)
    thread.join()
    assert learn_ahead("0" * 16) is thread
    learned = widening.cache_info().misses
    widening(published(), "0" * 16)
    assert widening.cache_info().misses == learned, "it was there"

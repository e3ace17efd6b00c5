"""How a command is ended from outside."""

from __future__ import annotations

import signal
from collections.abc import Iterator

import pytest

from assistant.endings import ended_as_interrupted


@pytest.fixture(params=[signal.SIGTERM, signal.SIGHUP], ids=lambda each: each.name)
def number(request: pytest.FixtureRequest) -> Iterator[signal.Signals]:
    """A signal that nobody hears, also where whoever runs the tests has it ignored."""
    before = signal.signal(request.param, signal.SIG_DFL)
    yield request.param
    signal.signal(request.param, before)


def test_to_be_asked_again_does_not_end_the_cleaning_up(number: signal.Signals) -> None:
    steps = []

    def work() -> None:
        try:
            signal.raise_signal(number)
        finally:
            signal.raise_signal(number)
            steps.append("cleaned up")

    with pytest.raises(KeyboardInterrupt), ended_as_interrupted():
        work()
    assert steps == ["cleaned up"]
    assert signal.getsignal(number) is signal.SIG_DFL


def test_who_is_told_to_stay_stays(number: signal.Signals) -> None:
    signal.signal(number, signal.SIG_IGN)
    with ended_as_interrupted():
        signal.raise_signal(number)
    assert signal.getsignal(number) is signal.SIG_IGN

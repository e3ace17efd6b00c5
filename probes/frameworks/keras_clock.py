"""Times the steps of one call of Keras's `fit`."""

from __future__ import annotations

from collections.abc import Callable
from time import perf_counter
from typing import Any

import keras


class Clock(keras.callbacks.Callback):  # type: ignore[misc]
    """`seconds` that the steps of a call of `fit` take, from begin to end with the device idle at both.

    `fit` executes `steps_per_execution` steps at a time, and in the end those that remain. The first execution also
    starts the data pipeline (12 ms on TensorFlow, where a small step takes 0.7), and with a remainder `fit` ends by
    starting its exhausted data anew. So only whole executions after the first are timed, if there are any, and their
    mean stands for the other steps.
    """

    seconds: float

    def __init__(self, synchronize: Callable[[], None], steps_per_execution: int) -> None:
        super().__init__()
        self._synchronize = synchronize
        self._per_execution = steps_per_execution

    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:  # noqa: ARG002
        """Decide which steps are timed: from `_begin` up to `_end`."""
        steps: int = self.params["steps"]
        whole = steps - steps % self._per_execution
        self._begin, self._end = (self._per_execution, whole) if whole > self._per_execution else (0, steps)
        self._times: dict[int, float] = {}

    def on_train_batch_begin(self, batch: int, logs: dict[str, Any] | None = None) -> None:  # noqa: ARG002
        """Take the time at both ends."""
        if batch in {self._begin, self._end}:
            self._take(batch)

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:  # noqa: ARG002
        """Stop, unless a remainder was left out."""
        if self._end not in self._times:
            self._take(self._end)
        steps: int = self.params["steps"]
        timed_s = self._times[self._end] - self._times[self._begin]
        self.seconds = timed_s * steps / (self._end - self._begin)

    def _take(self, step: int) -> None:
        self._synchronize()
        self._times[step] = perf_counter()

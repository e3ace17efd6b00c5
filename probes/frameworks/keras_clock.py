"""Times the steps of one call of Keras's `fit`."""

from __future__ import annotations

from collections.abc import Callable
from time import perf_counter
from typing import Any

import keras


class Clock(keras.callbacks.Callback):  # type: ignore[misc]
    """`seconds` that the steps of a call of `fit` take, from begin to end with the device idle at both.

    The first batch also starts the data pipeline (12 ms on TensorFlow, where a small step takes 0.7), so that of
    several steps only those after the first are timed, and their mean stands for the first.
    """

    seconds: float

    def __init__(self, synchronize: Callable[[], None]) -> None:
        super().__init__()
        self._synchronize = synchronize

    def on_train_batch_begin(self, batch: int, logs: dict[str, Any] | None = None) -> None:  # noqa: ARG002
        """Start, and start again once the first batch is done."""
        if batch < 2:
            self._synchronize()
            self._first, self._started = batch, perf_counter()

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:  # noqa: ARG002
        """Stop when the device has finished."""
        self._synchronize()
        steps: int = self.params["steps"]
        self.seconds = (perf_counter() - self._started) * steps / (steps - self._first)

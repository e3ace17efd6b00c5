"""Times the steps of one call of Keras's `fit`."""

from __future__ import annotations

from time import perf_counter
from typing import Any

import keras


class Clock(keras.callbacks.Callback):  # type: ignore[misc]
    """`seconds` from the begin of the first batch until the device has finished the last one."""

    seconds: float

    def on_train_batch_begin(self, batch: int, logs: dict[str, Any] | None = None) -> None:  # noqa: ARG002
        """Start with the first batch."""
        if batch == 0:
            self._started = perf_counter()

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:  # noqa: ARG002
        """Stop once a parameter of the last update could be read, for which every backend must wait."""
        keras.ops.convert_to_numpy(self.model.trainable_variables[-1])
        self.seconds = perf_counter() - self._started

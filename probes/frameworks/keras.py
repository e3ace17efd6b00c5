"""Keras on the backend that the mode names, trained by its own `fit`.

The timed loop is that of `fit` with its defaults, without metrics, on NumPy arrays: it includes the data path of
`fit` (each batch is sliced and brought to the device) and its callbacks, and excludes what a call of `fit` does once;
see `keras_clock`.

Keras is imported by the functions, because `configure` must choose the backend before the first import.
"""
# ruff: noqa: PLC0415

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Any

import numpy as np
from numpy.typing import NDArray

from probes.batches import Batch
from probes.frameworks import Trained, require_mode, require_tunings
from probes.frameworks.devices import require_units, short_name
from probes.settings import Settings
from probes.tunings import STEPS_PER_CALL
from probes.workloads import Workload

MODES = ("tensorflow", "jax", "torch")


@dataclass(frozen=True)
class Model:
    """A compiled Keras model, what clocks it, and the batch it trains on."""

    network: Any
    clock: Any
    batch: Batch
    tunings: frozenset[str]


def configure(mode: str, seed: int) -> None:
    """Choose the backend, import Keras, seed it and set up the GPU; raises `InvalidWorkload` for an unknown mode."""
    require_mode(mode, MODES)
    os.environ["KERAS_BACKEND"] = mode
    runtime = _runtime()
    import keras

    keras.utils.set_random_seed(seed)
    runtime.prepare(seed)


def versions() -> dict[str, str]:
    """{distribution: version} of what this adapter runs on."""
    from probes.frameworks import keras_network

    backend: dict[str, str] = _runtime().VERSIONS
    return keras_network.VERSIONS | backend


def build(
    workload: Workload,
    weights: Mapping[str, NDArray[np.float32]],
    batch: Batch,
    mode: str,
    tunings: frozenset[str] = frozenset(),
) -> Model:
    """The workload's network with these weights, compiled for `fit` with its optimizer and loss."""
    require_mode(mode, MODES)
    runtime = _runtime()
    require_tunings(tunings, "keras", mode, workload, runtime.device_name())
    require_units(tunings, runtime.compute_capability())
    from probes.frameworks import keras_network
    from probes.frameworks.keras_clock import Clock

    network = keras_network.build_network(workload, weights, tunings)
    steps_per_execution = STEPS_PER_CALL if "steps_per_execution" in tunings else 1
    network.model.compile(
        optimizer=keras_network.adam(),
        loss=keras_network.loss_function(workload.loss),
        steps_per_execution=steps_per_execution,
    )
    return Model(network, Clock(runtime.synchronize, steps_per_execution), batch, tunings)


def train(model: Model, steps: int) -> Trained:
    """Take `steps` optimizer steps, each on a copy of the batch, in one call of `fit`."""
    _runtime().use(model.tunings)
    # One copy more than steps: `fit` would spend the end of the epoch on starting its exhausted data anew. But where
    # the last execution has fewer steps than the others, it is the end of the data that ends it.
    copies = steps if steps % model.network.model.steps_per_execution else steps + 1
    inputs, targets = (np.concatenate([array] * copies) for array in model.batch)
    history = model.network.model.fit(
        inputs,
        targets,
        batch_size=len(model.batch.inputs),
        steps_per_epoch=steps,
        shuffle=False,
        verbose=0,
        callbacks=[model.clock],
    )
    return Trained(model.clock.seconds, float(history.history["loss"][0]))


def loss_and_gradients(model: Model) -> tuple[float, dict[str, NDArray[np.float32]]]:
    """The loss and the gradient of every canonical parameter at the present weights."""
    from probes.frameworks import keras_gradients

    _runtime().use(model.tunings)
    loss, gradients = keras_gradients.loss_and_gradients(model.network.model, model.batch)
    return loss, model.network.canonical_gradients(gradients)


def settings(model: Model) -> Settings:
    """What it is measured with."""
    from probes.frameworks import keras_network

    runtime = _runtime()
    runtime.use(model.tunings)
    scope, compiler = _compiled(model.network.model)
    return Settings(
        dtype=model.network.dtype,
        matmul_precision=runtime.matmul_precision(),
        memory_layout=model.network.memory_layout,
        compile_scope=scope,
        compiler=compiler,
        threads=runtime.threads(),
        optimizer=keras_network.describe(model.network.model.optimizer),
        steps_per_call=model.network.model.steps_per_execution,
        deterministic=runtime.deterministic(),
    )


def device(model: Model) -> str:
    """Where the first parameter lies."""
    return short_name(str(model.network.model.trainable_variables[0].value.device))


def device_memory_mb() -> float | None:
    """Peak memory of the GPU in MiB; None on a CPU."""
    peak: float | None = _runtime().peak_memory_mb()
    return peak


def _compiled(model: Any) -> tuple[str, str]:
    """Scope and compiler, in the words of `Settings`, of what `fit` calls.

    On JAX several steps per execution are a loop in Python around the compiled step.
    """
    backend = os.environ["KERAS_BACKEND"]
    if model.run_eagerly or (backend != "tensorflow" and not model.jit_compile):
        return "none", "none"
    scope = "steps" if backend == "tensorflow" and model.steps_per_execution > 1 else "step"
    if not model.jit_compile:
        return scope, "graph"
    return scope, "inductor" if backend == "torch" else "xla"


def _runtime() -> Any:
    return import_module(f"probes.frameworks.{os.environ['KERAS_BACKEND']}_runtime")

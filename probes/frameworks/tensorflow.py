"""TensorFlow: a network of Keras layers and an own training loop, as its guides write it.

The timed loop calls one `tf.function` per step (forward, gradients and update), compiled by XLA in mode `xla`, on a
batch that already lies on the device. Tuned, a call takes several steps in a loop of TensorFlow's own.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from time import perf_counter
from typing import Any

os.environ["KERAS_BACKEND"] = "tensorflow"

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from probes.batches import Batch
from probes.frameworks import (
    Trained,
    calls,
    keras_network,
    require_mode,
    require_tunings,
    tensorflow_runtime,
)
from probes.frameworks.devices import require_units, short_name
from probes.settings import Settings
from probes.tunings import STEPS_PER_CALL
from probes.workloads import Workload

MODES = ("graph", "xla")

Step = Callable[[tf.Tensor, tf.Tensor], tf.Tensor]
Advance = Callable[[int, tf.Tensor, tf.Tensor], tf.Tensor]


@dataclass(frozen=True)
class Model:
    """A network and its compiled functions, both for the batch that `build` was given.

    `advance` takes a number of steps, 1 unless `steps_per_call` is more, and the batch; it returns the sum of the
    steps' losses.
    """

    network: keras_network.Network
    advance: Advance
    gradients: Callable[[tf.Tensor, tf.Tensor], tuple[tf.Tensor, list[tf.Tensor]]]
    optimizer: Any
    inputs: tf.Tensor
    targets: tf.Tensor
    steps_per_call: int
    xla: bool
    tunings: frozenset[str]


def configure(mode: str, seed: int) -> None:
    """Seed every generator and set up the GPUs; raises `InvalidWorkload` for an unknown mode."""
    require_mode(mode, MODES)
    keras.utils.set_random_seed(seed)  # Keras's layers draw their own seeds
    tensorflow_runtime.prepare(seed)


def versions() -> dict[str, str]:
    """{distribution: version} of what this adapter runs on."""
    return tensorflow_runtime.VERSIONS | keras_network.VERSIONS


def build(
    workload: Workload,
    weights: Mapping[str, NDArray[np.float32]],
    batch: Batch,
    mode: str,
    tunings: frozenset[str] = frozenset(),
) -> Model:
    """The workload's network with these weights, its optimizer, and the batch on the device."""
    require_mode(mode, MODES)
    require_tunings(tunings, "tensorflow", mode, workload, tensorflow_runtime.device_name())
    require_units(tunings, tensorflow_runtime.compute_capability())
    network = keras_network.build_network(workload, weights, tunings)
    variables = network.model.trainable_variables
    loss_function = keras_network.loss_function(workload.loss)
    optimizer = keras_network.adam()
    optimizer.build(variables)

    def gradients(inputs: tf.Tensor, targets: tf.Tensor) -> tuple[tf.Tensor, list[tf.Tensor]]:
        with tf.GradientTape() as tape:
            loss = loss_function(targets, network.model(inputs, training=True))
        return loss, tape.gradient(loss, variables)

    def step(inputs: tf.Tensor, targets: tf.Tensor) -> tf.Tensor:
        loss, slopes = gradients(inputs, targets)
        optimizer.apply_gradients(zip(slopes, variables, strict=True))
        return loss

    xla, looped = mode == "xla", "while_loop" in tunings
    return Model(
        network=network,
        advance=_advance(step, xla=xla, looped=looped),
        gradients=tf.function(gradients, jit_compile=xla),
        optimizer=optimizer,
        inputs=tf.constant(batch.inputs),
        targets=tf.constant(batch.targets),
        steps_per_call=STEPS_PER_CALL if looped else 1,
        xla=xla,
        tunings=tunings,
    )


def train(model: Model, steps: int) -> Trained:
    """Take `steps` optimizer steps on the batch."""
    tensorflow_runtime.use(model.tunings)
    started = perf_counter()
    losses = [model.advance(count, model.inputs, model.targets) for count in calls(steps, model.steps_per_call)]
    tensorflow_runtime.synchronize()
    return Trained(perf_counter() - started, sum(float(loss) for loss in losses) / steps)


def loss_and_gradients(model: Model) -> tuple[float, dict[str, NDArray[np.float32]]]:
    """The loss and the gradient of every canonical parameter at the present weights."""
    tensorflow_runtime.use(model.tunings)
    loss, slopes = model.gradients(model.inputs, model.targets)
    dense = [tf.convert_to_tensor(slope).numpy() for slope in slopes]
    return float(loss), model.network.canonical_gradients(dense)


def settings(model: Model) -> Settings:
    """What it is measured with."""
    tensorflow_runtime.use(model.tunings)
    return Settings(
        dtype=model.network.dtype,
        matmul_precision=tensorflow_runtime.matmul_precision(),
        memory_layout=model.network.memory_layout,
        compile_scope="step" if model.steps_per_call == 1 else "steps",
        compiler="xla" if model.xla else "graph",
        threads=tensorflow_runtime.threads(),
        optimizer=keras_network.describe(model.optimizer),
        steps_per_call=model.steps_per_call,
        deterministic=tensorflow_runtime.deterministic(),
    )


def device(model: Model) -> str:
    """Where the first parameter lies."""
    return short_name(str(model.network.model.trainable_variables[0].value.device))


def device_memory_mb() -> float | None:
    """Peak memory of the GPU in MiB; None on a CPU."""
    return tensorflow_runtime.peak_memory_mb()


def _advance(step: Step, *, xla: bool, looped: bool) -> Advance:
    if not looped:
        single = tf.function(step, jit_compile=xla)
        return lambda _count, inputs, targets: single(inputs, targets)

    def loop(count: tf.Tensor, inputs: tf.Tensor, targets: tf.Tensor) -> tf.Tensor:
        # With `for _ in tf.range(count)`, which becomes such a loop, XLA compiles every count anew.
        def body(taken: tf.Tensor, total: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
            return taken + 1, total + step(inputs, targets)

        return tf.while_loop(lambda taken, _: taken < count, body, (tf.constant(0), tf.zeros(())))[1]

    several = tf.function(loop, jit_compile=xla)
    return lambda count, inputs, targets: several(tf.constant(count), inputs, targets)

"""TensorFlow: a network of Keras layers and an own training loop, as its guides write it.

The timed loop calls one `tf.function` per step (forward, gradients and update), compiled by XLA in mode `xla`, on a
batch that already lies on the device.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from time import perf_counter

os.environ["KERAS_BACKEND"] = "tensorflow"

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from probes.batches import Batch
from probes.frameworks import Trained, keras_network, require_mode, tensorflow_runtime
from probes.frameworks.devices import short_name
from probes.workloads import Workload

MODES = ("graph", "xla")


@dataclass(frozen=True)
class Model:
    """A network and its compiled functions; both take the batch that `build` was given."""

    network: keras_network.Network
    step: Callable[[tf.Tensor, tf.Tensor], tf.Tensor]
    gradients: Callable[[tf.Tensor, tf.Tensor], tuple[tf.Tensor, list[tf.Tensor]]]
    inputs: tf.Tensor
    targets: tf.Tensor


def configure(mode: str, seed: int) -> None:
    """Seed every generator and set up the GPUs; raises `InvalidWorkload` for an unknown mode."""
    require_mode(mode, MODES)
    tensorflow_runtime.prepare(seed)


def versions() -> dict[str, str]:
    """{distribution: version} of what this adapter runs on."""
    return tensorflow_runtime.VERSIONS | keras_network.VERSIONS


def build(workload: Workload, weights: Mapping[str, NDArray[np.float32]], batch: Batch, mode: str) -> Model:
    """The workload's network with these weights, its optimizer, and the batch on the device."""
    require_mode(mode, MODES)
    network = keras_network.build_network(workload, weights)
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

    xla = mode == "xla"
    return Model(
        network=network,
        step=tf.function(step, jit_compile=xla),
        gradients=tf.function(gradients, jit_compile=xla),
        inputs=tf.constant(batch.inputs),
        targets=tf.constant(batch.targets),
    )


def train(model: Model, steps: int) -> Trained:
    """Take `steps` optimizer steps on the batch."""
    started = perf_counter()
    losses = [model.step(model.inputs, model.targets) for _ in range(steps)]
    tensorflow_runtime.synchronize()
    return Trained(perf_counter() - started, float(np.mean([float(loss) for loss in losses])))


def loss_and_gradients(model: Model) -> tuple[float, dict[str, NDArray[np.float32]]]:
    """The loss and the gradient of every canonical parameter at the present weights."""
    loss, slopes = model.gradients(model.inputs, model.targets)
    dense = [tf.convert_to_tensor(slope).numpy() for slope in slopes]
    return float(loss), model.network.canonical_gradients(dense)


def device(model: Model) -> str:
    """Where the first parameter lies."""
    return short_name(str(model.network.model.trainable_variables[0].value.device))


def device_memory_mb() -> float | None:
    """Peak memory of the GPU in MiB; None on a CPU."""
    return tensorflow_runtime.peak_memory_mb()

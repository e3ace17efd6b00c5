"""Loss and gradients of a compiled Keras model on the present backend: Keras itself only trains with them."""
# ruff: noqa: PLC0415 - only the backend in use may be imported

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from probes.batches import Batch

Gradients = tuple[float, list[NDArray[np.float32]]]


def loss_and_gradients(model: keras.Model, batch: Batch) -> Gradients:
    """The loss on the batch, and its gradients in the order of `model.trainable_variables`."""
    return _BACKENDS[keras.backend.backend()](model, batch)


def _with_tensorflow(model: keras.Model, batch: Batch) -> Gradients:
    import tensorflow as tf

    def compute(inputs: Any, targets: Any) -> tuple[Any, Any]:
        with tf.GradientTape() as tape:
            loss = model.compute_loss(inputs, targets, model(inputs, training=True))
        return loss, tape.gradient(loss, model.trainable_variables)

    loss, gradients = tf.function(compute, jit_compile=model.jit_compile)(*map(tf.constant, batch))
    return float(loss), [tf.convert_to_tensor(gradient).numpy() for gradient in gradients]


def _with_jax(model: keras.Model, batch: Batch) -> Gradients:
    import jax

    def compute(trainable: Any, others: Any, inputs: Any, targets: Any) -> Any:
        outputs, _ = model.stateless_call(trainable, others, inputs, training=True)
        return model.compute_loss(inputs, targets, outputs)

    variables = ([v.value for v in group] for group in (model.trainable_variables, model.non_trainable_variables))
    loss, gradients = jax.jit(jax.value_and_grad(compute))(*variables, *batch)
    return float(loss), [np.asarray(gradient) for gradient in gradients]


def _with_torch(model: keras.Model, batch: Batch) -> Gradients:
    inputs, targets = map(keras.ops.convert_to_tensor, batch)
    model.zero_grad()
    loss = model.compute_loss(inputs, targets, model(inputs, training=True))
    loss.backward()
    gradients = [variable.value.grad.cpu().numpy().copy() for variable in model.trainable_variables]
    model.zero_grad()
    return loss.item(), gradients


_BACKENDS: dict[str, Callable[[keras.Model, Batch], Gradients]] = {
    "tensorflow": _with_tensorflow,
    "jax": _with_jax,
    "torch": _with_torch,
}

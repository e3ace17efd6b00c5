"""A workload's network as plain JAX functions of {canonical parameter name: array}."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import jax
import jax.numpy as jnp
from jax import lax

from probes.networks.layers import (
    BATCH_NORM_EPSILON,
    BATCH_NORM_MOMENTUM,
    GRU,
    LAYER_NORM_EPSILON,
    LSTM,
    Activation,
    Attention,
    AveragePool2D,
    BatchNorm,
    ClassToken,
    Conv2D,
    Dense,
    DepthwiseConv2D,
    Dropout,
    Embedding,
    FirstStep,
    Flatten,
    GlobalAveragePool,
    ImageToSequence,
    Layer,
    LayerNorm,
    MaxPool2D,
    Positions,
    Residual,
    Segments,
    TiedDense,
)
from probes.networks.shapes import EMBEDDING_TABLE, layer_name, place_layers, shortcut_prefix
from probes.workloads import Workload

Arrays = dict[str, jax.Array]


@dataclass
class Pass:
    """One pass through the network: what it reads, and the running statistics that it leaves behind."""

    parameters: Arrays
    statistics: Arrays
    key: jax.Array
    new_statistics: Arrays = field(default_factory=dict)


def initial_statistics(workload: Workload) -> Arrays:
    """Running mean and variance of every batch normalisation before training."""
    norms = [placed for placed in place_layers(workload) if isinstance(placed.layer, BatchNorm)]
    means = {f"{norm.name}.mean": jnp.zeros(norm.input_shape[-1]) for norm in norms}
    return means | {f"{norm.name}.variance": jnp.ones(norm.input_shape[-1]) for norm in norms}


def forward(layers: tuple[Layer, ...], run: Pass, values: jax.Array, prefix: str = "") -> jax.Array:
    """What the layers make of `values`, (batch, *shape)."""
    for position, layer in enumerate(layers):
        values = _LAYERS[type(layer)](layer, run, layer_name(prefix, position, layer), values)
    return values


def _dense(_layer: Dense, run: Pass, name: str, values: jax.Array) -> jax.Array:
    return _affine(run, name, values)


def _affine(run: Pass, name: str, values: jax.Array) -> jax.Array:
    return values @ run.parameters[f"{name}.kernel"] + run.parameters[f"{name}.bias"]


def _conv2d(layer: Conv2D, run: Pass, name: str, values: jax.Array) -> jax.Array:
    result = _convolve(values, run.parameters[f"{name}.kernel"], layer.stride, layer.groups)
    return result + run.parameters[f"{name}.bias"] if layer.bias else result


def _depthwise_conv2d(layer: DepthwiseConv2D, run: Pass, name: str, values: jax.Array) -> jax.Array:
    kernel = run.parameters[f"{name}.kernel"].swapaxes(2, 3)
    result = _convolve(values, kernel, layer.stride, values.shape[-1])
    return result + run.parameters[f"{name}.bias"] if layer.bias else result


def _convolve(values: jax.Array, kernel: jax.Array, stride: int, groups: int) -> jax.Array:
    return lax.conv_general_dilated(
        values,
        kernel,
        window_strides=(stride, stride),
        padding="SAME",
        dimension_numbers=("NHWC", "HWIO", "NHWC"),
        feature_group_count=groups,
    )


def _batch_norm(_layer: BatchNorm, run: Pass, name: str, values: jax.Array) -> jax.Array:
    axes, exact = tuple(range(values.ndim - 1)), values.astype(jnp.float32)
    batch = {"mean": exact.mean(axes), "variance": exact.var(axes)}
    for statistic, value in batch.items():
        running = run.statistics[f"{name}.{statistic}"]
        run.new_statistics[f"{name}.{statistic}"] = running + (1 - BATCH_NORM_MOMENTUM) * (value - running)
    factor = lax.rsqrt(batch["variance"] + BATCH_NORM_EPSILON) * run.parameters[f"{name}.scale"]
    return ((exact - batch["mean"]) * factor + run.parameters[f"{name}.offset"]).astype(values.dtype)


def _layer_norm(_layer: LayerNorm, run: Pass, name: str, values: jax.Array) -> jax.Array:
    exact = values.astype(jnp.float32)
    mean, variance = exact.mean(-1, keepdims=True), exact.var(-1, keepdims=True)
    factor = lax.rsqrt(variance + LAYER_NORM_EPSILON) * run.parameters[f"{name}.scale"]
    return ((exact - mean) * factor + run.parameters[f"{name}.offset"]).astype(values.dtype)


_ACTIVATIONS: dict[str, Callable[[jax.Array], jax.Array]] = {
    "relu": jax.nn.relu,
    "relu6": jax.nn.relu6,
    "gelu": lambda values: jax.nn.gelu(values, approximate=False),
    "tanh": jnp.tanh,
    "sigmoid": jax.nn.sigmoid,
    "swish": jax.nn.swish,
}


def _activation(layer: Activation, _run: Pass, _name: str, values: jax.Array) -> jax.Array:
    return _ACTIVATIONS[layer.function](values)


def _max_pool2d(layer: MaxPool2D, _run: Pass, _name: str, values: jax.Array) -> jax.Array:
    return _reduce_windows(layer, values, -jnp.inf, lax.max)


def _average_pool2d(layer: AveragePool2D, _run: Pass, _name: str, values: jax.Array) -> jax.Array:
    return _reduce_windows(layer, values, 0.0, lax.add) / layer.size**2


def _reduce_windows(layer: MaxPool2D | AveragePool2D, values: jax.Array, start: float, reduce: Any) -> jax.Array:
    window, strides = (1, layer.size, layer.size, 1), (1, layer.stride, layer.stride, 1)
    return lax.reduce_window(values, start, reduce, window, strides, "SAME")


def _global_average_pool(_layer: GlobalAveragePool, _run: Pass, _name: str, values: jax.Array) -> jax.Array:
    return values.mean(tuple(range(1, values.ndim - 1)))


def _flatten(_layer: Flatten, _run: Pass, _name: str, values: jax.Array) -> jax.Array:
    return values.reshape(values.shape[0], -1)


def _dropout(layer: Dropout, run: Pass, _name: str, values: jax.Array) -> jax.Array:
    run.key, key = jax.random.split(run.key)
    kept = jax.random.bernoulli(key, 1 - layer.rate, values.shape)
    return jnp.where(kept, values / (1 - layer.rate), 0)


def _embedding(_layer: Embedding, run: Pass, name: str, tokens: jax.Array) -> jax.Array:
    return run.parameters[f"{name}.table"][tokens]


def _positions(_layer: Positions, run: Pass, name: str, values: jax.Array) -> jax.Array:
    return values + run.parameters[f"{name}.positions"]


def _segments(_layer: Segments, run: Pass, name: str, values: jax.Array) -> jax.Array:
    return values + run.parameters[f"{name}.table"][0]


def _image_to_sequence(_layer: ImageToSequence, _run: Pass, _name: str, values: jax.Array) -> jax.Array:
    return values.reshape(values.shape[0], -1, values.shape[-1])


def _class_token(_layer: ClassToken, run: Pass, name: str, values: jax.Array) -> jax.Array:
    token = jnp.broadcast_to(run.parameters[f"{name}.token"], (values.shape[0], 1, values.shape[-1]))
    return jnp.concatenate([token, values], axis=1)


def _first_step(_layer: FirstStep, _run: Pass, _name: str, values: jax.Array) -> jax.Array:
    return values[:, 0]


def _tied_dense(_layer: TiedDense, run: Pass, _name: str, values: jax.Array) -> jax.Array:
    return values @ run.parameters[EMBEDDING_TABLE].T


def _lstm(layer: LSTM, run: Pass, name: str, values: jax.Array) -> jax.Array:
    recurrent = run.parameters[f"{name}.recurrent_kernel"]

    def step(carry: tuple[jax.Array, jax.Array], projected: jax.Array) -> tuple[Any, jax.Array]:
        state, cell = carry
        gates = projected + state @ recurrent
        take, forget, candidate, give = jnp.split(gates, 4, axis=-1)
        cell = jax.nn.sigmoid(forget) * cell + jax.nn.sigmoid(take) * jnp.tanh(candidate)
        state = jax.nn.sigmoid(give) * jnp.tanh(cell)
        return (state, cell), state

    start = jnp.zeros((values.shape[0], layer.units), values.dtype)
    (last, _), states = lax.scan(step, (start, start), _affine(run, name, values).swapaxes(0, 1))
    return states.swapaxes(0, 1) if layer.return_sequences else last


def _gru(layer: GRU, run: Pass, name: str, values: jax.Array) -> jax.Array:
    recurrent, bias = run.parameters[f"{name}.recurrent_kernel"], run.parameters[f"{name}.recurrent_bias"]

    def step(state: jax.Array, projected: jax.Array) -> tuple[jax.Array, jax.Array]:
        update_input, reset_input, candidate_input = jnp.split(projected, 3, axis=-1)
        update_state, reset_state, candidate_state = jnp.split(state @ recurrent + bias, 3, axis=-1)
        update = jax.nn.sigmoid(update_input + update_state)
        candidate = jnp.tanh(candidate_input + jax.nn.sigmoid(reset_input + reset_state) * candidate_state)
        state = update * state + (1 - update) * candidate
        return state, state

    projected = values @ run.parameters[f"{name}.kernel"] + run.parameters[f"{name}.input_bias"]
    start = jnp.zeros((values.shape[0], layer.units), values.dtype)
    last, states = lax.scan(step, start, projected.swapaxes(0, 1))
    return states.swapaxes(0, 1) if layer.return_sequences else last


def _attention(layer: Attention, run: Pass, name: str, values: jax.Array) -> jax.Array:
    batch, steps, width = values.shape
    heads = (batch, steps, layer.heads, width // layer.heads)
    query, key, value = (
        _affine(run, f"{name}.{projection}", values).reshape(heads) for projection in ("query", "key", "value")
    )
    attended = jax.nn.dot_product_attention(query, key, value, is_causal=layer.causal)
    return _affine(run, f"{name}.output", attended.reshape(batch, steps, width))


def _residual(layer: Residual, run: Pass, name: str, values: jax.Array) -> jax.Array:
    main = forward(layer.layers, run, values, f"{name}.")
    return main + forward(layer.shortcut, run, values, shortcut_prefix(name))


_LAYERS: dict[type[Any], Callable[[Any, Pass, str, jax.Array], jax.Array]] = {
    Dense: _dense,
    Conv2D: _conv2d,
    DepthwiseConv2D: _depthwise_conv2d,
    BatchNorm: _batch_norm,
    LayerNorm: _layer_norm,
    Activation: _activation,
    MaxPool2D: _max_pool2d,
    AveragePool2D: _average_pool2d,
    GlobalAveragePool: _global_average_pool,
    Flatten: _flatten,
    Dropout: _dropout,
    Embedding: _embedding,
    Positions: _positions,
    Segments: _segments,
    ImageToSequence: _image_to_sequence,
    ClassToken: _class_token,
    FirstStep: _first_step,
    TiedDense: _tied_dense,
    LSTM: _lstm,
    GRU: _gru,
    Attention: _attention,
    Residual: _residual,
}

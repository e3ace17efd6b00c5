"""The trainable parameters of a workload under canonical names and shapes, and their initial values.

A parameter is called after its layer: `0.dense.kernel`, `2.residual.0.conv2d.kernel`,
`2.residual.shortcut.0.conv2d.kernel`. Layouts: dense kernels are (inputs, units); convolution kernels
(height, width, channels / groups, filters), depthwise ones (height, width, channels, 1); attention kernels
(width, width), heads side by side in the second axis. Recurrent kernels hold the gates side by side in the last axis:
input, forget, candidate, output for LSTM; update, reset, candidate for GRU, which has one bias for the product with
the input and one for that with the state. These are the layouts of Keras 3 with the heads flattened.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import singledispatch
from math import prod, sqrt
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from probes.networks.layers import (
    GRU,
    LSTM,
    Attention,
    BatchNorm,
    ClassToken,
    Conv2D,
    Dense,
    DepthwiseConv2D,
    Embedding,
    Layer,
    LayerNorm,
    Positions,
    Segments,
)
from probes.networks.shapes import Shape, place_layers
from probes.workloads import Workload

Initializer = Literal["glorot_uniform", "normal", "ones", "zeros"]
Weights = dict[str, NDArray[np.float32]]

EMBEDDING_STDDEV = 0.02


@dataclass(frozen=True)
class Parameter:
    """One trainable array."""

    name: str
    shape: Shape
    initializer: Initializer

    @property
    def size(self) -> int:
        """Number of values in it."""
        return prod(self.shape)


def parameters(workload: Workload) -> tuple[Parameter, ...]:
    """Every trainable array of the workload, in the order of computation."""
    return tuple(
        Parameter(f"{placed.name}.{name}", shape, initializer)
        for placed in place_layers(workload)
        for name, shape, initializer in layer_parameters(placed.layer, placed.input_shape)
    )


def initial_weights(workload: Workload, seed: int) -> Weights:
    """Initial values by parameter name, float32; the same for the same workload and seed."""
    generator = np.random.default_rng(seed)
    return {parameter.name: _initial_values(parameter, generator) for parameter in parameters(workload)}


def _initial_values(parameter: Parameter, generator: np.random.Generator) -> NDArray[np.float32]:
    match parameter.initializer:
        case "ones":
            return np.ones(parameter.shape, np.float32)
        case "zeros":
            return np.zeros(parameter.shape, np.float32)
        case "normal":
            return generator.standard_normal(parameter.shape, np.float32) * np.float32(EMBEDDING_STDDEV)
        case "glorot_uniform":
            limit = np.float32(_glorot_limit(parameter.shape))
            return (generator.random(parameter.shape, np.float32) * 2 - 1) * limit


def _glorot_limit(shape: Shape) -> float:
    """Largest initial value: sqrt(6 / (fan in + fan out)).

    Source: Glorot and Bengio 2010, "Understanding the difficulty of training deep feedforward neural networks",
    equation 16.
    """
    receptive_field = prod(shape[:-2])
    return sqrt(6 / (receptive_field * (shape[-2] + shape[-1])))


LayerParameters = Iterator[tuple[str, Shape, Initializer]]


@singledispatch
def layer_parameters(_layer: Layer, _shape: Shape) -> LayerParameters:
    """Name, shape and initializer of each array that a layer trains on examples of `_shape`; by default none."""
    yield from ()


@layer_parameters.register
def _(layer: Dense, shape: Shape) -> LayerParameters:
    yield "kernel", (shape[-1], layer.units), "glorot_uniform"
    yield "bias", (layer.units,), "zeros"


@layer_parameters.register
def _(layer: Conv2D, shape: Shape) -> LayerParameters:
    yield "kernel", (layer.kernel, layer.kernel, shape[-1] // layer.groups, layer.filters), "glorot_uniform"
    if layer.bias:
        yield "bias", (layer.filters,), "zeros"


@layer_parameters.register
def _(layer: DepthwiseConv2D, shape: Shape) -> LayerParameters:
    yield "kernel", (layer.kernel, layer.kernel, shape[-1], 1), "glorot_uniform"
    if layer.bias:
        yield "bias", (shape[-1],), "zeros"


@layer_parameters.register(BatchNorm)
@layer_parameters.register(LayerNorm)
def _(_layer: BatchNorm | LayerNorm, shape: Shape) -> LayerParameters:
    yield "scale", (shape[-1],), "ones"
    yield "offset", (shape[-1],), "zeros"


@layer_parameters.register
def _(layer: Embedding, _shape: Shape) -> LayerParameters:
    yield "table", (layer.vocabulary, layer.width), "normal"


@layer_parameters.register
def _(_layer: Positions, shape: Shape) -> LayerParameters:
    yield "positions", shape, "normal"


@layer_parameters.register
def _(layer: Segments, shape: Shape) -> LayerParameters:
    yield "table", (layer.count, shape[-1]), "normal"


@layer_parameters.register
def _(_layer: ClassToken, shape: Shape) -> LayerParameters:
    yield "token", (shape[-1],), "normal"


@layer_parameters.register
def _(layer: LSTM, shape: Shape) -> LayerParameters:
    yield "kernel", (shape[-1], 4 * layer.units), "glorot_uniform"
    yield "recurrent_kernel", (layer.units, 4 * layer.units), "glorot_uniform"
    yield "bias", (4 * layer.units,), "zeros"


@layer_parameters.register
def _(layer: GRU, shape: Shape) -> LayerParameters:
    yield "kernel", (shape[-1], 3 * layer.units), "glorot_uniform"
    yield "recurrent_kernel", (layer.units, 3 * layer.units), "glorot_uniform"
    yield "input_bias", (3 * layer.units,), "zeros"
    yield "recurrent_bias", (3 * layer.units,), "zeros"


@layer_parameters.register
def _(_layer: Attention, shape: Shape) -> LayerParameters:
    width = shape[-1]
    for projection in ("query", "key", "value", "output"):
        yield f"{projection}.kernel", (width, width), "glorot_uniform"
        yield f"{projection}.bias", (width,), "zeros"

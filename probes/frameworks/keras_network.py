"""A workload's network in Keras layers, and where each canonical parameter lives in it.

Canonical layouts are those of Keras with the heads of attention side by side, so a parameter is only reshaped.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from probes.frameworks import ADAM, AdamSettings
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
from probes.networks.parameters import layer_parameters
from probes.networks.shapes import EMBEDDING_TABLE, Shape, layer_name, shortcut_prefix
from probes.workloads import Loss, Workload

VERSIONS = {"keras": keras.__version__}

_SPATIAL = (
    keras.layers.Conv2D,
    keras.layers.DepthwiseConv2D,
    keras.layers.MaxPooling2D,
    keras.layers.AveragePooling2D,
)


@dataclass(frozen=True)
class Binding:
    """A canonical parameter of this shape is the native `variable`, or its row `row`."""

    name: str
    shape: Shape
    variable: Any
    row: int | None = None

    def load(self, values: NDArray[np.float32]) -> None:
        """Copy canonical values into the network."""
        native = keras.ops.convert_to_numpy(self.variable).copy()
        part = native if self.row is None else native[self.row]
        part[...] = values.reshape(part.shape)
        self.variable.assign(native)

    def canonical(self, native: NDArray[np.float32]) -> NDArray[np.float32]:
        """The part of an array shaped like the variable that belongs to this parameter."""
        part = native if self.row is None else native[self.row]
        return part.reshape(self.shape)


@dataclass(frozen=True)
class Network:
    """A functional Keras model and the bindings of all its trainable variables."""

    model: keras.Model
    bindings: tuple[Binding, ...]

    @property
    def dtype(self) -> str:
        """Of parameters and activations, in the words of `Settings`: the policy of the layers, not of the model."""
        policies = {layer.dtype_policy.name for layer in self.model.layers if layer.weights}
        return "/".join(sorted(policies))

    @property
    def memory_layout(self) -> str:
        """Of images, in the words of `Settings`."""
        layouts = {layer.data_format for layer in self.model.layers if isinstance(layer, _SPATIAL)}
        return "/".join(sorted(layouts)) or "contiguous"

    def canonical_gradients(self, gradients: list[NDArray[np.float32]]) -> dict[str, NDArray[np.float32]]:
        """Gradients in the order of `model.trainable_variables`, by canonical name."""
        by_variable = dict(zip((v.path for v in self.model.trainable_variables), gradients, strict=True))
        return {binding.name: binding.canonical(by_variable[binding.variable.path]) for binding in self.bindings}


def build_network(
    workload: Workload, weights: Mapping[str, NDArray[np.float32]], tunings: frozenset[str] = frozenset()
) -> Network:
    """The workload's network with these weights, in the precision that the tunings say."""
    keras.config.set_dtype_policy("mixed_bfloat16" if "mixed_bfloat16" in tunings else "float32")
    dtype = "float32" if workload.input.vocabulary is None else "int32"
    inputs = keras.Input(workload.input.shape, dtype=dtype)
    bindings: list[Binding] = []
    model = keras.Model(inputs, _apply(workload.layers, inputs, "", bindings))
    for binding in bindings:
        binding.load(weights[binding.name])
    return Network(model, tuple(bindings))


def adam() -> keras.optimizers.Optimizer:
    """Adam with the settings that all frameworks share."""
    return keras.optimizers.Adam(ADAM.learning_rate, ADAM.beta_1, ADAM.beta_2, ADAM.epsilon)


def describe(optimizer: keras.optimizers.Optimizer) -> str:
    """The optimizer as `Settings` has it."""
    config = optimizer.get_config()
    return AdamSettings(*(float(config[field.name]) for field in fields(AdamSettings))).describe()


def loss_function(loss: Loss) -> keras.losses.Loss:
    """Mean over examples (and positions) of the loss of logits, or of squared errors."""
    if loss == "cross_entropy":
        return keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    return keras.losses.MeanSquaredError()


class LearnedPositions(keras.layers.Layer):  # type: ignore[misc]
    """Adds a learned vector to each step of a sequence."""

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        """One vector per step."""
        self.positions = self.add_weight(name="positions", shape=input_shape[1:], initializer="zeros")

    def call(self, sequences: Any) -> Any:
        """(batch, steps, width) to the same."""
        return sequences + self.positions


class FirstSegment(keras.layers.Layer):  # type: ignore[misc]
    """Adds the learned vector of the first segment to each step of a sequence."""

    def __init__(self, count: int) -> None:
        super().__init__()
        self.count = count

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        """One vector per segment."""
        self.table = self.add_weight(name="table", shape=(self.count, input_shape[-1]), initializer="zeros")

    def call(self, sequences: Any) -> Any:
        """(batch, steps, width) to the same."""
        return sequences + self.table[0]


class LearnedClassToken(keras.layers.Layer):  # type: ignore[misc]
    """Puts a learned vector before the first step of a sequence."""

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        """One vector."""
        self.token = self.add_weight(name="token", shape=input_shape[-1:], initializer="zeros")

    def call(self, sequences: Any) -> Any:
        """(batch, steps, width) to (batch, steps + 1, width)."""
        batch, _, width = keras.ops.shape(sequences)
        token = keras.ops.broadcast_to(self.token, (batch, 1, width))
        return keras.ops.concatenate([token, sequences], axis=1)


class TokenScores(keras.layers.Layer):  # type: ignore[misc]
    """Products with the table of an embedding, which it shares."""

    def __init__(self, table: keras.Variable) -> None:
        super().__init__()
        self.table = table

    def call(self, vectors: Any) -> Any:
        """(batch, steps, width) to (batch, steps, vocabulary)."""
        return keras.ops.matmul(vectors, keras.ops.transpose(self.table))


def _apply(layers: tuple[Layer, ...], values: Any, prefix: str, bindings: list[Binding]) -> Any:
    for position, layer in enumerate(layers):
        name = layer_name(prefix, position, layer)
        shape = tuple(values.shape[1:])
        if isinstance(layer, Residual):
            main = _apply(layer.layers, values, f"{name}.", bindings)
            values = keras.layers.Add()([main, _apply(layer.shortcut, values, shortcut_prefix(name), bindings)])
            continue
        if isinstance(layer, TiedDense):
            table = next(binding.variable for binding in bindings if binding.name == EMBEDDING_TABLE)
            values = TokenScores(table)(values)
            continue
        values, variables = _LAYERS[type(layer)](layer, values)
        bindings += [
            Binding(f"{name}.{parameter}", parameter_shape, *variable)
            for (parameter, parameter_shape, _), variable in zip(
                layer_parameters(layer, shape), variables, strict=True
            )
        ]
    return values


# What a layer makes of a symbolic tensor, and its variables in the order of `layer_parameters`, each a tuple of the
# variable and, where only a part of it is meant, the row.
Applied = tuple[Any, list[tuple[Any, ...]]]


def _plain(layer: keras.layers.Layer, values: Any) -> Applied:
    result = layer(values)
    return result, [(variable,) for variable in layer.trainable_variables]


def _dense(layer: Dense, values: Any) -> Applied:
    return _plain(keras.layers.Dense(layer.units), values)


def _conv2d(layer: Conv2D, values: Any) -> Applied:
    convolution = keras.layers.Conv2D(
        layer.filters, layer.kernel, layer.stride, padding="same", groups=layer.groups, use_bias=layer.bias
    )
    return _plain(convolution, values)


def _depthwise_conv2d(layer: DepthwiseConv2D, values: Any) -> Applied:
    convolution = keras.layers.DepthwiseConv2D(layer.kernel, layer.stride, padding="same", use_bias=layer.bias)
    return _plain(convolution, values)


def _batch_norm(_layer: BatchNorm, values: Any) -> Applied:
    norm = keras.layers.BatchNormalization(momentum=BATCH_NORM_MOMENTUM, epsilon=BATCH_NORM_EPSILON)
    return _plain(norm, values)


def _layer_norm(_layer: LayerNorm, values: Any) -> Applied:
    return _plain(keras.layers.LayerNormalization(epsilon=LAYER_NORM_EPSILON), values)


_ACTIVATIONS = {"swish": "silu"}


def _activation(layer: Activation, values: Any) -> Applied:
    return _plain(keras.layers.Activation(_ACTIVATIONS.get(layer.function, layer.function)), values)


def _max_pool2d(layer: MaxPool2D, values: Any) -> Applied:
    return _plain(keras.layers.MaxPooling2D(layer.size, layer.stride, padding="same"), values)


def _average_pool2d(layer: AveragePool2D, values: Any) -> Applied:
    return _plain(keras.layers.AveragePooling2D(layer.size, layer.stride), values)


def _global_average_pool(_layer: GlobalAveragePool, values: Any) -> Applied:
    image = len(values.shape) == 4
    return _plain(keras.layers.GlobalAveragePooling2D() if image else keras.layers.GlobalAveragePooling1D(), values)


def _flatten(_layer: Flatten, values: Any) -> Applied:
    return _plain(keras.layers.Flatten(), values)


def _dropout(layer: Dropout, values: Any) -> Applied:
    return _plain(keras.layers.Dropout(layer.rate), values)


def _embedding(layer: Embedding, values: Any) -> Applied:
    return _plain(keras.layers.Embedding(layer.vocabulary, layer.width), values)


def _positions(_layer: Positions, values: Any) -> Applied:
    return _plain(LearnedPositions(), values)


def _segments(layer: Segments, values: Any) -> Applied:
    return _plain(FirstSegment(layer.count), values)


def _image_to_sequence(_layer: ImageToSequence, values: Any) -> Applied:
    return _plain(keras.layers.Reshape((-1, values.shape[-1])), values)


def _class_token(_layer: ClassToken, values: Any) -> Applied:
    return _plain(LearnedClassToken(), values)


def _first_step(_layer: FirstStep, values: Any) -> Applied:
    return values[:, 0], []


def _lstm(layer: LSTM, values: Any) -> Applied:
    return _plain(keras.layers.LSTM(layer.units, return_sequences=layer.return_sequences), values)


def _gru(layer: GRU, values: Any) -> Applied:
    cells = keras.layers.GRU(layer.units, return_sequences=layer.return_sequences)
    states, ((kernel,), (recurrent_kernel,), (biases,)) = _plain(cells, values)
    return states, [(kernel,), (recurrent_kernel,), (biases, 0), (biases, 1)]


def _attention(layer: Attention, values: Any) -> Applied:
    attention = keras.layers.MultiHeadAttention(layer.heads, values.shape[-1] // layer.heads)
    result = attention(values, values, use_causal_mask=layer.causal)
    projections = (attention.query_dense, attention.key_dense, attention.value_dense, attention.output_dense)
    return result, [(variable,) for dense in projections for variable in (dense.kernel, dense.bias)]


_LAYERS: dict[type[Any], Callable[[Any, Any], Applied]] = {
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
    LSTM: _lstm,
    GRU: _gru,
    Attention: _attention,
}

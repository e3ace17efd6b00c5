"""A workload's network in PyTorch's own layers, and where each canonical parameter lives in it.

Images are (channels, height, width) as PyTorch has them, and turned by 180 degrees: "same" padding puts the odd zero
after an axis, while PyTorch's symmetric padding is as if it stood before. On a turned image with turned kernels the
two are the same network, so that no strided convolution pays for an extra padding operation.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from probes.frameworks.pytorch_modules import (
    ChannelsLast,
    FeaturesSecond,
    FirstOfSequence,
    FirstSegment,
    FlattenImage,
    LearnedClassToken,
    LearnedPositions,
    Mean,
    PixelSequence,
    Recurrent,
    ResidualConnection,
    SelfAttention,
    TokenScores,
    Trimmed,
)
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
from probes.networks.shapes import Shape, layer_name, output_shape, same_padding, shortcut_prefix
from probes.workloads import Workload

_SEQUENCE_RANK, _IMAGE_RANK = 2, 3

Change = Callable[[Tensor], Tensor]


@dataclass(frozen=True)
class Layout:
    """How a canonical array becomes a native one, and back."""

    to_native: Change
    to_canonical: Change


def _swap_gates(gates: Tensor) -> Tensor:
    """Exchange the first two of three gates in the first axis: PyTorch's GRU has the reset gate first."""
    update, reset, candidate = gates.chunk(3)
    return torch.cat([reset, update, candidate])


AS_IS = Layout(lambda array: array, lambda array: array)
TRANSPOSED = Layout(lambda array: array.T, lambda array: array.T)
CONVOLUTION = Layout(
    lambda array: array.permute(3, 2, 0, 1).flip(2, 3), lambda array: array.flip(2, 3).permute(2, 3, 1, 0)
)
DEPTHWISE = Layout(
    lambda array: array.permute(2, 3, 0, 1).flip(2, 3), lambda array: array.flip(2, 3).permute(2, 3, 0, 1)
)
GRU_KERNEL = Layout(lambda array: _swap_gates(array.T), lambda array: _swap_gates(array).T)
GRU_BIAS = Layout(_swap_gates, _swap_gates)


@dataclass(frozen=True)
class Binding:
    """A canonical parameter is the rows from `start` (to `stop`) of the native `tensor`, in this layout."""

    name: str
    tensor: Tensor
    layout: Layout = AS_IS
    start: int = 0
    stop: int | None = None

    def load(self, values: NDArray[np.float32]) -> None:
        """Copy canonical values into the network."""
        with torch.no_grad():
            self.tensor[self.start : self.stop].copy_(self.layout.to_native(torch.from_numpy(values)))

    def gradient(self) -> NDArray[np.float32]:
        """The present gradient in the canonical layout."""
        assert self.tensor.grad is not None
        gradient: NDArray[np.float32] = (
            self.layout.to_canonical(self.tensor.grad[self.start : self.stop].cpu()).numpy().copy()
        )
        return gradient


Built = tuple[nn.Module, list[Binding]]


def build_network(workload: Workload) -> Built:
    """The module, from inputs as `native_inputs` makes them to logits or numbers, and its bindings."""
    network, bindings = _sequential(workload.layers, workload.input.shape, "")
    tables = [module for module in network.modules() if isinstance(module, nn.Embedding)]
    for module in network.modules():
        if isinstance(module, TokenScores):
            module.weight = tables[0].weight
    return network, bindings


def native_inputs(inputs: NDArray[Any]) -> Tensor:
    """A batch of canonical inputs as the network reads it: token ids as int64, images turned, channels first."""
    tensor = torch.from_numpy(inputs)
    if tensor.dtype == torch.int32:
        return tensor.long()
    if tensor.dim() == _IMAGE_RANK + 1:
        return tensor.permute(0, 3, 1, 2).flip(2, 3).contiguous()
    return tensor


def _sequential(layers: tuple[Layer, ...], shape: Shape, prefix: str) -> Built:
    modules: list[nn.Module] = []
    bindings: list[Binding] = []
    for position, layer in enumerate(layers):
        module, layer_bindings = _BUILDERS[type(layer)](layer, shape, layer_name(prefix, position, layer))
        modules.append(module)
        bindings += layer_bindings
        shape = output_shape(layer, shape)
    return nn.Sequential(*modules), bindings


def _over_last_axis(module: nn.Module, shape: Shape) -> nn.Module:
    return ChannelsLast(module) if len(shape) == _IMAGE_RANK else module


def _linear_bindings(name: str, linear: nn.Module, layout: Layout = TRANSPOSED) -> list[Binding]:
    bindings = [Binding(f"{name}.kernel", linear.get_parameter("weight"), layout)]
    if linear.bias is not None:
        bindings.append(Binding(f"{name}.bias", linear.get_parameter("bias")))
    return bindings


def _dense(layer: Dense, shape: Shape, name: str) -> Built:
    linear = nn.Linear(shape[-1], layer.units)
    return _over_last_axis(linear, shape), _linear_bindings(name, linear)


def _padding(shape: Shape, kernel: int, stride: int) -> tuple[int, int]:
    """PyTorch's symmetric padding that is "same" padding on a turned image: what stood after an axis is before it."""
    height, width = (same_padding(side, kernel, stride)[1] for side in shape[:2])
    return max(height, 0), max(width, 0)


def _same_windows(module: nn.Module, shape: Shape, kernel: int, stride: int) -> nn.Module:
    """`module`, padded as `_padding` says, without windows that "same" padding does not have."""
    padding = _padding(shape, kernel, stride)
    unread = tuple(max(-same_padding(side, kernel, stride)[1], 0) for side in shape[:2])
    windows = tuple(-(-side // stride) for side in shape[:2])
    made = tuple((shape[axis] + 2 * padding[axis] - unread[axis] - kernel) // stride + 1 for axis in (0, 1))
    return module if not any(unread) and made == windows else Trimmed(module, unread, windows)


def _conv2d(layer: Conv2D, shape: Shape, name: str) -> Built:
    padding = _padding(shape, layer.kernel, layer.stride)
    convolution = nn.Conv2d(
        shape[-1], layer.filters, layer.kernel, layer.stride, padding, groups=layer.groups, bias=layer.bias
    )
    module = _same_windows(convolution, shape, layer.kernel, layer.stride)
    return module, _linear_bindings(name, convolution, CONVOLUTION)


def _depthwise_conv2d(layer: DepthwiseConv2D, shape: Shape, name: str) -> Built:
    channels, padding = shape[-1], _padding(shape, layer.kernel, layer.stride)
    convolution = nn.Conv2d(channels, channels, layer.kernel, layer.stride, padding, groups=channels, bias=layer.bias)
    module = _same_windows(convolution, shape, layer.kernel, layer.stride)
    return module, _linear_bindings(name, convolution, DEPTHWISE)


def _max_pool2d(layer: MaxPool2D, shape: Shape, _name: str) -> Built:
    pool = nn.MaxPool2d(layer.size, layer.stride, _padding(shape, layer.size, layer.stride))
    return _same_windows(pool, shape, layer.size, layer.stride), []


def _average_pool2d(layer: AveragePool2D, _shape: Shape, _name: str) -> Built:
    return nn.AvgPool2d(layer.size, layer.stride), []


def _batch_norm(_layer: BatchNorm, shape: Shape, name: str) -> Built:
    kind = nn.BatchNorm2d if len(shape) == _IMAGE_RANK else nn.BatchNorm1d
    norm = kind(shape[-1], eps=BATCH_NORM_EPSILON, momentum=1 - BATCH_NORM_MOMENTUM)
    return FeaturesSecond(norm) if len(shape) == _SEQUENCE_RANK else norm, _norm_bindings(name, norm)


def _layer_norm(_layer: LayerNorm, shape: Shape, name: str) -> Built:
    norm = nn.LayerNorm(shape[-1], eps=LAYER_NORM_EPSILON)
    return _over_last_axis(norm, shape), _norm_bindings(name, norm)


def _norm_bindings(name: str, norm: nn.Module) -> list[Binding]:
    return [
        Binding(f"{name}.scale", norm.get_parameter("weight")),
        Binding(f"{name}.offset", norm.get_parameter("bias")),
    ]


_ACTIVATIONS: dict[str, Callable[[], nn.Module]] = {
    "relu": nn.ReLU,
    "relu6": nn.ReLU6,
    "gelu": nn.GELU,
    "tanh": nn.Tanh,
    "sigmoid": nn.Sigmoid,
    "swish": nn.SiLU,
}


def _activation(layer: Activation, _shape: Shape, _name: str) -> Built:
    return _ACTIVATIONS[layer.function](), []


def _global_average_pool(_layer: GlobalAveragePool, shape: Shape, _name: str) -> Built:
    return Mean((2, 3) if len(shape) == _IMAGE_RANK else (1,)), []


def _flatten(_layer: Flatten, shape: Shape, _name: str) -> Built:
    return FlattenImage() if len(shape) == _IMAGE_RANK else nn.Flatten(), []


def _dropout(layer: Dropout, _shape: Shape, _name: str) -> Built:
    return nn.Dropout(layer.rate), []


def _embedding(layer: Embedding, _shape: Shape, name: str) -> Built:
    module = nn.Embedding(layer.vocabulary, layer.width)
    return module, [Binding(f"{name}.table", module.weight)]


def _positions(_layer: Positions, shape: Shape, name: str) -> Built:
    module = LearnedPositions(shape)
    return module, [Binding(f"{name}.positions", module.positions)]


def _segments(layer: Segments, shape: Shape, name: str) -> Built:
    module = FirstSegment(layer.count, shape[-1])
    return module, [Binding(f"{name}.table", module.table)]


def _image_to_sequence(_layer: ImageToSequence, _shape: Shape, _name: str) -> Built:
    return PixelSequence(), []


def _class_token(_layer: ClassToken, shape: Shape, name: str) -> Built:
    module = LearnedClassToken(shape[-1])
    return module, [Binding(f"{name}.token", module.token)]


def _first_step(_layer: FirstStep, _shape: Shape, _name: str) -> Built:
    return FirstOfSequence(), []


def _tied_dense(layer: TiedDense, shape: Shape, _name: str) -> Built:
    return TokenScores(shape[-1], layer.vocabulary, bias=False), []


def _lstm(layer: LSTM, shape: Shape, name: str) -> Built:
    cells = nn.LSTM(shape[-1], layer.units, batch_first=True)
    # PyTorch adds two biases, of which one is enough: the second stays zero and untrained.
    nn.init.zeros_(cells.get_parameter("bias_hh_l0")).requires_grad_(False)
    bindings = [
        Binding(f"{name}.kernel", cells.get_parameter("weight_ih_l0"), TRANSPOSED),
        Binding(f"{name}.recurrent_kernel", cells.get_parameter("weight_hh_l0"), TRANSPOSED),
        Binding(f"{name}.bias", cells.get_parameter("bias_ih_l0")),
    ]
    return Recurrent(cells, layer.return_sequences), bindings


def _gru(layer: GRU, shape: Shape, name: str) -> Built:
    cells = nn.GRU(shape[-1], layer.units, batch_first=True)
    bindings = [
        Binding(f"{name}.kernel", cells.get_parameter("weight_ih_l0"), GRU_KERNEL),
        Binding(f"{name}.recurrent_kernel", cells.get_parameter("weight_hh_l0"), GRU_KERNEL),
        Binding(f"{name}.input_bias", cells.get_parameter("bias_ih_l0"), GRU_BIAS),
        Binding(f"{name}.recurrent_bias", cells.get_parameter("bias_hh_l0"), GRU_BIAS),
    ]
    return Recurrent(cells, layer.return_sequences), bindings


def _attention(layer: Attention, shape: Shape, name: str) -> Built:
    width = shape[-1]
    module = SelfAttention(width, layer.heads, causal=layer.causal)
    bindings = _linear_bindings(f"{name}.output", module.output)
    for position, projection in enumerate(("query", "key", "value")):
        rows = (position * width, (position + 1) * width)
        bindings += [
            Binding(f"{name}.{projection}.kernel", module.query_key_value.weight, TRANSPOSED, *rows),
            Binding(f"{name}.{projection}.bias", module.query_key_value.bias, AS_IS, *rows),
        ]
    return module, bindings


def _residual(layer: Residual, shape: Shape, name: str) -> Built:
    main, main_bindings = _sequential(layer.layers, shape, f"{name}.")
    shortcut, shortcut_bindings = _sequential(layer.shortcut, shape, shortcut_prefix(name))
    return ResidualConnection(main, shortcut), main_bindings + shortcut_bindings


_BUILDERS: dict[type[Any], Callable[[Any, Shape, str], Built]] = {
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

"""The layer vocabulary: what a network is made of, in plain data that every adapter builds natively.

Data is channels-last: images are (height, width, channels), sequences (steps, features), tokens (steps,).
Convolutions and pools pad "same". Only the standard library is used, so that any interpreter can run a worker.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from typing import Any, Literal

from probes.errors import InvalidWorkload

BATCH_NORM_EPSILON, BATCH_NORM_MOMENTUM = 1e-3, 0.99
LAYER_NORM_EPSILON = 1e-5


@dataclass(frozen=True)
class Dense:
    """Affine map of the last axis to `units`."""

    units: int
    kind: Literal["dense"] = "dense"


@dataclass(frozen=True)
class Conv2D:
    """2-D convolution with a square kernel; a bias only where no normalisation follows."""

    filters: int
    kernel: int
    stride: int = 1
    groups: int = 1
    bias: bool = True
    kind: Literal["conv2d"] = "conv2d"


@dataclass(frozen=True)
class DepthwiseConv2D:
    """One square filter per channel."""

    kernel: int
    stride: int = 1
    bias: bool = True
    kind: Literal["depthwise_conv2d"] = "depthwise_conv2d"


@dataclass(frozen=True)
class BatchNorm:
    """Batch normalisation over all axes but the last, with the statistics of the batch."""

    kind: Literal["batch_norm"] = "batch_norm"


@dataclass(frozen=True)
class LayerNorm:
    """Layer normalisation of the last axis."""

    kind: Literal["layer_norm"] = "layer_norm"


@dataclass(frozen=True)
class Activation:
    """Element-wise function; `gelu` is the exact (erf) form."""

    function: Literal["relu", "relu6", "gelu", "tanh", "sigmoid", "swish"]
    kind: Literal["activation"] = "activation"


@dataclass(frozen=True)
class MaxPool2D:
    """Largest value of each square window."""

    size: int
    stride: int
    kind: Literal["max_pool2d"] = "max_pool2d"


@dataclass(frozen=True)
class AveragePool2D:
    """Mean of each square window; windows fill the image exactly.

    Frameworks disagree on whether the zeros of "same" padding count: on PyTorch, Keras 3.15 counts them.
    """

    size: int
    stride: int
    kind: Literal["average_pool2d"] = "average_pool2d"


@dataclass(frozen=True)
class GlobalAveragePool:
    """Mean over every axis between batch and the last."""

    kind: Literal["global_average_pool"] = "global_average_pool"


@dataclass(frozen=True)
class Flatten:
    """All axes but the batch as one."""

    kind: Literal["flatten"] = "flatten"


@dataclass(frozen=True)
class Dropout:
    """Zeroes a share `rate` of the values while training."""

    rate: float
    kind: Literal["dropout"] = "dropout"


@dataclass(frozen=True)
class Embedding:
    """Token ids to vectors of `width`."""

    vocabulary: int
    width: int
    kind: Literal["embedding"] = "embedding"


@dataclass(frozen=True)
class Positions:
    """Adds a learned vector to each step."""

    kind: Literal["positions"] = "positions"


@dataclass(frozen=True)
class Segments:
    """Adds the learned vector of the first of `count` segments to each step: BERT's token types, of a single text."""

    count: int
    kind: Literal["segments"] = "segments"


@dataclass(frozen=True)
class ImageToSequence:
    """Pixels, row by row, become steps."""

    kind: Literal["image_to_sequence"] = "image_to_sequence"


@dataclass(frozen=True)
class ClassToken:
    """Puts a learned vector before the first step."""

    kind: Literal["class_token"] = "class_token"


@dataclass(frozen=True)
class FirstStep:
    """Keeps the first step of a sequence only."""

    kind: Literal["first_step"] = "first_step"


@dataclass(frozen=True)
class TiedDense:
    """Scores of every token: products with the table of the network's embedding, without parameters of its own."""

    vocabulary: int
    kind: Literal["tied_dense"] = "tied_dense"


@dataclass(frozen=True)
class LSTM:
    """Long short-term memory over the step axis; the last state only, unless `return_sequences`."""

    units: int
    return_sequences: bool = False
    kind: Literal["lstm"] = "lstm"


@dataclass(frozen=True)
class GRU:
    """Gated recurrent unit (reset after the product, as cuDNN has it) over the step axis."""

    units: int
    return_sequences: bool = False
    kind: Literal["gru"] = "gru"


@dataclass(frozen=True)
class Attention:
    """Multi-head self-attention; heads divide the width of the input; `causal` hides later steps."""

    heads: int
    causal: bool = False
    kind: Literal["attention"] = "attention"


@dataclass(frozen=True)
class Residual:
    """`layers(x) + shortcut(x)`; an empty shortcut is the identity."""

    layers: tuple[Layer, ...]
    shortcut: tuple[Layer, ...] = ()
    kind: Literal["residual"] = "residual"


Layer = (
    Dense
    | Conv2D
    | DepthwiseConv2D
    | BatchNorm
    | LayerNorm
    | Activation
    | MaxPool2D
    | AveragePool2D
    | GlobalAveragePool
    | Flatten
    | Dropout
    | Embedding
    | Positions
    | Segments
    | ImageToSequence
    | ClassToken
    | FirstStep
    | TiedDense
    | LSTM
    | GRU
    | Attention
    | Residual
)

LAYER_KINDS: dict[str, type[Any]] = {layer.kind: layer for layer in Layer.__args__}


def layer_to_json(layer: Layer) -> dict[str, Any]:
    """Plain data of one layer, `kind` first."""
    return {"kind": layer.kind} | asdict(layer)


def layer_from_json(data: dict[str, Any]) -> Layer:
    """The layer that `layer_to_json` described; raises `InvalidWorkload` on unknown kinds and fields."""
    values = dict(data)
    kind = values.pop("kind", None)
    if kind not in LAYER_KINDS:
        raise InvalidWorkload(
            "Unknown layer kind {kind!r}; expected one of {known}.", kind=str(kind), known=", ".join(LAYER_KINDS)
        )
    cls = LAYER_KINDS[kind]
    unknown = set(values) - {field.name for field in fields(cls)}
    if unknown:
        raise InvalidWorkload("Layer {kind!r} has no field {fields}.", kind=kind, fields=", ".join(sorted(unknown)))
    for nested in ("layers", "shortcut"):
        if nested in values:
            values[nested] = tuple(layer_from_json(item) for item in values[nested])
    layer: Layer = cls(**values)
    return layer


def transformer_block(width: int, heads: int, hidden: int, *, causal: bool = False) -> tuple[Layer, ...]:
    """A pre-norm transformer block: attention, then a two-layer perceptron, each in a residual connection."""
    return (
        Residual((LayerNorm(), Attention(heads, causal))),
        Residual((LayerNorm(), Dense(hidden), Activation("gelu"), Dense(width))),
    )

"""Shape inference: what a layer makes of the shape of one example (the batch axis left out)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import singledispatch

from probes.errors import InvalidWorkload
from probes.networks.layers import (
    GRU,
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
from probes.workloads import Workload

Shape = tuple[int, ...]

# Canonical name of the parameter that tied layers share; an embedding is always the first layer.
EMBEDDING_TABLE = "0.embedding.table"

_RANK_NAMES = {1: "(features,)", 2: "(steps, features)", 3: "(height, width, channels)"}


@dataclass(frozen=True)
class PlacedLayer:
    """A layer where it stands: its name, unique in the network, such as `3.residual.0.dense`, and its shapes."""

    name: str
    layer: Layer
    input_shape: Shape
    output_shape: Shape


def place_layers(workload: Workload) -> tuple[PlacedLayer, ...]:
    """Every layer of the workload in the order of computation; a residual follows the layers inside it.

    Raises `InvalidWorkload`, naming the layer, when the shapes do not fit or the last one does not make
    `workload.outputs` values per example (or per position).
    """
    placed = tuple(_place(workload.layers, workload.input.shape, ""))
    _check_embedding(workload, placed)
    if not placed or placed[-1].output_shape[-1] != workload.outputs or len(placed[-1].output_shape) > 2:
        raise _ends_wrongly(workload, placed)
    return placed


def final_shape(workload: Workload) -> Shape:
    """Shape of one example's outputs: (outputs,), or (steps, outputs) where every position is predicted."""
    return place_layers(workload)[-1].output_shape


def layer_name(prefix: str, position: int, layer: Layer) -> str:
    """Name of the layer at `position` below `prefix` (empty, or the enclosing layer's name and a dot)."""
    return f"{prefix}{position}.{layer.kind}"


def shortcut_prefix(residual_name: str) -> str:
    """Prefix of the names in a residual's shortcut; those in its main path start with the residual's own name."""
    return f"{residual_name}.shortcut."


def same_padding(size: int, kernel: int, stride: int) -> tuple[int, int]:
    """Zeros before and after an axis of `size` under "same" padding: the odd one goes after.

    A negative second number is the count of last values that no window reaches (kernel smaller than stride).
    Source: "Notes on padding" of the tf.nn module documentation, TensorFlow 2.21.
    """
    windows = -(-size // stride)
    missing = (windows - 1) * stride + kernel - size
    return (0, missing) if missing < 0 else (missing // 2, missing - missing // 2)


def _ends_wrongly(workload: Workload, placed: tuple[PlacedLayer, ...]) -> InvalidWorkload:
    if not placed:
        return InvalidWorkload(
            "Workload {workload!r} must end in {outputs} outputs per example or position, but it has no layers.",
            workload=workload.id,
            outputs=workload.outputs,
        )
    return InvalidWorkload(
        "Workload {workload!r} must end in {outputs} outputs per example or position, but {layer!r} makes {shape}.",
        workload=workload.id,
        outputs=workload.outputs,
        layer=placed[-1].name,
        shape=str(placed[-1].output_shape),
    )


def _check_embedding(workload: Workload, placed: tuple[PlacedLayer, ...]) -> None:
    """Token ids go into an embedding that is large enough, and nothing else does; tied layers fit its table."""
    vocabulary = workload.input.vocabulary
    for position, layer in enumerate(placed):
        if isinstance(layer.layer, Embedding) and (position > 0 or vocabulary is None):
            raise InvalidWorkload("Layer {layer!r} reads token ids, but is given other values.", layer=layer.name)
    first = placed[0].layer if placed else None
    for layer in placed:
        table = (layer.layer.vocabulary, layer.input_shape[-1]) if isinstance(layer.layer, TiedDense) else None
        if table and (not isinstance(first, Embedding) or table != (first.vocabulary, first.width)):
            raise InvalidWorkload(
                "Layer {layer!r} needs a first layer that is an embedding of {table}.",
                layer=layer.name,
                table=str(table),
            )
    if vocabulary is None:
        return
    if not isinstance(first, Embedding) or first.vocabulary < vocabulary:
        raise InvalidWorkload(
            "Workload {workload!r} reads token ids of a vocabulary of {vocabulary:,}; "
            "its first layer must be an embedding of at least that vocabulary.",
            workload=workload.id,
            vocabulary=vocabulary,
        )


def _place(layers: tuple[Layer, ...], shape: Shape, prefix: str) -> Iterator[PlacedLayer]:
    for position, layer in enumerate(layers):
        name = layer_name(prefix, position, layer)
        if isinstance(layer, Residual):
            yield from _place(layer.layers, shape, f"{name}.")
            yield from _place(layer.shortcut, shape, shortcut_prefix(name))
        try:
            after = output_shape(layer, shape)
        except InvalidWorkload as error:
            raise InvalidWorkload(
                "Layer {layer!r} does not fit its input {shape}: {reason}", layer=name, shape=str(shape), reason=error
            ) from None
        yield PlacedLayer(name, layer, shape, after)
        shape = after


@singledispatch
def output_shape(layer: Layer, shape: Shape) -> Shape:
    """Shape that `layer` makes of one example of `shape`; raises `InvalidWorkload` when it cannot take it."""
    raise InvalidWorkload("layer kind {kind!r} has no shape rule for {shape}.", kind=layer.kind, shape=str(shape))


@output_shape.register
def _(layer: Dense, shape: Shape) -> Shape:
    return (*shape[:-1], _positive("units", layer.units))


@output_shape.register
def _(layer: TiedDense, shape: Shape) -> Shape:
    return (*shape[:-1], _positive("vocabulary", layer.vocabulary))


@output_shape.register
def _(layer: Conv2D, shape: Shape) -> Shape:
    height, width, channels = _image(shape)
    groups = _positive("groups", layer.groups)
    if channels % groups or _positive("filters", layer.filters) % groups:
        raise InvalidWorkload(
            "{groups} groups must divide {channels} channels and {filters} filters.",
            groups=groups,
            channels=channels,
            filters=layer.filters,
        )
    return (*_windows(height, width, layer.kernel, layer.stride), layer.filters)


@output_shape.register
def _(layer: DepthwiseConv2D, shape: Shape) -> Shape:
    height, width, channels = _image(shape)
    return (*_windows(height, width, layer.kernel, layer.stride), channels)


@output_shape.register
def _(layer: MaxPool2D, shape: Shape) -> Shape:
    return _pooled(layer, shape)


@output_shape.register
def _(layer: AveragePool2D, shape: Shape) -> Shape:
    pooled = _pooled(layer, shape)
    if any(same_padding(side, layer.size, layer.stride) != (0, 0) for side in shape[:2]):
        raise InvalidWorkload(
            "{size}x{size} windows with stride {stride} do not fill it exactly.", size=layer.size, stride=layer.stride
        )
    return pooled


@output_shape.register(BatchNorm)
@output_shape.register(LayerNorm)
@output_shape.register(Activation)
def _(_layer: BatchNorm | LayerNorm | Activation, shape: Shape) -> Shape:
    return shape


@output_shape.register
def _(layer: Dropout, shape: Shape) -> Shape:
    if not 0 <= layer.rate < 1:
        raise InvalidWorkload("rate is {rate}; expected 0 or more and less than 1.", rate=layer.rate)
    return shape


@output_shape.register
def _(_layer: GlobalAveragePool, shape: Shape) -> Shape:
    if len(shape) < 2:
        raise InvalidWorkload("expected an image or a sequence to average over.")
    return (shape[-1],)


@output_shape.register
def _(_layer: Flatten, shape: Shape) -> Shape:
    values = 1
    for side in shape:
        values *= side
    return (values,)


@output_shape.register
def _(layer: Embedding, shape: Shape) -> Shape:
    if len(shape) != 1:
        raise InvalidWorkload("expected token ids of shape (steps,).")
    _positive("vocabulary", layer.vocabulary)
    return (*shape, _positive("width", layer.width))


@output_shape.register(Positions)
@output_shape.register(Segments)
def _(_layer: Positions | Segments, shape: Shape) -> Shape:
    return _sequence(shape)


@output_shape.register
def _(_layer: ImageToSequence, shape: Shape) -> Shape:
    height, width, channels = _image(shape)
    return height * width, channels


@output_shape.register
def _(_layer: ClassToken, shape: Shape) -> Shape:
    steps, width = _sequence(shape)
    return steps + 1, width


@output_shape.register
def _(_layer: FirstStep, shape: Shape) -> Shape:
    return (_sequence(shape)[1],)


@output_shape.register(LSTM)
@output_shape.register(GRU)
def _(layer: LSTM | GRU, shape: Shape) -> Shape:
    steps, _features = _sequence(shape)
    units = _positive("units", layer.units)
    return (steps, units) if layer.return_sequences else (units,)


@output_shape.register
def _(layer: Attention, shape: Shape) -> Shape:
    _steps, width = _sequence(shape)
    if width % _positive("heads", layer.heads):
        raise InvalidWorkload("{heads} heads must divide the width {width}.", heads=layer.heads, width=width)
    return shape


@output_shape.register
def _(layer: Residual, shape: Shape) -> Shape:
    main, shortcut = shape, shape
    for inner in layer.layers:
        main = output_shape(inner, main)
    for inner in layer.shortcut:
        shortcut = output_shape(inner, shortcut)
    if main != shortcut:
        raise InvalidWorkload(
            "its layers make {main}, its shortcut {shortcut}; they must be the same.",
            main=str(main),
            shortcut=str(shortcut),
        )
    return main


def _image(shape: Shape) -> tuple[int, int, int]:
    height, width, channels = _of_rank(shape, 3)
    return height, width, channels


def _sequence(shape: Shape) -> tuple[int, int]:
    steps, features = _of_rank(shape, 2)
    return steps, features


def _of_rank(shape: Shape, rank: int) -> Shape:
    if len(shape) != rank:
        raise InvalidWorkload("expected {shape}.", shape=_RANK_NAMES[rank])
    return shape


def _pooled(layer: MaxPool2D | AveragePool2D, shape: Shape) -> Shape:
    height, width, channels = _image(shape)
    if layer.size > min(height, width):
        raise InvalidWorkload("a {size}x{size} pool needs an image at least as large.", size=layer.size)
    return (*_windows(height, width, layer.size, layer.stride), channels)


def _windows(height: int, width: int, kernel: int, stride: int) -> tuple[int, int]:
    _positive("kernel", kernel)
    return -(-height // _positive("stride", stride)), -(-width // stride)


def _positive(name: str, value: int) -> int:
    if value < 1:
        raise InvalidWorkload("{name} is {value}; expected 1 or more.", name=name, value=value)
    return value

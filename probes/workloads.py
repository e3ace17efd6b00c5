"""Workload: a network, its input, its loss and its batch, independent of any framework.

The builders make the four families at any size; `REFERENCE` names the sizes that people and files refer to.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Literal

from probes.errors import InvalidWorkload, UnknownId
from probes.networks.layers import (
    GRU,
    LSTM,
    Activation,
    BatchNorm,
    Conv2D,
    Dense,
    Embedding,
    GlobalAveragePool,
    Layer,
    LayerNorm,
    MaxPool2D,
    Positions,
    layer_from_json,
    layer_to_json,
    transformer_block,
)
from probes.networks.published import bert, gpt, mobilenet_v1, mobilenet_v2, resnet, vgg, vision_transformer
from probes.networks.repeats import with_repeats
from probes.words import _

Loss = Literal["cross_entropy", "mean_squared_error"]

MAX_BATCH = 65_536


@dataclass(frozen=True)
class Input:
    """One example: its shape without the batch axis; `vocabulary` is set when it holds token ids."""

    shape: tuple[int, ...]
    vocabulary: int | None = None


@dataclass(frozen=True)
class Workload:
    """One training step's worth of work.

    `layers` end in `outputs` values per example, or per step of a sequence: logits for `cross_entropy` (integer
    labels), numbers for `mean_squared_error`. `batch` examples make one optimizer step (Adam, float32). `family`
    names the rungs of `REFERENCE` (`-tiny`, `-small`, ...) that stand for the workload.
    """

    id: str
    family: str
    input: Input
    layers: tuple[Layer, ...]
    outputs: int
    loss: Loss
    batch: int

    def __post_init__(self) -> None:
        if not 1 <= self.batch <= MAX_BATCH:
            raise InvalidWorkload(
                "Batch {batch} is out of range; expected 1 to {largest:,}.", batch=self.batch, largest=MAX_BATCH
            )
        if self.outputs < 1 or any(side < 1 for side in self.input.shape):
            raise InvalidWorkload(
                "Workload {workload!r} has an input or output of size zero or less.", workload=self.id
            )

    @property
    def network(self) -> tuple[tuple[Layer, ...], Input]:
        """What is trained on what, whatever the batch and the name."""
        return self.layers, self.input

    def with_batch(self, batch: int) -> Workload:
        """The same network on another batch size; the id names the batch."""
        return replace(self, batch=batch, id=f"{re.sub('-b[0-9]+$', '', self.id)}-b{batch}")

    def with_repeats(self, repeats: int) -> Workload:
        """A shallower network: blocks that come more often in a row cut to so many; the id names the number."""
        layers = with_repeats(self.layers, repeats)
        return self if layers == self.layers else replace(self, layers=layers, id=self._less(f"repeats{repeats}"))

    def with_steps(self, steps: int) -> Workload:
        """The same network on sequences of so many steps, for layers to which any length will do; the id names it."""
        sequence = replace(self.input, shape=(steps, *self.input.shape[1:]))
        return self if sequence == self.input else replace(self, input=sequence, id=self._less(f"steps{steps}"))

    def _less(self, what: str) -> str:
        """The id with what there is less of, before the batch."""
        name, batch = re.split("(?=-b[0-9]+$)|$", self.id, maxsplit=1)
        return f"{name}-{what}{batch}"

    def to_json(self) -> dict[str, Any]:
        """Plain data for the worker's pipe and for files."""
        return {
            "id": self.id,
            "family": self.family,
            "input": {"shape": list(self.input.shape), "vocabulary": self.input.vocabulary},
            "layers": [layer_to_json(layer) for layer in self.layers],
            "outputs": self.outputs,
            "loss": self.loss,
            "batch": self.batch,
        }

    @staticmethod
    def from_json(data: dict[str, Any]) -> Workload:
        """The workload that `to_json` described; raises `InvalidWorkload` when a part is missing or unknown."""
        try:
            shape, vocabulary = data["input"]["shape"], data["input"]["vocabulary"]
            return Workload(
                id=data["id"],
                family=data["family"],
                input=Input(tuple(shape), vocabulary),
                layers=tuple(layer_from_json(layer) for layer in data["layers"]),
                outputs=data["outputs"],
                loss=data["loss"],
                batch=data["batch"],
            )
        except (KeyError, TypeError) as error:
            raise InvalidWorkload(
                "A workload description is incomplete or malformed: {error}.", error=repr(error)
            ) from error


def mlp(*, columns: int, width: int, depth: int, outputs: int, batch: int, loss: Loss = "cross_entropy") -> Workload:
    """A multi-layer perceptron with `depth` hidden layers of `width` units on a table of numbers."""
    hidden = (Dense(width), Activation("relu")) * depth
    return Workload(
        id=f"mlp-c{columns}-w{width}-d{depth}-b{batch}",
        family="mlp",
        input=Input((columns,)),
        layers=(*hidden, Dense(outputs)),
        outputs=outputs,
        loss=loss,
        batch=batch,
    )


def cnn(*, side: int, width: int, stages: int, outputs: int, batch: int) -> Workload:
    """A convolutional network: each stage is two 3x3 convolutions and a 2x2 pool, doubling the channels."""
    body: list[Layer] = []
    for stage in range(stages):
        body += [Conv2D(width * 2**stage, kernel=3, bias=False), BatchNorm(), Activation("relu")] * 2
        body.append(MaxPool2D(size=2, stride=2))
    return Workload(
        id=f"cnn-s{side}-w{width}-d{stages}-b{batch}",
        family="cnn",
        input=Input((side, side, 3)),
        layers=(*body, GlobalAveragePool(), Dense(outputs)),
        outputs=outputs,
        loss="cross_entropy",
        batch=batch,
    )


def lstm(
    *,
    steps: int,
    features: int,
    width: int,
    depth: int,
    outputs: int,
    batch: int,
    loss: Loss = "cross_entropy",
    cells: type[LSTM | GRU] = LSTM,
) -> Workload:
    """`depth` stacked LSTMs, or GRUs, of `width` units over a sequence of feature vectors."""
    stacked = (cells(width, return_sequences=True),) * (depth - 1)
    return Workload(
        id=f"{cells.kind}-t{steps}-w{width}-d{depth}-b{batch}",
        family="lstm",
        input=Input((steps, features)),
        layers=(*stacked, cells(width), Dense(outputs)),
        outputs=outputs,
        loss=loss,
        batch=batch,
    )


def transformer(
    *, tokens: int, width: int, depth: int, heads: int, vocabulary: int, outputs: int, batch: int
) -> Workload:
    """A pre-norm transformer encoder on token ids, averaged over the tokens and classified."""
    blocks = transformer_block(width, heads, hidden=4 * width) * depth
    return Workload(
        id=f"transformer-t{tokens}-w{width}-d{depth}-b{batch}",
        family="transformer",
        input=Input((tokens,), vocabulary),
        layers=(
            Embedding(vocabulary, width),
            Positions(),
            *blocks,
            LayerNorm(),
            GlobalAveragePool(),
            Dense(outputs),
        ),
        outputs=outputs,
        loss="cross_entropy",
        batch=batch,
    )


def _images(name: str, layers: tuple[Layer, ...]) -> Workload:
    return Workload(name, "cnn", Input((224, 224, 3)), layers, outputs=1000, loss="cross_entropy", batch=32)


def _tokens(name: str, tokens: Input, layers: tuple[Layer, ...], *, outputs: int, batch: int) -> Workload:
    return Workload(name, "transformer", tokens, layers, outputs, "cross_entropy", batch)


def _named(name: str, workload: Workload) -> Workload:
    return replace(workload, id=name)


# Four sizes a family, each several times the work of the one before: the first is dominated by the overhead of a
# step, the third keeps two CPU cores busy, the last takes them about a second.
_RUNGS = (
    _named("mlp-tiny", mlp(columns=32, width=64, depth=2, outputs=10, batch=32)),
    _named("mlp-small", mlp(columns=64, width=512, depth=3, outputs=10, batch=128)),
    _named("mlp-medium", mlp(columns=128, width=1024, depth=4, outputs=10, batch=256)),
    _named("mlp-large", mlp(columns=256, width=2048, depth=5, outputs=10, batch=512)),
    _named("cnn-tiny", cnn(side=16, width=8, stages=2, outputs=10, batch=16)),
    _named("cnn-small", cnn(side=32, width=16, stages=3, outputs=10, batch=32)),
    _named("cnn-medium", cnn(side=64, width=32, stages=3, outputs=10, batch=32)),
    _named("cnn-large", cnn(side=96, width=32, stages=4, outputs=10, batch=32)),
    _named("lstm-tiny", lstm(steps=16, features=8, width=32, depth=1, outputs=10, batch=16)),
    _named("lstm-small", lstm(steps=32, features=16, width=128, depth=1, outputs=10, batch=32)),
    _named("lstm-medium", lstm(steps=48, features=16, width=256, depth=2, outputs=10, batch=64)),
    _named("lstm-large", lstm(steps=64, features=16, width=512, depth=2, outputs=10, batch=64)),
    _named(
        "transformer-tiny",
        transformer(tokens=16, width=32, depth=1, heads=2, vocabulary=1000, outputs=10, batch=16),
    ),
    _named(
        "transformer-small",
        transformer(tokens=64, width=128, depth=2, heads=4, vocabulary=4000, outputs=10, batch=16),
    ),
    _named(
        "transformer-medium",
        transformer(tokens=128, width=256, depth=3, heads=4, vocabulary=8000, outputs=10, batch=16),
    ),
    _named(
        "transformer-large",
        transformer(tokens=192, width=384, depth=4, heads=6, vocabulary=16000, outputs=10, batch=16),
    ),
)

# Recurrent networks and perceptrons of common sizes: the sensor windows of the UCI human activity set (128 steps of 9
# signals, 6 classes), a day ahead from four days of 7 hourly series, the perceptron of Keras's MNIST example, and
# others from ten thousand to twenty million parameters.
_sensors = partial(lstm, steps=128, features=9, width=128, depth=1, outputs=6, batch=64)
_hourly = partial(lstm, steps=96, features=7, width=64, depth=2, outputs=24, batch=32, loss="mean_squared_error")
_COMMON = (
    _named("lstm-classifier", _sensors()),
    _named("gru-classifier", _sensors(cells=GRU)),
    _named("lstm-forecaster", _hourly()),
    _named("gru-forecaster", _hourly(cells=GRU)),
    _named("mlp-10k", mlp(columns=32, width=80, depth=2, outputs=10, batch=32)),
    _named("mlp-100k", mlp(columns=128, width=256, depth=2, outputs=10, batch=128)),
    _named("mlp-mnist", mlp(columns=784, width=512, depth=2, outputs=10, batch=128)),
    _named("mlp-20m", mlp(columns=128, width=2048, depth=6, outputs=10, batch=512)),
)

_BERT_TOKENS, _GPT_TOKENS = Input((512,), 30_522), Input((1024,), 50_257)
_PUBLISHED = (
    _images("resnet-18", resnet((2, 2, 2, 2), bottleneck=False, outputs=1000)),
    _images("resnet-34", resnet((3, 4, 6, 3), bottleneck=False, outputs=1000)),
    _images("resnet-50", resnet((3, 4, 6, 3), bottleneck=True, outputs=1000)),
    _images("mobilenet-v1", mobilenet_v1(outputs=1000)),
    _images("mobilenet-v2", mobilenet_v2(outputs=1000)),
    _images("vgg-16", vgg((2, 2, 3, 3, 3), outputs=1000)),
    replace(
        _images("vit-tiny", vision_transformer(patch=16, width=192, depth=12, heads=3, outputs=1000)),
        family="transformer",
    ),
    _tokens(
        "bert-mini",
        _BERT_TOKENS,
        bert(vocabulary=30_522, width=256, depth=4, heads=4, outputs=2),
        outputs=2,
        batch=16,
    ),
    _tokens(
        "bert-base",
        _BERT_TOKENS,
        bert(vocabulary=30_522, width=768, depth=12, heads=12, outputs=2),
        outputs=2,
        batch=8,
    ),
    _tokens(
        "gpt-small",
        _GPT_TOKENS,
        gpt(vocabulary=50_257, width=768, depth=12, heads=12),
        outputs=50_257,
        batch=4,
    ),
)

REFERENCE: dict[str, Workload] = {workload.id: workload for workload in (*_RUNGS, *_COMMON, *_PUBLISHED)}

# The ids that a person would name; the others are sizes of a family.
NAMED: tuple[str, ...] = tuple(workload.id for workload in (*_PUBLISHED, *_COMMON))


def find_workload(workload_id: str) -> Workload:
    """The reference workload with this id; raises `UnknownId` naming the known ones."""
    try:
        return REFERENCE[workload_id]
    except KeyError:
        known = ", ".join(REFERENCE)
        raise UnknownId(
            _("Unknown workload {workload!r}; expected one of {known}.").format(workload=workload_id, known=known)
        ) from None

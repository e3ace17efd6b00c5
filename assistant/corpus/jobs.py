"""The jobs that forecasts are tried on: nine families of networks, different in width, depth, resolution or length
and batch. On two cores a step of them takes from a fraction of a millisecond to a few seconds.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from assistant.ladder import full_ladder
from assistant.language import _
from probes.errors import UnknownId
from probes.networks.layers import GRU, LSTM
from probes.networks.published import Layers, bert, gpt, mobilenet_v2, resnet, vision_transformer
from probes.workloads import Input, Workload, cnn, find_workload, lstm, mlp

CLASSES = 10


@dataclass(frozen=True)
class Job:
    """A workload to be forecast, the last of `ladder`, after what a probe measures of it; `family` is the kind of
    network. Without `forecast` it is nobody's job, and there is no truth to hold a forecast against.
    """

    family: str
    ladder: tuple[Workload, ...]
    forecast: bool = True

    @property
    def workload(self) -> Workload:
        """What is to be forecast."""
        return self.ladder[-1]

    @property
    def id(self) -> str:
        """The workload's id."""
        return self.workload.id


def _mlps() -> tuple[Workload, ...]:
    # columns, width, depth, batch
    sizes = (
        *((16, 32, 1, 16), (64, 128, 2, 64), (256, 256, 4, 32), (128, 512, 2, 256)),
        *((512, 1024, 3, 128), (784, 2048, 3, 256), (256, 1536, 8, 512), (1024, 4096, 4, 256)),
    )
    return tuple(mlp(columns=c, width=w, depth=d, outputs=CLASSES, batch=b) for c, w, d, b in sizes)


def _cnns() -> tuple[Workload, ...]:
    # side, width, stages, batch
    sizes = (
        *((12, 8, 1, 8), (28, 16, 2, 16), (32, 32, 3, 32), (64, 16, 4, 16)),
        *((48, 64, 3, 16), (96, 32, 4, 16), (128, 48, 5, 4), (64, 64, 4, 8)),
    )
    return tuple(cnn(side=s, width=w, stages=d, outputs=CLASSES, batch=b) for s, w, d, b in sizes)


def _residual() -> tuple[Workload, ...]:
    # side, blocks of each stage, bottleneck, batch
    sizes = (
        *((32, (1,), False, 4), (32, (1, 1), False, 16), (64, (2, 2), False, 16), (64, (2, 2, 2, 2), False, 16)),
        *((96, (1, 2, 2), True, 16), (128, (3, 4, 6, 3), False, 4), (224, (3, 4, 6, 3), True, 2)),
    )
    return tuple(
        _image(
            f"resnet-s{s}-{'-'.join(map(str, d))}{'-bottleneck' * narrow}",
            s,
            b,
            resnet(d, bottleneck=narrow, outputs=CLASSES),
        )
        for s, d, narrow, b in sizes
    )


def _mobile() -> tuple[Workload, ...]:
    # side, multiplier, batch
    sizes = (
        (32, 0.25, 4),
        (32, 0.5, 16),
        (64, 0.5, 16),
        (64, 1.0, 16),
        (96, 0.75, 16),
        (128, 1.0, 16),
        (160, 1.4, 8),
    )
    return tuple(
        _image(f"mobilenet-v2-s{s}-x{m:g}", s, b, mobilenet_v2(outputs=CLASSES, multiplier=m)) for s, m, b in sizes
    )


def _vision_transformers() -> tuple[Workload, ...]:
    # side, patch, width, depth, heads, batch
    sizes = (
        *((16, 4, 32, 1, 2, 4), (32, 8, 64, 2, 4, 16), (32, 4, 96, 4, 3, 16), (64, 8, 192, 4, 3, 16)),
        *((96, 8, 128, 6, 4, 16), (128, 16, 384, 6, 6, 16), (224, 16, 192, 12, 3, 8)),
    )
    return tuple(
        _image(
            f"vit-s{s}-p{p}-w{w}-d{d}", s, b, vision_transformer(patch=p, width=w, depth=d, heads=h, outputs=CLASSES)
        )
        for s, p, w, d, h, b in sizes
    )


def _recurrent(cells: type[LSTM | GRU]) -> tuple[Workload, ...]:
    # steps, features, width, depth, batch
    sizes = (
        *((8, 4, 16, 1, 8), (24, 8, 64, 1, 16), (50, 12, 96, 2, 32), (100, 16, 128, 1, 64)),
        *((200, 8, 128, 2, 32), (64, 32, 384, 2, 64), (128, 16, 768, 2, 16)),
    )
    return tuple(
        lstm(steps=t, features=f, width=w, depth=d, outputs=CLASSES, batch=b, cells=cells) for t, f, w, d, b in sizes
    )


def _encoders() -> tuple[Workload, ...]:
    # tokens, width, depth, heads, vocabulary, batch
    sizes = (
        *((8, 32, 1, 2, 500, 4), (32, 64, 2, 4, 2000, 16), (128, 64, 2, 2, 4000, 16), (64, 192, 4, 6, 8000, 16)),
        *((256, 128, 4, 4, 10_000, 16), (128, 512, 4, 8, 20_000, 8), (256, 384, 6, 6, 30_522, 4)),
    )
    return tuple(
        _text(
            f"encoder-t{t}-w{w}-d{d}",
            Input((t,), v),
            b,
            bert(vocabulary=v, width=w, depth=d, heads=h, outputs=CLASSES),
            CLASSES,
        )
        for t, w, d, h, v, b in sizes
    )


def _decoders() -> tuple[Workload, ...]:
    # tokens, width, depth, heads, vocabulary, batch
    sizes = (
        *((16, 32, 1, 2, 200, 4), (32, 64, 2, 2, 1000, 16), (128, 64, 3, 4, 2000, 8), (64, 256, 4, 4, 4000, 16)),
        *((256, 128, 6, 4, 5000, 8), (256, 384, 4, 6, 8000, 4), (256, 512, 6, 8, 16_000, 2)),
    )
    return tuple(
        _text(f"decoder-t{t}-w{w}-d{d}", Input((t,), v), b, gpt(vocabulary=v, width=w, depth=d, heads=h), v)
        for t, w, d, h, v, b in sizes
    )


def _image(name: str, side: int, batch: int, layers: Layers) -> Workload:
    return Workload(f"{name}-b{batch}", "cnn", Input((side, side, 3)), layers, CLASSES, "cross_entropy", batch)


def _text(name: str, tokens: Input, batch: int, layers: Layers, outputs: int) -> Workload:
    return Workload(f"{name}-b{batch}", "transformer", tokens, layers, outputs, "cross_entropy", batch)


_FAMILIES: Mapping[str, tuple[Workload, ...]] = {
    "perceptron": _mlps(),
    "convolutional": _cnns(),
    "residual": _residual(),
    "mobile": _mobile(),
    "vision transformer": _vision_transformers(),
    "lstm": _recurrent(LSTM),
    "gru": _recurrent(GRU),
    "encoder": _encoders(),
    "decoder": _decoders(),
}

# What is measured before a person's job is known, and beside jobs that are too large: sizes of each kind that anybody
# may name.
_RUNGS = tuple(
    Job(family, tuple(find_workload(f"{kind}-{size}") for size in ("tiny", "small", "medium")), forecast=False)
    for family, kind in (
        *(("perceptron", "mlp"), ("convolutional", "cnn")),
        *(("lstm", "lstm"), ("encoder", "transformer")),
    )
)

# The job itself as well where a person's probe would leave it out: its step time must be known.
_JOBS = tuple(
    Job(family, tuple(dict.fromkeys((*full_ladder(each), each))))
    for family, workloads in _FAMILIES.items()
    for each in workloads
)

# Shuffled, so that a part of them is a fair sample and what a machine does over hours falls on all families alike.
_ORDER = np.random.default_rng(0).permutation(len(_JOBS))

JOBS: tuple[Job, ...] = (*_RUNGS, *(_JOBS[index] for index in _ORDER))

_MEASURED = {workload.id: workload for job in JOBS for workload in job.ladder}


def find_measured(workload_id: str) -> Workload:
    """The workload of a job's ladder with this id; raises `UnknownId` for any other."""
    try:
        return _MEASURED[workload_id]
    except KeyError:
        raise UnknownId(
            _("The corpus has measurements of {workload!r}, which is in no job's ladder.").format(
                workload=workload_id
            )
        ) from None

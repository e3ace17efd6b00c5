"""The synthetic batch that every framework trains on."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from probes.networks.shapes import final_shape
from probes.workloads import Workload


class Batch(NamedTuple):
    """Inputs and targets of one optimizer step.

    `inputs` are float32 (batch, *shape), or int32 token ids; `targets` int32 class ids (batch,) or, where every
    position is predicted, (batch, steps) for `cross_entropy`, float32 of the outputs' shape for `mean_squared_error`.
    """

    inputs: NDArray[Any]
    targets: NDArray[Any]


def synthetic_batch(workload: Workload, seed: int) -> Batch:
    """A batch of noise, the same for the same workload and seed.

    The second half has the inputs of the first with other targets. It can therefore not be learnt by heart, and the
    gradients stay clear of denormal numbers, which a CPU computes many times more slowly.
    """
    generator = np.random.default_rng(seed)
    outputs = final_shape(workload)
    shape = (-(-workload.batch // 2), *workload.input.shape)
    half = (
        generator.standard_normal(shape, np.float32)
        if workload.input.vocabulary is None
        else generator.integers(workload.input.vocabulary, size=shape, dtype=np.int32)
    )
    targets = (
        generator.integers(workload.outputs, size=(workload.batch, *outputs[:-1]), dtype=np.int32)
        if workload.loss == "cross_entropy"
        else generator.standard_normal((workload.batch, *outputs), np.float32)
    )
    return Batch(np.concatenate([half, half])[: workload.batch], targets)

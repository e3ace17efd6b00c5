"""Laws: the figures that are forecast, what they are sums of, and how far they are from such a sum.

figure = sum over terms of amount x rate, every rate at least zero: overhead of a step, of each operation launched, of
each FLOP of each kind, of each byte moved, of each parameter updated.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import log, nan

import numpy as np
from numpy.typing import NDArray

from assistant.advice.measured_rows import Row, compile_s_of, memory_log_sd, memory_mb_of, step_ms_of
from probes.costs import BACKWARD_AND_FORWARD, BYTES_PER_VALUE, MIB, Costs
from probes.report import CandidateResult

Term = Callable[[Costs], float]
Rates = NDArray[np.float64]

# Stands for zero where something is divided by it.
SMALLEST = 1e-9


def one(_costs: Costs) -> float:
    """What happens once a step (or once a process), whatever the network."""
    return 1.0


def operations(costs: Costs) -> float:
    """What is launched one by one, a recurrent layer once."""
    return float(costs.operations)


def recurrent_steps(costs: Costs) -> float:
    """Steps of recurrent layers, which follow one another."""
    return float(costs.recurrent_steps)


def products(costs: Costs) -> float:
    """FLOPs of matrix products, those of attention among them."""
    return float(BACKWARD_AND_FORWARD * (costs.matmul_flops + costs.attention_flops))


def convolutions(costs: Costs) -> float:
    """FLOPs of convolutions that mix channels."""
    return float(BACKWARD_AND_FORWARD * costs.convolution_flops)


def depthwise(costs: Costs) -> float:
    """FLOPs of convolutions of single channels."""
    return float(BACKWARD_AND_FORWARD * costs.depthwise_flops)


def recurrence(costs: Costs) -> float:
    """FLOPs of recurrent layers."""
    return float(BACKWARD_AND_FORWARD * costs.recurrent_flops)


def arithmetic(costs: Costs) -> float:
    """FLOPs of all of these: what a processor's vector units are built for."""
    return products(costs) + convolutions(costs) + depthwise(costs) + recurrence(costs)


def traffic(costs: Costs) -> float:
    """Bytes that pass through memory: values read one by one, and activations kept."""
    return costs.elementwise_flops * BYTES_PER_VALUE + activations(costs)


def updates(costs: Costs) -> float:
    """Parameters that the optimizer changes."""
    return float(costs.parameters)


def state(costs: Costs) -> float:
    """Bytes of what stays in memory from step to step: parameters, gradients and moments."""
    return float((2 * costs.parameters + costs.optimizer_values) * BYTES_PER_VALUE)


def activations(costs: Costs) -> float:
    """Bytes kept from the forward pass for the backward pass."""
    return costs.activation_mb * MIB


@dataclass(frozen=True)
class Shape:
    """What kind of work a figure is made of, whatever the speed: each term's share of it, the logarithms of how much
    arithmetic an operation has and of how much there is in all.
    """

    shares: tuple[float, ...]
    grain: float
    size: float


@dataclass(frozen=True)
class Law:
    """A figure that grows with the work of a step: the sum of `terms`.

    `figure` finds it in a row, and `log_sd` how unsure it is there. How far figures are from such a sum, as standard
    deviations of logarithms too: `curve` is how far they bend away with the kind and size of the work, `rate` how far
    each term's rate on a machine is from the typical one, `level` how far the whole is; `noise` is what neither the
    work nor the interval of one run explains. `akin` is how much what two candidates are off by has in common
    (its correlation) if the same runtime computes for both, `unlike` if not. With `speed`, all of a machine that is
    slower takes longer. `physics` are the rates that are known without measuring, nan where none is.
    """

    figure: Callable[[CandidateResult], float | None]
    log_sd: Callable[[Row], float]
    terms: tuple[Term, ...]
    curve: float
    rate: float
    level: float
    noise: float
    akin: float = 0.0
    unlike: float = 0.0
    speed: bool = True
    physics: tuple[float, ...] | None = None

    @property
    def expected(self) -> Rates:
        """The rates that are expected before anything is measured, nan where none are."""
        return np.array(self.physics or [np.nan] * len(self.terms))

    def amounts(self, costs: Costs) -> NDArray[np.float64]:
        """Of each term."""
        return np.array([term(costs) for term in self.terms])

    def usual(self, rates: Rates, costs: Costs) -> float:
        """The sum of the terms."""
        return max(float(self.amounts(costs) @ rates), SMALLEST)

    def shape(self, rates: Rates, costs: Costs) -> Shape:
        """What the sum is made of."""
        shares = self.amounts(costs) * rates / self.usual(rates, costs)
        work = max(arithmetic(costs), 1.0)
        return Shape(tuple(map(float, shares)), log(work / max(costs.launches, 1)), log(work))


# Of those that were tried, these deviations make the step times of the corpus 9e4128c5e0666f89 most likely, foretold
# by what other kinds of network had taught. What such forecasts were off by correlates by 0.83 to 0.97 where the
# runtime is the same (Keras on PyTorch: 0.72 and 0.76), else by 0.43 to 0.66. What one runtime takes to compile says
# little of another.
STEP_TIME = Law(
    step_ms_of,
    lambda row: row.log_sd,
    (one, operations, recurrent_steps, products, convolutions, depthwise, recurrence, traffic, updates),
    curve=0.45,
    rate=0.7,
    level=0.3,
    noise=0.07,
    akin=0.9,
    unlike=0.5,
)
COMPILING = Law(
    compile_s_of,
    lambda row: row.log_sd,
    (one, operations, recurrent_steps, arithmetic),
    curve=0.8,
    rate=1.0,
    level=0.3,
    noise=0.15,
    akin=0.9,
)
MEMORY = Law(
    memory_mb_of,
    lambda row: memory_log_sd(row.result),
    (one, operations, state, activations),
    curve=0.2,
    rate=1.0,
    level=0.2,
    noise=0.05,
    speed=False,
    # MiB: every byte of state and of activations is there once; what a framework itself takes is anybody's guess.
    physics=(nan, nan, 1 / MIB, 1 / MIB),
)
# In the order in which `CandidateModels` has their models.
LAWS = (STEP_TIME, COMPILING, MEMORY)

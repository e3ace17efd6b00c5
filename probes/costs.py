"""What a training step costs, computed from the workload alone: the features that forecasts are made of.

Conventions: a multiplication and the addition that follows it are two FLOPs, biases are left out, and element-wise
work is one FLOP for each value that an activation, normalisation, pool, dropout, embedding, softmax, gate or residual
addition reads: memory binds it, so the number of values matters more than their arithmetic. Training is three times
the forward pass, because the gradients of inputs and of weights cost one forward pass each (Kaplan et al. 2020,
arXiv 2001.08361, section 2.1).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache, singledispatch
from math import prod

from probes.networks.layers import (
    GRU,
    LSTM,
    Attention,
    Conv2D,
    Dense,
    DepthwiseConv2D,
    Embedding,
    FirstStep,
    Flatten,
    ImageToSequence,
    Layer,
    TiedDense,
)
from probes.networks.parameters import parameters
from probes.networks.shapes import PlacedLayer, place_layers
from probes.workloads import Workload

BYTES_PER_VALUE = 4
MIB = 2**20
_MOMENTS_OF_ADAM = 2
BACKWARD_AND_FORWARD = 3


# Workloads whose costs are kept: more than a session asks for.
MOST_KEPT = 1024


@dataclass(frozen=True)
class Costs:
    """One optimizer step on one batch; FLOPs are of the forward pass unless they say otherwise.

    `activation_mb` is what the forward pass keeps for the backward pass: the output of every layer, the gates and
    states of recurrent layers, and the projections and scores of attention, float32, in MiB. `operations` counts what
    a framework launches one by one in the forward pass, each recurrent layer once; `recurrent_steps` counts the steps
    of those, which follow one another. `optimizer_values` are Adam's two moments per parameter.
    """

    parameters: int
    optimizer_values: int
    matmul_flops: int
    convolution_flops: int
    depthwise_flops: int
    recurrent_flops: int
    attention_flops: int
    elementwise_flops: int
    activation_mb: float
    operations: int
    recurrent_steps: int

    @property
    def forward_flops(self) -> int:
        """FLOPs of the forward pass, of all kinds."""
        return (
            self.matmul_flops
            + self.convolution_flops
            + self.depthwise_flops
            + self.recurrent_flops
            + self.attention_flops
            + self.elementwise_flops
        )

    @property
    def launches(self) -> int:
        """What is started one by one in the forward pass, each step of a recurrent layer counted."""
        return self.operations + self.recurrent_steps

    @property
    def kept_mb(self) -> float:
        """MiB that no way of training does without: parameters, gradients, moments and activations."""
        return (2 * self.parameters + self.optimizer_values) * BYTES_PER_VALUE / MIB + self.activation_mb

    @property
    def training_flops(self) -> int:
        """FLOPs of the forward and the backward pass."""
        return BACKWARD_AND_FORWARD * self.forward_flops


@dataclass(frozen=True)
class LayerCosts:
    """The forward pass of one layer on one example; `kept` counts the values it keeps for the backward pass."""

    matmul_flops: int = 0
    convolution_flops: int = 0
    depthwise_flops: int = 0
    recurrent_flops: int = 0
    attention_flops: int = 0
    elementwise_flops: int = 0
    kept: int = 0
    operations: int = 1
    recurrent_steps: int = 0


@lru_cache(maxsize=MOST_KEPT)
def costs(workload: Workload) -> Costs:
    """Costs of one optimizer step of the workload; raises `InvalidWorkload` when its shapes do not fit.

    Kept: every answer asks for the same few workloads, once a candidate.
    """
    layers = [layer_costs(placed.layer, placed) for placed in place_layers(workload)]
    trained = sum(parameter.size for parameter in parameters(workload))
    kept = sum(layer.kept for layer in layers) + prod(workload.input.shape)
    batch = workload.batch
    return Costs(
        parameters=trained,
        optimizer_values=_MOMENTS_OF_ADAM * trained,
        matmul_flops=batch * sum(layer.matmul_flops for layer in layers),
        convolution_flops=batch * sum(layer.convolution_flops for layer in layers),
        depthwise_flops=batch * sum(layer.depthwise_flops for layer in layers),
        recurrent_flops=batch * sum(layer.recurrent_flops for layer in layers),
        attention_flops=batch * sum(layer.attention_flops for layer in layers),
        elementwise_flops=batch * sum(layer.elementwise_flops for layer in layers),
        activation_mb=batch * kept * BYTES_PER_VALUE / MIB,
        operations=sum(layer.operations for layer in layers),
        recurrent_steps=sum(layer.recurrent_steps for layer in layers),
    )


@singledispatch
def layer_costs(_layer: Layer, placed: PlacedLayer) -> LayerCosts:
    """Costs of a layer where it stands; by default it reads every input value once and keeps its output."""
    return LayerCosts(elementwise_flops=prod(placed.input_shape), kept=prod(placed.output_shape))


@layer_costs.register(Dense)
@layer_costs.register(TiedDense)
def _(_layer: Dense | TiedDense, placed: PlacedLayer) -> LayerCosts:
    outputs = prod(placed.output_shape)
    return LayerCosts(matmul_flops=2 * placed.input_shape[-1] * outputs, kept=outputs)


@layer_costs.register
def _(layer: Conv2D, placed: PlacedLayer) -> LayerCosts:
    outputs = prod(placed.output_shape)
    products = layer.kernel**2 * placed.input_shape[-1] // layer.groups
    return LayerCosts(convolution_flops=2 * products * outputs, kept=outputs)


@layer_costs.register
def _(layer: DepthwiseConv2D, placed: PlacedLayer) -> LayerCosts:
    outputs = prod(placed.output_shape)
    return LayerCosts(depthwise_flops=2 * layer.kernel**2 * outputs, kept=outputs)


@layer_costs.register(Flatten)
@layer_costs.register(ImageToSequence)
@layer_costs.register(FirstStep)
def _(_layer: Flatten | ImageToSequence | FirstStep, _placed: PlacedLayer) -> LayerCosts:
    return LayerCosts(operations=0)


@layer_costs.register
def _(_layer: Embedding, placed: PlacedLayer) -> LayerCosts:
    outputs = prod(placed.output_shape)
    return LayerCosts(elementwise_flops=outputs, kept=outputs)


@layer_costs.register(LSTM)
@layer_costs.register(GRU)
def _(layer: LSTM | GRU, placed: PlacedLayer) -> LayerCosts:
    steps, features = placed.input_shape
    gates, states = (4, 2) if isinstance(layer, LSTM) else (3, 1)
    return LayerCosts(
        recurrent_flops=2 * steps * (features + layer.units) * gates * layer.units,
        elementwise_flops=steps * (gates + states) * layer.units,
        kept=steps * (gates + states) * layer.units,
        recurrent_steps=steps,
    )


@layer_costs.register
def _(layer: Attention, placed: PlacedLayer) -> LayerCosts:
    steps, width = placed.input_shape
    scores = layer.heads * steps**2
    projections = 4
    return LayerCosts(
        matmul_flops=2 * projections * steps * width**2,
        attention_flops=2 * 2 * steps**2 * width,
        elementwise_flops=scores,
        kept=scores + (projections + 1) * steps * width,
        operations=projections + 1,
    )

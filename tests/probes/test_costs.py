"""Costs are counted, not measured: each figure here was worked out by hand from the formula in its test."""

from __future__ import annotations

from dataclasses import replace

import pytest

from probes.costs import costs
from probes.networks.layers import (
    GRU,
    LSTM,
    Attention,
    Conv2D,
    Dense,
    DepthwiseConv2D,
    Embedding,
    Flatten,
    GlobalAveragePool,
    Positions,
)
from probes.workloads import REFERENCE, Input, Workload


def workload(shape, *layers, outputs, batch=1, vocabulary=None):
    return Workload("w", "test", Input(shape, vocabulary), layers, outputs, "mean_squared_error", batch)


def test_a_dense_layer_multiplies_and_adds_once_per_weight_and_example():
    counted = costs(workload((5,), Dense(3), outputs=3, batch=4))
    assert counted.matmul_flops == 2 * 4 * 5 * 3
    assert counted.parameters == 5 * 3 + 3
    assert counted.optimizer_values == 2 * counted.parameters


def test_a_convolution_is_counted_at_every_output_pixel():
    counted = costs(workload((8, 7, 4), Conv2D(6, kernel=3, stride=2, groups=2), Flatten(), outputs=4 * 4 * 6))
    assert counted.convolution_flops == 2 * (4 * 4) * 3 * 3 * (4 // 2) * 6


def test_a_depthwise_convolution_has_one_filter_per_channel():
    counted = costs(workload((8, 8, 5), DepthwiseConv2D(kernel=3), GlobalAveragePool(), outputs=5))
    assert counted.depthwise_flops == 2 * 8 * 8 * 3 * 3 * 5
    assert counted.elementwise_flops == 8 * 8 * 5


@pytest.mark.parametrize(("cells", "gates"), [(LSTM, 4), (GRU, 3)])
def test_recurrent_steps_are_counted_apart_from_operations(cells, gates):
    counted = costs(workload((7, 5), cells(3), outputs=3))
    assert counted.recurrent_flops == 7 * 2 * (5 + 3) * gates * 3
    assert (counted.operations, counted.recurrent_steps) == (1, 7)


def test_attention_separates_projections_from_scores():
    counted = costs(workload((6, 8), Attention(heads=2), outputs=8))
    assert counted.matmul_flops == 4 * 2 * 6 * 8 * 8
    assert counted.attention_flops == 2 * 2 * 6 * 6 * 8
    assert counted.parameters == 4 * (8 * 8 + 8)


def test_activations_are_the_input_and_what_layers_keep():
    counted = costs(workload((5,), Dense(3), Dense(2), outputs=2, batch=10))
    assert counted.activation_mb == 10 * (5 + 3 + 2) * 4 / 2**20


def test_an_embedding_reads_and_adds_but_multiplies_nothing():
    counted = costs(workload((6,), Embedding(30, 4), Positions(), outputs=4, vocabulary=30))
    assert counted.forward_flops == counted.elementwise_flops == 2 * 6 * 4


def test_training_is_three_forward_passes():
    counted = costs(REFERENCE["cnn-small"])
    assert counted.training_flops == 3 * counted.forward_flops > 0


@pytest.mark.parametrize("name", ["mlp-small", "cnn-small", "lstm-small", "transformer-small"])
def test_work_grows_with_the_batch_and_parameters_do_not(name):
    once, twice = costs(REFERENCE[name]), costs(REFERENCE[name].with_batch(2 * REFERENCE[name].batch))
    assert twice == replace(
        twice, parameters=once.parameters, operations=once.operations, recurrent_steps=once.recurrent_steps
    )
    assert twice.forward_flops == 2 * once.forward_flops
    assert twice.activation_mb == 2 * once.activation_mb


@pytest.mark.parametrize("family", ["mlp", "cnn", "lstm", "transformer"])
def test_each_rung_of_a_family_is_several_times_the_work_of_the_one_below(family):
    tiny, small, medium = (
        costs(REFERENCE[f"{family}-{size}"]).training_flops for size in ("tiny", "small", "medium")
    )
    assert small > 4 * tiny
    assert medium > 4 * small

"""Layers as data: JSON there and back, shapes, names, parameters, and what does not fit."""

from __future__ import annotations

import json
from math import prod

import numpy as np
import pytest

from probes.batches import synthetic_batch
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
    LayerNorm,
    MaxPool2D,
    Positions,
    Residual,
    Segments,
    TiedDense,
    layer_from_json,
    layer_to_json,
)
from probes.networks.parameters import initial_weights, parameters
from probes.networks.shapes import final_shape, output_shape, place_layers, same_padding
from probes.workloads import REFERENCE, Input, Workload


def workload(shape, *layers, outputs=3, vocabulary=None, loss="cross_entropy", batch=4):
    return Workload("w", "test", Input(shape, vocabulary), layers, outputs, loss, batch)


@pytest.mark.parametrize("reference", REFERENCE.values(), ids=REFERENCE)
def test_a_workload_survives_json(reference):
    assert Workload.from_json(json.loads(json.dumps(reference.to_json()))) == reference


def test_nested_layers_survive_json():
    layer = Residual((Conv2D(4, 3), Residual((BatchNorm(),))), shortcut=(Conv2D(4, 1, bias=False),))
    assert layer_from_json(json.loads(json.dumps(layer_to_json(layer)))) == layer


@pytest.mark.parametrize("data", [{"kind": "dens"}, {"kind": "dense", "units": 3, "unit": 3}, {"kind": "dense"}, {}])
def test_a_malformed_layer_is_refused(data):
    description = workload((5,), Dense(3)).to_json() | {"layers": [data]}
    with pytest.raises(InvalidWorkload):
        Workload.from_json(description)


@pytest.mark.parametrize(
    ("layer", "before", "after"),
    [
        (Dense(3), (6, 5), (6, 3)),
        (Conv2D(4, kernel=3, stride=2), (8, 7, 3), (4, 4, 4)),
        (DepthwiseConv2D(kernel=3, stride=2), (8, 7, 3), (4, 4, 3)),
        (MaxPool2D(2, stride=2), (7, 6, 3), (4, 3, 3)),
        (AveragePool2D(3, stride=3), (9, 6, 3), (3, 2, 3)),
        (BatchNorm(), (7, 6, 3), (7, 6, 3)),
        (LayerNorm(), (7, 6), (7, 6)),
        (Activation("relu"), (7,), (7,)),
        (Dropout(0.5), (7,), (7,)),
        (GlobalAveragePool(), (7, 6, 3), (3,)),
        (GlobalAveragePool(), (7, 3), (3,)),
        (Flatten(), (7, 6, 3), (126,)),
        (Embedding(30, 4), (7,), (7, 4)),
        (Positions(), (7, 4), (7, 4)),
        (Segments(2), (7, 4), (7, 4)),
        (ImageToSequence(), (7, 6, 3), (42, 3)),
        (ClassToken(), (7, 4), (8, 4)),
        (FirstStep(), (7, 4), (4,)),
        (TiedDense(30), (7, 4), (7, 30)),
        (LSTM(4), (7, 3), (4,)),
        (GRU(4, return_sequences=True), (7, 3), (7, 4)),
        (Attention(2), (7, 4), (7, 4)),
        (Residual((Dense(2),), shortcut=(Dense(2),)), (7, 4), (7, 2)),
    ],
    ids=lambda value: getattr(value, "kind", None),
)
def test_shape_of_the_output(layer, before, after):
    assert output_shape(layer, before) == after


@pytest.mark.parametrize(
    ("shape", "layers", "named"),
    [
        ((6, 5), (Attention(heads=2), Dense(3)), "0.attention"),
        ((6, 6, 4), (Conv2D(8, 3), MaxPool2D(7, stride=7), Flatten(), Dense(3)), "1.max_pool2d"),
        ((7, 6, 4), (AveragePool2D(2, stride=2), Flatten(), Dense(3)), "0.average_pool2d"),
        ((6, 6, 4), (Conv2D(9, 3, groups=2), Flatten(), Dense(3)), "0.conv2d"),
        ((5,), (LSTM(4), Dense(3)), "0.lstm"),
        ((5,), (GlobalAveragePool(), Dense(3)), "0.global_average_pool"),
        ((5,), (Dense(0), Dense(3)), "0.dense"),
        ((5,), (Dropout(1.0), Dense(3)), "0.dropout"),
        ((6, 4), (Residual((Dense(3),)), Flatten(), Dense(3)), "0.residual"),
        ((6, 4), (Residual((Attention(3),)), Flatten(), Dense(3)), "0.residual.0.attention"),
        ((6, 4), (Residual((), (Attention(3),)), Flatten(), Dense(3)), "0.residual.shortcut.0.attention"),
        ((5,), (Dense(4),), "0.dense"),
        ((6, 6, 4), (Dense(3),), "0.dense"),
        ((5,), (Embedding(30, 4), GlobalAveragePool(), Dense(3)), "0.embedding"),
    ],
)
def test_what_does_not_fit_is_refused_and_named(shape, layers, named):
    with pytest.raises(InvalidWorkload, match=rf"'{named}'"):
        place_layers(workload(shape, *layers))


def test_tokens_need_an_embedding_of_their_vocabulary_first():
    with pytest.raises(InvalidWorkload, match="embedding"):
        place_layers(workload((5,), Dense(3), vocabulary=30))
    with pytest.raises(InvalidWorkload, match="vocabulary"):
        place_layers(workload((5,), Embedding(29, 4), Dense(3), vocabulary=30))


def test_a_tied_layer_needs_an_embedding_of_its_size():
    for embedding in (Embedding(29, 4), Embedding(30, 5)):
        with pytest.raises(InvalidWorkload, match=r"'2.tied_dense'"):
            place_layers(workload((5,), embedding, Dense(4), TiedDense(30), outputs=30, vocabulary=20))


def test_a_network_without_layers_is_refused():
    with pytest.raises(InvalidWorkload, match="no layers"):
        place_layers(workload((5,)))


@pytest.mark.parametrize(
    ("size", "kernel", "stride", "padding"),
    [
        (8, 3, 1, (1, 1)),
        (8, 3, 2, (0, 1)),
        (7, 3, 2, (1, 1)),
        (224, 7, 2, (2, 3)),
        (8, 4, 4, (0, 0)),
        (8, 1, 2, (0, -1)),
    ],
)
def test_same_padding(size, kernel, stride, padding):
    assert same_padding(size, kernel, stride) == padding


@pytest.mark.parametrize("reference", REFERENCE.values(), ids=REFERENCE)
def test_parameter_names_are_unique_and_every_array_has_its_shape(reference):
    declared = parameters(reference)
    assert len({parameter.name for parameter in declared}) == len(declared)
    assert all(parameter.size == prod(parameter.shape) > 0 for parameter in declared)


def test_initial_weights_are_float32_reproducible_and_within_glorots_limit():
    network = workload((5,), Dense(7), BatchNorm(), Dense(3))
    weights, again, other = (initial_weights(network, seed) for seed in (1, 1, 2))
    assert {name: array.shape for name, array in weights.items()} == {p.name: p.shape for p in parameters(network)}
    assert {array.dtype for array in weights.values()} == {np.dtype(np.float32)}
    kernel = "0.dense.kernel"
    assert np.array_equal(weights[kernel], again[kernel])
    assert not np.array_equal(weights[kernel], other[kernel])
    limit = np.sqrt(6 / (5 + 7))
    assert 0.8 * limit < np.abs(weights[kernel]).max() <= limit
    assert not weights["0.dense.bias"].any()
    assert (weights["1.batch_norm.scale"] == 1).all()


def test_a_batch_repeats_inputs_with_other_targets_so_that_it_cannot_be_learnt_by_heart():
    inputs, targets = synthetic_batch(workload((5,), Dense(3), loss="mean_squared_error", batch=6), seed=1)
    assert inputs.dtype == targets.dtype == np.float32
    assert np.array_equal(inputs[:3], inputs[3:])
    assert not np.array_equal(targets[:3], targets[3:])


def test_a_batch_of_odd_size_is_whole():
    inputs, targets = synthetic_batch(workload((5,), Dense(3), batch=5), seed=1)
    assert (inputs.shape, targets.shape) == ((5, 5), (5,))


def test_tokens_and_classes_stay_in_range_and_every_position_has_a_class():
    network = workload((6,), Embedding(30, 4), Dense(3), vocabulary=30, batch=50)
    inputs, targets = synthetic_batch(network, seed=1)
    assert final_shape(network) == (6, 3)
    assert (inputs.shape, targets.shape) == ((50, 6), (50, 6))
    assert inputs.dtype == targets.dtype == np.int32
    assert (inputs.min(), inputs.max(), targets.min(), targets.max()) == (0, 29, 0, 2)

"""The reference catalogue: the networks that were published, not look-alikes."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from probes.costs import costs
from probes.errors import InvalidWorkload, UnknownId
from probes.networks.layers import Activation, Dense
from probes.networks.parameters import parameters
from probes.networks.repeats import most_repeats, with_repeats
from probes.workloads import MAX_BATCH, REFERENCE, Input, Workload, find_workload, mlp

# Trainable parameters as published, without the classifiers that we add to the BERT models (width + 1 per class).
PUBLISHED = {
    "resnet-18": 11_689_512,  # torchvision, `num_params` of its weights
    "resnet-34": 21_797_672,  # the same
    "resnet-50": 25_557_032,  # the same
    "mobilenet-v2": 3_504_872,  # the same
    "vgg-16": 138_357_544,  # the same
    "mobilenet-v1": 4_231_976,  # keras.applications.MobileNet, summary: trainable parameters
    "vit-tiny": 5_717_416,  # timm, vit_tiny_patch16_224
    "bert-base": 109_482_240,  # bert-base-uncased as BertModel, pooler included; 110M in the paper
    "bert-mini": 11_170_560,  # the same of BERT-mini, 4 layers of 256
    "gpt-small": 124_439_808,  # gpt2 as GPT2LMHeadModel, scores tied to the embedding
    "mlp-mnist": 669_706,  # Keras's mnist_mlp example, summary
}
BERT_WIDTHS = {"bert-base": 768, "bert-mini": 256}

# Multiply-adds of one forward pass in convolutions and matrix products, in billions, rounded as torchvision publishes
# them (`_ops` of its weights).
MULTIPLY_ADDS = {"resnet-18": 1.81, "resnet-34": 3.66, "resnet-50": 4.09, "mobilenet-v2": 0.30, "vgg-16": 15.47}


@pytest.mark.parametrize(("name", "published"), PUBLISHED.items())
def test_a_published_network_has_its_published_number_of_parameters(name, published):
    classifier = 2 * (BERT_WIDTHS[name] + 1) if name in BERT_WIDTHS else 0
    assert costs(REFERENCE[name]).parameters - classifier == published


@pytest.mark.parametrize(("name", "published"), MULTIPLY_ADDS.items())
def test_a_published_network_does_its_published_work(name, published):
    counted = costs(REFERENCE[name].with_batch(1))
    products = counted.matmul_flops + counted.convolution_flops + counted.depthwise_flops
    assert products / 2 / 1e9 == pytest.approx(published, abs=0.006)


@pytest.mark.parametrize(("cells", "gates", "biases"), [("lstm", 4, 1), ("gru", 3, 2)])
def test_a_recurrent_classifier_has_the_parameters_of_its_gates(cells, gates, biases):
    features, units, classes = 9, 128, 6
    expected = gates * units * (features + units + biases) + classes * (units + 1)
    assert costs(REFERENCE[f"{cells}-classifier"]).parameters == expected


@pytest.mark.parametrize(("name", "expected"), [("mlp-10k", 1e4), ("mlp-100k", 1e5), ("mlp-20m", 2e7)])
def test_a_perceptron_is_about_the_size_that_its_id_says(name, expected):
    assert costs(REFERENCE[name]).parameters == pytest.approx(expected, rel=0.1)


def test_ids_are_those_of_the_workloads_and_the_rungs_stay():
    assert all(name == workload.id for name, workload in REFERENCE.items())
    rungs = [f"{f}-{size}" for f in ("mlp", "cnn", "lstm", "transformer") for size in ("tiny", "small", "medium")]
    assert [name for name in REFERENCE if name in rungs] == rungs


@pytest.mark.parametrize("workload", REFERENCE.values(), ids=REFERENCE)
def test_every_workload_has_rungs_that_stand_for_it(workload):
    assert f"{workload.family}-tiny" in REFERENCE


@pytest.mark.parametrize("name", REFERENCE)
def test_every_reference_workload_fits_together(name):
    assert parameters(REFERENCE[name])


def test_fewer_repeats_leave_every_block_there_once_or_more_and_the_rest_as_it_is():
    bert = REFERENCE["bert-base"]
    once, twice = bert.with_repeats(1), bert.with_repeats(2)
    block = (len(bert.layers) - len(once.layers)) // 11
    assert len(twice.layers) - len(once.layers) == block == 4
    assert once.layers[:4] == bert.layers[:4]
    assert once.layers[-4:] == bert.layers[-4:]
    assert (once.id, twice.with_batch(4).id) == ("bert-base-repeats1", "bert-base-repeats2-b4")
    assert bert.with_batch(4).with_repeats(2).id == "bert-base-repeats2-b4"
    assert costs(twice).training_flops - costs(once).training_flops == pytest.approx(
        (costs(bert).training_flops - costs(once).training_flops) / 11
    )


@pytest.mark.parametrize("name", REFERENCE)
def test_every_reference_workload_with_fewer_repeats_fits_together(name):
    workload = REFERENCE[name]
    most = most_repeats(workload.layers)
    assert workload.with_repeats(most) is workload
    shallower = [workload.with_repeats(repeats) for repeats in range(1, most)]
    for each in shallower:
        assert costs(each).parameters <= costs(workload).parameters
    flops = [costs(each).training_flops for each in (*shallower, workload)]
    assert flops == sorted(flops)


@given(layers=st.lists(st.sampled_from([Dense(8), Dense(16), Activation("relu")]), max_size=12).map(tuple))
def test_cutting_repeats_takes_only_whole_blocks_away(layers):
    assert with_repeats(layers, most_repeats(layers)) == layers
    once = with_repeats(layers, 1)
    assert set(once) == set(layers)
    assert len(once) <= len(layers)


def test_a_recurrent_network_on_fewer_steps_takes_that_much_less():
    job = REFERENCE["lstm-forecaster"].with_batch(8)
    half, quarter = job.with_steps(48), job.with_steps(24)
    assert (half.id, half.input.shape) == ("lstm-forecaster-steps48-b8", (48, 7))
    assert job.with_steps(96) is job
    assert costs(half).parameters == costs(job).parameters
    work = [costs(each) for each in (quarter, half, job)]
    for less, more in pairwise(work):
        assert more.recurrent_flops == 2 * less.recurrent_flops
        assert more.recurrent_steps == 2 * less.recurrent_steps


def test_the_id_names_another_batch():
    assert mlp(columns=4, width=8, depth=1, outputs=2, batch=32).with_batch(64).id == "mlp-c4-w8-d1-b64"
    assert REFERENCE["bert-base"].with_batch(2).id == "bert-base-b2"
    assert REFERENCE["bert-base"].with_batch(2).with_batch(4).id == "bert-base-b4"


def test_an_unknown_workload_is_answered_with_the_known_ones():
    with pytest.raises(UnknownId, match=r"'resnet-17'; expected one of .*resnet-18"):
        find_workload("resnet-17")


@pytest.mark.parametrize("batch", [0, -1, MAX_BATCH + 1])
def test_a_batch_out_of_range_is_refused(batch):
    with pytest.raises(InvalidWorkload, match="out of range"):
        REFERENCE["mlp-tiny"].with_batch(batch)


def test_an_empty_input_is_refused():
    with pytest.raises(InvalidWorkload, match="size zero"):
        Workload("w", "test", Input((0,)), (Dense(2),), 2, "cross_entropy", 1)


def test_an_incomplete_description_is_refused():
    description = REFERENCE["mlp-tiny"].to_json()
    del description["outputs"]
    with pytest.raises(InvalidWorkload, match="outputs"):
        Workload.from_json(description)

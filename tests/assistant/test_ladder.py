"""What is measured to foretell a job that is too large to be measured at once."""

from __future__ import annotations

import pytest

from assistant.ladder import LEAST_STEPS, MOST_STEP_FLOPS, probe_ladder
from probes.costs import costs
from probes.workloads import REFERENCE, find_workload, lstm, mlp


def test_a_larger_job_is_measured_with_fewer_of_its_own_layers_first() -> None:
    job = find_workload("mlp-20m")
    assert probe_ladder(job) == (job.with_repeats(2), job)
    vit = find_workload("vit-tiny")
    shallower, least = probe_ladder(vit)
    assert (shallower, least) == (vit.with_repeats(2).with_batch(16), vit.with_repeats(1).with_batch(16))


def test_where_nothing_repeats_the_batch_is_made_smaller() -> None:
    job = mlp(columns=4096, width=4096, depth=1, outputs=10, batch=512)
    assert probe_ladder(job) == (job.with_batch(128), job)


def test_a_recurrent_network_is_measured_on_shorter_sequences_first() -> None:
    job = find_workload("lstm-large")
    assert probe_ladder(job) == (job.with_steps(16), job)


def test_sequences_are_not_cut_to_next_to_nothing_before_the_batch_is() -> None:
    job = lstm(steps=32, features=64, width=2048, depth=4, outputs=10, batch=64)
    longer, shorter = probe_ladder(job)
    assert (longer.input.shape[0], shorter.input.shape[0]) == (LEAST_STEPS, LEAST_STEPS // 2)
    assert longer.batch == shorter.batch < job.batch


def test_on_a_gpu_two_smaller_sizes_show_how_the_time_grows(workstation) -> None:
    job = find_workload("gpt-small").with_batch(8)
    larger, smaller, last = probe_ladder(job, workstation)
    assert last == job
    assert costs(smaller).training_flops < costs(larger).training_flops < costs(job).training_flops


def test_one_block_and_one_example_are_the_last_resort() -> None:
    assert [each.id for each in probe_ladder(find_workload("bert-base"))] == ["bert-base-repeats1-b1"]
    measured = probe_ladder(find_workload("gpt-small"))
    assert [each.id for each in measured] == ["transformer-small", "transformer-medium"]


@pytest.mark.parametrize("name", REFERENCE)
def test_no_step_of_a_probe_takes_minutes(name) -> None:
    assert all(costs(each).training_flops <= MOST_STEP_FLOPS["cpu"] for each in probe_ladder(find_workload(name)))

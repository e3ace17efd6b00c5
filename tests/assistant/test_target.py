from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.ladder import DIRECT_STEP_FLOPS
from assistant.project import SCALES, Project
from assistant.target import (
    TASKS,
    detected_answers,
    interview_workloads,
    known_answers,
    probe_workloads,
    target,
    trains_on,
    weighed_answers,
)
from probes.costs import costs
from probes.networks.shapes import final_shape
from probes.report import Accelerator
from probes.workloads import find_workload


@given(
    task=st.sampled_from([None, *TASKS]),
    size=st.none() | st.integers(1, 4096),
    scale=st.sampled_from([None, "small", "medium", "large"]),
    rows=st.none() | st.integers(1, 10**12),
)
def test_every_answer_gives_a_workload_whose_shapes_fit(task, size, scale, rows) -> None:
    project = Project(task=task, input_size=size, model_scale=scale, dataset_rows=rows)
    job = target(project)
    assert final_shape(job.workload) == (job.workload.outputs,)
    assert job.steps_per_epoch * job.workload.batch >= job.rows


def test_said_answers_are_taken_and_the_others_listed_as_assumed() -> None:
    job = target(Project(task="image_classification", dataset_rows=50_000, input_size=32))
    assert job.rows == 50_000
    assert job.workload.input.shape == (32, 32, 3)
    assert dict(job.assumptions) == {"model_scale": "small"}


def test_a_task_without_a_network_of_its_own_says_which_one_stands_for_it() -> None:
    assert target(Project(task="object_detection")).assumptions["task"] == "image_classification"
    assert target(Project(task="text_generation")).workload.family == "transformer"
    assert target(Project()).assumptions["task"] == "tabular_classification"


def test_a_regression_predicts_one_number() -> None:
    workload = target(Project(task="tabular_regression")).workload
    assert (workload.outputs, workload.loss) == (1, "mean_squared_error")


def test_a_reference_workload_is_taken_as_it_is() -> None:
    job = target(Project(model_scale="cnn-medium", dataset_rows=320))
    assert job.workload == find_workload("cnn-medium")
    assert dict(job.assumptions) == {}
    assert job.steps_per_epoch == 10


def test_large_examples_and_small_data_sets_get_smaller_batches() -> None:
    usual = target(Project(task="image_classification", input_size=64)).workload.batch
    assert target(Project(task="image_classification", input_size=1024)).workload.batch < usual
    assert target(Project(task="image_classification", input_size=64, dataset_rows=50)).workload.batch < usual


@pytest.mark.parametrize("task", TASKS)
def test_a_job_whose_steps_are_quick_is_measured_as_it_is(task) -> None:
    job = target(Project(task=task)).workload
    quick = costs(job).training_flops <= DIRECT_STEP_FLOPS["cpu"]
    assert (probe_workloads(Project(task=task)) == (job,)) == quick
    assert probe_workloads(Project(task=task))[-1] == job


def test_a_gpu_is_given_larger_jobs(workstation) -> None:
    project = Project(model_scale="bert-base")
    assert probe_workloads(project, workstation)[-1] == find_workload("bert-base")


@pytest.mark.parametrize("kind", ["intel", "amd", "apple"])
def test_graphics_that_not_all_can_train_on_make_no_job_larger(laptop, kind) -> None:
    graphics = laptop.model_copy(update={"accelerators": (Accelerator(kind=kind, name="graphics"),)})
    for scale in ("resnet-18", "bert-base", "small"):
        project = Project(model_scale=scale)
        assert probe_workloads(project, graphics) == probe_workloads(project, laptop)


def test_an_interview_begins_with_the_smallest_network_and_turns_to_the_job_at_the_first_answer() -> None:
    assert [each.id for each in interview_workloads(Project())] == ["mlp-tiny"]
    for job in (Project(task="text_classification"), Project(model_scale="lstm-small")):
        assert interview_workloads(job) == probe_workloads(job)


def test_the_machine_answers_what_was_left_open(laptop, workstation) -> None:
    assert known_answers(Project(task="other"), laptop) == {
        "task": "other",
        "operating_system": "linux",
        "accelerator": "none",
        "python": "3.12",
    }
    assert known_answers(Project(), workstation)["accelerator"] == "nvidia"
    assert known_answers(Project(python="3.14"), laptop)["python"] == "3.14"


def test_a_machine_that_the_job_will_not_train_on_answers_nothing(laptop) -> None:
    elsewhere = Project(accelerator="tpu")
    assert not trains_on(elsewhere, laptop)
    assert known_answers(elsewhere, laptop) == {"accelerator": "tpu"}
    assert known_answers(Project(operating_system="windows"), laptop) == {"operating_system": "windows"}


def test_a_python_outside_the_vocabulary_stays_open(laptop) -> None:
    assert "python" not in known_answers(Project(), laptop.model_copy(update={"python": "3.99.0"}))


@pytest.mark.parametrize(("kind", "taken"), [("nvidia", "nvidia"), ("intel", "none"), ("amd", "none")])
def test_graphics_that_train_only_with_special_builds_are_not_taken_for_an_accelerator(laptop, kind, taken) -> None:
    graphics = Accelerator(kind=kind, name="graphics")
    machine = laptop.model_copy(update={"accelerators": (graphics,)})
    assert detected_answers(Project(), machine)["accelerator"] == taken


@pytest.mark.parametrize(
    ("network", "size"), [("bert-base", "large"), ("mobilenet-v2", "medium"), ("lstm-classifier", "small")]
)
def test_rules_read_a_network_with_a_name_as_its_size(network, size) -> None:
    project = Project(model_scale=network)
    assert weighed_answers(project, None)["model_scale"] == size
    assert known_answers(project, None)["model_scale"] == network


def test_every_size_is_read_as_it_is() -> None:
    for size in SCALES:
        assert weighed_answers(Project(model_scale=size), None) == {"model_scale": size}

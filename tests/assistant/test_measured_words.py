"""What is said of a measurement beside its figures: who failed, what fits, and what our evaluation covers."""

from __future__ import annotations

import pytest

from assistant import measured_words
from assistant.evaluation.published import published
from assistant.ladder import probe_ladder
from probes.memory.growth import RESERVE_MB, MemoryGrowth, MemoryPoint, fit_line
from probes.report import Measurement, ProbeReport
from probes.workloads import NAMED, Workload, find_workload
from tests.runs import a_report, a_row, an_eventful_report

MB_PER_EXAMPLE = 10.0


def growth(device: str) -> MemoryGrowth:
    points = tuple(MemoryPoint(batch=batch, memory_mb=MB_PER_EXAMPLE * batch) for batch in (64, 128, 256))
    return MemoryGrowth(
        candidate="jax-jit", workload="mlp-tiny", device=device, as_run=fit_line(points), own_pages=None
    )


def batch_told(sentence: str | None) -> int:
    return int((sentence or "").split(" examples")[0].split()[-1].replace(",", ""))


def labels(job: Workload, *workloads: Workload) -> list[str]:
    """What each of the networks of one report is called."""
    first, *others = workloads
    rungs = tuple(Measurement(workload=each, candidates=(a_row(),)) for each in others)
    report = a_report(workload=first, rungs=rungs)
    return [measured_words.network_label(each, report, job) for each in workloads]


@pytest.mark.parametrize("name", ["vit-tiny", "gpt-small", "cnn-tiny"])
def test_the_job_is_called_that_whatever_its_id_ends_in(name: str) -> None:
    assert labels(find_workload(name), find_workload(name)) == ["Your job"]


def test_a_network_with_a_name_goes_by_it_and_one_without_by_its_size() -> None:
    others = map(find_workload, ("vit-tiny", "gpt-small", "cnn-tiny"))
    assert labels(find_workload("resnet-18"), *others) == ["ViT-tiny", "GPT-small", "Tiny"]


def test_the_job_on_fewer_layers_is_told_in_words() -> None:
    job = find_workload("resnet-34")
    sizes = (job.with_repeats(2), job.with_repeats(1).with_batch(2), job.with_batch(8))
    assert labels(job, *sizes) == [
        "Fewer layers: each block up to 2 times, batch of 32",
        "Fewer layers: each block once, batch of 2",
        "Your network, batch of 8",
    ]


def test_the_job_on_shorter_sequences_is_told_in_words() -> None:
    job = find_workload("lstm-forecaster")
    sizes = (job.with_steps(48), job.with_steps(24).with_batch(8), job.with_batch(8))
    assert labels(job, *sizes) == [
        "Your network on 48 steps, batch of 32",
        "Your network on 24 steps, batch of 8",
        "Your network, batch of 8",
    ]
    assert labels(find_workload("cnn-tiny"), *sizes[:2]) == ["Sequences of 48 steps", "Sequences of 24 steps"]


@pytest.mark.parametrize("name", NAMED)
def test_no_two_networks_that_are_measured_for_a_job_are_called_alike(name: str) -> None:
    ladder = probe_ladder(find_workload(name))
    told = labels(find_workload(name), *ladder)
    assert len(set(told)) == len(told)
    assert not {each.id for each in ladder} & set(told)


def test_a_tuned_row_that_failed_is_told_with_its_tunings_and_its_reason() -> None:
    told = dict(measured_words.unfinished(an_eventful_report().measurements[0]))
    assert told["JAX, compiled with jax.jit, trained with Optax, tuned (fori_loop)"] == "It ran out of memory."


def test_a_row_that_broke_off_is_told_with_the_rounds_it_has() -> None:
    told = dict(measured_words.unfinished(an_eventful_report().measurements[0]))
    assert told["Keras, on PyTorch"] == "Only 2 rounds were measured. It was killed."
    assert len(told) == 2, "nothing is told of who was measured to the end"


def test_a_row_without_a_reason_says_what_became_of_it() -> None:
    silent = a_row().model_copy(update={"status": "timeout", "step_ms": None, "rounds": 0})
    measurement = Measurement(workload=a_report().workload, candidates=(silent,))
    ((_name, reason),) = measured_words.unfinished(measurement)
    assert reason == "It was not done in time."


def test_a_batch_that_fits_leaves_the_reserve_of_the_machine_alone(laptop) -> None:
    told = measured_words.growth(growth("cpu"), laptop)
    assert "fit into 16 GB with 1 GB left to everything else" in (told or "")
    assert batch_told(told) == pytest.approx((laptop.memory_gb * 1024 - RESERVE_MB) / MB_PER_EXAMPLE, rel=0.05)


def test_the_memory_of_an_accelerator_is_there_for_the_batch_alone(workstation) -> None:
    told = measured_words.growth(growth("cuda:0"), workstation)
    assert (told or "").endswith("fit into 24 GB.")
    assert batch_told(told) == pytest.approx(24 * 1024 / MB_PER_EXAMPLE, rel=0.05)


def with_device(device: str, *, tuned: bool) -> ProbeReport:
    row = a_row().model_copy(update={"device": device})
    return a_report(tuned=(row,)) if tuned else a_report(candidates=(row,))


@pytest.mark.parametrize("tuned", [False, True])
@pytest.mark.parametrize("device", ["cuda:0", "mps:0", "TPU v5 lite0", "gpu:0"])
def test_figures_of_an_accelerator_are_told_to_lie_beyond_our_evaluation(device: str, tuned: bool) -> None:
    assert "published evaluation" in (measured_words.beyond_evaluation(with_device(device, tuned=tuned)) or "")


@pytest.mark.parametrize("device", ["cpu", "cpu:0", "TFRT_CPU_0"])
def test_figures_of_a_processor_are_not(device: str) -> None:
    assert measured_words.beyond_evaluation(with_device(device, tuned=False)) is None


def test_no_accelerator_has_been_evaluated() -> None:
    """Once one has, `beyond_evaluation` and the README must say which."""
    assert published()
    assert not [each.machine.accelerators for each in published() if each.machine.accelerators]

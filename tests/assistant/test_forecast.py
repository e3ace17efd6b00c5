"""What the forecast makes of a report: which rows it uses, what it says when there is too little."""

from __future__ import annotations

from dataclasses import replace

import pytest

from assistant.advice.estimates import MB_PER_GB
from assistant.advice.forecast import Forecaster
from assistant.corpus.jobs import JOBS
from assistant.project import Project
from assistant.target import target
from probes.costs import costs
from probes.memory.growth import MemoryGrowth, MemoryPoint, fit_line, largest_batch
from probes.report import Accelerator, CandidateResult, Machine, Measurement, ProbeReport
from probes.workloads import find_workload
from tests.assistant.recorded import committed

JOB = Project(model_scale="mlp-large", dataset_rows=51_200)


def row(candidate: str, workload_id: str, ms_per_gflop: float = 20.0, **changes: object) -> CandidateResult:
    """A candidate that needs 1 ms for a step and this much for each GFLOP; ten seconds to compile."""
    work = costs(find_workload(workload_id))
    step_ms = 1 + ms_per_gflop * work.training_flops / 1e9
    memory_mb = 500 + 16 * work.parameters / 2**20 + work.activation_mb
    facts = {
        "status": "ok",
        "import_s": 2.0,
        "build_s": 1.0,
        "first_step_s": 10 + step_ms / 1e3,
        "step_ms": step_ms,
        "step_ms_low": step_ms * 0.95,
        "step_ms_high": step_ms * 1.05,
        "rounds": 5,
        "memory_mb": memory_mb,
        "device": "cpu",
    }
    return CandidateResult.model_validate({"candidate": candidate, **facts, **changes})


def report(
    machine: Machine, *measured: tuple[str, tuple[CandidateResult, ...]], contended: bool = False
) -> ProbeReport:
    rungs = [Measurement(workload=find_workload(name), candidates=rows) for name, rows in measured]
    return ProbeReport(
        machine=machine,
        versions={},
        workload=rungs[0].workload,
        candidates=rungs[0].candidates,
        rungs=tuple(rungs[1:]),
        contended=contended,
        seconds=1,
        measured_at="2026-11-21T00:00:00Z",
    )


def three_rungs(machine: Machine, *candidates: str, contended: bool = False) -> ProbeReport:
    names = ("mlp-tiny", "mlp-small", "mlp-medium")
    measured = [(name, tuple(row(candidate, name) for candidate in candidates)) for name in names]
    return report(machine, *measured, contended=contended)


def test_step_start_and_memory_are_foretold_for_the_larger_job(laptop) -> None:
    expected = row("jax-jit", "mlp-large")
    forecast = Forecaster(three_rungs(laptop, "jax-jit"), learned=()).forecast(JOB, target(JOB))["jax-jit"]
    assert forecast.step_ms
    assert forecast.first_result_s
    assert forecast.memory_mb
    assert forecast.step_ms.evidence == "forecast"
    assert forecast.step_ms.low < expected.step_ms < forecast.step_ms.high
    assert forecast.first_result_s.value == pytest.approx(13, rel=0.15)
    assert forecast.memory_mb.value == pytest.approx(expected.memory_mb, rel=0.15)


def test_one_size_is_told_by_how_other_families_grew_where_nothing_is_known_of_its_own(laptop) -> None:
    alone = report(laptop, ("mlp-medium", (row("jax-jit", "mlp-medium"), row("pytorch-eager", "mlp-medium", 40.0))))
    job = target(JOB).workload
    elsewhere = committed().without(job for job in JOBS if job.workload.family == "mlp")
    assert Forecaster(alone, learned=()).of_workload(job)["jax-jit"].step_ms is None
    found = Forecaster(alone, learned=(elsewhere,)).of_workload(job)
    true_ms = row("jax-jit", "mlp-large").step_ms
    assert found["jax-jit"].step_ms.low < true_ms < found["jax-jit"].step_ms.high
    assert found["jax-jit"].step_ms.value < found["pytorch-eager"].step_ms.value


def test_who_was_not_measured_here_is_foretold_by_what_another_machine_knows(laptop) -> None:
    alone = report(laptop, ("mlp-medium", (row("jax-jit", "mlp-medium"),)))
    job = target(JOB).workload
    found = Forecaster(alone).of_workload(job)
    mine, borrowed = found["jax-jit"], found["pytorch-eager"]
    assert (mine.step_ms.evidence, borrowed.step_ms.evidence) == ("forecast", "corpus")
    assert borrowed.memory_mb.evidence == "corpus"
    assert borrowed.first_result_s is None, "nobody knows how long it takes to import here"
    assert Forecaster(alone).elsewhere == committed().machine
    assert Forecaster(alone, learned=()).elsewhere is None
    assert Forecaster(alone, learned=()).of_workload(job)["pytorch-eager"].step_ms is None
    slower = report(laptop, ("mlp-medium", (row("jax-jit", "mlp-medium", 40.0),)))
    assert Forecaster(slower).of_workload(job)["pytorch-eager"].step_ms.value == pytest.approx(
        2 * borrowed.step_ms.value, rel=0.1
    )


def test_who_failed_here_or_never_did_such_work_gets_no_figure_from_elsewhere(laptop) -> None:
    failed = CandidateResult(candidate="pytorch-eager", status="failed", error="It ended.")
    probe = report(laptop, ("cnn-medium", (row("jax-jit", "cnn-medium"), failed)))
    found = Forecaster(probe).of_workload(find_workload("cnn-large"))
    assert found["tensorflow-graph"].step_ms.evidence == "corpus"
    assert (found["pytorch-eager"].step_ms, found["pytorch-eager"].missing) == (None, "It ended.")
    assert found["scikit-learn"].step_ms is None, "it has no convolutions"


def test_what_processors_took_says_nothing_of_a_machine_with_a_gpu(laptop) -> None:
    gpu = Accelerator(kind="nvidia", name="a GPU", memory_gb=8.0)
    alone = report(
        laptop.model_copy(update={"accelerators": (gpu,)}), ("mlp-medium", (row("jax-jit", "mlp-medium"),))
    )
    assert Forecaster(alone).of_workload(target(JOB).workload)["pytorch-eager"].step_ms is None


def test_contention_widens_the_interval(laptop) -> None:
    quiet, loud = (
        Forecaster(three_rungs(laptop, "jax-jit", contended=contended)).forecast(JOB, target(JOB))["jax-jit"].step_ms
        for contended in (False, True)
    )
    assert loud.high / loud.low > quiet.high / quiet.low


def test_a_row_that_others_disturbed_is_trusted_less_than_the_rest_of_its_report(laptop) -> None:
    calm, disturbed = (
        Forecaster(report(laptop, ("mlp-large", (row("jax-jit", "mlp-large", contended=contended),))))
        for contended in (False, True)
    )
    figures = [each.forecast(JOB, target(JOB))["jax-jit"].step_ms for each in (calm, disturbed)]
    assert figures[0].value == figures[1].value
    assert figures[0].log_sd < figures[1].log_sd


def test_one_measured_size_says_nothing_about_growth(laptop) -> None:
    alone = report(laptop, ("mlp-tiny", (row("jax-jit", "mlp-tiny"),)))
    forecast = Forecaster(alone, learned=()).forecast(JOB, target(JOB))["jax-jit"]
    assert forecast.step_ms is None
    assert "second" in (forecast.missing or "")
    # With what grew elsewhere there is a forecast, and more doubt about it than with further sizes.
    helped = Forecaster(alone).forecast(JOB, target(JOB))["jax-jit"]
    measured = Forecaster(three_rungs(laptop, "jax-jit")).forecast(JOB, target(JOB))["jax-jit"]
    assert helped.step_ms.log_sd > 1.6 * measured.step_ms.log_sd


def test_a_candidate_that_failed_on_the_larger_sizes_is_still_foretold_with_more_doubt(laptop) -> None:
    lost = {"status": "timeout", "step_ms": None, "error": "It took too long. Give it more time."}
    rungs = three_rungs(laptop, "jax-jit").measurements
    both = [
        (each.workload.id, (*each.candidates, row("pytorch-eager", each.workload.id, **(lost if place else {}))))
        for place, each in enumerate(rungs)
    ]
    forecast = Forecaster(report(laptop, *both)).forecast(JOB, target(JOB))
    sure, unsure = forecast["jax-jit"].step_ms, forecast["pytorch-eager"].step_ms
    assert sure
    assert unsure
    assert unsure.log_sd > 1.7 * sure.log_sd


def test_a_failure_on_the_very_job_is_told_and_not_computed_around(laptop) -> None:
    failed = CandidateResult(
        candidate="jax-jit", status="failed", error="It ran out of memory. Take a smaller batch."
    )
    rungs = three_rungs(laptop, "jax-jit").measurements
    measured = [(each.workload.id, each.candidates) for each in rungs]
    forecast = Forecaster(report(laptop, *measured, ("mlp-large", (failed,)))).forecast(JOB, target(JOB))["jax-jit"]
    assert forecast.step_ms is None
    assert forecast.missing == failed.error


def test_a_job_of_another_family_gets_words_and_no_number(laptop) -> None:
    photos = Project(task="image_classification")
    forecast = Forecaster(three_rungs(laptop, "jax-jit")).forecast(photos, target(photos))
    assert all(each.step_ms is None and "kind of network" in (each.missing or "") for each in forecast.values())


def test_measurements_on_an_accelerator_are_not_taken_for_a_job_without_one(workstation) -> None:
    on_gpu = report(workstation, ("mlp-large", (row("jax-jit", "mlp-large", device="cuda:0"),)))
    without = JOB.with_answer("accelerator", "none")
    assert Forecaster(on_gpu).forecast(JOB, target(JOB))["jax-jit"].step_ms
    forecast = Forecaster(on_gpu).forecast(without, target(without))["jax-jit"]
    assert forecast.step_ms is None
    assert "accelerator" in (forecast.missing or "")


def test_beside_others_on_a_gpu_a_figure_of_the_processor_is_no_forecast(workstation) -> None:
    devices = {"pytorch-eager": "cuda:0", "jax-jit": "cpu", "scikit-learn": "cpu"}
    rows = [row(name, "mlp-large", device=device) for name, device in devices.items()]
    beside = report(workstation, ("mlp-large", tuple(rows)))
    forecast = Forecaster(beside).forecast(JOB, target(JOB))
    assert forecast["pytorch-eager"].step_ms
    assert forecast["scikit-learn"].step_ms, "it has no other device"
    assert forecast["jax-jit"].step_ms is None
    assert "does not use" in forecast["jax-jit"].missing
    late = CandidateResult(candidate="pytorch-compile", status="timeout", error="It came too late.")
    told = Forecaster(report(workstation, ("mlp-large", (*rows, late)))).forecast(JOB, target(JOB))
    assert told["pytorch-compile"].missing == "It came too late."
    alone = report(workstation, ("mlp-large", (row("jax-jit", "mlp-large", device="cpu"),)))
    assert Forecaster(alone).forecast(JOB, target(JOB))["jax-jit"].step_ms


def test_the_largest_batch_is_where_memory_ends(laptop) -> None:
    job = target(JOB).workload
    small = laptop.model_copy(update={"memory_gb": 3.0})
    forecaster = Forecaster(three_rungs(small, "jax-jit"), learned=())
    batch = forecaster.largest_batch("jax-jit", job)
    model = forecaster.models["jax-jit"].memory_mb
    as_job = model.predict(costs(job)).high / model.usual(costs(job))
    needed = [model.usual(costs(replace(job, batch=each))) * as_job for each in (batch, batch + 1)]
    room_mb = small.room_mb_of("cpu")
    assert needed[0] <= room_mb < needed[1]
    assert room_mb < 3 * MB_PER_GB
    assert forecaster.largest_batch("keras-jax", job) is None
    crowded = laptop.model_copy(update={"memory_gb": 0.1})
    assert Forecaster(three_rungs(crowded, "jax-jit"), learned=()).largest_batch("jax-jit", job) == 0


def test_growth_that_was_seen_goes_before_what_is_foretold(laptop) -> None:
    measured = three_rungs(laptop, "jax-jit")
    points = tuple(MemoryPoint(batch=batch, memory_mb=100.0 + 10 * batch) for batch in (8, 16, 32))
    line = fit_line(points)
    growth = MemoryGrowth(candidate="jax-jit", workload="mlp-medium", device="cpu", as_run=line, own_pages=None)
    *others, last = measured.rungs
    report = measured.model_copy(update={"rungs": (*others, last.model_copy(update={"memory_growth": (growth,)}))})
    found = Forecaster(report, learned=()).largest_batch("jax-jit", last.workload)
    assert found == largest_batch(growth, laptop.room_mb_of("cpu")).low


def test_the_memory_is_that_of_the_device_that_was_used(laptop) -> None:
    gpu = Accelerator(kind="nvidia", name="a GPU", memory_gb=8.0)
    machine = laptop.model_copy(update={"accelerators": (gpu,)})
    rows = (row("pytorch-eager", "mlp-tiny", device="cuda:0"), row("jax-jit", "mlp-tiny", device="TFRT_CPU_0"))
    found = Forecaster(report(machine, ("mlp-tiny", rows)), learned=())
    assert found.memory_gb == {"pytorch-eager": 8.0, "jax-jit": 16.0}
    without = machine.model_copy(update={"accelerators": (gpu.model_copy(update={"memory_gb": None}),)})
    assert Forecaster(report(without, ("mlp-tiny", rows)), learned=()).memory_gb == {"jax-jit": 16.0}


def test_a_memory_that_was_not_measured_is_marked_beside_a_time_that_was(laptop) -> None:
    names = ("mlp-tiny", "mlp-small")
    rows = [(name, (row("jax-jit", name),)) for name in names]
    last = ("mlp-medium", (row("jax-jit", "mlp-medium", memory_mb=None),))
    found = Forecaster(report(laptop, *rows, last), learned=()).of_workload(find_workload("mlp-medium"))["jax-jit"]
    assert (found.step_ms.evidence, found.memory_mb.evidence) == ("measured", "forecast")


def test_a_forecast_that_says_nothing_is_not_told(laptop) -> None:
    wild = row("jax-jit", "mlp-tiny", step_ms_low=0.001, step_ms_high=1000.0)
    told = Forecaster(report(laptop, ("mlp-tiny", (wild,)), contended=True)).forecast(JOB, target(JOB))["jax-jit"]
    assert told.step_ms is None
    assert "too disturbed" in told.missing


def test_the_job_itself_is_told_however_disturbed_it_was(laptop) -> None:
    wild = row("jax-jit", "mlp-tiny", step_ms_low=0.001, step_ms_high=1000.0)
    told = Forecaster(report(laptop, ("mlp-tiny", (wild,)), contended=True)).of_workload(find_workload("mlp-tiny"))[
        "jax-jit"
    ]
    assert (told.step_ms.value, told.step_ms.evidence) == (wild.step_ms, "measured")
    assert told.step_ms.high > 100 * told.step_ms.value


def test_a_later_network_of_a_process_is_foretold_to_start_as_long_as_a_first_one(laptop: Machine) -> None:
    first = row("pytorch-compile", "mlp-tiny", first_step_s=14.0, fresh=True)
    later = row("pytorch-compile", "mlp-small", first_step_s=5.0, fresh=False)
    job = find_workload("mlp-small")
    known = Forecaster(report(laptop, ("mlp-tiny", (first,)), ("mlp-small", (later,))), learned=())
    (started,) = (each for name, each in known.of_workload(job).items() if name == "pytorch-compile")
    per_operation_s = 5.0 / costs(job).operations
    once_s = 14.0 - per_operation_s * costs(find_workload("mlp-tiny")).operations
    assert started.first_result_s.value == pytest.approx(3.0 + 5.0 + once_s, rel=0.02)
    assert started.first_result_s.evidence == "forecast"
    assert started.step_ms.evidence == "measured"

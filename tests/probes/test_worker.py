"""What a worker does with an adapter, and the real frameworks in real workers; every adapter has its own tests."""

from __future__ import annotations

import platform
import subprocess
import sys
import time
from collections.abc import Callable
from itertools import pairwise
from types import SimpleNamespace

import pytest

from probes import versions
from probes.candidates import find_candidate
from probes.errors import WorkerFailed
from probes.frameworks import Trained
from probes.schedule import probe
from probes.settings import Settings
from probes.supervisor import Worker
from probes.worker import LEAD_IN, STEADY, Trainer
from probes.workloads import find_workload


class ScriptedAdapter:
    """Claims that the steps of a call of `train` take what `step_s` says of the seconds trained before."""

    def __init__(self, step_s: Callable[[float], float], steps_per_call: int = 1) -> None:
        self.step_s = step_s
        self.steps_per_call = steps_per_call
        self.seconds = 0.0
        self.device_mb: float | None = None
        self.counts: list[int] = []

    def build(self, *_arguments: object) -> object:
        return object()

    def settings(self, _model: object) -> Settings:
        return Settings("float32", "float32", "contiguous", "step", "xla", 1, "Adam", self.steps_per_call, False)

    def device(self, _model: object) -> str:
        return "cpu"

    def device_memory_mb(self) -> float | None:
        return self.device_mb

    def train(self, _model: object, steps: int) -> Trained:
        seconds = steps * self.step_s(self.seconds)
        self.seconds += seconds
        self.counts.append(steps)
        return Trained(seconds, 0.0)


def test_what_gives_a_framework_its_devices_is_told_with_its_versions(monkeypatch: pytest.MonkeyPatch) -> None:
    trainer = Trainer(find_candidate("jax-jit"))
    trainer._adapter = SimpleNamespace(versions=lambda: {"jax": "0.10.2"})
    assert trainer._versions() == {"jax": "0.10.2"}
    monkeypatch.setattr(versions, "present", lambda names: {name: "1.0" for name in names if name == "libtpu"})
    assert trainer._versions() == {"jax": "0.10.2", "libtpu": "1.0"}


def trainer_of(adapter: ScriptedAdapter) -> Trainer:
    trainer = Trainer(find_candidate("jax-jit"))
    trainer._adapter = adapter
    trainer.build(find_workload("mlp-tiny").to_json(), seed=0, tunings=[])
    trainer.first_step()
    return trainer


def test_the_memory_of_a_device_stands_beside_that_of_the_process() -> None:
    adapter = ScriptedAdapter(lambda _seconds: 1e-4)
    trainer = trainer_of(adapter)
    on_cpu = trainer.peak_memory()
    assert on_cpu.memory_mb == on_cpu.resident_mb > 10
    adapter.device_mb = 1.5
    on_device = trainer.peak_memory()
    assert (on_device.memory_mb, on_device.resident_mb >= on_cpu.resident_mb) == (1.5, True)


def test_warming_up_ends_as_soon_as_two_windows_agree() -> None:
    # Halves every 50 ms until a step takes 0.1 ms.
    adapter = ScriptedAdapter(lambda seconds: max(1e-4, 3e-3 * 0.5 ** (seconds / 0.05)))
    warm = trainer_of(adapter).warm_up(window_ms=100, most=20)
    assert warm.steady
    assert warm.windows_ms[-1] == pytest.approx(0.1)
    disagree = [abs(after - before) > STEADY * min(before, after) for before, after in pairwise(warm.windows_ms)]
    assert len(disagree) >= 2
    assert disagree == [True] * (len(disagree) - 1) + [False]


def test_what_never_becomes_steady_is_said_to_be_so() -> None:
    adapter = ScriptedAdapter(lambda seconds: 1e-3 * 1.5 ** (seconds / 0.1))
    warm = trainer_of(adapter).warm_up(window_ms=100, most=4)
    assert not warm.steady
    assert len(warm.windows_ms) == 4


def test_one_window_is_never_called_steady() -> None:
    warm = trainer_of(ScriptedAdapter(lambda _: 1e-3)).warm_up(window_ms=100, most=1)
    assert (warm.steady, len(warm.windows_ms)) == (False, 1)


def test_a_block_after_a_warm_up_begins_with_a_lead_in_that_does_not_count() -> None:
    adapter = ScriptedAdapter(lambda _: 1e-3)
    trainer = trainer_of(adapter)
    trainer.warm_up(window_ms=100, most=5)
    before = sum(adapter.counts)
    block = trainer.measure(block_ms=100)
    # Sums of step times are rounded, so that one step more may be taken.
    assert block.steps == pytest.approx(100, abs=1)
    assert block.seconds == pytest.approx(0.1, abs=1e-3)
    assert sum(adapter.counts) - before - block.steps == pytest.approx(100 * LEAD_IN, abs=1)
    assert block.lead_in_s > 0


class BusyAdapter(ScriptedAdapter):
    """Uses as much of the processor as it says that steps take."""

    def train(self, model: object, steps: int) -> Trained:
        trained, started = super().train(model, steps), time.process_time()
        while time.process_time() - started < trained.seconds:
            pass
        return trained


def test_what_the_lead_in_uses_of_the_processor_is_the_blocks_own() -> None:
    adapter = BusyAdapter(lambda _: 2e-3)
    trainer = trainer_of(adapter)
    trainer.warm_up(window_ms=50, most=5)
    before = adapter.seconds
    block = trainer.measure(block_ms=50)
    assert block.seconds < adapter.seconds - before <= block.cpu_s


def test_calls_of_several_steps_are_never_cut_short_once_the_step_time_is_known() -> None:
    adapter = ScriptedAdapter(lambda _: 7e-4, steps_per_call=10)
    trainer = trainer_of(adapter)
    trainer.warm_up(window_ms=100, most=5)
    trainer.measure(block_ms=100)
    assert adapter.counts[:2] == [1, 1]
    assert all(count % 10 == 0 and count >= 20 for count in adapter.counts[2:])


@pytest.mark.frameworks
@pytest.mark.usefixtures("no_process_left")
def test_real_frameworks_are_measured_on_the_same_network() -> None:
    report = probe(
        [find_workload("mlp-tiny"), find_workload("cnn-tiny")],
        ["pytorch-eager", "jax-jit", "scikit-learn"],
        budget_s=120,
    )
    dense, convolutional = ({row.candidate: row for row in m.candidates} for m in report.measurements)
    assert {row.status for row in dense.values()} == {"ok"}
    assert max(row.parity for row in dense.values()) < 1e-4
    assert dense["pytorch-eager"].rounds >= 3
    assert convolutional["scikit-learn"].status == "unusable"
    assert convolutional["jax-jit"].parity < 1e-4
    assert set(report.versions) == {"torch", "jax", "optax", "scikit-learn"}


@pytest.mark.frameworks
@pytest.mark.usefixtures("no_process_left")
def test_the_memory_of_a_network_is_not_charged_to_the_next() -> None:
    with Worker(find_candidate("pytorch-eager")) as worker:
        worker.import_framework(seed=0, timeout_s=120)
        peaks = {}
        for name in ("mlp-tiny", "mlp-medium", "mlp-tiny"):
            worker.build(find_workload(name), seed=0, timeout_s=60)
            worker.first_step(timeout_s=60)
            peaks.setdefault(name, []).append(worker.peak_memory(timeout_s=10).memory_mb)
    (before, after), (large,) = peaks["mlp-tiny"], peaks["mlp-medium"]
    # Weights, gradients, two moments of Adam: 3.3 million numbers of 4 bytes, four times.
    assert large - before > 40
    assert after - before < (large - before) / 2


@pytest.mark.frameworks
@pytest.mark.usefixtures("no_process_left")
def test_a_worker_builds_with_tunings_says_so_and_measures_as_before() -> None:
    workload = find_workload("cnn-tiny")
    with Worker(find_candidate("pytorch-eager")) as worker:
        worker.import_framework(seed=0, timeout_s=120)
        tuned = worker.build(workload, seed=0, timeout_s=60, tunings=["channels_last", "fused_adam"])
        first = worker.first_step(timeout_s=60)
        warm = worker.warm_up(window_ms=20, most=5, timeout_s=60)
        block = worker.measure(block_ms=20, timeout_s=60)
        assert worker.peak_memory(timeout_s=10).memory_mb > 100
        default = worker.build(workload, seed=0, timeout_s=60)
        assert worker.first_step(timeout_s=60).loss == pytest.approx(first.loss, rel=1e-4)
    assert (tuned.settings.memory_layout, default.settings.memory_layout) == ("channels_last", "contiguous")
    assert tuned.settings.optimizer.endswith("fused")
    assert tuned.precision == default.precision == "float32"
    assert 2 <= len(warm.windows_ms) <= 5
    assert warm.seconds > 0.02
    assert block.steps > 0


@pytest.mark.frameworks
@pytest.mark.usefixtures("no_process_left")
def test_a_tuning_that_does_not_apply_is_refused_and_the_worker_goes_on() -> None:
    with Worker(find_candidate("scikit-learn")) as worker:
        worker.import_framework(seed=0, timeout_s=120)
        with pytest.raises(WorkerFailed, match="'fused_adam' does not apply to scikit-learn") as caught:
            worker.build(find_workload("mlp-tiny"), seed=0, timeout_s=60, tunings=["fused_adam"])
        assert caught.value.reason == "unusable"
        assert worker.build(find_workload("mlp-tiny"), seed=0, timeout_s=60).device == "cpu"


# Blocks so large that glibc gives each back to the system at once.
ASKED_AGAIN = """
from resource import RUSAGE_SELF, getrusage
import torch
from probes.frameworks import torch_runtime

def pages_asked_for():
    before = getrusage(RUSAGE_SELF).ru_minflt
    for _ in range(20):
        torch.ones(2**24)
    return getrusage(RUSAGE_SELF).ru_minflt - before

print(pages_asked_for())
torch_runtime.use(frozenset({"keep_memory"}))
pages_asked_for()
print(pages_asked_for())
"""


@pytest.mark.frameworks
@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="memory does not come from glibc")
def test_memory_that_is_kept_is_not_asked_of_the_system_again() -> None:
    told = subprocess.run([sys.executable, "-c", ASKED_AGAIN], check=True, capture_output=True, text=True).stdout
    default, kept = map(int, told.split())
    assert 20 * kept < default

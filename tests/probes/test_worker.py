"""The real frameworks in real workers, a few of them; every adapter has its own tests."""

from __future__ import annotations

import pytest

from probes.candidates import find_candidate
from probes.schedule import probe
from probes.supervisor import Worker
from probes.workloads import find_workload

pytestmark = [pytest.mark.frameworks, pytest.mark.usefixtures("no_process_left")]


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

"""Reports for tests to store, exchange and compare."""

from __future__ import annotations

from typing import Any

from probes.report import CandidateResult, Machine, Measurement, ProbeReport
from probes.workloads import find_workload

VERSIONS = {"jax": "0.10.2", "torch": "2.13.0"}

LAPTOP = Machine(
    fingerprint="0123456789abcdef",
    operating_system="linux",
    platform="Linux",
    python="3.11.7",
    cpu="AMD EPYC",
    physical_cores=2,
    logical_cores=2,
    memory_gb=23.5,
)
COLLEAGUE = LAPTOP.model_copy(
    update={"fingerprint": "fedcba9876543210", "operating_system": "macos", "cpu": "Apple M3", "physical_cores": 8}
)


def a_row(candidate: str = "jax-jit", step_ms: float = 2.0) -> CandidateResult:
    return CandidateResult(
        candidate=candidate,
        status="ok",
        import_s=0.8,
        first_step_s=0.4,
        step_ms=step_ms,
        step_ms_low=0.9 * step_ms,
        step_ms_high=1.1 * step_ms,
        samples=(step_ms, 1.05 * step_ms),
        rounds=2,
        memory_mb=240.0,
        device="cpu",
    )


def a_report(
    machine: Machine = LAPTOP,
    measured_at: str = "2026-11-21T06:30:00+00:00",
    workload_id: str = "cnn-tiny",
    **changes: Any,
) -> ProbeReport:
    failed = CandidateResult(candidate="keras-jax", status="failed", error="It ended.\nLast words: oh.")
    report = ProbeReport(
        machine=machine,
        versions=VERSIONS,
        workload=find_workload(workload_id),
        candidates=(a_row(), a_row("pytorch-eager", 3.0), failed),
        rungs=(Measurement(workload=find_workload("cnn-small"), candidates=(a_row(step_ms=30.0),)),),
        seconds=12.5,
        measured_at=measured_at,
    )
    return report.model_copy(update=changes)

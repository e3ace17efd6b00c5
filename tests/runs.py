"""Reports for tests to store, exchange and compare."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from probes.comparison import Ratio
from probes.report import CandidateResult, Machine, Measurement, ProbeReport, WarmStart
from probes.settings import Settings
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


def a_setting(**changes: Any) -> Settings:
    default = Settings(
        dtype="float32",
        matmul_precision="float32",
        memory_layout="contiguous",
        compile_scope="none",
        compiler="none",
        threads=2,
        optimizer="Adam(learning_rate=0.001, epsilon=1e-10)",
        steps_per_call=1,
        deterministic=False,
    )
    return replace(default, **changes)


def an_eventful_report(**changes: Any) -> ProbeReport:
    """What may happen to rows: marks of every kind, a warm start, tuned rows that work and that fail."""
    jitted = {"memory_layout": "channels_last", "compile_scope": "step", "compiler": "xla"}
    jax = a_row().model_copy(
        update={
            "settings": a_setting(**jitted),
            "steady": False,
            "start_beside": True,
            "warm_start": WarmStart(import_s=0.5, first_step_s=0.25),
        }
    )
    eager = a_row("pytorch-eager", 3.0).model_copy(update={"settings": a_setting(), "contended": True})
    broken = a_row("keras-torch", 9.0).model_copy(
        update={"settings": a_setting(memory_layout="channels_last"), "status": "failed", "error": "It was killed."}
    )
    fused = a_row("pytorch-eager", 2.5).model_copy(
        update={
            "settings": a_setting(memory_layout="channels_last", optimizer=f"{a_setting().optimizer} fused"),
            "tunings": ("channels_last", "fused_adam"),
            "to_default": Ratio(0.83, 0.8, 0.86, 6),
        }
    )
    looped = CandidateResult(
        candidate="jax-jit", status="failed", error="It ran out of memory.", tunings=("fori_loop",)
    )
    rung = Measurement(workload=find_workload("cnn-small"), candidates=(jax, eager))
    return a_report(candidates=(jax, eager, broken), tuned=(fused, looped), rungs=(rung,)).model_copy(update=changes)

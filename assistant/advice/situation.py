"""Situation: what is forecast for a project's job on the machine that was measured, and for other sizes of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from assistant.advice.criteria import Situation
from assistant.advice.forecast import Forecaster, same_work
from assistant.project import Project
from assistant.target import Target, target, trains_on, weighed_answers
from probes.report import Machine


def situation_of(project: Project, forecaster: Forecaster, machine: Machine | None) -> Situation:
    """The project's situation; where figures are known, also that of any other size of its job."""
    said = weighed_answers(project, machine)

    def resized(sizes: Mapping[str, Any]) -> Situation:
        # The size of a network with a name is no other network.
        others = {name: value for name, value in sizes.items() if value != said.get(name)}
        return _of_one_job(project.model_copy(update=others), forecaster, machine)

    central = _of_one_job(project, forecaster, machine)
    known = any(row.step_ms for row in central.forecasts.values())
    return replace(central, resized=resized) if known else central


def _of_one_job(project: Project, forecaster: Forecaster, machine: Machine | None) -> Situation:
    job = target(project, machine)
    return Situation(
        forecaster.forecast(project, job),
        job.steps_per_epoch,
        forecaster.memory_gb,
        failed=dict(_failures(project, job, forecaster)),
    )


def _failures(project: Project, job: Target, forecaster: Forecaster) -> Iterator[tuple[str, str]]:
    """Which candidates were tried on this very job, on the machine it is for, and failed; with what they said.

    Not those that are not installed, or were out of time: nothing is known of these. Nor those that were measured
    before they broke off.
    """
    probe = forecaster.probe
    for measurement in probe.measurements if probe is not None and trains_on(project, probe.machine) else ():
        if same_work(measurement.workload, job.workload):
            for result in measurement.candidates:
                if result.status == "failed" and result.step_ms is None:
                    yield result.candidate, result.error or ""

"""Which accelerators of a machine a framework computes on, and for the others why not and what to do.

`accelerator_states` is a function of recorded facts only: those of the machine (`probes.doctor.surroundings`) and
what the framework said of itself (`probes.doctor.device_trials`). One module per kind of accelerator holds the rules
for it, in the order they are asked; the first that has an answer is taken.

The messages that are looked for stand in torch 2.13, tensorflow 2.21 and jax 0.10; what they ask of drivers and cards
is from the pages that each module names.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from probes.candidates import Candidate
from probes.doctor.surroundings import Surroundings
from probes.doctor.usability import amd, apple, intel, nvidia, tpu
from probes.doctor.usability.case import Case, FrameworkFacts, Remedy, Rule, unexplained
from probes.report import AcceleratorKind, AcceleratorState
from probes.words import _

_RULES: Mapping[AcceleratorKind, Sequence[Rule]] = {
    "nvidia": nvidia.RULES,
    "amd": amd.RULES,
    "intel": intel.RULES,
    "apple": apple.RULES,
    "tpu": tpu.RULES,
}

_BREAKING: Mapping[AcceleratorKind, Sequence[Rule]] = {"nvidia": nvidia.BREAKING, "apple": apple.BREAKING}


def accelerator_states(
    candidate: Candidate, facts: FrameworkFacts, around: Surroundings, interpreter: str
) -> tuple[AcceleratorState, ...]:
    """One state for each kind of accelerator in the machine; `interpreter` runs the candidate's workers.

    A framework that could not be imported has a state only where an accelerator's software is the reason.
    """
    cases = [Case(candidate, kind, names, facts, around, interpreter) for kind, names in _present(around).items()]
    if facts.failure:
        broken = ((case, _first(_BREAKING.get(case.kind, ()), case)) for case in cases)
        return tuple(_unusable(case, remedy) for case, remedy in broken if remedy)
    return tuple(_state(case) for case in cases)


def _present(around: Surroundings) -> dict[AcceleratorKind, tuple[str, ...]]:
    """Names of the accelerators by kind, those without a working driver included."""
    by_driver = {each.kind: tuple(other.name for other in around.of(each.kind)) for each in around.accelerators}
    without: dict[AcceleratorKind, tuple[str, ...]] = {}
    if around.bus:
        without["nvidia"] = around.bus
    if around.translated:
        without["apple"] = (_("Apple GPU"),)
    return without | by_driver


def _state(case: Case) -> AcceleratorState:
    if case.trials and not any(trial.error for trial in case.trials):
        return AcceleratorState(
            kind=case.kind,
            accelerator=case.accelerator,
            candidate=case.candidate.id,
            status="usable",
            devices=case.working_devices,
        )
    return _unusable(case, _first(_RULES[case.kind], case) or unexplained(case))


def _unusable(case: Case, remedy: Remedy) -> AcceleratorState:
    return AcceleratorState(
        kind=case.kind,
        accelerator=case.accelerator,
        candidate=case.candidate.id,
        status=remedy.status,
        devices=case.working_devices,
        problem=remedy.problem,
        fix=remedy.fix,
    )


def _first(rules: Sequence[Rule], case: Case) -> Remedy | None:
    return next((remedy for rule in rules if (remedy := rule(case))), None)

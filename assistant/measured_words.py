"""What a measurement tells, in words: its rows and failures, its control, how memory grows, its networks' names."""

from __future__ import annotations

import math
from collections.abc import Iterable

from assistant import quantities, wording
from assistant.advice.estimates import MB_PER_GB
from assistant.language import _, ngettext
from assistant.networks import network_name
from knowledge.load import load
from probes.comparison import Ratio
from probes.costs import costs
from probes.memory.growth import MemoryGrowth, largest_batch
from probes.networks.repeats import most_repeats
from probes.report import CandidateResult, Control, Machine, Measurement, ProbeReport
from probes.tunings import TUNINGS, Tuning, on_accelerator
from probes.words import sentences
from probes.workloads import NAMED, Workload


def candidate(candidate_id: str) -> str:
    """In words; one that only another version of Probewise knows, as it stands in its report."""
    return wording.candidate_name(candidate_id) if candidate_id in load().modes else candidate_id


def named_rows(measurement: Measurement) -> list[tuple[str, CandidateResult]]:
    """Every row under the name that tells it from all others, defaults before tuned ones."""
    defaults = [(candidate(row.candidate), row) for row in measurement.candidates]
    return [*defaults, *((_tuned_name(row), row) for row in measurement.tuned)]


def fastest_first(rows: Iterable[CandidateResult]) -> list[CandidateResult]:
    """By step time; those without one stay in their order at the end."""
    return sorted(rows, key=lambda row: math.inf if row.step_ms is None else row.step_ms)


def broken_off(row: CandidateResult) -> bool:
    """Whether it failed, or time ran out, after some of its rounds."""
    return row.status != "ok" and row.step_ms is not None


def unfinished(measurement: Measurement) -> list[tuple[str, str]]:
    """Why rows, default or tuned, were not measured, or not to the end: all of whom this is true, and the reason."""
    names: dict[str, list[str]] = {}
    for name, row in named_rows(measurement):
        if row.status != "ok" or row.step_ms is None:
            names.setdefault(_problem(row), []).append(name)
    return [(wording.apart(those), reason) for reason, those in names.items()]


def contended(report: ProbeReport) -> str | None:
    """In the terminal, that others were busy; None where they were not."""
    return _("Other processes were busy: do not trust the step times. Measure again.") if report.contended else None


def beyond_evaluation(report: ProbeReport) -> str | None:
    """That our evaluation covers no accelerator; None where everything was measured on the processor."""
    rows = [row for measurement in report.measurements for row in (*measurement.candidates, *measurement.tuned)]
    if not on_accelerator(row.device for row in rows):
        return None
    return _(
        "Measured on an accelerator, which our published evaluation does not cover: it was made on processors alone."
    )


def ratio(measured: Ratio) -> str:
    """A ratio with its interval."""
    return quantities.ratio(measured.ratio, measured.low, measured.high)


def against_default(row: CandidateResult) -> str:
    """What a tuned row takes of the time of its own default, where the two are told apart; empty where unknown."""
    if row.to_default is None:
        return ""
    return ratio(row.to_default) if row.to_default.differs else wording.standing("tied")


def control(found: Control) -> str:
    """What was found between two processes of one candidate."""
    told = (
        _("{candidate}, measured twice without knowing, seemed to differ from itself: {ratio}. Trust no small lead.")
        if found.different
        else _("{candidate}, measured twice without knowing, came out alike: {ratio}.")
    )
    return told.format(candidate=candidate(found.candidate), ratio=ratio(found.ratio))


def growth(found: MemoryGrowth, machine: Machine) -> str | None:
    """How large a batch the machine has memory for; None where too little was seen of the growth."""
    memory_gb, room_mb = machine.memory_gb_of(found.device), machine.room_mb_of(found.device)
    largest = largest_batch(found, room_mb) if room_mb else None
    if memory_gb is None or room_mb is None or largest is None:
        return None
    kept_gb = memory_gb - room_mb / MB_PER_GB
    told = (
        _(
            "{candidate}: about {batch:,} examples a batch ({low:,} to {high:,}) fit into {memory:.0f} GB with "
            "{kept:.0f} GB left to everything else."
        )
        if kept_gb
        else _("{candidate}: about {batch:,} examples a batch ({low:,} to {high:,}) fit into {memory:.0f} GB.")
    )
    return told.format(
        candidate=candidate(found.candidate),
        memory=memory_gb,
        kept=kept_gb,
        batch=round(quantities.rounded(largest.batch)),
        low=round(quantities.rounded(largest.low)),
        high=round(quantities.rounded(largest.high)),
    )


def network_label(workload: Workload, report: ProbeReport, job: Workload) -> str:
    """What one of the measured networks is called among the others: `Your job`, `Tiny`, `Batch of 8`, `ResNet-18`."""
    if workload == job:
        return _("Your job")
    if workload.network == job.network:
        return _("Your network, batch of {batch}").format(batch=workload.batch)
    if workload.layers == job.layers and costs(job).recurrent_steps:
        told = _("Your network on {steps} steps, batch of {batch}")
        return told.format(steps=workload.input.shape[0], batch=workload.batch)
    repeats = _repeats_left(workload, job)
    if repeats is not None:
        told = ngettext(
            "Fewer layers: each block once, batch of {batch}",
            "Fewer layers: each block up to {repeats} times, batch of {batch}",
            repeats,
        )
        return told.format(repeats=repeats, batch=workload.batch)
    return _rung(workload) or _by_size(workload, report)


def _repeats_left(workload: Workload, job: Workload) -> int | None:
    """How often a block comes in a row in a workload that is the job with fewer of them; None for any other."""
    fewer = range(1, most_repeats(job.layers))
    return next((repeats for repeats in fewer if job.with_repeats(repeats).layers == workload.layers), None)


def _rung(workload: Workload) -> str | None:
    """The size of a network that has no other name."""
    sizes = {"tiny": _("Tiny"), "small": _("Small"), "medium": _("Medium")}
    return None if workload.id in NAMED else sizes.get(workload.id.rsplit("-", 1)[-1])


def _by_size(workload: Workload, report: ProbeReport) -> str:
    """By the length of its sequences or by the batch where the network was measured on several, else by its name."""
    alike = [each.workload for each in report.measurements if each.workload.layers == workload.layers]
    if len(alike) == 1:
        return network_name(workload.id)
    if costs(workload).recurrent_steps and len({each.input for each in alike}) > 1:
        return _("Sequences of {steps} steps").format(steps=workload.input.shape[0])
    return _("Batch of {batch}").format(batch=workload.batch)


def tunings(rows: Iterable[CandidateResult]) -> list[Tuning]:
    """The tunings that some of the rows were built with, in the order of `TUNINGS`."""
    used = {tuning for row in rows for tuning in row.tunings}
    return [tuning for tuning in TUNINGS if tuning.id in used]


def _tuned_name(row: CandidateResult) -> str:
    name = _("{candidate}, tuned").format(candidate=candidate(row.candidate))
    return _("{name} ({tunings})").format(name=name, tunings=wording.clauses(row.tunings)) if row.tunings else name


def _problem(row: CandidateResult) -> str:
    told = (
        row.error
        or {
            "failed": _("It failed."),
            "timeout": _("It was not done in time."),
            "unusable": _("It cannot be used here."),
            "ok": _("It gave no step time."),
        }[row.status]
    )
    if not broken_off(row):
        return told
    rounds = ngettext("Only {n} round was measured.", "Only {n} rounds were measured.", row.rounds)
    return sentences(rounds.format(n=row.rounds), told)

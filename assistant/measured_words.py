"""What else a measurement tells, in words: its control, how memory grows, and what its networks are called."""

from __future__ import annotations

from assistant import wording
from assistant.advice.estimates import MB_PER_GB
from assistant.language import _
from knowledge.load import load
from probes.comparison import Ratio
from probes.memory.growth import MemoryGrowth, largest_batch
from probes.report import Control, Machine, ProbeReport
from probes.workloads import Workload


def candidate(candidate_id: str) -> str:
    """In words; one that only another version of Probewise knows, as it stands in its report."""
    return wording.candidate_name(candidate_id) if candidate_id in load().modes else candidate_id


def ratio(measured: Ratio) -> str:
    """A ratio with its interval."""
    return wording.ratio(measured.ratio, measured.low, measured.high)


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
    memory_gb = machine.memory_gb_of(found.device)
    largest = largest_batch(found, memory_gb * MB_PER_GB) if memory_gb else None
    if memory_gb is None or largest is None:
        return None
    return _("{candidate}: about {batch:,} examples a batch ({low:,} to {high:,}) fit into {memory:.0f} GB.").format(
        candidate=candidate(found.candidate),
        memory=memory_gb,
        batch=round(wording.rounded(largest.batch)),
        low=round(wording.rounded(largest.low)),
        high=round(wording.rounded(largest.high)),
    )


def network_label(workload: Workload, report: ProbeReport, job: Workload) -> str:
    """What one of the measured networks is called among the others: `Tiny`, `Your job`, `Batch of 8`."""
    sizes = {"tiny": _("Tiny"), "small": _("Small"), "medium": _("Medium")}
    known = sizes.get(workload.id.rsplit("-", 1)[-1])
    if known is not None:
        return known
    if workload.layers == job.layers:
        whole = _("Your job")
        return whole if workload == job else _("Your network, batch of {batch}").format(batch=workload.batch)
    batches = [each.workload for each in report.measurements if each.workload.layers == workload.layers]
    return workload.id if len(batches) == 1 else _("Batch of {batch}").format(batch=workload.batch)

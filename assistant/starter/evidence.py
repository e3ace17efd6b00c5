"""What the README of a starter says about the recommendation: plain, single-line strings, ready for Markdown."""

from __future__ import annotations

from dataclasses import dataclass

from assistant.advice.recommendation import Reason, Recommendation
from assistant.change_words import changes
from assistant.language import _
from assistant.networks import network_name
from assistant.project import Project
from assistant.quantities import duration, memory, percent, with_range
from assistant.quoting import in_markdown
from assistant.starter.catalogue import Starter
from assistant.wording import candidate_name, evidence_badge, framework_name, job_line, listing, machine_line
from probes.report import CandidateResult, ProbeReport
from probes.words import sentences
from probes.workloads import NAMED

NOT_MEASURED = "-"


@dataclass(frozen=True)
class Evidence:
    """The README's account of the recommendation; `reasons` speak for the `recommended` framework.

    `measured` are table rows: name, step, first step, memory.
    """

    verdict: str
    recommended: str
    reasons: tuple[str, ...]
    job: str
    flips: tuple[str, ...]
    measured: tuple[tuple[str, ...], ...]
    measured_on: str
    contended: bool
    nvidia: bool


def evidence(
    starter: Starter, project: Project, recommendation: Recommendation | None, report: ProbeReport | None
) -> Evidence:
    """Put the recommendation and the measurements into words; either may be missing, which is then said."""
    rows = () if report is None else report.candidates
    return Evidence(
        verdict=in_markdown(_verdict(starter, recommendation)),
        recommended=_recommended(recommendation),
        reasons=tuple(map(_reason, recommendation.reasons)) if recommendation else (),
        job=in_markdown(_job(starter, recommendation)),
        flips=tuple(map(in_markdown, changes(recommendation, project))) if recommendation else (),
        measured=tuple(tuple(map(in_markdown, _measured(row))) for row in rows),
        measured_on="" if report is None else in_markdown(_measured_on(report)),
        contended=report is not None and report.contended,
        nvidia=report is not None and any(each.kind == "nvidia" for each in report.machine.accelerators),
    )


def _verdict(starter: Starter, recommendation: Recommendation | None) -> str:
    chosen = framework_name(starter.framework)
    if recommendation is None:
        return _("You chose {framework}; no recommendation was asked for.").format(framework=chosen)
    if recommendation.winner is None:
        return _("You chose {framework}; every candidate was excluded by your answers.").format(framework=chosen)
    share = percent(recommendation.frameworks.get(starter.framework, 0.0))
    if starter.framework in recommendation.tie:
        tied = listing(map(framework_name, recommendation.tie))
        return _("{tied} are equally good here; choose by taste.").format(tied=tied)
    winner = candidate_name(recommendation.winner.candidate)
    if starter.framework == recommendation.winner.framework:
        return _("{winner} is recommended, {confidence} sure.").format(
            winner=winner, confidence=percent(recommendation.confidence)
        )
    return _(
        "You chose {framework}, the best choice in {share} of plausible cases."
        " Recommended was {winner}, {confidence} sure."
    ).format(framework=chosen, share=share, winner=winner, confidence=percent(recommendation.confidence))


def _recommended(recommendation: Recommendation | None) -> str:
    winner = recommendation.winner if recommendation else None
    return in_markdown(framework_name(winner.framework)) if winner else ""


def _reason(reason: Reason) -> str:
    sentence = _("{reason} ({badge})") if reason.evidence == "you" else _("{reason} ({badge}, {source})")
    badge = evidence_badge(reason.evidence)
    return in_markdown(sentence.format(reason=reason.text, badge=badge, source=reason.source))


def _job(starter: Starter, recommendation: Recommendation | None) -> str:
    """What the person's own job would take with this starter's mode, where that was forecast."""
    if recommendation is None:
        return ""
    modes = {row.candidate: row for row in recommendation.forecast if row.epoch_seconds is not None}
    candidate = next((each for each in _candidates(starter, recommendation) if each in modes), None)
    if candidate is None:
        return ""
    row = modes[candidate]
    badge = evidence_badge(row.evidence) if row.evidence else ""
    told = _("{candidate}: {job} ({badge})").format(
        candidate=candidate_name(candidate), job=job_line(row), badge=badge
    )
    if recommendation.workload not in NAMED:
        return told
    named = _("This is for {network}; the model in model.py is smaller, so that it trains at once.")
    return sentences(f"{told}.", named.format(network=network_name(recommendation.workload)))


def _candidates(starter: Starter, recommendation: Recommendation) -> list[str]:
    """The starter's modes, the best ranked first; for Keras only the mode with its backend."""
    wanted = f"keras-{starter.backend}" if starter.backend else None
    return [
        each.candidate
        for each in recommendation.ranking
        if each.framework == starter.framework and wanted in (None, each.candidate)
    ]


def _measured(row: CandidateResult) -> tuple[str, str, str, str]:
    name = candidate_name(row.candidate)
    if row.step_ms is None:
        return name, row.error or row.status, NOT_MEASURED, NOT_MEASURED
    step = duration(row.step_ms / 1000)
    if row.step_ms_low is not None and row.step_ms_high is not None:
        step = with_range(step, row.step_ms_low / 1000, row.step_ms_high / 1000)
    first = NOT_MEASURED if row.first_step_s is None else duration(row.first_step_s)
    return name, step, first, NOT_MEASURED if row.memory_mb is None else memory(row.memory_mb)


def _measured_on(report: ProbeReport) -> str:
    return _("{date} on {machine}; workload {workload}, batch {batch}").format(
        date=report.measured_at[:10],
        machine=machine_line(report.machine),
        workload=report.workload.id,
        batch=report.workload.batch,
    )

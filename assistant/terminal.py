"""What the command line shows: JSON, or the same words, badges and order as the page, with Rich."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TypeVar

from pydantic import BaseModel
from rich.console import Console, Group, RenderableType
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn
from rich.table import Table
from rich.text import Text

from assistant import wording
from assistant.advice.recommendation import Recommendation
from assistant.language import _
from probes.report import CandidateResult, Examination, Measurement, ProbeReport
from probes.report import Progress as ProbeProgress

Shown = TypeVar("Shown", bound=BaseModel)

_stdout = Console(soft_wrap=False)
_stderr = Console(stderr=True)

NOTHING = "-"


def say(sentence: str) -> None:
    """One line on stderr, never wrapped or coloured, so that it can be read by programs."""
    sys.stderr.write("probewise: " + " ".join(sentence.split()) + "\n")


def show(record: Shown, in_words: Callable[[Shown], RenderableType], *, as_json: bool) -> None:
    """Print the record on stdout, as JSON or in words."""
    if as_json:
        sys.stdout.write(record.model_dump_json(by_alias=True, indent=2) + "\n")
    else:
        _stdout.print(in_words(record))


@contextmanager
def progress_bar() -> Iterator[Callable[[ProbeProgress], None]]:
    """A live bar on stderr; what it yields is to be called with each `Progress` of a running probe."""
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TextColumn("{task.fields[left]}"))
    with Progress(*columns, console=_stderr, transient=True) as bar:
        task = bar.add_task(_("Starting"), total=1.0, left="")

        def update(progress: ProbeProgress) -> None:
            left = _("{seconds:.0f} s left").format(seconds=progress.seconds_left)
            bar.update(task, completed=progress.share, description=wording.stage(progress), left=left)

        yield update


def probe_report(report: ProbeReport) -> RenderableType:
    """Every workload's table under one line about the machine."""
    parts: list[RenderableType] = [Text(wording.machine_line(report.machine), style="bold")]
    parts += [_measurement_table(measurement) for measurement in report.measurements]
    if report.contended:
        parts.append(
            Text(_("Other processes were busy: do not trust the step times. Measure again."), style="yellow")
        )
    parts.append(Text(_("Measured in {seconds:.0f} s.").format(seconds=report.seconds), style="dim"))
    return Group(*parts)


def _measurement_table(measurement: Measurement) -> RenderableType:
    title = _("{workload}, batch of {batch}").format(
        workload=measurement.workload.id, batch=measurement.workload.batch
    )
    headings = (_("Step"), _("90 % interval"), _("First step"), _("Import"), _("Memory"), _("Rounds"))
    table = _table(title, _("Candidate"), headings)
    for row in sorted(measurement.candidates, key=_fastest_first):
        table.add_row(wording.candidate_name(row.candidate), *_figures(row))
    problems = [
        Text.assemble((wording.candidate_name(row.candidate), "bold"), ": ", row.error, style="yellow")
        for row in measurement.candidates
        if row.error
    ]
    return Group(table, *problems)


def _fastest_first(row: CandidateResult) -> tuple[bool, float]:
    return (row.step_ms is None, row.step_ms or 0.0)


def _figures(row: CandidateResult) -> Sequence[str]:
    def seconds(value: float | None) -> str:
        return NOTHING if value is None else wording.duration(value)

    interval = NOTHING
    if row.step_ms_low is not None and row.step_ms_high is not None:
        interval = wording.duration_range(row.step_ms_low / 1e3, row.step_ms_high / 1e3)
    return (
        seconds(None if row.step_ms is None else row.step_ms / 1e3),
        interval,
        seconds(row.first_step_s),
        seconds(row.import_s),
        NOTHING if row.memory_mb is None else wording.memory(row.memory_mb),
        str(row.rounds or NOTHING),
    )


def examination(found: Examination) -> RenderableType:
    """The machine, and for each framework whether it works, with which versions and where."""
    table = _table(_("Frameworks"), _("Framework"), ())
    for heading in (_("State"), _("Versions"), _("Device")):
        table.add_column(heading)
    for state in found.frameworks:
        versions = ", ".join(f"{name} {version}" for name, version in state.versions.items())
        name = wording.framework_name(state.framework)
        table.add_row(name, wording.framework_status(state.status), versions, state.device or NOTHING)
    problems = [Text(state.problem, style="yellow") for state in found.frameworks if state.problem]
    return Group(Text(wording.machine_line(found.machine), style="bold"), table, *problems)


def recommendation(advice: Recommendation) -> RenderableType:
    """The answer as on the page: winner, what it means for the job, reasons, what would change it, exclusions."""
    return Group(*_headline(advice), *_reasons(advice), _standing(advice), *_exclusions(advice))


def _headline(advice: Recommendation) -> Iterator[RenderableType]:
    if advice.winner is None:
        yield Text(_("Nothing fits these answers."), style="bold")
        yield Text(_("Relax one of: {fields}.").format(fields=", ".join(advice.relax)))
        return
    sure = _("{share} sure").format(share=wording.percent(advice.confidence))
    yield Text.assemble((wording.candidate_name(advice.winner.candidate), "bold"), "   ", (sure, "bold cyan"))
    if advice.tie:
        names = ", ".join(map(wording.framework_name, advice.tie))
        yield Text(_("A tie: {names} are equally good here; choose by taste.").format(names=names))
    job = next((row for row in advice.forecast if row.candidate == advice.winner.candidate), None)
    if job:
        yield Text(wording.job_line(job))
    if advice.simpler_first:
        yield Text(advice.simpler_first, style="green")


def _reasons(advice: Recommendation) -> Iterator[RenderableType]:
    for reason in advice.reasons:
        badge = f"[{wording.evidence_badge(reason.evidence)}]"
        yield Text.assemble("- ", reason.text, "  ", (badge, "dim"))
    for flip in advice.flips:
        yield Text(_("Would change it: {change}").format(change=wording.flip_line(flip)), style="dim")
    if advice.unknown:
        yield Text(_("Not known yet: {fields}").format(fields=", ".join(advice.unknown)), style="dim")


def _standing(advice: Recommendation) -> RenderableType:
    table = _table(_("Share of plausible worlds that each one wins"), _("Candidate"), (_("Share"), _("Score")))
    for ranked in advice.ranking:
        if ranked.excluded is None:
            share = wording.percent(ranked.acceptability)
            table.add_row(wording.candidate_name(ranked.candidate), share, f"{ranked.score:.2f}")
    return table


def _exclusions(advice: Recommendation) -> Iterator[RenderableType]:
    for ranked in advice.ranking:
        if ranked.excluded:
            name = wording.candidate_name(ranked.candidate)
            yield Text(f"{name}: {ranked.excluded.reason} {ranked.excluded.fix}", style="dim")


def _table(title: str, first: str, numbers: Sequence[str]) -> Table:
    table = Table(title=title, title_justify="left", title_style="bold", box=None, pad_edge=False)
    table.add_column(first)
    for heading in numbers:
        table.add_column(heading, justify="right", no_wrap=True)
    return table

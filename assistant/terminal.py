"""What the command line shows: JSON, or the same words, badges and order as the page, with Rich."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime
from typing import Any, TypeVar

from pydantic import BaseModel, TypeAdapter
from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn
from rich.table import Table
from rich.text import Text

from assistant import change_words, evidence_words, job_words, measured_words, moments, quantities, wording
from assistant.advice.eligibility import by_exclusion
from assistant.advice.recommendation import Choice, Recommendation
from assistant.claims.records import CheckResult, ClaimRow
from assistant.claims.words import against, compared, measured_on, when_checked
from assistant.language import _
from assistant.project import Project
from assistant.reuse import too_late
from assistant.target import target
from knowledge.claims import RatioCheck
from knowledge.load import load
from knowledge.staleness import Stale
from probes.report import ProbeReport
from probes.report import Progress as ProbeProgress
from probes.words import sentences

Shown = TypeVar("Shown", bound=BaseModel)
Row = TypeVar("Row")

_stdout = Console(soft_wrap=False)
_stderr = Console(stderr=True)

NOTHING = "-"

# A name is wrapped in a narrow terminal, but can still be read.
LEAST_NAME_WIDTH = 18

# Below this width there is no room for every figure beside the names.
WIDE = 110


def say(sentence: str) -> None:
    """One line on stderr, never wrapped or coloured, so that it can be read by programs."""
    sys.stderr.write("probewise: " + " ".join(sentence.split()) + "\n")


def show(record: Shown, in_words: Callable[[Shown], RenderableType], *, as_json: bool) -> None:
    """Print the record on stdout, as JSON or in words."""
    if as_json:
        _write_json(record.model_dump_json(by_alias=True, indent=2))
    else:
        _stdout.print(in_words(record))


def write_document(text: str) -> None:
    """The text of a file on stdout, with nothing beside it: UTF-8 and line ends as they are, on every system."""
    sys.stdout.flush()
    sys.stdout.buffer.write(text.encode())
    sys.stdout.buffer.flush()


def show_rows(records: Sequence[Row], in_words: Callable[[Sequence[Row]], RenderableType], *, as_json: bool) -> None:
    """Print a list of records on stdout, as JSON or in words."""
    if as_json:
        _write_json(TypeAdapter(Sequence[Any]).dump_json(records, indent=2).decode())
    else:
        _stdout.print(in_words(records))


@contextmanager
def shares_bar() -> Iterator[Callable[[str, float], None]]:
    """A live bar on stderr; what it yields is to be called with what is being done and the share that is done."""
    with _bar() as update:
        yield lambda what, share: update(what, share, "")


@contextmanager
def progress_bar() -> Iterator[Callable[[ProbeProgress], None]]:
    """A live bar on stderr; what it yields is to be called with each `Progress` of a running probe."""
    with _bar() as update:

        def follow(progress: ProbeProgress) -> None:
            left = _("{seconds:.0f} s left").format(seconds=progress.seconds_left)
            update(wording.stage(progress), progress.share, left)

        yield follow


@contextmanager
def _bar() -> Iterator[Callable[[str, float, str], None]]:
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TextColumn("{task.fields[left]}"))
    with Progress(*columns, console=_stderr, transient=True) as bar:
        task = bar.add_task(_("Starting"), total=1.0, left="")
        yield lambda what, share, left: bar.update(task, completed=share, description=what, left=left)


def claim_rows(claims: Sequence[ClaimRow]) -> RenderableType:
    """Each claim with its verdict, what is true today, from where and since when, and what this machine says."""
    parts: list[RenderableType] = []
    for claim in claims:
        verdict = (f"[{wording.verdict(claim.verdict)}]", "bold")
        parts.append(Text.assemble(verdict, " ", claim.statement, f"  ({claim.id})"))
        below = (Text(claim.today, style="dim"), _provenance(claim), *_said_here(claim))
        parts += [Padding(each, (0, 0, 0, 4)) for each in below]
    tally = Counter(claim.verdict for claim in claims)
    parts.append(Text(wording.clauses(f"{count} {wording.verdict(verdict)}" for verdict, count in tally.items())))
    return Group(*parts)


def _provenance(claim: ClaimRow) -> Text:
    """The day somebody looked, and the sources' titles, which are links where the terminal has such."""
    checked = _("Checked on {date}.").format(date=moments.day(date.fromisoformat(claim.checked)))
    if not claim.sources:
        return Text(checked, style="dim")
    titles = (Text(source.title, f"link {source.address}" if source.address else "") for source in claim.sources)
    return Text.assemble(checked, " ", _("Sources:"), " ", Text("; ").join(titles), style="dim")


def _said_here(claim: ClaimRow) -> Iterator[RenderableType]:
    if claim.check is None:
        return
    yield Text(wording.check_line(claim.check), style="cyan")
    check = load().claim(claim.id).check
    if isinstance(check, RatioCheck) and claim.check.comparisons:
        yield Text(compared(check), style="cyan")
        yield from (
            Padding(Text(against(check, each), style="cyan"), (0, 0, 0, 2)) for each in claim.check.comparisons
        )
        if measured_on(check):
            yield Text(measured_on(check), style="dim")
    yield from (Text(sentence, style="dim") for sentence in _when_checked(claim.check))


def _when_checked(check: CheckResult) -> tuple[str, ...]:
    here = datetime.now().astimezone()
    return when_checked(check, here.tzinfo or UTC, here)


def stale_records(records: Sequence[Stale]) -> RenderableType:
    """What should be looked at again, and why."""
    table = figure_table(_("Facts and claims to look at again"), _("Record"), (_("Checked"), _("Age in days")))
    table.add_column(_("Installed is newer"))
    for record in records:
        lags = ", ".join(f"{lag.distribution} {lag.recorded} < {lag.installed}" for lag in record.lags)
        table.add_row(f"{record.file}: {record.id}", record.checked.isoformat(), str(record.age_days), lags)
    return table if records else Text(_("Nothing lags behind what is installed, and nothing is too old."))


def in_the_way(advice: Recommendation, project: Project) -> str:
    """Which answers to change where nothing fits."""
    return sentences(wording.relaxing(together=advice.relax_together), _fields(advice.relax, project))


def _fields(fields: Sequence[str], project: Project) -> str:
    """Questions with the ids that they have in a project file: `What is it for? (goal)`."""
    asked = (f"{change_words.question(field, project)} ({field})" for field in fields)
    return wording.clauses(asked)


def recommendation(advice: Recommendation, project: Project, report: ProbeReport | None = None) -> RenderableType:
    """The answer as on the page: winner, what it means for the job, reasons, what would change it, exclusions.

    Where nothing fits: which answers to change, and what excludes whom. `project` is what the person said; questions
    are worded for it. `report` is what the forecast rests on.
    """
    if advice.winner is None:
        nothing = Text(_("Nothing fits these answers."), style="bold")
        return Group(nothing, Text(in_the_way(advice, project)), *_exclusions(advice))
    return Group(
        *_headline(advice, advice.winner, project),
        *_disturbances(report),
        *_reasons(advice, project),
        _standing(advice),
        *_why_not(advice),
        *_exclusions(advice),
    )


def _headline(advice: Recommendation, winner: Choice, project: Project) -> Iterator[RenderableType]:
    sure = _("{share} sure").format(share=quantities.percent(advice.confidence))
    yield Text.assemble((wording.framework_name(winner.framework), "bold"), "   ", (sure, "bold cyan"))
    mode = wording.candidate_name(winner.candidate)
    used = _("Best used as: {candidate}.").format(candidate=mode)
    yield Text(sentences(used, wording.modes_note(advice) or ""), style="dim")
    if advice.nothing_fits >= wording.WORTH_TELLING:
        yield Text(wording.nothing_fits_line(advice.nothing_fits))
    if advice.tie:
        names = wording.listing(map(wording.framework_name, advice.tie))
        yield Text(_("A tie: {names} are equally good here; choose by taste.").format(names=names))
    job = next((row for row in advice.forecast if row.candidate == winner.candidate), None)
    if job:
        yield Text.assemble(wording.job_line(job), _evidence(job.evidence, ()) if job.evidence else "")
        if short := job_words.short_of_memory(job, target(project).workload.batch):
            yield Text(short, style="yellow")
        borrowed = job_words.measured_elsewhere(advice.forecast)
        if job.measured_on and borrowed:
            yield Text(borrowed, style="dim")
        yield from (
            Text(job_words.break_even(each, advice.steps_per_epoch), style="dim")
            for each in advice.break_even
            if advice.steps_per_epoch and job.candidate in {each.sooner, each.later}
        )
    if advice.simpler_first:
        evidence = _evidence("cited" if advice.simpler_first_facts else "measured", advice.simpler_first_facts)
        yield Text.assemble((advice.simpler_first, "green"), evidence)
    if advice.table and advice.table != advice.simpler_first:
        yield Text(advice.table, style="green")


def _disturbances(report: ProbeReport | None) -> Iterator[RenderableType]:
    """What makes the figures doubtful, or leaves some out."""
    told = (measured_words.contended(report), too_late(report)) if report else ()
    yield from (Text(each, style="yellow") for each in told if each)


def _reasons(advice: Recommendation, project: Project) -> Iterator[RenderableType]:
    for reason in advice.reasons:
        yield Text.assemble("- ", reason.text, _evidence(reason.evidence, reason.facts))
    for change in change_words.changes(advice, project):
        yield Text(_("Would change it: {change}").format(change=change), style="dim")
    if advice.steadfast:
        yield Text(change_words.steadfast_line(advice.steadfast), style="dim")
    if advice.unknown:
        yield Text(sentences(_("Not known yet:"), _fields(advice.unknown, project)), style="dim")


def _evidence(kind: str, facts: Sequence[str]) -> Text:
    """The badge; below that of what is cited, where it can be read first: a link, whole also where it wraps."""
    told = Text(f"  [{evidence_words.badge(kind, facts)}]", style="dim")
    source = load().first_source(facts) if facts else None
    if source is not None:
        told.append("\n    ")
        told.append(source, style=f"link {source}" if source.startswith("https://") else "")
    return told


def _standing(advice: Recommendation) -> RenderableType:
    note = (Text(advice.score_note, style="dim"),) if advice.score_note else ()
    return Group(_shares(advice), *note)


def _shares(advice: Recommendation) -> RenderableType:
    table = figure_table(_("Share of plausible worlds that each one wins"), _("Candidate"), (_("Share"), _("Score")))
    for ranked in advice.ranking:
        if ranked.excluded is None:
            share = quantities.percent(ranked.acceptability)
            table.add_row(wording.candidate_name(ranked.candidate), share, f"{ranked.score:.2f}")
    return table


def _why_not(advice: Recommendation) -> Iterator[RenderableType]:
    """What speaks most against each usable framework beside the winner, and each other mode beside its best one."""
    usable = [ranked for ranked in advice.ranking if ranked.excluded is None]
    frameworks = dict.fromkeys(ranked.framework for ranked in usable[1:] if ranked.framework != usable[0].framework)
    against = [(wording.framework_name(each), advice.why_not[each]) for each in frameworks]
    modes = (ranked.candidate for ranked in usable if ranked.candidate in advice.other_modes)
    against += [(wording.candidate_name(each), advice.other_modes[each]) for each in modes]
    if against:
        yield Text(_("Why not another?"), style="bold")
    for name, reasons in against:
        text = (
            reasons[0].text
            if reasons
            else _("Nothing much: it is as good, only slightly less likely to be the best.")
        )
        evidence = _evidence(reasons[0].evidence, reasons[0].facts) if reasons else ""
        yield Text.assemble("- ", (name, "bold"), "\n    ", text, evidence)


def _exclusions(advice: Recommendation) -> Iterator[RenderableType]:
    for exclusion, candidates in by_exclusion(advice.ranking).items():
        names = wording.candidate_names(candidates)
        why = wording.labelled(names, sentences(exclusion.reason, exclusion.fix))
        yield Text.assemble((why, "dim"), _evidence(exclusion.evidence, exclusion.facts))


def figure_table(title: str, first: str, numbers: Sequence[str]) -> Table:
    """A table whose first column names something and whose others are figures."""
    table = Table(title=title, title_justify="left", title_style="bold", box=None, pad_edge=False)
    table.add_column(first, min_width=LEAST_NAME_WIDTH)
    for heading in numbers:
        table.add_column(heading, justify="right", no_wrap=True)
    return table


def fitting(columns: Sequence[str], *narrow: int) -> tuple[str, ...]:
    """All of the columns where stdout is wide, else those at the places `narrow`."""
    return tuple(columns) if is_wide() else tuple(columns[place] for place in narrow)


def is_wide() -> bool:
    """Whether stdout has room for every figure beside the names."""
    return _stdout.width >= WIDE


def _write_json(text: str) -> None:
    sys.stdout.write(text + "\n")

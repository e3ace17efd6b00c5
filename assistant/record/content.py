"""The decision record of a recommendation, as one structure that every format writes.

It follows the usual order of an architecture decision record: context, options, evidence, decision, consequences.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date
from importlib.metadata import version
from itertools import chain

from assistant import quantities, wording
from assistant.advice.ranking import DRAWS
from assistant.advice.recommend import SEED
from assistant.advice.recommendation import Ranked, Recommendation
from assistant.conversation.questions import questions_for
from assistant.language import _, language_in_use
from assistant.project import Project
from assistant.record import charts, figures, reasoning
from assistant.record.basis import Basis
from assistant.record.document import (
    Block,
    Code,
    Column,
    Document,
    Line,
    Paragraph,
    Section,
    Strong,
    Table,
    columns,
)
from assistant.record.sources import Citations, citations
from assistant.target import detected_answers, target
from knowledge.load import load
from probes.report import Machine, ProbeReport


def decision_record(
    project: Project,
    advice: Recommendation,
    report: ProbeReport | None,
    *,
    machine: Machine | None,
    made_on: date,
    seed: int = SEED,
) -> Document:
    """The record of `advice`, which `recommend` gave for these arguments, in the language in use.

    `machine` is where the person sits. The same arguments give the same record.
    """
    basis = Basis(project, advice, report, machine or (report.machine if report else None), citations(advice))
    return Document(
        title=_title(advice),
        language=language_in_use().replace("_", "-"),
        facts=tuple(_facts(advice, made_on)),
        summary=(basis.verdict, *basis.jobs()),
        sections=(
            Section("context", _("Context"), tuple(_context(basis))),
            Section("options", _("Options considered"), tuple(_options(basis))),
            figures.measurements(report),
            figures.forecast(advice),
            reasoning.decision(basis),
            reasoning.criteria(advice),
            reasoning.consequences(basis),
            reasoning.changes(basis),
            basis.cited.section(),
            Section("making", _("How this record was made"), tuple(_making(basis, seed))),
        ),
    )


def _title(advice: Recommendation) -> str:
    if advice.winner is None:
        return _("Decision record: no framework fits")
    names = map(wording.framework_name, advice.tie or (advice.winner.framework,))
    return _("Decision record: {frameworks}").format(frameworks=wording.listing(names, last="or"))


def _facts(advice: Recommendation, made_on: date) -> Iterator[tuple[str, str]]:
    yield _("Status"), _status(advice)
    yield _("Date"), made_on.isoformat()


def _status(advice: Recommendation) -> str:
    if advice.winner is None:
        return _("open: an answer must change first")
    return _("open: a tie, to be decided by taste") if advice.tie else _("proposed")


def _context(basis: Basis) -> Iterator[Block]:
    yield Paragraph(_("A framework is to be chosen for this project:"))
    yield Table(columns(_("Question"), _("Answer"), _("Known from")), tuple(_answers(basis)))
    yield Paragraph(_("What is not known was drawn anew for each plausible world of the ranking."))
    if basis.forecasts:
        yield from _job(basis)
    if basis.machine:
        yield Paragraph(_("This machine: {machine}.").format(machine=wording.machine_line(basis.machine)))


def _job(basis: Basis) -> Iterator[Block]:
    """What the forecast is of."""
    yield Paragraph(_("Only the forecast assumes one value for it."))
    job = target(basis.project, basis.machine)
    yield Paragraph(
        _("The forecast is for this network: {network}; {steps:,} steps in an epoch.").format(
            network=wording.network(job.workload), steps=job.steps_per_epoch
        )
    )
    if basis.project.task is not None and "task" in basis.advice.assumptions:
        stand_in = wording.answer_label("task", basis.advice.assumptions["task"])
        yield Paragraph(_("Forecast with the network of another task: {task}").format(task=stand_in))


def _answers(basis: Basis) -> Iterator[tuple[Line, ...]]:
    """Every question that matters for the project: what was said, found, assumed or left open."""
    said = basis.project.answers
    assumed = basis.advice.assumptions if basis.forecasts else {}
    found = detected_answers(basis.project, basis.machine)
    matters = {question.id for question in questions_for(basis.project, load())}
    for field in load().questions:
        question = basis.question(field)
        if field in said:
            yield question, Strong(wording.answer_label(field, said[field])), _("the person")
        elif field in found:
            yield question, wording.answer_label(field, found[field]), _("this machine")
        elif field in assumed:
            yield question, wording.answer_label(field, assumed[field]), _("not known, assumed for the forecast")
        elif field in matters:
            yield question, wording.answer_label(field, None), _("not known")


def _options(basis: Basis) -> Iterator[Block]:
    usable = [ranked for ranked in basis.advice.ranking if ranked.excluded is None]
    if usable:
        yield charts.standing(basis.advice)
        heads = (
            Column(_("Place"), figures=True),
            Column(_("Candidate")),
            *columns(_("Share of worlds"), _("Score"), figures=True),
        )
        yield Table(heads, tuple(_option(place, ranked) for place, ranked in enumerate(usable, start=1)))
        yield Paragraph(
            _(
                "The frameworks stand in the order of their shares, their modes together. A world draws what is not "
                "known: open answers, how much each thing matters, and how far the measurements may be off. The "
                "score is the mean over the worlds in which it can be used."
            )
        )
        for told in _told_of_shares(basis.advice):
            yield Paragraph(told)
    excluded = tuple(chain.from_iterable(_excluded(ranked, basis.cited) for ranked in basis.advice.ranking))
    if excluded:
        yield Table(columns(_("Excluded"), _("Why"), _("What would bring it back"), _("Evidence")), excluded)


def _told_of_shares(advice: Recommendation) -> Iterator[str]:
    """What the shares alone do not show."""
    if advice.nothing_fits >= wording.WORTH_TELLING:
        yield wording.nothing_fits_line(advice.nothing_fits)
    if advice.score_note:
        yield advice.score_note


def _option(place: int, ranked: Ranked) -> tuple[Line, ...]:
    share = quantities.percent(ranked.acceptability)
    return str(place), wording.candidate_name(ranked.candidate), share, f"{ranked.score:.2f}"


def _excluded(ranked: Ranked, cited: Citations) -> Iterator[tuple[Line, ...]]:
    name = wording.candidate_name(ranked.candidate)
    for why in ranked.exclusions:
        yield name, why.reason, why.fix, cited.evidence(why.evidence, why.facts)


def _making(basis: Basis, seed: int) -> Iterator[Block]:
    yield Paragraph(
        _("Probewise {version} ranked the candidates in {draws:,} plausible worlds, drawn with seed {seed}.").format(
            version=version("probewise"), draws=DRAWS, seed=seed
        )
    )
    facts = load().facts.values()
    yield Paragraph(
        _("The facts it knows were checked between {first} and {last}.").format(
            first=min(fact.checked for fact in facts).isoformat(),
            last=max(fact.checked for fact in facts).isoformat(),
        )
    )
    yield Paragraph(_("The answers, as a project file:"))
    yield Code("toml", tuple(_project_file(basis)))
    measured = "--probe probe.json" if basis.report else "--no-probe"
    yield Paragraph(_("The same again, with that file and what was measured:"))
    table = "--data table.csv " if basis.advice.table else ""
    yield Code("sh", (f"probewise recommend --project project.toml {measured} {table}--format markdown",))


def _project_file(basis: Basis) -> Iterator[str]:
    yield from (f"{field} = {json.dumps(value)}" for field, value in basis.project.answers.items())
    if basis.advice.own_weights:
        yield "[weights]"
        yield from (f"{criterion} = {json.dumps(weight)}" for criterion, weight in basis.advice.own_weights.items())

"""What was measured, as the command line shows it: the same figures as the Measurements page."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.console import Group, RenderableType
from rich.text import Text

from assistant import measured_words, quantities, training_words, wording
from assistant.language import _
from assistant.terminal import NOTHING, figure_table, fitting, is_wide
from assistant.training_words import Training
from probes.comparison import Ratio
from probes.report import CandidateResult, Machine, Measurement, ProbeReport
from probes.tunings import on_accelerator

# Of the columns of figures, those that matter most: step, against the fastest, first step, import, memory.
NARROW = (0, 2, 3, 4, 5)


def probe_report(report: ProbeReport) -> RenderableType:
    """Every workload's tables under one line about the machine; then what must be known of them."""
    parts: list[RenderableType] = [Text(wording.machine_line(report.machine), style="bold")]
    for measurement in report.measurements:
        parts += _measurement(measurement, report.machine)
    rows = [row for measurement in report.measurements for row in (*measurement.candidates, *measurement.tuned)]
    parts += [Text(sentence, style="yellow") for sentence in training_words.marks_explained(rows)]
    parts += _training(training_words.training(training_words.rows_of(report)))
    notes = (measured_words.contended(report), *report.notes, measured_words.beyond_evaluation(report))
    parts += [Text(note, style="yellow") for note in notes if note]
    parts.append(Text(wording.time_spent(report), style="dim"))
    return Group(*parts)


def _measurement(measurement: Measurement, machine: Machine) -> Iterator[RenderableType]:
    title = _("{workload}, batch of {batch}").format(
        workload=measurement.workload.id, batch=measurement.workload.batch
    )
    headings = (
        *(_("Step"), _("90 % interval"), _("Against the fastest")),
        *(_("First step"), _("Import"), _("Memory"), _("Rounds")),
    )
    defaults = figure_table(title, _("Candidate"), fitting(headings, *NARROW))
    placed = on_accelerator(row.device for row in measurement.candidates)
    for row in measured_words.fastest_first(measurement.candidates):
        defaults.add_row(_name(row, placed=placed), *fitting(_figures(row), *NARROW))
    yield defaults
    yield from _tuned(measurement.tuned)
    warm = (training_words.warm_start(*named) for named in measured_words.named_rows(measurement))
    growths = (measured_words.growth(growth, machine) for growth in measurement.memory_growth)
    control = measured_words.control(measurement.control) if measurement.control else None
    yield from (Text(sentence, style="dim") for sentence in (*warm, *growths, control) if sentence)
    for name, reason in measured_words.unfinished(measurement):
        yield Text(wording.labelled(name, reason), style="yellow")


def _name(row: CandidateResult, *, placed: bool = False) -> Text:
    """The candidate, where it trained if that is told, and what must be known before its figures are trusted."""
    place = [row.device] if placed and row.device else []
    name, marks = measured_words.candidate(row.candidate), wording.clauses((*place, *training_words.marks(row)))
    return Text.assemble(name, (f" ({marks})", "yellow")) if marks else Text(name)


def _training(told: Training | None) -> Iterator[RenderableType]:
    """How each was trained, where there is room for it; the JSON has it always."""
    if told is None or not is_wide():
        return
    if told.differing:
        table = figure_table(_("How each was trained"), _("Candidate"), ())
        for setting in told.differing:
            table.add_column(setting.title, justify="right" if setting.figures else "left")
        for name, values in told.rows:
            table.add_row(name, *map(str, values))
        yield table
    yield Text(told.same, style="dim")


def _tuned(rows: Sequence[CandidateResult]) -> Iterator[RenderableType]:
    measured = [row for row in rows if row.step_ms is not None]
    if measured:
        tuned = figure_table(
            _("Tuned as the documentation says"), _("Candidate"), (_("Step"), _("Against its defaults"))
        )
        tuned.add_column(_("Tunings"))
        for row in measured_words.fastest_first(measured):
            tunings = wording.clauses(row.tunings)
            against = measured_words.against_default(row) or NOTHING
            tuned.add_row(_name(row), _seconds(row.step_ms, 1e-3), against, tunings)
        yield tuned
        yield from (Text(f"{each.id}: {each.code}", style="dim") for each in measured_words.tunings(measured))


def _figures(row: CandidateResult) -> Sequence[str]:
    interval = NOTHING
    if row.step_ms_low is not None and row.step_ms_high is not None:
        interval = quantities.duration_range(row.step_ms_low / 1e3, row.step_ms_high / 1e3)
    return (
        _seconds(row.step_ms, 1e-3),
        interval,
        wording.standing(row.standing) if row.standing in {"leader", "tied"} else _times(row.to_leader),
        _seconds(row.first_step_s),
        _seconds(row.import_s),
        NOTHING if row.memory_mb is None else quantities.memory(row.memory_mb),
        str(row.rounds or NOTHING),
    )


def _seconds(value: float | None, unit_s: float = 1.0) -> str:
    return NOTHING if value is None else quantities.duration(value * unit_s)


def _times(ratio: Ratio | None) -> str:
    return NOTHING if ratio is None else quantities.ratio(ratio.ratio, ratio.low, ratio.high)

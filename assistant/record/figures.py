"""The figures of a record: what was measured, and what it lets one expect of the person's own job."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from assistant import job_words, measured_words, quantities, training_words, wording
from assistant.advice.recommendation import ForecastRow, Recommendation
from assistant.language import _
from assistant.record import charts
from assistant.record.document import (
    Block,
    Bullets,
    Column,
    Heading,
    Interval,
    IntervalChart,
    Line,
    Link,
    Notice,
    Paragraph,
    Piece,
    Section,
    Strong,
    Table,
    columns,
)
from assistant.record.sources import badge
from probes.report import CandidateResult, Measurement, ProbeReport
from probes.tunings import TUNINGS, on_accelerator
from probes.words import sentences

TUNING_SOURCES = {tuning.id: tuning.source for tuning in TUNINGS}


def measurements(report: ProbeReport | None) -> Section:
    """Every figure that was measured, with its interval, where and how; or that there is none."""
    return Section("measurements", _("Measurements"), tuple(_measurements(report)))


def forecast(advice: Recommendation) -> Section:
    """What the job would take with each candidate, as ranges; or why nobody can say."""
    return Section("forecast", _("Forecast for the job"), tuple(_forecast(advice)))


def _measurements(report: ProbeReport | None) -> Iterator[Block]:
    if report is None:
        yield Notice(_("Nothing was measured. The decision rests on answers, facts and rules alone."))
        return
    yield Paragraph((badge("measured", report.measured_at[:10]), _place(report), *_versions(report)))
    if report.contended:
        yield Notice(
            _("Other programs were busy while this was measured: step times may be off. Close them, measure again.")
        )
    beyond = measured_words.beyond_evaluation(report)
    if beyond:
        yield Notice(beyond)
    if report.notes:
        yield Bullets(report.notes)
    for measurement in report.measurements:
        yield from _measurement(measurement)
    yield Paragraph(wording.time_spent(report))
    yield Paragraph(
        _(
            "A step is forward, backward and update of one batch, with the same weights and optimizer for everyone. "
            "Its time is the lower quartile of the rounds, for other programs only ever make it longer; the range "
            "holds that of this run nine times in ten, and other runs differ by some percent more. The first step "
            "includes compiling; warm is what it takes in a fresh process that finds what was compiled before."
        )
    )
    yield from _training(report)


def _training(report: ProbeReport) -> Iterator[Block]:
    """How each was trained: what was the same for all, and one table of the rest."""
    told = training_words.training(training_words.rows_of(report))
    if told is None:
        return
    yield Heading(_("How each was trained"))
    yield Paragraph(told.same)
    if told.differing:
        heads = (Column(_("Candidate")), *(Column(each.title, each.figures) for each in told.differing))
        yield Table(heads, tuple((name, *map(str, values)) for name, values in told.rows))


def _place(report: ProbeReport) -> str:
    machine = report.machine
    return _("On {machine}, {platform}, Python {python}.").format(
        machine=wording.machine_line(machine), platform=machine.platform, python=machine.python
    )


def _versions(report: ProbeReport) -> Iterator[str]:
    if report.versions:
        versions = (f"{name} {version}" for name, version in sorted(report.versions.items()))
        yield _("With {versions}.").format(versions=wording.listing(versions))


def _measurement(measurement: Measurement) -> Iterator[Block]:
    done = _fastest_first(measurement.candidates)
    workload = measurement.workload
    yield Heading(_("{workload}: {network}").format(workload=workload.id, network=wording.network(workload)))
    if done:
        yield _step_chart(done)
        yield _step_table(done)
    tuned = _fastest_first(measurement.tuned)
    if tuned:
        yield Paragraph(_("Tuned as the documentation says"))
        yield _tuned_table(tuned)
    yield from map(Paragraph, training_words.marks_explained((*done, *tuned)))
    if measurement.control:
        yield Paragraph(measured_words.control(measurement.control))
    failed = tuple((Strong(name), reason) for name, reason in measured_words.unfinished(measurement))
    if failed:
        yield Paragraph(_("Not measured to the end:"))
        yield Bullets(failed)


def _fastest_first(rows: Sequence[CandidateResult]) -> list[CandidateResult]:
    """Those that have a step time."""
    return [row for row in measured_words.fastest_first(rows) if row.step_ms]


def _step_chart(rows: Sequence[CandidateResult]) -> IntervalChart:
    heading = _("One training step, with its 90 % interval")
    drawn = tuple(_interval(row, row.step_ms) for row in rows if row.step_ms)
    return IntervalChart(
        title=heading,
        axis=_("ms, lower is better"),
        description=_("{heading}, lowest for {name} with {figure}").format(
            heading=heading, name=drawn[0].name, figure=drawn[0].words
        ),
        rows=drawn,
    )


def _interval(row: CandidateResult, step_ms: float) -> Interval:
    low, high = row.step_ms_low or step_ms, row.step_ms_high or step_ms
    return Interval(measured_words.candidate(row.candidate), step_ms, low, high, quantities.duration(step_ms / 1e3))


def _step_table(rows: Sequence[CandidateResult]) -> Table:
    titles = (_("Step"), _("Against the fastest"), _("First step"), _("Import"), _("Memory"), _("Rounds"))
    heads = (Column(_("Candidate")), *columns(*titles, figures=True), *columns(_("Device"), _("Remarks")))
    # Where all were measured on the processor, nobody asks which device it was.
    named = on_accelerator(row.device for row in rows)
    return Table(heads, tuple(_step_row(row, device_named=named) for row in rows)).without_empty_columns()


def _step_row(row: CandidateResult, *, device_named: bool) -> tuple[Line, ...]:
    return (
        measured_words.candidate(row.candidate),
        _with_range(row.step_ms, row.step_ms_low, row.step_ms_high, per_second=1e3),
        _against_the_fastest(row),
        _with_warm(row.first_step_s, row.warm_start.first_step_s if row.warm_start else None),
        _with_warm(row.import_s, row.warm_start.import_s if row.warm_start else None),
        _memory(row.memory_mb),
        str(row.rounds or ""),
        (row.device or "") if device_named else "",
        _remarks(row),
    )


def _against_the_fastest(row: CandidateResult) -> str:
    if row.standing == "slower" and row.to_leader:
        return measured_words.ratio(row.to_leader)
    return wording.standing(row.standing)


def _remarks(row: CandidateResult) -> Line:
    """What a reader must know before trusting the row."""
    told = wording.clauses(training_words.marks(row))
    return Strong(told) if told else ""


def _tuned_table(rows: Sequence[CandidateResult]) -> Table:
    figures = columns(_("Step"), _("Against its defaults"), figures=True)
    heads = (Column(_("Candidate")), *figures, *columns(_("Tunings"), _("Remarks")))
    return Table(heads, tuple(map(_tuned_row, rows))).without_empty_columns()


def _tuned_row(row: CandidateResult) -> tuple[Line, ...]:
    step = _with_range(row.step_ms, row.step_ms_low, row.step_ms_high, per_second=1e3)
    against = measured_words.against_default(row)
    return measured_words.candidate(row.candidate), step, against, tuple(map(_tuning, row.tunings)), _remarks(row)


def _tuning(tuning: str) -> Piece:
    """Its id, which leads to its documentation."""
    source = TUNING_SOURCES.get(tuning)
    return Link(tuning, source) if source else tuning


def _forecast(advice: Recommendation) -> Iterator[Block]:
    order = {ranked.candidate: place for place, ranked in enumerate(advice.ranking)}
    rows = sorted(advice.forecast, key=lambda row: order.get(row.candidate, len(order)))
    known = [row for row in rows if row.step_ms is not None]
    yield from charts.epochs(advice)
    if known:
        titles = (_("Step"), _("One epoch"), _("First result after"), _("Memory"))
        heads = (Column(_("Candidate")), *columns(*titles, figures=True), Column(_("Evidence")))
        yield Table(heads, tuple(map(_forecast_row, known)))
        borrowed = job_words.measured_elsewhere(known)
        yield Paragraph(sentences(_("The range is meant to hold nine outcomes in ten."), borrowed or ""))
    if advice.break_even and advice.steps_per_epoch:
        yield Paragraph(_("When a slower start pays:"))
        yield Bullets(tuple(job_words.break_even(each, advice.steps_per_epoch) for each in advice.break_even))
    missing = job_words.without_forecast(rows)
    if not known and len(missing) == 1:
        yield Notice((_("There is no forecast."), *missing))
    elif missing:
        yield Paragraph(_("Without a forecast:"))
        yield Bullets(tuple((Strong(wording.candidate_names(those)), why) for why, those in missing.items()))


def _forecast_row(row: ForecastRow) -> tuple[Line, ...]:
    return (
        wording.candidate_name(row.candidate),
        _with_range(row.step_ms, row.step_ms_low, row.step_ms_high, per_second=1e3),
        _with_range(row.epoch_seconds, row.epoch_seconds_low, row.epoch_seconds_high, per_second=1),
        wording.first_result(row),
        wording.job_memory(row),
        badge(row.evidence) if row.evidence else "",
    )


def _with_range(value: float | None, low: float | None, high: float | None, per_second: float) -> str:
    if value is None:
        return ""
    words = quantities.duration(value / per_second)
    if low is None or high is None:
        return words
    return quantities.with_range(words, low / per_second, high / per_second)


def _seconds(value: float | None) -> str:
    return "" if value is None else quantities.duration(value)


def _with_warm(cold_s: float | None, warm_s: float | None) -> str:
    if cold_s is None or warm_s is None:
        return _seconds(cold_s)
    return _("{figure} (warm {warm})").format(figure=_seconds(cold_s), warm=_seconds(warm_s))


def _memory(value: float | None) -> str:
    return "" if value is None else quantities.memory(value)

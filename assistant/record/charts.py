"""What a record draws of the advice: where every framework stands, and what the job takes with each candidate."""

from __future__ import annotations

from collections.abc import Iterator

from assistant import job_words, quantities, wording
from assistant.advice.recommendation import ForecastRow, Recommendation
from assistant.language import _
from assistant.record.document import Interval, IntervalChart, Share, ShareChart


def standing(advice: Recommendation) -> ShareChart:
    """The share of plausible worlds that each framework wins, the largest first; it needs no measurement."""
    usable = {ranked.framework for ranked in advice.ranking if ranked.excluded is None}
    order = dict.fromkeys(ranked.framework for ranked in advice.ranking)
    rows = tuple(_share(framework, advice, usable=framework in usable) for framework in order)
    heading = _("Share of plausible worlds that each framework wins")
    return ShareChart(
        title=heading,
        description=_("{heading}, largest for {name} with {figure}").format(
            heading=heading, name=rows[0].name, figure=rows[0].words
        ),
        rows=rows,
    )


def epochs(advice: Recommendation) -> Iterator[IntervalChart]:
    """How long an epoch of the job takes with each candidate of which that is known; nothing where it is of none."""
    known = [(row, row.epoch_seconds) for row in advice.forecast if row.epoch_seconds is not None]
    if known:
        unit = job_words.epoch_unit(row for row, _seconds in known)
        rows = tuple(_epoch(row, seconds, unit) for row, seconds in sorted(known, key=lambda each: each[1]))
        heading = _("One epoch, with its 90 % interval")
        yield IntervalChart(
            title=heading,
            axis=unit.lower_is_better,
            description=_("{heading}, lowest for {name} with {figure}").format(
                heading=heading, name=rows[0].name, figure=rows[0].words
            ),
            rows=rows,
        )


def _share(framework: str, advice: Recommendation, *, usable: bool) -> Share:
    share = advice.frameworks[framework]
    return Share(wording.framework_name(framework), share, quantities.percent(share) if usable else _("excluded"))


def _epoch(row: ForecastRow, seconds: float, unit: quantities.TimeUnit) -> Interval:
    low, high = row.epoch_seconds_low or seconds, row.epoch_seconds_high or seconds
    figure, low, high = map(unit.of, (seconds, low, high))
    return Interval(wording.candidate_name(row.candidate), figure, low, high, quantities.duration(seconds))

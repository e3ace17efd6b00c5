"""Scaling: how a measured figure grows with the work of a training step.

What the rates of a figure's terms typically are is fitted to all that was measured on one machine in full. What this
machine's own figures differ from that by, and by what kind of work, is learned on top of it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from math import exp, fsum, hypot, log, sqrt
from statistics import fmean, median
from typing import TYPE_CHECKING

import numpy as np

from assistant.advice.estimates import Estimate
from assistant.advice.laws import SMALLEST, Law, Rates, Shape
from assistant.advice.measured_rows import Row
from assistant.evidence import Evidence
from probes.costs import Costs

if TYPE_CHECKING:
    from assistant.advice.residual import Residual

# Weight of the penalty beside one measured size: a rate that is off by all of its typical size counts as much as a
# figure that is off by a tenth.
RIDGE = 0.01

# How much the speeds of two computers are taken to differ (standard deviation of the logarithm): in nine cases of ten
# by a factor of less than about three.
MACHINES_LOG_SD = 0.7

# A term may explain this share of the largest figure before it counts as untypical, however little it is elsewhere.
LEAST_LEEWAY = 0.05


@dataclass(frozen=True)
class Point:
    """One measured size: what a step of it costs, the figure, and the standard deviation of its logarithm."""

    costs: Costs
    figure: float
    log_sd: float


@dataclass(frozen=True)
class Speed:
    """How many times as long all takes, and the standard deviation of the logarithm of that."""

    slower: float = 1.0
    log_sd: float = 0.0


@dataclass(frozen=True)
class Departure:
    """How far a figure is from what is usual of work of this shape: the logarithm of the ratio, and its standard
    deviation.
    """

    shape: Shape
    log_ratio: float
    log_sd: float


@dataclass(frozen=True)
class Known:
    """What is typical of a candidate: its rates, and how what they were fitted to departs from them.

    `most` is the largest amount of each term among what the rates were fitted to.
    """

    rates: Rates
    departures: tuple[Departure, ...] = ()
    most: Rates | None = None

    def at(self, slower: float) -> Known:
        """The same on a machine that is so many times slower: what all takes longer there is no departure."""
        return replace(self, rates=self.rates * slower)


@dataclass(frozen=True)
class Growth:
    """How a figure typically grows: with single candidates, and in `common` with all others, up to a factor."""

    common: Rates
    own: Mapping[str, Known] = field(default_factory=dict)


@dataclass(frozen=True)
class ScalingModel:
    """A candidate's fitted figure. `rates` has one number for each term, in the figure's unit per unit of the term's
    amount; `residual` is of all candidates.

    `most` is the largest amount of each term that was measured, where all of it was on another machine.
    """

    law: Law
    candidate: str
    rates: Rates
    residual: Residual
    evidence: Evidence = "forecast"
    most: Rates | None = None

    def usual(self, costs: Costs) -> float:
        """What the terms alone say of the figure."""
        return self.law.usual(self.rates, costs)

    def predict(self, costs: Costs) -> Estimate:
        """The figure for other work; the interval widens with the distance from what was measured."""
        mean, log_sd = self.residual.of(self.candidate, self.law.shape(self.rates, costs))
        return Estimate(self.usual(costs) * exp(mean), hypot(log_sd, self.law.noise), self.evidence)

    def knows(self, costs: Costs) -> bool:
        """Whether some of every kind of work that this is was measured."""
        return self.most is None or not np.any((self.law.amounts(costs) > 0) & (self.most <= 0))


def points(law: Law, rows: Mapping[str, Sequence[Row]]) -> dict[str, list[Point]]:
    """The figure in each candidate's rows, of those that have it."""
    return {
        candidate: [Point(row.costs, value, law.log_sd(row)) for row in own if (value := law.figure(row.result))]
        for candidate, own in rows.items()
    }


def fit_together(
    law: Law, points: Mapping[str, Sequence[Point]], elsewhere: Growth | None = None
) -> dict[str, ScalingModel]:
    """One model for each candidate that was measured here or elsewhere; none for anybody where nothing says how the
    figure grows.

    `elsewhere` is the growth on another machine, of which only the shape is taken over. Without it, what is typical
    is what was measured here on several sizes.
    """
    from assistant.advice.residual import fit_residual  # noqa: PLC0415  imports what takes a second

    measured = {candidate: each for candidate, each in points.items() if each}
    growth = elsewhere or typical(law, {candidate: each for candidate, each in measured.items() if len(each) > 1})
    if growth is None:
        return {}
    here = _speed_here(law, growth, measured)
    known = {candidate: each.at(here.slower) for candidate, each in growth.own.items()} | {
        candidate: Known(growth.common).at(_slower(law, growth.common, own))
        for candidate, own in measured.items()
        if candidate not in growth.own
    }
    residual = fit_residual(
        law,
        {candidate: departures(law, known[candidate].rates, own) for candidate, own in measured.items()},
        {candidate: each.departures for candidate, each in known.items()},
        here.log_sd,
    )
    return {
        candidate: ScalingModel(law, candidate, each.rates, residual)
        if candidate in measured
        else ScalingModel(law, candidate, each.rates, residual, "corpus", each.most)
        for candidate, each in known.items()
    }


def _speed_here(law: Law, growth: Growth, measured: Mapping[str, Sequence[Point]]) -> Speed:
    """How much slower this machine is: the same for all, so that who is fast stays so.

    How many times as long as there those take here that were measured on both, in their largest network; with the
    more doubt the less they agree. Where nobody was, this machine may be any.
    """
    both = measured.keys() & growth.own.keys()
    if not law.speed or not both:
        return Speed(log_sd=MACHINES_LOG_SD if law.speed else 0.0)
    largest = {candidate: max(measured[candidate], key=lambda each: each.figure) for candidate in both}
    log_ratios = [
        log(each.figure / law.usual(growth.own[candidate].rates, each.costs)) for candidate, each in largest.items()
    ]
    slower = median(log_ratios)
    spread = fsum((each - slower) ** 2 for each in log_ratios)
    doubt = fmean(each.log_sd**2 for each in largest.values())
    return Speed(exp(slower), sqrt((law.level**2 + doubt + spread) / len(log_ratios)))


def typical(law: Law, points: Mapping[str, Sequence[Point]]) -> Growth | None:
    """How the figure grew with these candidates, and what they have in common; None without any."""
    if not points:
        return None
    # In units of each one's largest figure, so that fast and slow candidates count alike.
    alone = [_rates(law, own, law.expected) / max(each.figure for each in own) for own in points.values()]
    common = np.mean(alone, axis=0)
    near = {candidate: common * _slower(law, common, own) for candidate, own in points.items()}
    return Growth(
        common,
        {
            candidate: Known(_rates(law, own, near[candidate]), most=_most(law, own))
            for candidate, own in points.items()
        },
    )


def _most(law: Law, points: Sequence[Point]) -> Rates:
    return np.asarray(np.max([law.amounts(each.costs) for each in points], axis=0))


def departures(law: Law, rates: Rates, points: Sequence[Point]) -> tuple[Departure, ...]:
    """How far the measured sizes are from what the terms with these rates say."""
    return tuple(
        Departure(
            law.shape(rates, each.costs),
            log(each.figure / law.usual(rates, each.costs)),
            hypot(each.log_sd, law.noise),
        )
        for each in points
    )


def _slower(law: Law, rates: Rates, points: Sequence[Point]) -> float:
    """How many times as large as with these rates the figures are."""
    return median(each.figure / law.usual(rates, each.costs) for each in points)


def _rates(law: Law, points: Sequence[Point], near: Rates) -> Rates:
    """The rates that fit the points, none negative; `near` to these where the points leave a choice, to 0 where it is
    nan. What was measured with more doubt counts for less.
    """
    # It takes a second to import, which an app that has measured nothing yet need not spend.
    from sklearn.linear_model import LinearRegression  # noqa: PLC0415

    figures = np.array([point.figure for point in points])
    doubts = np.array([sqrt(point.log_sd**2 + law.noise**2) for point in points])
    amounts = np.array([law.amounts(point.costs) for point in points])
    # In units of the largest figure, a rate of 1 means that the term alone explains it.
    scale = figures.max() / np.maximum(amounts.max(axis=0), SMALLEST)
    share = np.nan_to_num(near / scale)
    penalty = sqrt(RIDGE) / np.where(np.isnan(near), 1.0, np.maximum(share, LEAST_LEEWAY))
    weight = doubts.min() / doubts
    design = np.vstack([amounts * scale * (weight / figures)[:, None], np.diag(penalty)])
    wanted = np.concatenate([weight, penalty * share])
    fitted = LinearRegression(positive=True, fit_intercept=False).fit(design, wanted)
    return np.asarray(fitted.coef_ * scale)

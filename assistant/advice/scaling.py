"""Scaling: how a measured figure grows with the work of a training step, fitted on a few sizes of one network family.

figure = sum over terms of amount x rate, every rate at least zero: overhead of a step, of each operation launched, of
each FLOP, of each byte moved. With more terms than sizes many sets of rates fit; a small ridge penalty picks one near
to what is typical: how the candidate grew on a machine that was measured in full, at the speed of this one; else the
median of all candidates here, or known physics.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from math import log, sqrt

import numpy as np
from numpy.typing import NDArray

from assistant.advice.estimates import Estimate
from probes.costs import Costs

Term = Callable[[Costs], float]
Rates = NDArray[np.float64]

BYTES_PER_MB = 2**20
BYTES_PER_VALUE = 4

# Weight of the penalty beside one measured size: a rate that is off by all of its typical size counts as much as a
# figure that is off by a tenth.
RIDGE = 0.01

# A term may explain this share of the largest figure before it counts as untypical, however little it is elsewhere.
LEAST_LEEWAY = 0.05

# How wrong a fit is, as the standard deviation of the logarithm, when that cannot be seen: with two sizes nothing is
# left over to test the fit on, with one the growth is that of the other candidates.
UNTESTED_LOG_SD = {1: 0.7, 2: 0.4}

# A fit that happens to go through its points is not believed to be better than this.
LEAST_FIT_LOG_SD = 0.08

# What is added for each factor of e that the job is larger than anything measured.
EXTRAPOLATION_LOG_SD = 0.08


# Stands for zero where something is divided by it.
SMALLEST = 1e-9


def one(_costs: Costs) -> float:
    """What happens once a step (or once a process), whatever the network."""
    return 1.0


def launches(costs: Costs) -> float:
    """Operations started one by one, each step of a recurrent layer counted."""
    return float(costs.operations + costs.recurrent_steps)


def arithmetic(costs: Costs) -> float:
    """FLOPs of the products: what a processor's vector units are built for."""
    return float(costs.training_flops - 3 * costs.elementwise_flops)


def traffic(costs: Costs) -> float:
    """Bytes that pass through memory: values read one by one, activations kept, parameters and moments updated."""
    updated = costs.parameters + costs.optimizer_values
    return (costs.elementwise_flops + updated) * BYTES_PER_VALUE + costs.activation_mb * BYTES_PER_MB


def state(costs: Costs) -> float:
    """Bytes of what stays in memory from step to step: parameters, gradients and moments."""
    return float((2 * costs.parameters + costs.optimizer_values) * BYTES_PER_VALUE)


def activations(costs: Costs) -> float:
    """Bytes kept from the forward pass for the backward pass."""
    return costs.activation_mb * BYTES_PER_MB


# The overhead comes first in each.
STEP_TERMS: tuple[Term, ...] = (one, launches, arithmetic, traffic)
COMPILE_TERMS: tuple[Term, ...] = (one, launches)
MEMORY_TERMS: tuple[Term, ...] = (one, state, activations)

# MiB: every byte of state and of activations is there once; what a framework itself takes is anybody's guess (nan).
TYPICAL_MEMORY: Rates = np.array([np.nan, 1 / BYTES_PER_MB, 1 / BYTES_PER_MB])


@dataclass(frozen=True)
class Point:
    """One measured size: what a step of it costs, the figure, and the standard deviation of its logarithm."""

    costs: Costs
    figure: float
    log_sd: float


@dataclass(frozen=True)
class ScalingModel:
    """A fitted figure. `rates` has one number for each term, in the figure's unit per unit of the term's amount."""

    terms: tuple[Term, ...]
    rates: Rates
    log_sd: float
    largest: float

    def predict(self, costs: Costs) -> Estimate:
        """The figure for other work; the interval widens with the distance from what was measured."""
        value = float(_amounts(self.terms, costs) @ self.rates)
        beyond = max(log(max(arithmetic(costs), 1.0) / self.largest), 0.0)
        return Estimate(value, sqrt(self.log_sd**2 + (EXTRAPOLATION_LOG_SD * beyond) ** 2), "forecast")


@dataclass(frozen=True)
class Growth:
    """How a figure typically grows: rates of single candidates, and `common` ones for all others."""

    common: Rates
    own: Mapping[str, Rates] = field(default_factory=dict)

    def of(self, candidate: str) -> Rates:
        """What is typical of the candidate."""
        return self.own.get(candidate, self.common)

    def times(self, factor: float) -> Growth:
        """The same on a machine on which all takes so many times as long."""
        return Growth(self.common * factor, {candidate: rates * factor for candidate, rates in self.own.items()})


def fit_together(
    terms: tuple[Term, ...], points: Mapping[str, Sequence[Point]], elsewhere: Growth | None = None
) -> dict[str, ScalingModel]:
    """One model for each candidate that was measured; none for anybody where nothing says how the figure grows.

    `elsewhere` is the growth on another machine, of which only the shape is taken over. Without it, what is typical
    is the median of those that were measured on several sizes.
    """
    measured = {candidate: each for candidate, each in points.items() if each}
    typical = _growth_here(terms, measured) if elsewhere is None else _at_this_speed(elsewhere, terms, measured)
    if typical is None:
        return {}
    return {candidate: fit(terms, each, typical.of(candidate)) for candidate, each in measured.items()}


def _growth_here(terms: tuple[Term, ...], measured: Mapping[str, Sequence[Point]]) -> Growth | None:
    unknown = np.full(len(terms), np.nan)
    grown = [rates(terms, each, unknown) for each in measured.values() if len(each) > 1]
    return Growth(np.median(grown, axis=0)) if grown else None


def _at_this_speed(
    elsewhere: Growth, terms: tuple[Term, ...], measured: Mapping[str, Sequence[Point]]
) -> Growth | None:
    """Growth elsewhere, times how much slower this machine is: the same for all, so that who is fast stays so."""
    slower = [
        point.figure / max(float(_amounts(terms, point.costs) @ elsewhere.of(candidate)), SMALLEST)
        for candidate, points in measured.items()
        for point in points
    ]
    return elsewhere.times(float(np.median(slower))) if slower else None


def fit(terms: tuple[Term, ...], points: Sequence[Point], typical: Rates) -> ScalingModel:
    """Fit on at least one size, in relative error; raises `ValueError` without any.

    `typical` are the rates to stay near where the sizes leave a choice, nan where nothing is typical.
    """
    if not points:
        raise ValueError("Got no measured size, expected at least one.")
    ordered = sorted(points, key=lambda point: arithmetic(point.costs))
    noise = ordered[-1].log_sd
    return ScalingModel(
        terms=terms,
        rates=rates(terms, ordered, typical),
        log_sd=sqrt(noise**2 + _fit_log_sd(terms, ordered, typical) ** 2),
        largest=max(arithmetic(ordered[-1].costs), 1.0),
    )


def rates(terms: tuple[Term, ...], points: Sequence[Point], typical: Rates) -> Rates:
    """The rates that fit the points, none negative; near to the `typical` ones where the points leave a choice."""
    # It takes a second to import, which an app that has measured nothing yet need not spend.
    from sklearn.linear_model import LinearRegression  # noqa: PLC0415

    figures = np.array([point.figure for point in points])
    amounts = np.array([_amounts(terms, point.costs) for point in points])
    # In units of the largest figure, a rate of 1 means that the term alone explains it.
    scale = figures.max() / np.maximum(amounts.max(axis=0), SMALLEST)
    usual = np.nan_to_num(typical / scale)
    leeway = np.maximum(usual, LEAST_LEEWAY)
    if len(points) == 1:
        # What a term besides the overhead would take of a single, small size grows by orders of magnitude from there.
        leeway = np.array([1.0, *np.maximum(usual[1:], SMALLEST)])
    penalty = sqrt(RIDGE) / np.where(np.isnan(typical), 1.0, leeway)
    design = np.vstack([amounts * scale / figures[:, None], np.diag(penalty)])
    wanted = np.concatenate([np.ones(len(points)), penalty * usual])
    fitted = LinearRegression(positive=True, fit_intercept=False).fit(design, wanted)
    return np.asarray(fitted.coef_ * scale)


def _fit_log_sd(terms: tuple[Term, ...], ordered: Sequence[Point], typical: Rates) -> float:
    """How far the largest size is from what the smaller ones foretold of it, at least a little."""
    if len(ordered) in UNTESTED_LOG_SD:
        return UNTESTED_LOG_SD[len(ordered)]
    *smaller, held_out = ordered
    foretold = float(_amounts(terms, held_out.costs) @ rates(terms, smaller, typical))
    beyond = max(log(arithmetic(held_out.costs) / arithmetic(smaller[-1].costs)), 1.0)
    return max(abs(log(foretold / held_out.figure)) / beyond, LEAST_FIT_LOG_SD)


def _amounts(terms: tuple[Term, ...], costs: Costs) -> Rates:
    return np.array([term(costs) for term in terms])

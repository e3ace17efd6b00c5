"""Residuals: how figures differ from the sum of their terms, by the kind of work, learned with a Gaussian process.

A Gaussian process around a physical mean, as geostatistics has it (kriging with an external drift): what was measured
of alike work says much, of other work little, and the doubt grows with the distance. Its features are free of scale,
so that what one machine taught holds on another; what is special about a machine is learned from its own figures, and
what is special about one candidate's figures holds in part for others, most for those with the same runtime.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import solve_triangular
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import RBF, Kernel

from assistant.advice.estimates import correlations
from assistant.advice.laws import Law, Shape
from assistant.advice.scaling import Departure

Features = NDArray[np.float64]
Departures = Mapping[str, Sequence[Departure]]

# Work is alike while each term's share differs by less than the first, the arithmetic of an operation by a factor of
# six, all of it by one of 36.
ALIKE_SHARE = 0.3
ALIKE_GRAIN = 1.8
ALIKE_SIZE = 3.6

# How much of its bends a machine has in common with another one: a correlation of 0.88.
ALIKE_MACHINES = 2.0

# How many measurements what is believed of the deviations is worth.
FREEDOM = 4.0

# What is this many standard deviations from what all the others foretell was disturbed, or is like none of them.
MOST_APART = 3.0


@dataclass(frozen=True)
class Residual:
    """A fitted process. `numbers` are the places of the candidates in it; `stretch` is how many times as far as
    expected what was measured here is from what was foretold of it.
    """

    process: GaussianProcessRegressor
    numbers: Mapping[str, int]
    stretch: float

    def of(self, candidate: str, shape: Shape) -> tuple[float, float]:
        """By how much the figure of such work differs here (a logarithm), and the standard deviation of that."""
        features = _features(shape, self.numbers[candidate], here=True)
        mean, log_sd = self.process.predict(np.array([features]), return_std=True)
        return float(mean[0]), float(log_sd[0]) * self.stretch


class ResidualKernel(Kernel):  # type: ignore[misc]  # scikit-learn has no types
    """The covariance of residuals of work with such features as `_features` makes.

    Those of alike work are alike everywhere (`curve`); those of one machine have besides a `level` in common, and
    the factors that its rates are off by (`rate`). Two candidates have as much of this in common as `related` says,
    by their numbers (an intrinsic coregionalization model: Alvarez, Rosasco and Lawrence 2012), and all of `speed`:
    what a machine is slower by.
    """

    def __init__(self, curve: float, rate: float, level: float, speed: float, related: Features) -> None:
        self.curve, self.rate, self.level, self.speed, self.related = curve, rate, level, speed, related

    def __call__(self, X: Features, Y: Features | None = None) -> Features:  # noqa: N803
        """The covariance of each row of X with each of Y."""
        one, other = _Work.of(X), _Work.of(X if Y is None else Y)
        related = self.related[np.ix_(one.candidates, other.candidates)]
        alike = RBF([*[ALIKE_SHARE] * one.shares.shape[1], ALIKE_GRAIN, ALIKE_SIZE, ALIKE_MACHINES])
        same = np.outer(one.here, other.here)
        own = self.curve**2 * alike(one.kind, other.kind)
        own += same * (self.level**2 + self.rate**2 * one.shares @ other.shares.T)
        return np.asarray(related * own + same * self.speed**2)

    def diag(self, X: Features) -> Features:  # noqa: N803
        """The variance of each row."""
        work = _Work.of(X)
        rates = np.sum(work.shares**2, axis=1)
        return np.asarray(self.curve**2 + work.here * (self.speed**2 + self.level**2 + self.rate**2 * rates))

    def is_stationary(self) -> bool:
        """Not by distance alone."""
        return False


@dataclass(frozen=True)
class _Work:
    """What rows of features say; `kind` is all of it but the candidates."""

    kind: Features
    shares: Features
    here: Features
    candidates: NDArray[np.int_]

    @classmethod
    def of(cls, rows: Features) -> _Work:
        kind, candidates = rows[:, :-1], rows[:, -1].astype(int)
        return cls(kind, kind[:, :-3], kind[:, -1], candidates)


def fit_residual(law: Law, here: Departures, elsewhere: Departures, speed_log_sd: float) -> Residual:
    """The process through what was measured of the candidates on this machine and elsewhere; `speed_log_sd` is how
    unsure the speed of this machine is (standard deviation of its logarithm).
    """
    numbers = {candidate: number for number, candidate in enumerate(dict.fromkeys((*here, *elsewhere)))}
    known = [
        (each, _features(each.shape, numbers[candidate], here=there is here))
        for there in (elsewhere, here)
        for candidate, own in there.items()
        for each in own
    ]
    related = correlations(list(numbers), same_runtime=law.akin, otherwise=law.unlike)
    kernel = ResidualKernel(law.curve, law.rate, law.level, speed_log_sd, related)
    process = GaussianProcessRegressor(kernel, alpha=np.array([each.log_sd**2 for each, _ in known]), optimizer=None)
    log_ratios = np.array([each.log_ratio for each, _ in known])
    process.fit(np.array([features for _, features in known]), log_ratios)
    return Residual(process, numbers, _stretch(process, log_ratios, sum(map(len, here.values()))))


def _stretch(process: GaussianProcessRegressor, log_ratios: Features, here: int) -> float:
    """By what doubts are multiplied where the last so many ratios, those of this machine, are further from what the
    rest foretells of them than expected, as in a Student-t process (Shah, Wilson and Ghahramani 2014, lemma 3).
    """
    innovations = solve_triangular(process.L_, log_ratios, lower=True)[len(log_ratios) - here :]
    return max(1.0, float(np.sqrt((FREEDOM + innovations @ innovations) / (FREEDOM + here))))


def consistent(law: Law, elsewhere: Sequence[Departure]) -> tuple[Departure, ...]:
    """A candidate's departures on one machine that the others foretell: without the furthest, while it is too far.

    Each one's distance from what the rest says of it follows from the inverse of the covariance (Rasmussen and
    Williams 2006, equation 5.12).
    """
    kept = list(elsewhere)
    kernel = ResidualKernel(law.curve, law.rate, law.level, speed=0.0, related=np.ones((1, 1)))
    while len(kept) > 1:
        features = np.array([_features(each.shape, 0, here=False) for each in kept])
        noise = np.diag([each.log_sd**2 for each in kept])
        inverse = np.linalg.inv(kernel(features) + noise)
        distances = np.abs(inverse @ [each.log_ratio for each in kept]) / np.sqrt(np.diag(inverse))
        furthest = int(distances.argmax())
        if distances[furthest] <= MOST_APART:
            break
        del kept[furthest]
    return tuple(kept)


def _features(shape: Shape, candidate: int, *, here: bool) -> list[float]:
    """The shares, grain, size, whether it was measured on this machine, and the candidate's number."""
    return [*shape.shares, shape.grain, shape.size, float(here), float(candidate)]

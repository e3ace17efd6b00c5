"""Residuals: how figures differ from the sum of their terms, by the kind of work, learned with a Gaussian process.

A Gaussian process around a physical mean, as geostatistics has it (kriging with an external drift): what was measured
of alike work says much, of other work little, and the doubt grows with the distance. Its features are free of scale,
so that what one machine taught holds on another; what is special about a machine is learned from its own figures.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import RBF, Kernel

from assistant.advice.laws import Law, Shape
from assistant.advice.scaling import Departure

Features = NDArray[np.float64]

# Work is alike while each term's share differs by less than the first, the arithmetic of an operation by a factor of
# six, all of it by one of 36.
ALIKE_SHARE = 0.3
ALIKE_GRAIN = 1.8
ALIKE_SIZE = 3.6

# How much of its bends a machine has in common with another one: a correlation of 0.88.
ALIKE_MACHINES = 2.0

# What is this many standard deviations from what all the others foretell was disturbed, or is like none of them.
MOST_APART = 3.0


@dataclass(frozen=True)
class Residual:
    """A fitted process."""

    process: GaussianProcessRegressor

    def of(self, shape: Shape) -> tuple[float, float]:
        """By how much the figure of such work differs here (a logarithm), and the standard deviation of that."""
        mean, log_sd = self.process.predict(np.array([_features(shape, here=True)]), return_std=True)
        return float(mean[0]), float(log_sd[0])


class ResidualKernel(Kernel):  # type: ignore[misc]  # scikit-learn has no types
    """The covariance of residuals of work with such features as `_features` makes.

    Those of alike work are alike everywhere (`curve`); those of one machine have besides a `level` in common, and
    the factors that its rates are off by (`rate`).
    """

    def __init__(self, curve: float, rate: float, level: float) -> None:
        self.curve, self.rate, self.level = curve, rate, level

    def __call__(self, X: Features, Y: Features | None = None) -> Features:  # noqa: N803
        """The covariance of each row of X with each of Y."""
        other = X if Y is None else Y
        alike = RBF([*[ALIKE_SHARE] * (X.shape[1] - 3), ALIKE_GRAIN, ALIKE_SIZE, ALIKE_MACHINES])
        same = X[:, -1:] @ other[:, -1:].T
        rates = X[:, :-3] @ other[:, :-3].T
        return np.asarray(self.curve**2 * alike(X, other) + same * (self.level**2 + self.rate**2 * rates))

    def diag(self, X: Features) -> Features:  # noqa: N803
        """The variance of each row."""
        shares = np.sum(X[:, :-3] ** 2, axis=1)
        return np.asarray(self.curve**2 + X[:, -1] * (self.level**2 + self.rate**2 * shares))

    def is_stationary(self) -> bool:
        """Not by distance alone."""
        return False


def fit_residual(law: Law, here: Sequence[Departure], elsewhere: Sequence[Departure]) -> Residual:
    """The process through what was measured on this machine and elsewhere."""
    features = [
        *(_features(each.shape, here=True) for each in here),
        *(_features(each.shape, here=False) for each in elsewhere),
    ]
    measured = [*here, *elsewhere]
    kernel = ResidualKernel(law.curve, law.rate, law.level)
    noise = np.array([each.log_sd**2 for each in measured])
    process = GaussianProcessRegressor(kernel, alpha=noise, optimizer=None)
    return Residual(process.fit(np.array(features), np.array([each.log_ratio for each in measured])))


def consistent(law: Law, elsewhere: Sequence[Departure]) -> tuple[Departure, ...]:
    """Those of one machine that the others foretell: without whatever is furthest from that, while it is too far.

    Each one's distance from what the rest says of it follows from the inverse of the covariance (Rasmussen and
    Williams 2006, equation 5.12).
    """
    kept = list(elsewhere)
    while len(kept) > 1:
        features = np.array([_features(each.shape, here=False) for each in kept])
        noise = np.diag([each.log_sd**2 for each in kept])
        inverse = np.linalg.inv(ResidualKernel(law.curve, law.rate, law.level)(features) + noise)
        distances = np.abs(inverse @ [each.log_ratio for each in kept]) / np.sqrt(np.diag(inverse))
        furthest = int(distances.argmax())
        if distances[furthest] <= MOST_APART:
            break
        del kept[furthest]
    return tuple(kept)


def _features(shape: Shape, *, here: bool) -> list[float]:
    """The shares, grain, size, and whether it was measured on this machine."""
    return [*shape.shares, shape.grain, shape.size, float(here)]

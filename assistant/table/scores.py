"""Scores of models on the same folds: how sure their mean is, and whether one model is surely better than another.

Folds share most of the rows that they are fitted on, so their scores are not independent: the variance of their mean
is corrected for it (Nadeau and Bengio, Inference for the Generalization Error, Machine Learning 52, 2003).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import fmean, stdev

FOLDS = 5

# Student's t, 95th percentile, for one fold less than there are: a two-sided 90 % interval.
T_95 = 2.132

# Of the variance of the folds' scores: 1 / folds, and the rows tested on over those fitted on.
CORRECTED = 1 / FOLDS + 1 / (FOLDS - 1)


def interval(scores: Sequence[float]) -> tuple[float, float, float]:
    """The mean of the folds' scores and its 90 % interval."""
    mean, half = fmean(scores), T_95 * math.sqrt(CORRECTED) * stdev(scores)
    return mean, mean - half, mean + half


def surely_better(one: Sequence[float], other: Sequence[float]) -> bool:
    """Whether `one` scores higher than `other` on the same folds, by more than they differ from fold to fold."""
    _mean, low, _high = interval([mine - yours for mine, yours in zip(one, other, strict=True)])
    return low > 0

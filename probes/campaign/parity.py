"""Whether every candidate trains the same network: from the same weights and batch, first losses must agree."""

from __future__ import annotations

import math
from collections.abc import Mapping
from math import prod
from statistics import median

from probes.errors import TrainsSomethingElse
from probes.networks.layers import BatchNorm
from probes.networks.shapes import place_layers
from probes.words import _
from probes.workloads import Workload

# Every other candidate's first loss is compared with this one's.
REFERENCE_CANDIDATE = "pytorch-eager"

# The largest relative difference of 687 rows of the corpus was 9e-6, the median 8e-8: rounding, summed in another
# order. What differs by a hundred times as much computes something else.
PARITY_LIMIT = 1e-3

# A batch norm over so few values divides by what is left of them, and rounding grows with each one that follows. Of
# one over four values, the seven rows of the corpus differ by up to 8e-3; of one over sixteen already by 9e-6 only.
FEW_NORMALISED, FEW_NORMALISED_LIMIT = 16, 0.1


def parity_limit(workload: Workload) -> float:
    """How far, as a fraction, a first loss in float32 may be from the expected one."""
    placed = place_layers(workload)
    normalised = [
        workload.batch * prod(each.input_shape[:-1]) for each in placed if isinstance(each.layer, BatchNorm)
    ]
    return FEW_NORMALISED_LIMIT if min(normalised, default=math.inf) < FEW_NORMALISED else PARITY_LIMIT


def expected_loss(losses: Mapping[str, float], limit: float) -> float | None:
    """The first loss that all should have: the reference candidate's, unless more than half agree on another one.
    None where nobody can say.
    """
    finite = [loss for loss in losses.values() if math.isfinite(loss)]
    if not finite:
        return None
    middle = median(finite)
    agreed = 2 * sum(loss_difference(loss, middle) <= limit for loss in losses.values()) > len(losses)
    reference = losses.get(REFERENCE_CANDIDATE, math.nan)
    if agreed and not loss_difference(reference, middle) <= limit:
        return middle
    return reference if math.isfinite(reference) else None


def strays(losses: Mapping[str, float], workload: Workload) -> dict[str, TrainsSomethingElse]:
    """Why what these candidates train cannot be compared with the others, by their first losses in float32."""
    limit = parity_limit(workload)
    expected = expected_loss(losses, limit)
    if expected is None:
        return {}
    return {
        candidate: _stray(loss, expected, limit)
        for candidate, loss in losses.items()
        if not loss_difference(loss, expected) <= limit
    }


def loss_difference(loss: float, expected: float) -> float:
    """How far a loss is from the expected one, as a fraction of that."""
    return abs(loss - expected) / max(abs(expected), 1e-12)


def _stray(loss: float, expected: float, limit: float) -> TrainsSomethingElse:
    sentence = _(
        "It trains something else: from the same weights and data its first loss was {loss:.6g}, expected "
        "{expected:.6g} within {percent:g} %. Its times are not compared. Update or reinstall the framework and "
        "measure again; if it stays so, report it."
    )
    return TrainsSomethingElse(sentence.format(loss=loss, expected=expected, percent=100 * limit))

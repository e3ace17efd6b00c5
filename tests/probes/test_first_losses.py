"""Who trains something else is told by first losses; who is wrong where the reference is alone, too."""

from __future__ import annotations

import math
import time
from dataclasses import replace

import pytest
from runs import LAPTOP

from probes.campaign.contenders import Contender
from probes.campaign.ledger import Ledger
from probes.campaign.parity import FEW_NORMALISED_LIMIT, PARITY_LIMIT, expected_loss, parity_limit, strays
from probes.campaign.wall_time import WallTime
from probes.candidates import CANDIDATES, find_candidate
from probes.errors import TrainsSomethingElse, WorkerFailed
from probes.settings import Settings
from probes.workloads import find_workload

TINY, CONVOLUTION = find_workload("mlp-tiny"), find_workload("mobilenet-v2")
TORCH, JAX, KERAS = "pytorch-eager", "jax-jit", "keras-jax"
FLOAT32 = Settings("float32", "float32", "contiguous", "none", "none", 1, "Adam", 1, deterministic=False)


@pytest.mark.parametrize(
    ("losses", "wrong"),
    [
        ({TORCH: 2.0, JAX: 2.0000004, KERAS: 1.9999996}, set()),
        ({TORCH: 2.0, JAX: 2.003}, {JAX}),
        ({TORCH: 2.0, JAX: 2.0, KERAS: 3.0}, {KERAS}),
        ({TORCH: 3.0, JAX: 2.0, KERAS: 2.0}, {TORCH}),
        ({TORCH: 3.0, JAX: 2.0}, {JAX}),
        ({TORCH: 3.0, JAX: 2.0, KERAS: 1.0}, {JAX, KERAS}),
        ({TORCH: 2.0, JAX: math.nan}, {JAX}),
        ({TORCH: math.nan, JAX: 2.0, KERAS: 2.0}, {TORCH}),
        ({TORCH: math.nan, JAX: 2.0}, set()),
        ({JAX: 2.0, KERAS: 3.0}, set()),
        ({JAX: 2.0, KERAS: 2.0, "keras-torch": 3.0}, {"keras-torch"}),
        ({TORCH: math.nan, JAX: math.nan}, set()),
        ({TORCH: 2.0}, set()),
        ({}, set()),
    ],
)
def test_the_reference_is_right_unless_most_agree_on_something_else(
    losses: dict[str, float], wrong: set[str]
) -> None:
    assert set(strays(losses, TINY)) == wrong


def test_what_came_what_was_expected_and_what_to_do_is_said() -> None:
    (told,) = strays({TORCH: 2.0, JAX: 2.5}, TINY).values()
    assert "trains something else" in str(told)
    assert "2.5, expected 2 within 0.1 %" in str(told)
    assert "Update or reinstall" in str(told)


def test_where_rounding_is_amplified_more_is_allowed() -> None:
    assert parity_limit(TINY) == parity_limit(CONVOLUTION.with_batch(32)) == PARITY_LIMIT
    icons = replace(CONVOLUTION, input=replace(CONVOLUTION.input, shape=(32, 32, 3)))
    # Its last batch norms average over one pixel of each image.
    assert parity_limit(icons.with_batch(16)) == PARITY_LIMIT
    assert parity_limit(icons.with_batch(15)) == FEW_NORMALISED_LIMIT
    assert expected_loss({TORCH: 2.0, JAX: 2.05, KERAS: 2.05}, FEW_NORMALISED_LIMIT) == 2.0


def test_later_losses_overturn_a_verdict_and_other_failures_stay() -> None:
    ledger = Ledger(CANDIDATES)

    def lost(candidate: str, loss: float) -> None:
        row = ledger.open_row(Contender(find_candidate(candidate)), TINY)
        row.loss, row.settings = loss, FLOAT32
        ledger.compare_losses(TINY)

    def failure(candidate: str) -> WorkerFailed | None:
        return ledger.row(Contender(find_candidate(candidate)), TINY).failure

    lost(TORCH, 3.0)
    lost(JAX, 2.0)
    assert isinstance(failure(JAX), TrainsSomethingElse)
    assert ledger.settled(Contender(find_candidate(JAX)), TINY)
    ledger.fail(Contender(find_candidate(JAX)), TINY, failure(JAX))
    crashed = WorkerFailed("It crashed.")
    lost(KERAS, 2.0)
    assert isinstance(failure(TORCH), TrainsSomethingElse)
    assert not ledger.settled(Contender(find_candidate(JAX)), TINY)
    ledger.fail(Contender(find_candidate(KERAS)), TINY, crashed)
    ledger.compare_losses(TINY)
    assert failure(KERAS) is crashed


def parities(losses: dict[str, float]) -> dict[str, float | None]:
    """Of a ledger with these first losses on one workload."""
    ledger = Ledger(CANDIDATES)
    for candidate, loss in losses.items():
        row = ledger.open_row(Contender(find_candidate(candidate)), TINY)
        row.loss, row.settings, row.times_ms = loss, FLOAT32, {0: 1.0}
    report = ledger.report(LAPTOP, [TINY], 1.0, (), WallTime(time.monotonic))
    return {result.candidate: result.parity for result in report.candidates}


@pytest.mark.parametrize(
    ("losses", "expected"),
    [
        ({TORCH: 2.0, JAX: 2.2, KERAS: 1.0}, {TORCH: 0.0, JAX: 0.1, KERAS: 0.5}),
        ({TORCH: 3.0, JAX: 2.0, KERAS: 2.0}, {TORCH: 0.5, JAX: 0.0, KERAS: 0.0}),
        ({JAX: 2.0, KERAS: 2.0, "keras-torch": 3.0}, {JAX: 0.0, KERAS: 0.0, "keras-torch": 0.5}),
        ({TORCH: 2.0, JAX: math.nan, KERAS: 2.0}, {TORCH: 0.0, JAX: None, KERAS: 0.0}),
        ({JAX: 2.0, KERAS: 3.0}, {JAX: None, KERAS: None}),
        ({TORCH: 2.0}, {TORCH: None}),
    ],
)
def test_parity_is_relative_to_the_expected_loss(losses: dict[str, float], expected: dict[str, float | None]) -> None:
    assert parities(losses) == {candidate: pytest.approx(parity) for candidate, parity in expected.items()}

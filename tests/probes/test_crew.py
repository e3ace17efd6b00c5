"""How many workers live at once, and that a crew that is closed stays so."""

from __future__ import annotations

from pathlib import Path

import pytest
import toy_worker

from probes.campaign import crew, gpus
from probes.campaign.contenders import Contender
from probes.campaign.crew import KEPT_FACTOR, WORKER_MB, Crew, CrewClosed
from probes.candidates import find_candidate
from probes.costs import costs
from probes.workloads import Workload, find_workload

TINY, RESNET = find_workload("mlp-tiny"), find_workload("resnet-50")
TORCH, JAX = Contender(find_candidate("pytorch-eager")), Contender(find_candidate("jax-jit"))

pytestmark = pytest.mark.usefixtures("no_process_left")


class Hirers(Crew):
    """Hires toys where so much memory is free."""

    def __init__(self, directory: Path, free_mb: float = 1e6) -> None:
        super().__init__(dict.fromkeys(("pytorch-eager", "jax-jit"), toy_worker.interpreter(directory)))
        self.room_mb = free_mb

    def free_mb(self) -> float:
        return self.room_mb


@pytest.fixture(autouse=True)
def no_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gpus, "free_mb", lambda _visible: None)


def needed_mb(workload: Workload) -> float:
    return WORKER_MB + KEPT_FACTOR * costs(workload).kept_mb


def test_fewer_workers_fit_where_the_network_is_large(tmp_path: Path) -> None:
    hirers = Hirers(tmp_path, 4 * needed_mb(RESNET))
    assert hirers.capacity(RESNET) == 4
    assert hirers.capacity(TINY) > 4
    hirers.room_mb = 0.0
    assert hirers.capacity(TINY) == 1


def test_who_has_the_network_already_needs_no_more_for_it(tmp_path: Path) -> None:
    hirers = Hirers(tmp_path)
    try:
        hirers.hire(TORCH, RESNET)
        hirers.room_mb = KEPT_FACTOR * costs(RESNET).kept_mb
        assert hirers.capacity(RESNET) == 1
        hirers.room_mb = needed_mb(RESNET)
        hirers.has_built(TORCH, RESNET, "cpu")
        assert hirers.capacity(RESNET) == 2
        assert not hirers.is_fresh(TORCH)
    finally:
        hirers.close()


def test_the_memory_of_the_gpu_counts_unless_all_trained_without_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    device_mb = crew.DEVICE_WORKER_MB + KEPT_FACTOR * costs(RESNET).kept_mb
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "1,0")
    monkeypatch.setattr(gpus, "free_mb", lambda visible: {"1,0": 2 * device_mb}[visible])
    hirers = Hirers(tmp_path)
    try:
        assert hirers.capacity(RESNET) == 2
        hirers.hire(TORCH, RESNET)
        hirers.has_built(TORCH, RESNET, "cpu")
        assert hirers.capacity(RESNET) > 2
        hirers.has_built(TORCH, RESNET, "cuda:0")
        assert hirers.capacity(RESNET) == 3, "one lives, and its memory is not free"
    finally:
        hirers.close()


def test_a_worker_of_a_closed_crew_is_not_to_be_had(tmp_path: Path) -> None:
    hirers = Hirers(tmp_path)
    hirers.hire(TORCH, TINY)
    hirers.close()
    with pytest.raises(CrewClosed):
        hirers.worker(TORCH)
    with pytest.raises(CrewClosed):
        hirers.hire(TORCH, TINY)


def test_a_crew_that_is_closed_while_it_makes_room_hires_no_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hirers = Hirers(tmp_path)
    hirers.hire(TORCH, TINY)

    def closing(self: Crew, _workload: Workload) -> int:
        self.close()
        return 0

    monkeypatch.setattr(Crew, "capacity", closing)
    with pytest.raises(CrewClosed):
        hirers.hire(JAX, TINY)

"""One worker: what it answers, and what a person is told when it does not."""

from __future__ import annotations

import ctypes
import errno
import os
import select
import signal
import sys
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
import toy_worker
from leftovers import left_by, started_by

from probes import diagnosis
from probes.campaign.clock import Clock
from probes.candidates import find_candidate
from probes.errors import NotInstalled, WorkerFailed
from probes.supervisor import Worker, worker_environment
from probes.workloads import find_workload

PR_SET_CHILD_SUBREAPER = 36  # linux/prctl.h

TORCH = find_candidate("pytorch-eager")
TINY = find_workload("mlp-tiny")
LAST_WORDS = f"It wrote last: {toy_worker.LAST_WORD}"

pytestmark = pytest.mark.usefixtures("no_process_left")


def train(worker: Worker, timeout_s: float = 20.0) -> None:
    worker.import_framework(seed=0, timeout_s=timeout_s)
    worker.build(TINY, seed=0, timeout_s=timeout_s)
    worker.first_step(timeout_s=timeout_s)
    worker.measure(block_ms=20, timeout_s=timeout_s)


def failure(directory: Path, fault: str, timeout_s: float = 20.0) -> WorkerFailed:
    with Worker(TORCH, toy_worker.interpreter(directory, fault)) as worker:
        with pytest.raises(WorkerFailed) as caught:
            train(worker, timeout_s)
        assert not worker.alive or fault.startswith("refuse_workload")
        assert worker.alive or not left_by(os.getpid()), "a survivor"
    return caught.value


def test_a_worker_trains_and_tells_its_figures(tmp_path: Path) -> None:
    with Worker(TORCH, toy_worker.interpreter(tmp_path)) as worker:
        imported = worker.import_framework(seed=0, timeout_s=20)
        built = worker.build(TINY, seed=0, timeout_s=20)
        first = worker.first_step(timeout_s=20)
        worker.measure(block_ms=20, timeout_s=20)
        block = worker.measure(block_ms=20, timeout_s=20)
        memory = worker.peak_memory(timeout_s=20)
    assert imported.versions == {"toy": "1.0"}
    assert (built.device, built.precision, first.loss) == ("cpu", "float32", 2.0)
    assert block.seconds >= 0.02
    # A toy step takes at least this long, and on a busy machine longer.
    assert 1 <= block.steps <= block.seconds / toy_worker.STEP_S
    assert 10 < memory.memory_mb < 1000


@pytest.mark.parametrize(
    ("fault", "reason", "words"),
    [
        ("not_installed@configure", "unusable", ["'torch'", "not installed", "-m pip install torch"]),
        ("broken_library@configure", "unusable", ["torch is installed but cannot be imported", "libcudnn.so.9"]),
        ("exception@configure", "unusable", ["cannot be imported", "RuntimeError: shapes do not fit"]),
        ("segfault@configure", "unusable", ["SIGSEGV", "while importing"]),
        ("refuse_workload@build", "unusable", ["cannot train this network", "convolution"]),
        ("not_installed@train", "unusable", ["'torch'", "not installed", "-m pip install torch"]),
        ("exception@build", "failed", ["RuntimeError while building: shapes do not fit"]),
        ("exception@train", "failed", ["RuntimeError at its first step"]),
        ("leave@train", "failed", ["exit code 3"]),
        ("leave_a_lost_child@train", "failed", ["exit code 3"]),
        ("segfault@train", "failed", ["SIGSEGV", "segmentation fault", "Reinstall"]),
        ("segfault@steps", "failed", ["SIGSEGV", "while measuring"]),
        ("killed@train", "failed", ["SIGKILL", "memory ran out", "smaller batch"]),
        ("memory_limit@build", "failed", ["ran out of memory while building", "smaller batch"]),
        ("garbage_on_the_pipe@build", "failed", ["no measurement while building", "Loading libdevice"]),
        ("half_a_line@steps", "failed", ["exit code 0"]),
    ],
)
def test_each_end_has_a_reason_and_a_sentence(tmp_path: Path, fault: str, reason: str, words: list[str]) -> None:
    caught = failure(tmp_path, fault)
    assert caught.reason == reason
    assert [word for word in words if word not in str(caught)] == []
    # A refusal is no fault: that worker goes on.
    assert str(caught).endswith(LAST_WORDS) is not fault.startswith("refuse_workload")


def test_the_last_lines_are_few_and_short(tmp_path: Path) -> None:
    caught = failure(tmp_path, "slow_death@steps")
    assert str(caught).endswith(f"It wrote last: {toy_worker.LAST_WORD} | it leaks | it leaks more | it gives up")
    assert diagnosis.tail(["", "a", " \n", *"bcde", "f" * 1000]) == ("c", "d", "e", "f" * 200)


def test_what_a_log_says_at_every_start_is_no_last_line() -> None:
    chatter = (
        "WARNING: All log messages before absl::InitializeLog() is called are written to STDERR",
        "I0000 00:00:1795657614.601469   16971 cudart_stub.cc:31] Could not find cuda drivers on your machine",
        "To enable the following instructions: AVX2 FMA, in other operations, rebuild TensorFlow",
        "E0000 00:00:1795694923.076581   31804 cuda_platform.cc:52] failed call to cuInit: UNKNOWN ERROR (303)",
    )
    error = "E0000 00:00:1795657614.601469   16971 cuda_dnn.cc:8579] Unable to register cuDNN factory"
    assert diagnosis.tail(["first", *chatter, error, *chatter]) == ("first", error)


@pytest.mark.parametrize("fault", ["hang@train", "hang_in_native_code_with_a_child@train"])
def test_a_hang_ends_with_the_time_it_was_given(tmp_path: Path, fault: str) -> None:
    with Worker(TORCH, toy_worker.interpreter(tmp_path, fault)) as worker:
        worker.import_framework(seed=0, timeout_s=20)
        worker.build(TINY, seed=0, timeout_s=20)
        with pytest.raises(WorkerFailed, match=r"no answer in 0\.3 s") as caught:
            worker.first_step(timeout_s=0.3)
    assert caught.value.reason == "timeout"
    assert str(caught.value).endswith(LAST_WORDS)


def test_an_answer_that_is_there_is_read_however_late_it_is_asked_for(tmp_path: Path) -> None:
    with Worker(TORCH, toy_worker.interpreter(tmp_path)) as worker:
        worker.begin_import(seed=0)
        select.select([worker], [], [], 60)
        assert worker.import_framework(seed=0, timeout_s=0.0).versions == {"toy": "1.0"}


def test_half_an_answer_is_none(tmp_path: Path) -> None:
    clock = Clock()
    with Worker(TORCH, toy_worker.interpreter(tmp_path, "half_a_line_then_hang@train")) as worker:
        worker.import_framework(seed=0, timeout_s=20)
        worker.build(TINY, seed=0, timeout_s=20)
        worker.begin_first_step()
        select.select([worker], [], [], 60)
        assert clock.first_to_answer([worker], 0.5) == []
        with pytest.raises(WorkerFailed, match="first step"):
            worker.first_step(timeout_s=0.0)
        assert clock.first_to_answer([worker], 0.5) == [worker], "it has ended"


def test_a_package_that_is_missing_is_told_from_one_that_is_broken(tmp_path: Path) -> None:
    assert isinstance(failure(tmp_path, "not_installed@configure"), NotInstalled)
    assert not isinstance(failure(tmp_path, "broken_library@configure"), NotInstalled)


def test_what_a_framework_prints_is_no_result(tmp_path: Path) -> None:
    with Worker(TORCH, toy_worker.interpreter(tmp_path, "garbage_on_stdout@steps")) as worker:
        train(worker)
        assert worker.alive


def test_a_worker_that_refused_a_workload_can_do_another(tmp_path: Path) -> None:
    with Worker(TORCH, toy_worker.interpreter(tmp_path, "refuse_workload@build")) as worker:
        worker.import_framework(seed=0, timeout_s=20)
        for _ in range(2):
            with pytest.raises(WorkerFailed, match="cannot train this network"):
                worker.build(TINY, seed=0, timeout_s=20)


def test_a_worker_that_is_gone_says_so_again(tmp_path: Path) -> None:
    with Worker(TORCH, toy_worker.interpreter(tmp_path, "segfault@train")) as worker:
        with pytest.raises(WorkerFailed):
            train(worker)
        with pytest.raises(WorkerFailed, match="SIGSEGV"):
            worker.measure(block_ms=20, timeout_s=20)


def test_an_interpreter_that_does_not_exist_is_told(tmp_path: Path) -> None:
    with pytest.raises(WorkerFailed, match="could not be started with /nowhere/python: No such file") as caught:
        Worker(TORCH, "/nowhere/python")
    assert caught.value.reason == "unusable"


def no_space(*_arguments: object, **_options: object) -> None:
    raise OSError(errno.ENOSPC, "No space left on device", "/tmp/folder")


@pytest.mark.parametrize("call", ["tempfile.mkdtemp", "pathlib.Path.mkdir", "pathlib.Path.symlink_to"])
def test_a_disk_without_space_for_a_worker_is_told_and_nothing_is_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    with monkeypatch.context() as broken:
        broken.setattr(call, no_space)
        with pytest.raises(WorkerFailed, match=r"could not be started: /tmp/folder .* Free some space") as caught:
            Worker(TORCH)
    assert caught.value.reason == "failed"
    assert list(tmp_path.iterdir()) == []


def test_a_command_that_is_no_python_is_told(tmp_path: Path) -> None:
    with Worker(TORCH, "/bin/false") as worker, pytest.raises(WorkerFailed, match="exit code 1"):
        worker.import_framework(seed=0, timeout_s=20)


def test_closing_ends_a_request_of_another_thread(tmp_path: Path) -> None:
    worker = Worker(TORCH, toy_worker.interpreter(tmp_path, "hang@configure"))
    caught: list[WorkerFailed] = []

    def ask() -> None:
        try:
            worker.import_framework(seed=0, timeout_s=60)
        except WorkerFailed as failure:
            caught.append(failure)

    thread = threading.Thread(target=ask)
    thread.start()
    worker.close()
    worker.close()
    thread.join(10)
    assert not thread.is_alive()
    assert len(caught) == 1


def test_closing_ends_what_the_worker_started(tmp_path: Path) -> None:
    with Worker(TORCH, toy_worker.interpreter(tmp_path, "hang_in_native_code_with_a_child@train")) as worker:
        worker.import_framework(seed=0, timeout_s=20)
        worker.build(TINY, seed=0, timeout_s=20)
        with pytest.raises(WorkerFailed):
            worker.first_step(timeout_s=0.5)
        assert not left_by(os.getpid())


@pytest.fixture
def parent_of_orphans() -> Iterator[None]:
    """As the first process of a container is."""
    if sys.platform != "linux":
        pytest.skip("only Linux lets a process ask for that")
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    yield
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 0, 0, 0, 0)


@pytest.mark.parametrize("fault", ["none", "leave@train"])
def test_the_parent_of_all_orphans_keeps_no_dead_ones(tmp_path: Path, parent_of_orphans: None, fault: str) -> None:
    before = set(psutil.Process().children())
    with Worker(TORCH, toy_worker.interpreter(tmp_path, fault)) as worker:
        worker.import_framework(seed=0, timeout_s=20)
        worker.build(TINY, seed=0, timeout_s=20)
        assert len(set(psutil.Process().children()) - before) == 2, "the worker and its guardian"
        if fault != "none":
            with pytest.raises(WorkerFailed):
                worker.first_step(timeout_s=20)
    assert set(psutil.Process().children()) <= before


def test_the_environment_of_a_worker_is_filtered(tmp_path: Path) -> None:
    mine = {
        "PATH": "/bin",
        "KERAS_BACKEND": "jax",
        "XLA_FLAGS": "--x",
        "PYTHONPATH": "/lib",
        "CUDA_VISIBLE_DEVICES": "1",
    }
    theirs = worker_environment(mine, tmp_path)
    assert theirs["PATH"] == "/bin"
    assert theirs["CUDA_VISIBLE_DEVICES"] == "1"
    assert "KERAS_BACKEND" not in theirs
    assert "XLA_FLAGS" not in theirs
    assert theirs["PYTHONPATH"] == str(tmp_path / "modules")
    assert theirs["TORCHINDUCTOR_CACHE_DIR"].startswith(str(tmp_path))


def test_a_worker_that_died_unasked_takes_its_group_along_and_a_long_request_is_refused(tmp_path: Path) -> None:
    with Worker(TORCH, toy_worker.interpreter(tmp_path)) as worker:
        worker.import_framework(seed=0, timeout_s=20)
        (guardian,) = [each for each in started_by(os.getpid()) if each.pid != worker.pid]
        os.kill(worker.pid, signal.SIGKILL)
        guardian.wait(timeout=10)
        # Longer than a pipe holds: whoever still had its other end would make this wait for ever.
        with pytest.raises(WorkerFailed, match="SIGKILL"):
            worker.run_script("#" * 2**20, timeout_s=20)

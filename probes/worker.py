"""The child process: one candidate, commands on stdin, replies on a private pipe.

Started as `INTERPRETER -m probes.worker --candidate ID --result-fd N`; needs the standard library, NumPy and the
candidate's framework. What the framework prints cannot reach the replies. When stdin ends, because the parent closed
it or died, the worker ends itself and everything it started, even in the middle of a compilation.
"""

from __future__ import annotations

import argparse
import ctypes
import gc
import importlib
import importlib.util
import math
import os
import queue
import resource
import select
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, BinaryIO

from probes.candidates import PACKAGES, Candidate, find_candidate
from probes.errors import InvalidWorkload
from probes.hiding import hide
from probes.protocol import (
    LEAD_IN,
    Block,
    Built,
    Cause,
    Failure,
    Finding,
    FirstStep,
    Imported,
    PeakMemory,
    Reply,
    WarmedUp,
    decode_command,
    encode_reply,
)
from probes.workloads import Workload

# Two windows whose step times differ by no more than this are the same: as much as a repeated measurement may.
STEADY = 0.1

# A block is trained in this many laps at least, so that it ends in time when steps suddenly take much longer.
LAPS = 4

PR_SET_PDEATHSIG = 1  # linux/prctl.h

MAX_MESSAGE_CHARACTERS = 400


def main(arguments: Sequence[str] | None = None) -> None:
    """Answer commands until stdin ends."""
    parser = argparse.ArgumentParser(prog="python -m probes.worker", description=__doc__)
    parser.add_argument("--candidate", required=True)
    parser.add_argument("--result-fd", required=True, type=int)
    options = parser.parse_args(arguments)
    os.set_inheritable(options.result_fd, False)
    _be_the_first_to_go_when_memory_runs_out()
    _die_with_the_parent()
    _leave_a_guardian(options.result_fd)
    trainer = Trainer(find_candidate(options.candidate))
    with os.fdopen(options.result_fd, "wb", buffering=0) as replies:
        for line in _lines_until_parent_ends(_take_stdin()):
            replies.write(encode_reply(_answer(trainer, line)))


class Trainer:
    """Trains one workload at a time with one adapter; each public method but `__init__` answers one command."""

    def __init__(self, candidate: Candidate) -> None:
        self._candidate = candidate
        self._adapter: Any = None
        self._model: Any = None
        self._steps_per_call = 1
        self._step_s: float | None = None

    def import_(self, seed: int) -> Imported:
        """Load the framework; the time is what `import` costs a person's own script, which has only this one."""
        hide(set(PACKAGES) - {self._candidate.package})
        started = time.perf_counter()
        self._adapter = importlib.import_module(f"probes.frameworks.{self._candidate.module}")
        self._adapter.configure(self._candidate.mode, seed)
        import_s = time.perf_counter() - started
        return Imported(import_s=import_s, versions=self._versions())

    def _versions(self) -> dict[str, str]:
        """As the framework tells them itself, and as its installation does of what gives it devices."""
        from probes.versions import present  # noqa: PLC0415  what it imports must not be missing from the framework's

        told: dict[str, str] = self._adapter.versions()
        return present(self._candidate.device_packages) | told

    def build(self, workload: dict[str, Any], seed: int, tunings: list[str]) -> Built:
        """Replace the present network by a new one with the seed's weights and batch, built with the tunings."""
        from probes.batches import synthetic_batch  # noqa: PLC0415  NumPy: its import must not count as the framework's
        from probes.networks.parameters import initial_weights  # noqa: PLC0415

        self._model, self._step_s = None, None
        _forget_peak_memory()
        description = Workload.from_json(workload)
        weights, batch = initial_weights(description, seed), synthetic_batch(description, seed)
        started = time.perf_counter()
        self._model = self._adapter.build(description, weights, batch, self._candidate.mode, frozenset(tunings))
        build_s = time.perf_counter() - started
        settings = self._adapter.settings(self._model)
        self._steps_per_call = settings.steps_per_call
        return Built(build_s=build_s, device=str(self._adapter.device(self._model)), settings=settings)

    def first_step(self) -> FirstStep:
        """One step from the initial weights."""
        trained = self._adapter.train(self._model, 1)
        return FirstStep(first_step_s=trained.seconds, loss=trained.loss)

    def warm_up(self, window_ms: float, most: int) -> WarmedUp:
        """Train windows of at least `window_ms` until two in a row agree, or there are `most`.

        The first one after a build finds out how many steps that takes.
        """
        windows_ms: list[float] = []
        cpu_before, started = time.process_time(), time.perf_counter()
        while len(windows_ms) < most and not _steady(windows_ms):
            steps, seconds = self._train_for(window_ms / 1000)
            windows_ms.append(1000 * seconds / steps)
        return WarmedUp(
            windows_ms=windows_ms,
            steady=_steady(windows_ms),
            seconds=time.perf_counter() - started,
            cpu_s=time.process_time() - cpu_before,
        )

    def measure(self, block_ms: float) -> Block:
        """Train for at least `block_ms`, after a lead-in where steps are short."""
        block_s, started, cpu_before = block_ms / 1000, time.perf_counter(), time.process_time()
        if self._step_s is not None and self._step_s < LEAD_IN * block_s:
            self._train_for(LEAD_IN * block_s)
        lead_in_s = time.perf_counter() - started
        steps, seconds = self._train_for(block_s)
        cpu_s = time.process_time() - cpu_before
        return Block(steps=steps, seconds=seconds, cpu_s=cpu_s, lead_in_s=lead_in_s)

    def peak_memory(self) -> PeakMemory:
        """Peak memory since the build."""
        device_mb, resident_mb = self._adapter.device_memory_mb(), _peak_resident_mb()
        return PeakMemory(memory_mb=resident_mb if device_mb is None else float(device_mb), resident_mb=resident_mb)

    def script(self, source: str) -> Finding:
        """Run a short script that sets `holds` and `figure`, in a namespace of its own."""
        scope: dict[str, Any] = {"__name__": "script"}
        exec(compile(source, "script", "exec"), scope)  # noqa: S102  ours, from the knowledge files
        return Finding(holds=bool(scope["holds"]), figure=str(scope["figure"]))

    def _train_for(self, least_s: float) -> tuple[int, float]:
        """Steps taken and seconds, at least `least_s`."""
        lap_s, seconds, steps = least_s / LAPS, 0.0, 0
        count = self._steps_in(lap_s)
        while seconds < least_s:
            taken_s = self._adapter.train(self._model, count).seconds
            seconds, steps = seconds + taken_s, steps + count
            self._step_s = max(taken_s / count, 1e-9)
            # Growing at most fourfold: a single first step says little about the next ones.
            count = min(self._whole_calls(4 * count), self._steps_in(min(lap_s, least_s - seconds)))
        return steps, seconds

    def _steps_in(self, seconds: float) -> int:
        return 1 if self._step_s is None else self._whole_calls(max(1, math.ceil(seconds / self._step_s)))

    def _whole_calls(self, steps: int) -> int:
        """That many steps, or some more so that no call is cut short where one takes several.

        At least two calls then: the first one of a `fit` is not timed (`frameworks.keras_clock`).
        """
        if self._steps_per_call == 1:
            return steps
        return max(2, math.ceil(steps / self._steps_per_call)) * self._steps_per_call


def _steady(windows_ms: Sequence[float]) -> bool:
    """Whether the last two windows agree."""
    if len(windows_ms) < 2:
        return False
    before, after = windows_ms[-2:]
    return abs(after - before) <= STEADY * min(before, after)


def _answer(trainer: Trainer, line: bytes) -> Reply:
    name, arguments = decode_command(line)
    commands: dict[str, Callable[..., Reply]] = {
        "import": trainer.import_,
        "build": trainer.build,
        "first_step": trainer.first_step,
        "warm_up": trainer.warm_up,
        "measure": trainer.measure,
        "peak_memory": trainer.peak_memory,
        "script": trainer.script,
    }
    try:
        return commands[name](**arguments)
    except ModuleNotFoundError as error:
        return _failure("missing", error)
    except InvalidWorkload as error:
        return Failure(cause="workload", error=type(error).__name__, **error.to_json())
    except MemoryError as error:
        return _failure("memory", error)
    except Exception as error:  # noqa: BLE001  whatever a framework raises is this candidate's result
        return _failure("exception", error)


def _failure(cause: Cause, error: Exception) -> Failure:
    message = error.name if isinstance(error, ModuleNotFoundError) and error.name else str(error)
    return Failure(
        cause=cause, error=type(error).__name__, message=" ".join(message.split())[:MAX_MESSAGE_CHARACTERS]
    )


def _take_stdin() -> BinaryIO:
    """Stdin for us alone; a framework that reads from its own stdin finds it empty."""
    private = os.fdopen(os.dup(0), "rb")
    with Path(os.devnull).open("rb") as nothing:
        os.dup2(nothing.fileno(), 0)
    return private


def _lines_until_parent_ends(stdin: BinaryIO) -> Iterator[bytes]:
    """Yield lines as they come; a thread reads them, so that the end of stdin is noticed during any command."""
    lines: queue.SimpleQueue[bytes] = queue.SimpleQueue()

    def read() -> None:
        for line in stdin:
            lines.put(line)
        _end_process_group()

    threading.Thread(target=read, name="parent watcher", daemon=True).start()
    while True:
        yield lines.get()


def _end_process_group() -> None:
    """End this process and, where it leads its own group, all it started (compilers, data loaders)."""
    if os.getpgrp() == os.getpid():
        os.killpg(0, signal.SIGKILL)
    os._exit(0)


def _be_the_first_to_go_when_memory_runs_out() -> None:
    """Let the kernel take this process before the app that started it (Linux; elsewhere there is no such file)."""
    with suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("1000", encoding="ascii")


def _die_with_the_parent() -> None:
    """Have the kernel end this process with the thread that started it, even where a native library keeps the
    interpreter lock and the watcher cannot run (Linux only; see prctl(2), PR_SET_PDEATHSIG).
    """
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)


def _leave_a_guardian(result_fd: int) -> None:
    """Have a process beside this one end the group when the parent or this one is gone. Where the kernel ends this
    one, the watcher cannot, and compilers that run would stay (Linux only, as above).
    """
    if sys.platform != "linux" or os.getpgrp() != os.getpid():
        return
    # The second end is open as long as this process lives.
    watched, held = os.pipe()
    # No child of the worker: what a worker and its children hold is its memory.
    if between := os.fork():
        os.waitpid(between, 0)
        os.close(watched)
        return
    if os.fork():
        os._exit(0)
    # It must not hold open what others wait to see closed.
    for descriptor in (1, 2, result_fd, held):
        os.close(descriptor)
    hang_up = select.poll()
    for descriptor in (0, watched):
        hang_up.register(descriptor, 0)
    hang_up.poll()
    os.killpg(0, signal.SIGKILL)


def _forget_peak_memory() -> None:
    """Give freed memory back and restart the peak, so that the next network is not charged for the last one.

    Linux with glibc only; elsewhere the peak is that of the process's whole life. See proc(5), clear_refs.
    """
    gc.collect()
    if sys.platform == "linux":
        with suppress(OSError, AttributeError):
            ctypes.CDLL(None).malloc_trim(0)
            Path("/proc/self/clear_refs").write_text("5", encoding="ascii")


def _peak_resident_mb() -> float:
    """Peak resident memory in MiB. On Linux from VmHWM: ru_maxrss survives exec and would show the parent's peak."""
    if sys.platform == "linux":
        status = Path("/proc/self/status").read_text(encoding="ascii", errors="replace")
        kilobytes = next(line.split()[1] for line in status.splitlines() if line.startswith("VmHWM"))
        return int(kilobytes) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20


if __name__ == "__main__":
    main()

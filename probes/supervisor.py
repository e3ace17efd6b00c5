"""The parent's side of one worker: starts it, asks it, bounds every wait, and leaves nothing of it behind."""

from __future__ import annotations

import os
import selectors
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO, Self, TypeVar

import psutil

from probes import diagnosis
from probes.candidates import Candidate
from probes.diagnosis import Stage
from probes.ending import KILL_WAIT_S, kill_group, kill_lost
from probes.errors import WorkerFailed
from probes.hardware import RESTRICTING_VARIABLES
from probes.memory.cap import MemoryCap
from probes.protocol import (
    MAX_REPLY_BYTES,
    Block,
    Built,
    CommandName,
    Failure,
    Finding,
    FirstStep,
    Imported,
    PeakMemory,
    ProtocolBroken,
    Reply,
    WarmedUp,
    decode_reply,
    encode_command,
)
from probes.scratch import scratch_folder
from probes.workloads import Workload

# How often a silent worker is checked for being alive; its pipe is waited on without polling.
LIVENESS_CHECK_S = 0.2

MAX_OUTPUT_LINES = 50

# Everything else stays behind, so that the shell a person happens to use does not change what is measured.
PASSED_VARIABLES = RESTRICTING_VARIABLES | frozenset(
    (
        *("PATH", "HOME", "USER", "LANG", "LC_ALL", "LC_CTYPE", "TMPDIR", "TZ", "CC", "CXX"),
        *("LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "DYLD_FALLBACK_LIBRARY_PATH", "CUDA_HOME", "CUDA_PATH"),
        *("CUDA_DEVICE_ORDER", "NVIDIA_VISIBLE_DEVICES"),
    )
)

ReplyT = TypeVar("ReplyT", bound=Reply)


class Worker:
    """One live worker. A request that gets no answer raises `WorkerFailed`, and the worker is then gone.

    Requests belong to the thread that started it, and on Linux the worker ends with that thread. `close` may be
    called from any thread, at any time, and more than once. `variables` are added to its environment. A worker that
    holds more than `memory_limit_mb` (MiB, with all it started) is killed.
    """

    def __init__(
        self,
        candidate: Candidate,
        interpreter: str = sys.executable,
        variables: Mapping[str, str] | None = None,
        memory_limit_mb: float | None = None,
    ) -> None:
        self.candidate = candidate
        self.interpreter = interpreter
        self.imported = False
        self._begun: CommandName | None = None
        self._asked = 0.0
        self._variables = dict(variables or {})
        self._scratch = self._furnished()
        self._unread = b""
        self._closing = threading.Lock()
        self._process, self._replies = self._start()
        self._output = _LastLines(self._process.stdout)
        self._cap = (
            MemoryCap(self.pid, memory_limit_mb, partial(kill_group, self._process)) if memory_limit_mb else None
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exception: object) -> None:
        self.close()

    @property
    def pid(self) -> int:
        """The process id of the worker."""
        return self._process.pid

    @property
    def last_lines(self) -> tuple[str, ...]:
        """What it has written to stdout and stderr last."""
        return self._output.lines

    @property
    def alive(self) -> bool:
        """Whether it can still be asked."""
        return not self._replies.closed and self._process.poll() is None

    def fileno(self) -> int:
        """The pipe that its answers come through, to be waited on."""
        return self._replies.fileno()

    def has_answered(self) -> bool:
        """Whether asking it need not wait, when something came through the pipe: half an answer is none yet."""
        try:
            return not self._read() or b"\n" in self._unread or len(self._unread) > MAX_REPLY_BYTES
        except (OSError, ValueError):
            # `close` took the pipe away from under us.
            return True

    def cpu_s(self) -> float:
        """CPU seconds that the worker and its living children have used so far; 0 once it is gone."""
        with suppress(psutil.Error):
            process = psutil.Process(self.pid)
            times = [each.cpu_times() for each in (process, *process.children(recursive=True))]
            return sum(each.user + each.system + each.children_user + each.children_system for each in times)
        return 0.0

    @property
    def cache_variables(self) -> dict[str, str]:
        """Environment variables with which another worker uses what this one's compilers keep on disk."""
        return _cache_variables(Path(self._scratch.name))

    def begin_import(self, seed: int) -> None:
        """Let the worker load the framework, without waiting; `import_framework` then waits for the rest of it."""
        self._begin("import", "importing", seed=seed)

    def import_framework(self, seed: int, timeout_s: float) -> Imported:
        """Load the framework with random state `seed`."""
        reply = self._request("import", "importing", Imported, timeout_s, seed=seed)
        self.imported = True
        return reply

    def begin_build(self, workload: Workload, seed: int, tunings: Sequence[str] = ()) -> None:
        """Let the worker build the network, without waiting; `build` then waits for the rest of it."""
        self._begin("build", "building", workload=workload.to_json(), seed=seed, tunings=list(tunings))

    def build(self, workload: Workload, seed: int, timeout_s: float, tunings: Sequence[str] = ()) -> Built:
        """Build the network with the weights and the batch that belong to `seed`, and with these tunings."""
        arguments = {"workload": workload.to_json(), "seed": seed, "tunings": list(tunings)}
        return self._request("build", "building", Built, timeout_s, **arguments)

    def begin_first_step(self) -> None:
        """Let the worker take the first optimizer step, without waiting; `first_step` then waits for the rest."""
        self._begin("first_step", "first step")

    def first_step(self, timeout_s: float) -> FirstStep:
        """Take the first optimizer step."""
        return self._request("first_step", "first step", FirstStep, timeout_s)

    def warm_up(self, window_ms: float, most: int, timeout_s: float) -> WarmedUp:
        """Train windows of at least `window_ms` until two in a row agree, at most `most`."""
        return self._request("warm_up", "measuring", WarmedUp, timeout_s, window_ms=window_ms, most=most)

    def measure(self, block_ms: float, timeout_s: float) -> Block:
        """Train for at least `block_ms`."""
        return self._request("measure", "measuring", Block, timeout_s, block_ms=block_ms)

    def peak_memory(self, timeout_s: float) -> PeakMemory:
        """Peak memory since the build."""
        return self._request("peak_memory", "reading memory", PeakMemory, timeout_s)

    def run_script(self, source: str, timeout_s: float) -> Finding:
        """Run a script that sets `holds` (bool) and `figure` (str); the framework need not be imported first."""
        return self._request("script", "running a script", Finding, timeout_s, source=source)

    def close(self) -> None:
        """Kill the worker and all it started, and remove its files."""
        with self._closing:
            if self._replies.closed:
                return
            if self._cap:
                self._cap.stop()
            kill_group(self._process)
            kill_lost(Path(self._scratch.name))
            for pipe in (self._replies, self._process.stdin):
                with suppress(OSError):
                    if pipe is not None:
                        pipe.close()
            self._output.close()
            self._scratch.cleanup()

    def _furnished(self) -> TemporaryDirectory[str]:
        """A folder for the worker's files, with the modules it is lent; raises `WorkerFailed`."""
        folder = None
        try:
            folder = scratch_folder()
            modules = Path(folder.name) / "modules"
            modules.mkdir()
            # Only `probes` is lent to the interpreter: our site-packages may be another Python's.
            (modules / "probes").symlink_to(Path(__file__).parent, target_is_directory=True)
        except OSError as error:
            if folder is not None:
                folder.cleanup()
            raise diagnosis.no_folder(error) from error
        return folder

    def _start(self) -> tuple[subprocess.Popen[bytes], IO[bytes]]:
        scratch = Path(self._scratch.name)
        read_fd, write_fd = os.pipe()
        try:
            process = subprocess.Popen(  # noqa: S603  the interpreter is one of ours or one the person named
                self._command(write_fd),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                pass_fds=(write_fd,),
                cwd=scratch,
                env=worker_environment(os.environ, scratch) | self._variables,
                start_new_session=True,
            )
        except OSError as error:
            os.close(read_fd)
            self._scratch.cleanup()
            raise diagnosis.not_started(self.interpreter, error) from error
        finally:
            os.close(write_fd)
        return process, os.fdopen(read_fd, "rb", buffering=0)

    def _command(self, result_fd: int) -> list[str]:
        options = ["--candidate", self.candidate.id, "--result-fd", str(result_fd)]
        return [self.interpreter, "-m", "probes.worker", *options]

    def _begin(self, name: CommandName, stage: Stage, **arguments: object) -> None:
        """Ask without waiting. The same request is what must be made next: it waits for this answer."""
        assert self._begun is None, "one answer at a time is waited for"
        self._send(encode_command(name, **arguments), stage)
        self._begun = name

    def _request(
        self, name: CommandName, stage: Stage, expected: type[ReplyT], timeout_s: float, **arguments: object
    ) -> ReplyT:
        if self._begun is None:
            self._begin(name, stage, **arguments)
        assert self._begun == name, "what was begun is waited for first"
        self._begun = None
        return self._answer(stage, expected, timeout_s)

    def _send(self, command: bytes, stage: Stage) -> None:
        self._asked = time.perf_counter()
        try:
            assert self._process.stdin is not None
            self._process.stdin.write(command)
            self._process.stdin.flush()
        except (OSError, ValueError) as error:
            # The worker died before it could read the command, or `close` took the pipes away from under us.
            raise self._given_up(self._end(stage)) from error

    def _answer(self, stage: Stage, expected: type[ReplyT], timeout_s: float) -> ReplyT:
        try:
            reply = self._next_reply(stage, timeout_s)
        except WorkerFailed as gone:
            raise self._given_up(gone) from gone.__cause__
        if isinstance(reply, expected):
            return reply
        if not isinstance(reply, Failure):
            raise self._given_up(diagnosis.babbled(stage, repr(reply).encode()))
        failure = diagnosis.reported_failure(self.candidate, stage, reply, self.interpreter)
        # A worker that refused a workload can do the next one; after anything else its state is unknown.
        raise failure if reply.cause == "workload" else self._given_up(failure)

    def _given_up(self, failure: WorkerFailed) -> WorkerFailed:
        """The failure with what the worker wrote last, after the worker was ended because of it."""
        self.close()
        failure.last_lines = diagnosis.tail(self._output.lines)
        return failure

    def _next_reply(self, stage: Stage, timeout_s: float) -> Reply:
        try:
            line = self._next_line(stage, timeout_s)
            return decode_reply(line)
        except ProtocolBroken as error:
            raise diagnosis.babbled(stage, line) from error
        except (OSError, ValueError) as error:
            # `close` took the pipe away from under us.
            raise self._end(stage) from error

    def _next_line(self, stage: Stage, timeout_s: float) -> bytes:
        deadline = time.perf_counter() + timeout_s
        with selectors.DefaultSelector() as selector:
            selector.register(self._replies, selectors.EVENT_READ)
            while b"\n" not in self._unread:
                if len(self._unread) > MAX_REPLY_BYTES:
                    raise diagnosis.babbled(stage, self._unread)
                left_s = max(deadline - time.perf_counter(), 0.0)
                # What is there is read even when its time is up: who asks may have come late.
                if selector.select(min(left_s, LIVENESS_CHECK_S)):
                    if not self._read():
                        raise self._end(stage)
                # A child of a dead worker may hold the pipe open, so its end alone would not tell.
                elif self._process.poll() is not None:
                    raise self._end(stage)
                elif not left_s:
                    raise diagnosis.hung(stage, time.perf_counter() - self._asked)
        line, self._unread = self._unread.split(b"\n", 1)
        return line

    def _read(self) -> bool:
        """Take what the pipe holds, waiting if that is nothing yet; false at its end."""
        chunk = self._replies.read(MAX_REPLY_BYTES)
        self._unread += chunk
        return bool(chunk)

    def _end(self, stage: Stage) -> WorkerFailed:
        """What to say of a worker whose pipe has ended, with the exit code if it has one."""
        if self._cap and self._cap.reached_mb:
            return diagnosis.reached_its_cap(stage, self._cap.reached_mb, self._cap.limit_mb)
        try:
            returncode = self._process.wait(KILL_WAIT_S)
        except subprocess.TimeoutExpired:
            return diagnosis.babbled(stage, self._unread)
        return diagnosis.ended(stage, returncode)


class _LastLines:
    """Reads a stream to its end and keeps the last lines, however much is written."""

    def __init__(self, stream: IO[bytes] | None) -> None:
        assert stream is not None
        self._stream = stream
        self._lines: deque[str] = deque(maxlen=MAX_OUTPUT_LINES)
        self._thread = threading.Thread(target=self._read, name="worker output", daemon=True)
        self._thread.start()

    @property
    def lines(self) -> tuple[str, ...]:
        return tuple(self._lines)

    def join(self, timeout_s: float) -> None:
        self._thread.join(timeout_s)

    def close(self) -> None:
        self.join(LIVENESS_CHECK_S)
        if not self._thread.is_alive():
            self._stream.close()

    def _read(self) -> None:
        while line := self._stream.readline(diagnosis.MAX_TAIL_LINE_CHARACTERS):
            self._lines.append(line.decode(errors="replace").rstrip())


def worker_environment(environment: Mapping[str, str], scratch: Path) -> dict[str, str]:
    """The variables a worker gets: the allowed ones, and caches of its own so that every first step is a cold one."""
    passed = {name: value for name, value in environment.items() if name in PASSED_VARIABLES}
    return passed | _cache_variables(scratch) | {"PYTHONPATH": str(scratch / "modules"), "TMPDIR": str(scratch)}


def _cache_variables(scratch: Path) -> dict[str, str]:
    caches = ("TORCHINDUCTOR_CACHE_DIR", "TRITON_CACHE_DIR", "KERAS_HOME", "CUDA_CACHE_PATH")
    return {name: str(scratch / name.lower()) for name in caches}

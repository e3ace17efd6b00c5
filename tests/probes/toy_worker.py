"""A stand-in for a Python with a framework: a tiny model that trains on NumPy, and breaks where it is told to.

`interpreter(...)` writes a command that behaves like `python -m probes.worker`, except that the candidate's adapter
is the toy below. Everything else (worker, supervisor, session) is the real thing.
"""

from __future__ import annotations

import ctypes
import math
import os
import resource
import runpy
import signal
import subprocess
import sys
import time
import types
from pathlib import Path

STEP_S = 1e-4
STEPS_PER_TUNED_CALL = 10

# No workload of these tests has such a batch, but where memory grows with it there is one.
LARGE_BYTES = 2**20

# Written by every fault before it strikes.
LAST_WORD = "one last word"

# What the first step's loss is of those that train something else.
LOSSES = {"another_loss": 3.0, "no_loss": math.nan}


def interpreter(directory: Path, fault: str = "none") -> str:
    path = directory / f"python-{fault}"
    path.write_text(f'#!/bin/sh\nexec {sys.executable} {__file__} {fault} "$@"\n')
    path.chmod(0o755)
    return str(path)


def result_fd() -> int:
    return int(sys.argv[sys.argv.index("--result-fd") + 1])


def not_installed() -> None:
    raise ModuleNotFoundError("No module named 'torch'", name="torch")


def broken_library() -> None:
    raise ImportError("libcudnn.so.9: cannot open shared object file")


def exception() -> None:
    raise RuntimeError("shapes do not fit")


def leave() -> None:
    sys.exit(3)


def segfault() -> None:
    os.kill(os.getpid(), signal.SIGSEGV)


def segfault_when_large() -> None:
    segfault()


def killed() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def hang() -> None:
    while True:
        time.sleep(60)


def hang_in_native_code_with_a_child() -> None:
    subprocess.Popen(["sleep", "600"])
    hang_in_native_code()


def leave_a_lost_child() -> None:
    # In a session of its own, and without a parent since the one between them is gone.
    subprocess.run(["sh", "-c", "setsid sleep 600 >/dev/null 2>&1 &"], check=True)
    leave()


def hang_in_native_code() -> None:
    # PyDLL keeps the interpreter lock, as a careless extension does.
    ctypes.PyDLL(None).sleep(600)


def memory_limit() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (2**31, 2**31))
    bytearray(2**33)


def leak() -> None:
    held = []
    while True:
        held.append(b"x" * 2**20)
        time.sleep(1e-3)


def leak_in_a_child() -> None:
    subprocess.run([sys.executable, __file__, "leak"], check=False)


def garbage_on_stdout() -> None:
    os.write(1, b'{"kind":"block","steps":1,"seconds":1,"cpu_s":1}\nprogress: 100 %\n' * 10_000)


def garbage_on_the_pipe() -> None:
    os.write(result_fd(), b"Loading libdevice\n")


def half_a_line() -> None:
    os.write(result_fd(), b'{"kind":"block","steps":1')
    os._exit(0)


def half_a_line_then_hang() -> None:
    os.write(result_fd(), b'{"kind":"block","steps":1')
    hang()


def huge_output_on_the_pipe() -> None:
    os.write(result_fd(), b"x" * 1_000_000)


def slow_death() -> None:
    for line in ("it leaks", "it leaks more", "it gives up"):
        time.sleep(0.2)
        print(line, file=sys.stderr, flush=True)
    os.kill(os.getpid(), signal.SIGKILL)


def another_loss() -> None:
    """`Toy.train` tells it."""


def no_loss() -> None:
    """The same."""


def slow() -> None:
    # So much that three rounds tell it on the noisiest machine.
    time.sleep(0.2)


def slow_start() -> None:
    time.sleep(1.0)


def refuse_workload() -> None:
    from probes.errors import InvalidWorkload

    raise InvalidWorkload("it has a convolution")


def finds_caches() -> bool:
    """Whether this process uses what another one compiled."""
    return not os.environ["TORCHINDUCTOR_CACHE_DIR"].startswith(os.environ["TMPDIR"])


class Toy:
    """An adapter; `fault` is `FUNCTION@PLACE`: one of the above, and a method of this ("steps" is a block,
    "build_again" a build of what the process built before, "build_warm" one that finds caches).
    """

    def __init__(self, fault: str) -> None:
        self.fault, _, self.place = fault.partition("@")
        self.built: set[int] = set()

    def break_in(self, place: str) -> None:
        if place == self.place:
            print(LAST_WORD, file=sys.stderr, flush=True)
            globals()[self.fault]()

    def configure(self, mode: str, seed: int) -> None:
        self.break_in("configure")

    def versions(self) -> dict[str, str]:
        return {"toy": "1.0"}

    def build(self, workload: object, weights: object, batch: object, mode: str, tunings: frozenset[str]) -> object:
        if not self.fault.endswith("_when_large") or batch.inputs.nbytes > LARGE_BYTES:
            self.break_in("build")
        if batch.inputs.nbytes in self.built:
            self.break_in("build_again")
        if finds_caches():
            self.break_in("build_warm")
        self.built.add(batch.inputs.nbytes)
        return tunings

    def train(self, model: object, steps: int) -> object:
        from probes.frameworks import Trained

        started = time.perf_counter()
        self.break_in("train" if steps == 1 else "steps")
        while time.perf_counter() - started < STEP_S * steps:
            pass
        return Trained(time.perf_counter() - started, LOSSES.get(self.fault, 2.0))

    def settings(self, model: object) -> object:
        from probes.settings import Settings

        return Settings(
            dtype="float32",
            matmul_precision="float32",
            memory_layout="contiguous",
            compile_scope="none",
            compiler="none",
            threads=1,
            optimizer="Adam " + " ".join(sorted(model)),
            steps_per_call=STEPS_PER_TUNED_CALL if model else 1,
            deterministic=False,
        )

    def device(self, model: object) -> str:
        return "cpu"

    def device_memory_mb(self) -> float | None:
        return None


def main() -> None:
    from probes.candidates import find_candidate

    if sys.argv[1:] == ["leak"]:
        leak()
    _script, fault, _dash_m, module, *options = sys.argv
    sys.argv = [module, *options]
    name = f"probes.frameworks.{find_candidate(options[1]).module}"
    toy, adapter = Toy(fault), types.ModuleType(name)
    for function in ("configure", "versions", "build", "train", "settings", "device", "device_memory_mb"):
        setattr(adapter, function, getattr(toy, function))
    sys.modules[name] = adapter
    runpy.run_module(module, run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()

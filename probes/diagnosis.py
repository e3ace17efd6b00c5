"""Why a worker gave no result, in a person's words, and what to do about it. Pure functions."""

from __future__ import annotations

import signal
from collections.abc import Sequence
from typing import Literal

from probes.candidates import Candidate
from probes.errors import NotInstalled, WorkerFailed
from probes.protocol import Failure

Stage = Literal["importing", "building", "first step", "measuring", "reading memory", "running a script"]

TAIL_LINES = 4
MAX_TAIL_LINE_CHARACTERS = 200

_SIGNAL_ADVICE = {
    signal.SIGKILL: "It was killed from outside, most likely because memory ran out. Close other programs or take a "
    "smaller batch.",
    signal.SIGSEGV: "It crashed in its native code (segmentation fault). Reinstall it or try another version.",
    signal.SIGABRT: "Its native code gave up (abort). Reinstall it or try another version.",
    signal.SIGBUS: "It crashed in its native code (bus error); a full /dev/shm or disk is a common cause.",
    signal.SIGFPE: "It crashed in its native code (arithmetic error). Try another version.",
    signal.SIGILL: "It uses instructions that this processor lacks. Install a build for older processors.",
}


def reported_failure(candidate: Candidate, stage: Stage, failure: Failure, interpreter: str) -> WorkerFailed:
    """The worker itself said what went wrong."""
    package = candidate.distributions[0]
    if failure.cause == "workload":
        return WorkerFailed(f"{candidate.id} cannot do this workload: {failure.message}", "unusable")
    if failure.cause == "memory":
        return WorkerFailed(
            f"{candidate.id} ran out of memory {_while(stage)}. Take a smaller batch or a smaller model."
        )
    if failure.cause == "missing":
        wanted = candidate.distributions if stage == "importing" else (failure.message,)
        return NotInstalled(
            f"{candidate.id} needs the Python package {failure.message!r}, which is not installed. "
            f"Install it with: {interpreter} -m pip install {' '.join(wanted)}"
        )
    if stage != "importing":
        return WorkerFailed(f"{candidate.id} raised {failure.error} {_while(stage)}: {failure.message}")
    return WorkerFailed(
        f"{package} is installed but cannot be imported: {failure.error}: {failure.message}. "
        f"Reinstall it with: {interpreter} -m pip install --force-reinstall {package}",
        "unusable",
    )


def ended(candidate: Candidate, stage: Stage, returncode: int, last_lines: Sequence[str]) -> WorkerFailed:
    """The process is gone without an answer; `returncode` is negative for a signal, as `subprocess` has it."""
    message = f"{candidate.id} {_manner(returncode)} This happened {_while(stage)}.{_tail(last_lines)}"
    return WorkerFailed(message, "unusable" if stage == "importing" else "failed")


def hung(candidate: Candidate, stage: Stage, timeout_s: float) -> WorkerFailed:
    """No answer in the time it was given."""
    return WorkerFailed(
        f"{candidate.id} was stopped {_while(stage)}: no answer in {timeout_s:.1f} s. Give it more time.",
        "timeout",
    )


def babbled(candidate: Candidate, stage: Stage, line: bytes) -> WorkerFailed:
    """Something that is no reply came up the private pipe."""
    return WorkerFailed(
        f"{candidate.id} sent something that is no measurement {_while(stage)}: {line[:60]!r}. A library it loads "
        "writes to files it did not open; nothing it measured is used."
    )


def not_started(candidate: Candidate, interpreter: str, error: OSError) -> WorkerFailed:
    """The interpreter could not be run at all."""
    return WorkerFailed(
        f"{candidate.id} could not be started with {interpreter}: {error.strerror or error}. Check that this Python "
        "exists and can be run.",
        "unusable",
    )


def _while(stage: Stage) -> str:
    return "at its first step" if stage == "first step" else f"while {stage}"


def _manner(returncode: int) -> str:
    if returncode >= 0:
        return f"ended by itself with exit code {returncode}. It should have gone on; look at what it wrote last."
    known = {number.value: number for number in signal.Signals}.get(-returncode)
    if known is None:
        return f"died of signal {-returncode}. Look at what it wrote last."
    return f"died of {known.name}. {_SIGNAL_ADVICE.get(known, 'Look at what it wrote last.')}"


def _tail(last_lines: Sequence[str]) -> str:
    shown = [line.strip()[:MAX_TAIL_LINE_CHARACTERS] for line in last_lines if line.strip()][-TAIL_LINES:]
    return f" It wrote last: {' | '.join(shown)}" if shown else ""

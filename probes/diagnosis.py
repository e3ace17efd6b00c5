"""Why a worker gave no result, in a person's words, and what to do about it. Pure functions.

A sentence begins with "It": whoever shows it names the candidate, in a row, a heading or a label.
"""

from __future__ import annotations

import re
import signal
from collections.abc import Sequence
from typing import Literal

from probes.candidates import Candidate
from probes.errors import InvalidWorkload, NotInstalled, OutOfMemory, WorkerFailed
from probes.protocol import Failure
from probes.words import _

Stage = Literal["importing", "building", "first step", "measuring", "reading memory", "running a script"]

TAIL_LINES = 4

# What TensorFlow's and XLA's logs write at every start, whatever happens next; where no driver of a GPU is there, an
# error as well.
_CHATTER = re.compile(
    r"[IW]\d{4} \d\d:\d\d:|WARNING: All log messages before absl|To enable the following instruct"
    r"|E\d{4} .*failed call to cuInit: .*UNKNOWN ERROR \(303\)"
)
MAX_TAIL_LINE_CHARACTERS = 200


def reported_failure(candidate: Candidate, stage: Stage, failure: Failure, interpreter: str) -> WorkerFailed:
    """The worker itself said what went wrong."""
    match failure.cause:
        case "workload":
            refusal = InvalidWorkload.from_json(failure.message, failure.values)
            sentence = _("It cannot train this network: {reason}")
            return WorkerFailed(sentence.format(reason=refusal), "unusable")
        case "memory":
            sentence = _("It ran out of memory {when}. Take a smaller batch or a smaller model.")
            return OutOfMemory(sentence.format(when=_when(stage)))
        case "missing":
            wanted = candidate.distributions if stage == "importing" else (failure.message,)
            return _not_installed(failure.message, f"{interpreter} -m pip install {' '.join(wanted)}")
        case "exception":
            return _raised(candidate, stage, failure, interpreter)


def ended(stage: Stage, returncode: int) -> WorkerFailed:
    """The process is gone without an answer; `returncode` is negative for a signal, as `subprocess` has it."""
    message = _("{what} This happened {when}.").format(what=_end(returncode), when=_when(stage))
    return WorkerFailed(message, "unusable" if stage == "importing" else "failed")


def tail(lines: Sequence[str]) -> tuple[str, ...]:
    """The last lines that say something, of what a process wrote, none longer than a person reads; information and
    warnings of a log say nothing of why it ended.
    """
    told = (line.strip() for line in lines)
    return tuple(line[:MAX_TAIL_LINE_CHARACTERS] for line in told if line and not _CHATTER.match(line))[-TAIL_LINES:]


def reached_its_cap(stage: Stage, held_mb: float, limit_mb: float) -> OutOfMemory:
    """It was killed because it held more memory than it is allowed; both in MiB."""
    sentence = _(
        "It ran out of memory {when}: it held {held:,.0f} MB, and {limit:,.0f} MB are allowed. "
        "Take a smaller batch or a smaller model."
    )
    return OutOfMemory(sentence.format(when=_when(stage), held=held_mb, limit=limit_mb))


def hung(stage: Stage, timeout_s: float) -> WorkerFailed:
    """No answer in the time it was given."""
    sentence = _("It was stopped {when}: no answer in {seconds:.1f} s. Give it more time.")
    return WorkerFailed(sentence.format(when=_when(stage), seconds=timeout_s), "timeout")


def babbled(stage: Stage, line: bytes) -> WorkerFailed:
    """Something that is no reply came up the private pipe."""
    sentence = _(
        "It sent something that is no measurement {when}: {line!r}. A library it loads "
        "writes to files it did not open; nothing it measured is used."
    )
    return WorkerFailed(sentence.format(when=_when(stage), line=line[:60]))


def no_folder(error: OSError) -> WorkerFailed:
    """There is no place for the files of the worker."""
    sentence = _(
        "It could not be started: {folder} could not be made ({reason}). Free some space on that disk, or "
        "let the variable TMPDIR name another folder."
    )
    return WorkerFailed(sentence.format(folder=error.filename or _("its folder"), reason=error.strerror or error))


def not_started(interpreter: str, error: OSError) -> WorkerFailed:
    """The interpreter could not be run at all."""
    sentence = _(
        "It could not be started with {interpreter}: {reason}. Check that this Python exists and can be run."
    )
    return WorkerFailed(sentence.format(interpreter=interpreter, reason=error.strerror or error), "unusable")


def _not_installed(package: str, command: str) -> NotInstalled:
    sentence = _("It needs the Python package {package!r}, which is not installed. Install it with: {command}")
    return NotInstalled(sentence.format(package=package, command=command))


def _raised(candidate: Candidate, stage: Stage, failure: Failure, interpreter: str) -> WorkerFailed:
    if stage != "importing":
        sentence = _("It raised {error} {when}: {message}")
        return WorkerFailed(sentence.format(error=failure.error, when=_when(stage), message=failure.message))
    package = candidate.distributions[0]
    sentence = _("{package} is installed but cannot be imported: {error}: {message}. Reinstall it with: {command}")
    command = f"{interpreter} -m pip install --force-reinstall {package}"
    return WorkerFailed(
        sentence.format(package=package, error=failure.error, message=failure.message, command=command), "unusable"
    )


def _when(stage: Stage) -> str:
    return {
        "importing": _("while importing"),
        "building": _("while building"),
        "first step": _("at its first step"),
        "measuring": _("while measuring"),
        "reading memory": _("while reading memory"),
        "running a script": _("while running a script"),
    }[stage]


def _end(returncode: int) -> str:
    """How the process ended, and what to do about it."""
    if returncode >= 0:
        sentence = _("It ended by itself with exit code {code}. It should have gone on; look at what it wrote last.")
        return sentence.format(code=returncode)
    known = {number.value: number.name for number in signal.Signals}
    sentence = _("It died of {signal}. {advice}")
    return sentence.format(
        signal=known.get(-returncode) or _("signal {number}").format(number=-returncode),
        advice=_signal_advice(-returncode),
    )


def _signal_advice(number: int) -> str:
    advice: dict[int, str] = {
        signal.SIGKILL: _(
            "It was killed from outside, most likely because memory ran out. Close other programs or take a "
            "smaller batch."
        ),
        signal.SIGSEGV: _("It crashed in its native code (segmentation fault). Reinstall it or try another version."),
        signal.SIGABRT: _("Its native code gave up (abort). Reinstall it or try another version."),
        signal.SIGBUS: _("It crashed in its native code (bus error); a full /dev/shm or disk is a common cause."),
        signal.SIGFPE: _("It crashed in its native code (arithmetic error). Try another version."),
        signal.SIGILL: _("It uses instructions that this processor lacks. Install a build for older processors."),
    }
    return advice.get(number) or _("Look at what it wrote last.")

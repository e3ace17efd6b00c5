"""Making a virtual environment and installing into it: uv where it is found, else venv and pip.

Both are programs of their own; here they are started, listened to and, when they fail, understood.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil

from probes.errors import CreationFailed
from probes.words import _

Say = Callable[[str], None]

KEPT_LINES = 40
SHOWN_LINES = 3
END_WAIT_S = 2.0

# What each kind of failure writes, by pip and by uv; the first that is found is told. Without a network pip ends with
# "no matching distribution" as well, so the network comes first.
_NETWORK = (
    "name resolution",
    "failed to establish a new connection",
    "connection refused",
    "network is unreachable",
    "connecttimeout",
    "read timed out",
    "error sending request",
    "dns error",
    "failed to lookup address",
    "max retries exceeded",
)
_DISK = ("no space left on device", "errno 28", "disk quota exceeded")
_CERTIFICATES = ("certificate_verify_failed", "certificate verify failed", "invalid peer certificate")
_VERSIONS = (
    "no matching distribution found",
    "could not find a version",
    "no solution found",
    "resolutionimpossible",
    "conflicting dependencies",
)
_ENSUREPIP = ("ensurepip is not available",)


def make_environment(folder: Path, say: Say) -> str:
    """Make an empty environment with this Python's version and return its interpreter; raises `CreationFailed`."""
    say(_("Making an environment in {folder}").format(folder=folder))
    uv = shutil.which("uv")
    if uv is None:
        _run([sys.executable, "-m", "venv", str(folder)], say)
    else:
        _run([uv, "venv", "--no-project", "--python", sys.executable, str(folder)], say)
    return str(folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python"))


def install(interpreter: str, requirements: Sequence[str], constraints: Path, index: str | None, say: Say) -> None:
    """Install into the interpreter's environment; raises `CreationFailed`. `index` is asked besides the usual one."""
    say(_("Installing {packages}").format(packages=", ".join(requirements)))
    uv = shutil.which("uv")
    if uv is None:
        command = [interpreter, "-m", "pip", "install", "--disable-pip-version-check", "--no-input"]
        command += ["--progress-bar", "off", *(["--extra-index-url", index] if index else [])]
    else:
        command = [uv, "pip", "install", "--python", interpreter, *(["--index", index] if index else [])]
    _run([*command, "--constraint", str(constraints), *requirements], say)


def progress(line: str) -> str | None:
    """What a line of pip or uv says that a waiting person wants to know; None for the other lines."""
    if found := re.match(r"\s*Downloading (\S+?)(?:-\d\S*)? \((.+)\)", line):
        return _("Downloading {package} ({size})").format(package=found[1], size=found[2])
    if found := re.match(r"\s*Using cached (\S+?)-\d\S* \((.+)\)", line):
        return _("Taking {package} from the cache").format(package=found[1])
    if found := re.match(r"Collecting ([\w.-]+)|Processing (?:\S*/)?(\S+?)-\d", line):
        return _("Looking up {package}").format(package=found[1] or found[2])
    if found := re.match(r"(?:Installing collected packages: |Prepared (\d+) packages?)(.*)", line):
        count = found[1] or str(found[2].count(",") + 1)
        return _("Unpacking {count} packages").format(count=count)
    return None


def understood(lines: Sequence[str], returncode: int) -> str:
    """Why pip, uv or venv failed, and what to do, from what it wrote last."""
    text = "\n".join(lines).lower()
    advice = (
        (_NETWORK, _("The packages could not be fetched: there is no connection. Check the network or the proxy.")),
        (_DISK, _("The disk is full. Free some space, or let PROBEWISE_HOME name a folder with more.")),
        (
            _CERTIFICATES,
            _("The connection is not trusted: a certificate could not be checked. Tell pip your proxy's."),
        ),
        (_VERSIONS, _("There is no version of what is needed for this Python and this system. Try another Python.")),
        (_ENSUREPIP, _("This Python cannot make environments. On Debian or Ubuntu install python3-venv, or use uv.")),
    )
    for marks, sentence in advice:
        if any(mark in text for mark in marks):
            return f"{sentence} {_last(lines)}".strip()
    if returncode < 0:
        return _("The installer was ended by signal {number}.").format(number=-returncode)
    return _("The installer ended with exit code {code}.").format(code=returncode) + f" {_last(lines)}"


def _last(lines: Sequence[str]) -> str:
    shown = [line.strip() for line in lines if line.strip()]
    errors = [line for line in shown if line.lower().startswith(("error", "cause", "x ", "\u00d7 "))] or shown
    return _("It wrote last: {lines}").format(lines=" | ".join(errors[-SHOWN_LINES:])) if errors else ""


def _run(command: Sequence[str], say: Say) -> None:
    lines: deque[str] = deque(maxlen=KEPT_LINES)
    with _started(command) as process:
        assert process.stdout is not None
        for line in process.stdout:
            lines.append(line.rstrip())
            if (news := progress(line)) is not None:
                say(news)
        returncode = process.wait()
    if returncode:
        raise CreationFailed(understood(lines, returncode))


@contextmanager
def _started(command: Sequence[str]) -> Iterator[subprocess.Popen[str]]:
    """The running command with all it writes as lines; whatever happens, nothing of it goes on afterwards."""
    try:
        process = subprocess.Popen(  # noqa: S603  uv, or this Python's own modules
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            env=_variables(),
            start_new_session=True,
        )
    except OSError as error:
        raise CreationFailed(
            _("{program} could not be started: {reason}.").format(program=command[0], reason=error.strerror or error)
        ) from error
    with process:
        try:
            yield process
        finally:
            _end(process)


def _variables() -> dict[str, str]:
    """Those of this process, but for what would make a Python look elsewhere; lines come as they are written."""
    ours = ("PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV", "CONDA_PREFIX")
    return {name: value for name, value in os.environ.items() if name not in ours} | {"PYTHONUNBUFFERED": "1"}


def _end(process: subprocess.Popen[str]) -> None:
    with suppress(psutil.Error):
        for each in (*psutil.Process(process.pid).children(recursive=True), psutil.Process(process.pid)):
            with suppress(psutil.Error):
                each.kill()
    with suppress(subprocess.TimeoutExpired):
        process.wait(END_WAIT_S)

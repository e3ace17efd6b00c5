"""Checks before anything is downloaded: the Python version and its processor, the venv module and the free disk.

Run as `PYTHON assistant/preflight.py DIRECTORY` by the Makefile, with whatever Python the person has, so this file
uses nothing newer than Python 3.6 and only the standard library. It exits with one line when something is missing.
"""

import platform
import shutil
import sys

OLDEST, NEWEST = (3, 11), (3, 13)

# What an installation was measured to take, with room for pip's own temporary copies: the frameworks' CPU builds took
# 4.3 GB in a virtual environment; on Linux x86-64 the default PyTorch build brings the CUDA libraries as well.
NEEDED_GB = 6.0
NEEDED_WITH_CUDA_GB = 14.0


def main(directory: str) -> None:
    """Exit with one line on the first thing that is missing; return silently when all is there."""
    python = python_problem(sys.version_info[:2]) or processor_problem(sys.platform, platform.machine())
    for problem in (python, venv_problem(), disk_problem(directory)):
        if problem:
            sys.exit("probewise: " + problem)


def python_problem(version: "tuple[int, int]") -> "str | None":
    """A sentence when this Python is too old or too new, else None."""
    if OLDEST <= version <= NEWEST:
        return None
    return (
        "found Python {}.{}, but TensorFlow, PyTorch and JAX install together on Python {}.{} to {}.{} only; "
        "install one of those, or name it: make PYTHON=/path/to/python3.12".format(*(version + OLDEST + NEWEST))
    )


def processor_problem(system: str, processor: str) -> "str | None":
    """A sentence when the frameworks are no longer built for what this Python was built for, else None."""
    if system != "darwin" or processor == "arm64":
        return None
    return (
        "this Python is for Macs with an Intel processor, which PyTorch, TensorFlow and JAX no longer serve; "
        "on Apple silicon install a Python for arm64, or name it: make PYTHON=/path/to/python3"
    )


def venv_problem() -> "str | None":
    """A sentence when virtual environments cannot be made, else None."""
    try:
        import ensurepip  # Debian ships venv without it, and then venv fails halfway
        import venv
    except ImportError:
        pass
    else:
        return None
    return (
        "this Python has no venv module, which the installation needs; "
        "on Debian or Ubuntu: sudo apt install python{}.{}-venv".format(*sys.version_info[:2])
    )


def disk_problem(directory: str) -> "str | None":
    """A sentence when the installation would not fit, else None."""
    needed_gb = NEEDED_WITH_CUDA_GB if cuda_build_is_default() else NEEDED_GB
    free_gb = shutil.disk_usage(directory).free / 1e9
    if free_gb >= needed_gb:
        return None
    return (
        "{:.1f} GB free in {}, but installing the frameworks needs {:.0f} GB; "
        "free some space or clone elsewhere".format(free_gb, directory, needed_gb)
    )


def cuda_build_is_default() -> bool:
    """Whether pip's default PyTorch build for this platform brings the CUDA libraries."""
    return sys.platform == "linux" and platform.machine() == "x86_64"


if __name__ == "__main__":
    main(sys.argv[1])

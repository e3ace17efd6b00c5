"""Versions: which packages a result was measured with, and whether they are still what is installed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import suppress
from importlib import metadata

from probes.candidates import CANDIDATES, DEVICE_PACKAGES

Versions = Mapping[str, str]


def present(distributions: Iterable[str]) -> dict[str, str]:
    """{distribution: version} of those that are installed for this interpreter."""
    found: dict[str, str] = {}
    for name in distributions:
        with suppress(metadata.PackageNotFoundError):
            # A removal that broke off leaves a package without a version.
            if version := metadata.version(name):
                found[name] = version
    return found


def together(by_candidate: Mapping[str, Versions]) -> dict[str, str]:
    """The versions of several candidates, by candidate id, as one {distribution: version}.

    Where candidates that share a package run in different interpreters, its version is that of the framework it
    belongs to.
    """
    merged: dict[str, str] = {}
    # The first that tells it, but before them the first that it belongs to.
    for owners in (True, False):
        for candidate in CANDIDATES:
            for name, version in by_candidate.get(candidate.id, {}).items():
                if not owners or candidate.distributions[0] == name:
                    merged.setdefault(name, version)
    return dict(sorted(merged.items()))


def unchanged(measured: Versions, installed: Versions) -> bool:
    """Whether all that was measured with is installed now in the same version, and nothing besides it that would give
    one of its packages other devices.
    """
    devices = (name for package, names in DEVICE_PACKAGES.items() if package in measured for name in names)
    return measured.items() <= installed.items() and all(name in measured for name in devices if name in installed)

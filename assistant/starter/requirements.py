"""The packages a starter needs, each pinned to the version that was measured."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import metadata

from packaging.version import InvalidVersion, Version

from assistant.errors import InvalidInput
from assistant.language import _
from assistant.starter.catalogue import Kind, Starter

DATA_DISTRIBUTIONS: dict[Kind, tuple[str, ...]] = {
    "table": ("numpy", "pandas"),
    "image": ("numpy", "pillow"),
    "text": ("numpy", "pandas"),
}
SAVING_DISTRIBUTIONS = {"scikit-learn": ("joblib",)}


@dataclass(frozen=True)
class Pin:
    """A package at exactly one version; `measured` tells whether the probes ran with it."""

    distribution: str
    version: str
    measured: bool

    @property
    def line(self) -> str:
        """The line of a requirements file."""
        return f"{self.distribution}=={self.version}"


def pins(starter: Starter, versions: Mapping[str, str]) -> tuple[Pin, ...]:
    """The framework first, then what reads the data. `versions` maps package names to the versions measured.

    A package that was not measured gets the version installed beside this program; one that is neither measured
    nor installed, or whose version is not a version (PEP 440), raises `InvalidInput`.
    """
    data = (*SAVING_DISTRIBUTIONS.get(starter.framework, ()), *DATA_DISTRIBUTIONS[starter.kind])
    return tuple(_pin(distribution, versions) for distribution in (*starter.distributions, *data))


def _pin(distribution: str, versions: Mapping[str, str]) -> Pin:
    measured = versions.get(distribution)
    version = _installed(distribution) if measured is None else measured
    try:
        # A local label such as +cpu names a build that the public index does not have.
        return Pin(distribution, Version(version).public, measured is not None)
    except InvalidVersion:
        raise InvalidInput(
            _("The version of {name} is {version!r}; expected a release number such as 1.2.3. Measure again.").format(
                name=distribution, version=version
            )
        ) from None


def _installed(distribution: str) -> str:
    try:
        return metadata.version(distribution)
    except metadata.PackageNotFoundError:
        raise InvalidInput(
            _(
                "The version of {name} to pin is not known: it was neither measured nor is it installed. Install it."
            ).format(name=distribution)
        ) from None

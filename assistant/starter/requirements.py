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
    """A package at exactly one version, or at whichever fits the others if that is None.

    `measured` tells whether the probes ran with that version.
    """

    distribution: str
    version: str | None
    measured: bool = False

    @property
    def line(self) -> str:
        """The line of a requirements file."""
        return self.distribution if self.version is None else f"{self.distribution}=={self.version}"


def pins(starter: Starter, versions: Mapping[str, str]) -> tuple[Pin, ...]:
    """The framework first, then what reads the data. `versions` maps package names to the versions measured.

    What was not measured gets the version installed beside this program, which is known to fit the framework if that
    is the one beside it too. A framework measured elsewhere may want others, so they are left to pip to choose.
    A package that is neither measured nor installed, or whose version is none (PEP 440), raises `InvalidInput`.
    """
    framework = tuple(_pin(distribution, versions) for distribution in starter.distributions)
    data = (*SAVING_DISTRIBUTIONS.get(starter.framework, ()), *DATA_DISTRIBUTIONS[starter.kind])
    if all(map(_is_beside, framework)):
        return (*framework, *(_pin(distribution, versions) for distribution in data))
    return (*framework, *(Pin(distribution, None) for distribution in data))


def _pin(distribution: str, versions: Mapping[str, str]) -> Pin:
    measured = versions.get(distribution)
    version = _installed(distribution) if measured is None else measured
    if version is None:
        raise InvalidInput(
            _(
                "The version of {name} to pin is not known: it was neither measured nor is it installed. Install it."
            ).format(name=distribution)
        )
    try:
        return Pin(distribution, _public(version), measured is not None)
    except InvalidVersion:
        raise InvalidInput(
            _("The version of {name} is {version!r}; expected a release number such as 1.2.3. Measure again.").format(
                name=distribution, version=version
            )
        ) from None


def _is_beside(pin: Pin) -> bool:
    """Whether it is what is installed beside this program."""
    installed = _installed(pin.distribution)
    try:
        return installed is not None and _public(installed) == pin.version
    except InvalidVersion:
        return False


def _installed(distribution: str) -> str | None:
    """The version beside this program as it is told there, None if there is none."""
    try:
        return metadata.version(distribution)
    except metadata.PackageNotFoundError:
        return None


def _public(version: str) -> str:
    # A local label such as +cpu names a build that the public index does not have.
    return Version(version).public

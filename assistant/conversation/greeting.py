"""The first words: what this machine is and has, before anything is asked."""

from __future__ import annotations

from collections.abc import Mapping

from assistant import wording
from assistant.language import _, ngettext
from probes.candidates import CANDIDATES, FRAMEWORKS
from probes.report import Machine
from probes.words import sentences


def greeting(machine: Machine, versions: Mapping[str, str]) -> str:
    """The machine, and which frameworks are installed; `versions` maps distributions to versions."""
    installed = {name: version for name in FRAMEWORKS if (version := versions.get(_distribution(name)))}
    missing = [wording.framework_name(name) for name in FRAMEWORKS if name not in installed]
    said = [_("{machine}.").format(machine=wording.machine_line(machine))]
    if installed:
        names = [f"{wording.framework_name(name)} {_short(version)}" for name, version in installed.items()]
        sentence = ngettext("{names} is installed.", "{names} are installed.", len(names))
        said.append(sentence.format(names=wording.listing(names)))
    if missing:
        sentence = ngettext(
            "{names} is not installed, so I cannot measure it.",
            "{names} are not installed, so I cannot measure them.",
            len(missing),
        )
        said.append(sentence.format(names=wording.listing(missing)))
    return sentences(*said)


def _distribution(framework: str) -> str:
    return next(candidate.distributions[0] for candidate in CANDIDATES if candidate.framework == framework)


def _short(version: str) -> str:
    return ".".join(version.split("+", maxsplit=1)[0].split(".")[:2])
